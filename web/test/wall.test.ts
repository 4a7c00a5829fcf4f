//! The order on the wall.

import { expect, test } from "vitest";
import type { Live, Priority } from "../src/contract.ts";
import { inOrder } from "../src/views/order.ts";

const machine = (label: string, priority: Priority | null, more: object = {}): Live =>
  ({
    label,
    alarms: { active: priority ? [{ priority, code: "x", at_s: 0 }] : [] },
    request: null,
    run: {},
    is_over: false,
    ...more,
  }) as unknown as Live;

test("the highest alarm is first, then who waits, then who runs, and equals stand by their label", () => {
  const order = inOrder([
    machine("Bed 10", null),
    machine("Bed 2", null),
    machine("Bed 3", null, { request: { title: "Connect" } }),
    machine("Bed 4", "low"),
    machine("Bed 5", "high"),
    machine("Bed 6", "medium"),
    machine("Bed 7", null, { run: null }),
  ]);
  expect(order.map((live) => live.label)).toEqual(["Bed 5", "Bed 6", "Bed 4", "Bed 3", "Bed 2", "Bed 10", "Bed 7"]);
});

test("of several alarms on one machine the highest counts", () => {
  const two = machine("A", "low");
  two.alarms.active.push({ priority: "high", code: "y", at_s: 1 } as Live["alarms"]["active"][number]);
  expect(inOrder([machine("B", "medium"), two]).map((live) => live.label)).toEqual(["A", "B"]);
});

//! The run's columns: filled by samples, thinned, and cut by a rewind.

import { expect, test, vi } from "vitest";
import type { Feed, Sample } from "../src/lib/feed.ts";
import { History } from "../src/lib/history.ts";

const feed = {
  onSample: () => () => undefined,
  onReturn: () => () => undefined,
  link: { value: "lost" },
} as unknown as Feed;
const sample = (time_s: number, value: number): Sample => ({ sequence: 0, time_s, values: { spo2_pct: value } });

test("a value that is no number is a gap", () => {
  const history = new History("m1", feed);
  history.take(sample(0, 97));
  history.take(sample(1, Number.NaN));
  expect(history.column("spo2_pct")).toEqual([97, null]);
  expect(history.column("unknown")).toEqual([null, null]);
});

test("a long run stays short and keeps its ends", () => {
  const history = new History("m1", feed);
  for (let t = 0; t < 20_000; t += 1) history.take(sample(t, t));
  expect(history.time_s.length).toBeLessThanOrEqual(2400);
  expect(history.time_s[0]).toBe(0);
  expect(history.time_s.at(-1)).toBeGreaterThan(19_980);
  expect(history.column("spo2_pct")).toEqual(history.time_s);
});

test("after a rewind what came later has not happened", () => {
  const history = new History("m1", feed);
  for (let t = 0; t <= 100; t += 1) history.take(sample(t, 97));
  history.take(sample(40, 90));
  expect(history.time_s.at(-1)).toBe(40);
  expect(history.time_s.at(-2)).toBeLessThan(40);
  expect(history.column("spo2_pct").at(-1)).toBe(90);
});

test("a fetch that fails leaves what is there", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new Error("down")));
  const history = new History("m1", feed);
  history.take(sample(0, 97));
  await history.fetch();
  expect(history.time_s).toEqual([0]);
  vi.unstubAllGlobals();
});

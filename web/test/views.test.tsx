// @vitest-environment happy-dom
//! What the parts of the page show and refuse, without a browser's layout.

import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Announcer } from "../src/alarm/announcer.tsx";
import { AlarmBar } from "../src/alarm/bar.tsx";
import type { Live } from "../src/contract.ts";
import { me } from "../src/lib/api.ts";
import type { Feed } from "../src/lib/feed.ts";
import { Confirm } from "../src/parts/confirm.tsx";
import { firstAnswers } from "../src/parts/fields.tsx";
import { Circuit } from "../src/run/circuit.tsx";
import { Rail } from "../src/run/rail.tsx";
import { Vitals } from "../src/run/vitals.tsx";
import { AIR, live, SOUND } from "./live.ts";

let place: HTMLElement;
beforeEach(() => {
  place = document.createElement("div");
  document.body.append(place);
  me.value = { user: { login: "nora", name: "Nora", role: "nurse" }, csrf: "x" };
});
afterEach(() => {
  render(null, place);
  place.remove();
  vi.unstubAllGlobals();
});

const show = (what: preact.ComponentChild) => act(() => render(what, place));
const feed = (now: Live) =>
  ({
    live: { value: now },
    link: { value: "live" },
    sounds: { value: null },
    heardAt: { value: 0 },
  }) as unknown as Feed;

describe("the alarm bar", () => {
  test("says that there is none", async () => {
    await show(<AlarmBar feed={feed(live())} machine="m1" />);
    expect(place.textContent).toContain("No alarm");
    expect(place.querySelector(".sign circle")).not.toBeNull();
  });

  test("shows the highest by shape and words, in the order cause, action, limit", async () => {
    const low = { ...AIR, code: "anticoagulant_rate", priority: "low" as const, title: "Anticoagulant rate" };
    const now = live({ alarms: { active: [low, AIR], audio: "on", audio_left_s: null, sound: SOUND } });
    await show(
      <>
        <AlarmBar feed={feed(now)} machine="m1" />
        <Announcer />
      </>,
    );
    const text = place.textContent ?? "";
    expect(text).toContain("High priority");
    const order = ["saw air", "clamp closed", "limit 0.02 mL, now 0.04 mL"].map((part) => text.indexOf(part));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(Math.min(...order)).toBeGreaterThan(0);
    expect(place.querySelector(".sign path")?.getAttribute("d")).toMatch(/^M8 1h8/);
    expect(text).toContain("1 more");
    expect(place.querySelector("[role=alert]")?.textContent).toContain("Air in the return line");
  });

  test("who may only read cannot silence", async () => {
    me.value = { user: { login: "r", name: "R", role: "read_only" }, csrf: "x" };
    const now = live({ alarms: { active: [AIR], audio: "on", audio_left_s: null, sound: SOUND } });
    await show(<AlarmBar feed={feed(now)} machine="m1" />);
    expect(place.textContent).not.toContain("Pause sound");
    expect(place.textContent).not.toContain("Acknowledge");
  });
});

describe("a confirmed action", () => {
  const submit = () =>
    act(() => {
      place.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    });

  test("is not sent without a reason, and says what is missing", async () => {
    const confirms = vi.fn(() => Promise.resolve());
    await show(
      <Confirm title="Stop" does="Stop" closes={() => undefined} confirms={confirms} missing={["Set code"]} />,
    );
    await submit();
    expect(confirms).not.toHaveBeenCalled();
    expect(place.querySelector(".wrong")?.textContent).toBe("Still missing: Set code, why.");
  });

  test("carries its reason, and stays open when the server refuses", async () => {
    const closes = vi.fn();
    const confirms = vi.fn(() => Promise.reject(new Error("The label names another donor.")));
    await show(<Confirm title="Seal" does="Done" why=" done " closes={closes} confirms={confirms} />);
    await submit();
    await act(() => new Promise((resolve) => setTimeout(resolve)));
    expect(confirms).toHaveBeenCalledWith("done");
    expect(closes).not.toHaveBeenCalled();
    expect(place.querySelector(".wrong")?.textContent).toBe("The label names another donor.");
    expect(place.textContent).toContain("Recorded as done by Nora, nurse.");
  });
});

test("nothing is scanned or ticked beforehand", () => {
  const answers = firstAnswers([
    { name: "id", label: "Wristband", kind: "scan", scan: "PT-1" },
    { name: "free", label: "Blood comes freely", kind: "yes_no", default: true },
    { name: "count_age_h", label: "Age", kind: "number", default: 12 },
  ]);
  expect(answers).toEqual({ count_age_h: 12 });
});

test("a closed return clamp stops the return line, and is crossed", async () => {
  vi.stubGlobal("matchMedia", () => ({ matches: true, addEventListener: () => undefined }));
  await show(<Circuit live={live()} isLive={false} />);
  expect(place.querySelector("[data-tube='return']")).not.toBeNull();
  await show(<Circuit live={live({ clamps: { draw: "open", return: "closed" } })} isLive={false} />);
  expect(place.querySelector("[data-tube='return']")).toBeNull();
  expect(place.querySelector(".clamp.closed path")?.getAttribute("d")).toContain("M-9 -9 9 9");
  expect(place.querySelector(".hidden")?.nextElementSibling?.textContent).toContain("return closed");
});

test("a value beyond its limit says so in words and gets another pointer", async () => {
  await show(<Vitals live={live()} isLive={false} />);
  const calcium = [...place.querySelectorAll("li")].find((row) => row.textContent?.includes("Ionised calcium"));
  expect(calcium?.className).toBe("beyond");
  expect(calcium?.textContent).toContain("beyond by 0.08");
  const heart = [...place.querySelectorAll("li")].find((row) => row.textContent?.includes("Heart rate"));
  expect(heart?.className).toBe("");
  expect(heart?.textContent).toContain("45 to 130 · margin 27");
  for (const row of place.querySelectorAll("li")) expect(row.querySelector(".unit")?.textContent).toBeTruthy();
});

test("a pause stays at the stage that it interrupts", async () => {
  await show(<Rail live={live({ phase: "rinse_back", phase_title: "rinse-back" })} />);
  expect(place.querySelector("[aria-current=step]")?.textContent).toBe("Rinse-back");
  await show(<Rail live={live({ phase: "paused", phase_title: "paused" })} />);
  expect(place.querySelector("[aria-current=step]")?.textContent).toBe("Paused");
  expect(place.querySelectorAll(".past")).toHaveLength(4);
});

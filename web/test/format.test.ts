//! Numbers as people read them.

import { describe, expect, test } from "vitest";
import { clock, columnTitle, number, percent, signed, span, unitText } from "../src/lib/format.ts";

describe("numbers", () => {
  test("what nobody measured is a dash and never a zero", () => {
    for (const nothing of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) expect(number(nothing, 2)).toBe("–");
    expect(number(0, 2)).toBe("0.00");
  });
  test("a rounded nothing carries no sign", () => {
    expect(number(-0.001, 2)).toBe("0.00");
    expect(signed(0.001, 2)).toBe("0.00");
    expect(signed(0.27, 2)).toBe("+0.27");
    expect(signed(-2, 1)).toBe("\u22122.0");
  });
  test("only long numbers are grouped", () => {
    expect(number(1300)).toBe("1300");
    expect(number(12_345.6, 1)).toBe("12\u2009345.6");
  });
  test("a probability is never certain", () => {
    expect(percent(99.9)).toBe("> 99");
    expect(percent(0.01)).toBe("< 1");
    expect(percent(0)).toBe("0");
    expect(percent(57.9)).toBe("58");
  });
});

test("times", () => {
  expect(clock(3661.9)).toBe("1:01:01");
  expect(clock(-5)).toBe("0:00:00");
  expect(span(59 * 60)).toBe("59 min");
  expect(span(101 * 60)).toBe("1 h 41 min");
});

test("columns carry their units", () => {
  expect(columnTitle("return_pressure_mmhg")).toEqual({ title: "return pressure", unit: "mmHg" });
  expect(columnTitle("true_ionised_calcium_mmol_l")).toEqual({ title: "true ionised calcium", unit: "mmol/L" });
  expect(columnTitle("dose_estimate_1e6_per_kg")).toEqual({ title: "dose estimate", unit: "×10⁶/kg" });
  expect(columnTitle("heart_rate_per_min")).toEqual({ title: "heart rate", unit: "/min" });
  expect(unitText("x1e6/kg")).toBe("×10⁶/kg");
});

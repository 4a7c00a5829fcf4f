//! The synthesised curves hold the numbers that they are made from.

import { expect, test } from "vitest";
import { arterial, pleth } from "../src/lib/wave.ts";

const beat = Array.from({ length: 1000 }, (_, n) => n / 1000);

test("the arterial curve touches systolic and diastolic pressure, and its mean lies nearer to the lower", () => {
  const curve = beat.map((phase) => arterial(phase, 120, 80));
  expect(Math.max(...curve)).toBeCloseTo(120, 1);
  expect(Math.min(...curve)).toBeCloseTo(80, 1);
  const mean = curve.reduce((sum, value) => sum + value, 0) / curve.length;
  expect(mean).toBeGreaterThan(85);
  expect(mean).toBeLessThan(102);
});

test("after the notch comes a second, smaller wave", () => {
  const curve = beat.map((phase) => arterial(phase, 120, 80));
  const peaks = beat.filter(
    (_, n) => n > 0 && (curve[n] ?? 0) > (curve[n - 1] ?? 0) && (curve[n] ?? 0) >= (curve[n + 1] ?? 999),
  );
  expect(peaks.length).toBeGreaterThanOrEqual(1);
  expect(arterial(0.48, 120, 80)).toBeLessThan(arterial(0.13, 120, 80) - 10);
});

test("a low saturation flattens the plethysmogram", () => {
  const height = (spo2: number) => Math.max(...beat.map((phase) => pleth(phase, spo2)));
  expect(height(97)).toBeCloseTo(1, 2);
  expect(height(75)).toBeLessThan(0.6);
});

//! Arterial pressure and plethysmogram over a beat, made from the numbers of the monitor: shapes, not measurements.

const STEPS = 256;

/** Sums bells around moments of the beat, wraps them round its end, and scales the whole from 0 to 1. */
function shape(bells: readonly (readonly [at: number, width: number, height: number])[]): Float32Array {
  const values = Float32Array.from({ length: STEPS }, (_, n) => {
    const phase = n / STEPS;
    let sum = 0;
    for (const [at, width, height] of bells) {
      for (const turn of [-1, 0, 1]) sum += height * Math.exp(-0.5 * ((phase - at + turn) / width) ** 2);
    }
    return sum;
  });
  const low = Math.min(...values);
  const high = Math.max(...values);
  return values.map((value) => (value - low) / (high - low));
}

// Steep rise, shoulder, and after the notch of the closing aortic valve a second small wave.
const ARTERIAL = shape([
  [0.13, 0.05, 1],
  [0.23, 0.08, 0.75],
  [0.33, 0.06, 0.3],
  [0.48, 0.06, 0.38],
  [0.62, 0.12, 0.2],
]);
const PLETH = shape([
  [0.26, 0.085, 1],
  [0.38, 0.09, 0.45],
  [0.56, 0.1, 0.4],
]);

const at = (table: Float32Array, phase: number): number => table[Math.floor((phase - Math.floor(phase)) * STEPS)] ?? 0;

/** Arterial pressure at a phase of the beat (0 to 1), mmHg. */
export function arterial(phase: number, systolic_mmhg: number, diastolic_mmhg: number): number {
  return diastolic_mmhg + (systolic_mmhg - diastolic_mmhg) * at(ARTERIAL, phase);
}

/** Plethysmogram at a phase of the beat, from 0 to 1; a low saturation flattens it. */
export function pleth(phase: number, spo2_pct: number): number {
  return at(PLETH, phase) * Math.min(1, Math.max(0.3, (spo2_pct - 60) / 35));
}

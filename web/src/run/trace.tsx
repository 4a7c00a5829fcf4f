//! A trace that sweeps over the screen as on a monitor, drawn from the latest numbers.

import { useRef } from "preact/hooks";
import { useFrames } from "../lib/frames.ts";
import { theme, token } from "../lib/theme.ts";
import { arterial, pleth } from "../lib/wave.ts";

interface Numbers {
  heart_rate_per_min: number | null;
  systolic_mmhg: number | null;
  diastolic_mmhg: number | null;
  spo2_pct: number | null;
  respiration_per_min: number | null;
}

/** So many seconds pass from one side to the other. */
const SWEEP_S = 5;
/** The gap before the pen, px. */
const GAP = 14;

interface Pen {
  x: number;
  y: number | null;
  beat: number;
  breath: number;
}

export function Trace({ kind, vitals, isLive }: { kind: "arterial" | "pleth"; vitals: Numbers; isLive: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pen = useRef<Pen>({ x: 0, y: null, beat: 0, breath: 0 });
  const numbers = useRef(vitals);
  numbers.current = vitals;
  const color = token(kind === "arterial" ? "green" : "blue");
  useFrames(
    (elapsed_s) => {
      if (canvas.current && isLive) sweep(canvas.current, pen.current, kind, numbers.current, elapsed_s, color);
    },
    [kind, isLive, theme.value, color],
  );
  return (
    <div class="trace" aria-hidden="true">
      <canvas ref={canvas} />
    </div>
  );
}

function sweep(
  canvas: HTMLCanvasElement,
  pen: Pen,
  kind: "arterial" | "pleth",
  now: Numbers,
  elapsed_s: number,
  color: string,
) {
  const context = canvas.getContext("2d");
  if (!context) return;
  const scale = devicePixelRatio;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    pen.x = 0;
    pen.y = null;
  }
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.strokeStyle = color;
  context.lineWidth = 1.75;
  context.lineJoin = "round";
  let left_px = (elapsed_s / SWEEP_S) * width;
  while (left_px > 0) {
    const step = Math.min(1, left_px);
    left_px -= step;
    const step_s = (step / width) * SWEEP_S;
    pen.beat += (step_s * (now.heart_rate_per_min ?? 0)) / 60;
    pen.breath += (step_s * (now.respiration_per_min ?? 14)) / 60;
    const value = level(kind, pen, now);
    const y = value === null ? null : height - 3 - value * (height - 6);
    context.clearRect(pen.x, 0, GAP, height);
    if (y !== null && pen.y !== null) {
      context.beginPath();
      context.moveTo(pen.x, pen.y);
      context.lineTo(pen.x + step, y);
      context.stroke();
    }
    pen.y = y;
    pen.x += step;
    if (pen.x >= width) {
      pen.x = 0;
      pen.y = null;
      context.clearRect(0, 0, GAP, height);
    }
  }
}

/** Where the trace stands, from 0 to 1; `null` without the numbers that it is made from. */
function level(kind: "arterial" | "pleth", pen: Pen, now: Numbers): number | null {
  const breath = 1 + 0.03 * Math.sin(2 * Math.PI * pen.breath);
  if (now.heart_rate_per_min === null) return null;
  if (kind === "pleth") return now.spo2_pct === null ? null : pleth(pen.beat, now.spo2_pct) * 0.95 * breath;
  if (now.systolic_mmhg === null || now.diastolic_mmhg === null) return null;
  return Math.min(1, Math.max(0, (arterial(pen.beat, now.systolic_mmhg, now.diastolic_mmhg) * breath - 40) / 120));
}

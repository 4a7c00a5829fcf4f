//! The dose over time: what is believed, its 80 and 95 % bands, goal and minimum, and where it leads if all goes on.

import uPlot from "uplot";
import type { Live } from "../contract.ts";
import { number } from "../lib/format.ts";
import type { History } from "../lib/history.ts";
import { token } from "../lib/theme.ts";
import { axes, Chart, type ChartOptions } from "../parts/chart.tsx";

const COLUMNS = [
  "dose_high95_1e6_per_kg",
  "dose_high_1e6_per_kg",
  "dose_estimate_1e6_per_kg",
  "dose_low_1e6_per_kg",
  "dose_low95_1e6_per_kg",
];

export function DoseChart({ live, history }: { live: Live; history: History }) {
  history.version.value;
  const dose = live.dose;
  if (!dose) return null;
  const label = `Dose over time: now ${number(dose.median, 2)} ${dose.unit}, 80 per cent between ${number(dose.low80, 2)} and ${number(dose.high80, 2)}, goal ${number(dose.goal, 1)}`;
  return (
    <Chart
      class="dose-chart"
      label={label}
      shape={`${dose.goal}|${dose.minimum}`}
      options={() => options(dose.goal, dose.minimum)}
      data={data(live, history)}
    />
  );
}

/** The history, and after its last point one more: the forecast end, reached at the pace of the next ten minutes. */
function data(live: Live, history: History): uPlot.AlignedData {
  const estimate = history.column("dose_estimate_1e6_per_kg");
  const from = Math.max(0, estimate.findIndex((value) => value !== null && value > 0) - 1);
  const times = history.time_s.slice(from);
  const known = (name: string) => history.column(name).filter((value) => value !== null).length;
  // A band that is known for a few moments only would be a spike.
  const isShown = (name: string) => 2 * known(name) > known("dose_estimate_1e6_per_kg");
  const columns = COLUMNS.map((name) => (isShown(name) ? history.column(name).slice(from) : times.map(() => null)));
  const end_s = live.forecast_end_s;
  const rate = live.dose?.next_ten?.dose;
  const ahead: (number | null)[] = times.map(() => null);
  const last = times.at(-1);
  if (live.dose && end_s && rate !== undefined && last !== undefined && end_s > last + 60 && live.phase === "collect") {
    times.push(end_s);
    for (const column of columns) column.push(null);
    ahead[ahead.length - 1] = live.dose.median;
    ahead.push(live.dose.median + (rate * (end_s - last)) / 600);
  }
  return [times, ...columns, ahead] as uPlot.AlignedData;
}

function options(goal: number, minimum: number): ChartOptions {
  const dose = token("dose");
  const none = { stroke: "transparent", points: { show: false } };
  return {
    cursor: { show: false },
    legend: { show: false },
    padding: [10, 10, 0, 0],
    scales: { x: { time: false }, y: { range: (_, __, max) => [0, Math.max(goal * 1.3, (max ?? 0) * 1.05)] } },
    axes: axes(""),
    series: [
      {},
      none,
      none,
      { stroke: dose, width: 2.5, points: { show: false } },
      none,
      none,
      { stroke: dose, width: 2, dash: [2, 6], points: { show: false }, spanGaps: true },
    ],
    bands: [
      { series: [1, 5], fill: token("dose-95") },
      { series: [2, 4], fill: token("dose-80") },
    ],
    hooks: { draw: [(plot) => lines(plot, goal, minimum)] },
  };
}

function lines(plot: uPlot, goal: number, minimum: number): void {
  const context = plot.ctx;
  const scale = uPlot.pxRatio;
  const line = (value: number, text: string, dash: number[], color: string) => {
    const y = plot.valToPos(value, "y", true);
    const { left, width } = plot.bbox;
    context.save();
    context.strokeStyle = color;
    context.fillStyle = color;
    context.lineWidth = 1.5 * scale;
    context.setLineDash(dash.map((part) => part * scale));
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(left + width, y);
    context.stroke();
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    context.font = `600 ${Math.round(rem * 0.8 * scale)}px "IBM Plex Sans Variable", sans-serif`;
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.fillText(text, left + 8 * scale, y - 6 * scale);
    context.restore();
  };
  line(goal, `goal ${number(goal, 1)}`, [], token("ink"));
  line(minimum, `minimum ${number(minimum, 1)}`, [6, 5], token("ink-3"));
}

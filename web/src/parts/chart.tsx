//! A chart by uPlot that fits its place, follows the theme, and takes new data without being made anew.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { clock } from "../lib/format.ts";
import { theme, token } from "../lib/theme.ts";

export type ChartOptions = Omit<uPlot.Options, "width" | "height">;

interface Props {
  /** Makes the options; called again when the theme or `shape` changes, so that colours can be read. */
  options: () => ChartOptions;
  data: uPlot.AlignedData;
  /** What changes the chart's form, as text. */
  shape?: string;
  label: string;
  class?: string;
  /** Called with each chart that is made. */
  made?: (chart: uPlot) => void;
}

export function Chart({ options, data, shape = "", label, class: name = "", made }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const latest = useRef(data);
  latest.current = data;
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const size = () => ({ width: Math.max(80, element.clientWidth), height: Math.max(60, element.clientHeight) });
    const plot = new uPlot({ ...options(), ...size() }, latest.current, element);
    chart.current = plot;
    made?.(plot);
    const watch = new ResizeObserver(() => plot.setSize(size()));
    watch.observe(element);
    return () => {
      watch.disconnect();
      plot.destroy();
      chart.current = null;
    };
  }, [theme.value, shape]);
  useEffect(() => {
    const plot = chart.current;
    if (!plot) return;
    // Somebody has zoomed in: the picture stays where it is.
    const zoomed = isZoomed(plot);
    plot.setData(data, !zoomed);
  }, [data]);
  return <div ref={place} class={`chart ${name}`} role="img" aria-label={label} />;
}

function isZoomed(plot: uPlot): boolean {
  const times = plot.data[0];
  const { min, max } = plot.scales["x"] ?? {};
  const first = times[0];
  const last = times[times.length - 1];
  if (
    min === undefined ||
    max === undefined ||
    min === null ||
    max === null ||
    first === undefined ||
    last === undefined
  )
    return false;
  return min > first + 1 || max < last - 1;
}

/** Axes in the house's colours: no ticks, hairline grid, quiet figures. */
export function axes(unit: string, more: Partial<uPlot.Axis> = {}): [uPlot.Axis, uPlot.Axis] {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const font = `400 ${Math.round(rem * 0.76)}px "IBM Plex Sans Variable", sans-serif`;
  const base = { stroke: token("ink-3"), font, ticks: { show: false }, grid: { stroke: token("line"), width: 1 } };
  return [
    {
      ...base,
      grid: { show: false },
      size: rem * 1.7,
      values: (_, ticks) => ticks.map((tick) => clock(tick).slice(0, -3)),
      incrs: [60, 300, 600, 900, 1800, 3600, 7200, 14400],
      space: rem * 4,
    },
    {
      ...base,
      size: rem * 2.6,
      values: (_, ticks) => ticks.map((tick) => `${+tick.toFixed(2)}`),
      space: rem * 2.2,
      ...(unit ? {} : {}),
      ...more,
    },
  ];
}

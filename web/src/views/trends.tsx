//! Trends: chosen columns over the run, one panel a unit, with one cursor for all; drag to zoom, double click to go back.

import { useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { useBed } from "../bedside.tsx";
import { clock, columnTitle, number } from "../lib/format.ts";
import { may } from "../lib/roles.ts";
import { token } from "../lib/theme.ts";
import { axes, Chart, type ChartOptions } from "../parts/chart.tsx";

/** What is true in the virtual donor, which no instrument shows, is for the instructor alone. */
const GROUPS: [title: string, columns: string[]][] = [
  ["Flows", ["inlet_flow_ml_min", "plasma_flow_ml_min", "anticoagulant_flow_ml_min", "collect_flow_ml_min"]],
  ["Pressures at the access", ["return_pressure_mmhg", "access_pressure_mmhg"]],
  ["Blood pressure", ["systolic_mmhg", "diastolic_mmhg"]],
  ["Heart and breath", ["heart_rate_per_min", "respiration_per_min"]],
  ["Calcium and citrate", ["ionised_calcium_forecast_mmol_l", "true_ionised_calcium_mmol_l", "true_citrate_mmol_l"]],
  ["Dose", ["dose_estimate_1e6_per_kg", "dose_low_1e6_per_kg", "dose_high_1e6_per_kg", "true_dose_1e6_per_kg"]],
  ["Counts of the donor", ["true_platelet_1e9_l", "true_wbc_1e9_l"]],
  ["Saturation and haematocrit", ["spo2_pct", "true_hematocrit_pct", "collect_hematocrit_pct"]],
  ["Interface", ["interface_mm"]],
];
/** Colour and dash: told apart without colours too. */
const LINES: [color: string, dash: number[]][] = [
  ["blue", []],
  ["dose", [8, 4]],
  ["green", [2, 4]],
  ["plum", [10, 3, 2, 3]],
];

export function TrendsView() {
  const { history } = useBed();
  history.version.value;
  const [shown, setShown] = useState<string[]>(["Flows", "Pressures at the access", "Dose"]);
  const [at, setAt] = useState<number | null>(null);
  const sync = useMemo(() => uPlot.sync("trends"), []);
  const charts = useRef(new Set<uPlot>());
  const toggle = (title: string) =>
    setShown((now) => (now.includes(title) ? now.filter((one) => one !== title) : [...now, title]));
  const last = history.time_s.length - 1;
  const index = at !== null && at <= last ? at : last;
  const zoom = (minutes: number | null) => {
    const end = history.time_s[last] ?? 0;
    const range =
      minutes === null ? { min: history.time_s[0] ?? 0, max: end } : { min: Math.max(0, end - 60 * minutes), max: end };
    for (const chart of charts.current) chart.setScale("x", range);
  };
  return (
    <main class="page trends-page" id="content" tabIndex={-1}>
      <div class="row apart">
        <h1>Trends</h1>
        <div class="row" role="group" aria-label="Span">
          {[10, 30, 60].map((minutes) => (
            <button key={minutes} type="button" onClick={() => zoom(minutes)}>{`Last ${minutes} min`}</button>
          ))}
          <button type="button" onClick={() => zoom(null)}>
            Whole run
          </button>
        </div>
      </div>
      <div class="row" role="group" aria-label="What shows">
        {GROUPS.map(([title]) => (
          <button key={title} type="button" aria-pressed={shown.includes(title)} onClick={() => toggle(title)}>
            {title}
          </button>
        ))}
      </div>
      <p class="label" role="status">
        {last < 0
          ? "Nothing recorded yet."
          : `At ${clock(history.time_s[index])}${index === last ? ", now" : ""}. Drag to zoom, double click for the whole run.`}
      </p>
      {GROUPS.filter(([title]) => shown.includes(title)).map(([title, all]) => {
        const columns = all.filter(
          (name) =>
            (may("instruct") || !name.startsWith("true_")) && history.column(name).some((value) => value !== null),
        );
        return (
          <section key={title} class="trend">
            <header>
              <h2>{title}</h2>
              <dl>
                {columns.map((name, n) => (
                  <div key={name}>
                    <dt>
                      <svg class="key-line" viewBox="0 0 28 6" aria-hidden="true">
                        <path
                          d="M0 3h28"
                          stroke={`var(--${LINES[n]?.[0] ?? "ink"})`}
                          stroke-dasharray={LINES[n]?.[1].join(" ")}
                        />
                      </svg>
                      {columnTitle(name).title}
                    </dt>
                    <dd>
                      {number(history.column(name)[index] ?? null, decimals(name))}{" "}
                      <span class="unit">{columnTitle(name).unit}</span>
                    </dd>
                  </div>
                ))}
              </dl>
            </header>
            <Chart
              class="trend-chart"
              label={`${title} over time`}
              shape={columns.join(" ")}
              options={() => options(columns, sync, setAt)}
              made={(chart) => keep(charts.current, chart)}
              data={[history.time_s, ...columns.map((name) => history.column(name))] as uPlot.AlignedData}
            />
          </section>
        );
      })}
    </main>
  );
}

const decimals = (name: string): number => (/mmol|1e6|_mm$/.test(name) ? 2 : /flow|pct/.test(name) ? 1 : 0);

function keep(charts: Set<uPlot>, chart: uPlot): void {
  for (const one of charts) if (!one.root.isConnected) charts.delete(one);
  charts.add(chart);
}

function options(columns: string[], sync: uPlot.SyncPubSub, moved: (index: number | null) => void): ChartOptions {
  return {
    legend: { show: false },
    cursor: { sync: { key: sync.key }, drag: { x: true, y: false }, points: { size: 7 } },
    scales: { x: { time: false } },
    axes: axes(""),
    series: [
      {},
      ...columns.map((_, n) => ({
        stroke: token(LINES[n]?.[0] ?? "ink"),
        width: 2,
        dash: LINES[n]?.[1] ?? [],
        points: { show: false },
      })),
    ],
    hooks: { setCursor: [(plot) => moved(plot.cursor.idx ?? null)] },
  };
}

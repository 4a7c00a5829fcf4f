//! A plan as a distribution: dose along the run, what each confidence needs, what it costs, what others would say.

import type { Confidence, Plan } from "../contract.ts";
import { NOTHING, number, percent, span } from "../lib/format.ts";
import { token } from "../lib/theme.ts";
import { axes, Chart, type ChartOptions } from "../parts/chart.tsx";
import { Scrolls } from "../parts/scrolls.tsx";

export function PlanView({ plans }: { plans: Plan[] }) {
  const [first] = plans;
  if (!first) return null;
  return plans.length > 1 ? <SideBySide plans={plans} /> : <One plan={first} />;
}

function One({ plan }: { plan: Plan }) {
  const { planned } = plan;
  return (
    <div class="plan" aria-live="polite">
      <section class="plan-head">
        <div>
          <p class="label">
            Planned: {span(60 * planned.minutes)}, {number(planned.volume_l, 1)} L of blood,{" "}
            {number(planned.volume_l / plan.tbv_l, 1)} × TBV
          </p>
          <p class="plan-dose">
            {number(planned.median_1e6_per_kg, 2)} <span class="unit">×10⁶/kg</span>
          </p>
          <p>
            80 % between {number(planned.band_80_1e6_per_kg[0], 2)} and {number(planned.band_80_1e6_per_kg[1], 2)}{" "}
            <span class="unit">×10⁶/kg</span>
          </p>
        </div>
        <dl class="figures">
          <div>
            <dt>Goal {number(plan.goal_1e6_per_kg, 1)} ×10⁶/kg</dt>
            <dd>
              {percent(planned.goal_pct)} <span class="unit">%</span>
            </dd>
          </div>
          <div>
            <dt>Minimum {number(plan.minimum_1e6_per_kg, 1)} ×10⁶/kg</dt>
            <dd>
              {percent(planned.minimum_pct)} <span class="unit">%</span>
            </dd>
          </div>
          <div>
            <dt>Lowest ionised calcium</dt>
            <dd>
              {number(plan.ionised_calcium_nadir_mmol_l, 2)} <span class="unit">mmol/L</span>
            </dd>
          </div>
          <div>
            <dt>With calcium given</dt>
            <dd>
              {number(plan.ionised_calcium_nadir_with_calcium_mmol_l, 2)} <span class="unit">mmol/L</span>
            </dd>
          </div>
          <div>
            <dt>Platelets after</dt>
            <dd>
              {number(plan.platelets_after_1e9_l)} <span class="unit">×10⁹/L</span>
            </dd>
          </div>
          <div>
            <dt>Haemoglobin after</dt>
            <dd>
              {number(plan.hemoglobin_after_g_dl, 1)} <span class="unit">g/dL</span>
            </dd>
          </div>
        </dl>
      </section>
      {plan.refusals.map((text) => (
        <p key={text} class="wrong" role="alert">
          Refused: {text}
        </p>
      ))}
      {plan.warnings.map((text) => (
        <p key={text} class="wrong">
          {text}
        </p>
      ))}
      <section>
        <h2>Dose along the run</h2>
        <Curve plan={plan} />
      </section>
      <div class="halves">
        <Needs title={`For the goal, ${number(plan.goal_1e6_per_kg, 1)} ×10⁶/kg`} rows={plan.goal} />
        <Needs title={`For the minimum, ${number(plan.minimum_1e6_per_kg, 1)} ×10⁶/kg`} rows={plan.minimum} />
      </div>
      <div class="halves">
        <table>
          <caption>In one or more days</caption>
          <thead>
            <tr>
              <th>Days</th>
              <th class="n">Goal, %</th>
              <th class="n">Minimum, %</th>
            </tr>
          </thead>
          <tbody>
            {plan.days.map((day) => (
              <tr key={day.days}>
                <td>{day.days}</td>
                <td class="n">{percent(day.goal_pct)}</td>
                <td class="n">{percent(day.minimum_pct)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <dl class="pairs">
          <div>
            <dt>Inlet flow</dt>
            <dd>{number(plan.inlet_flow_ml_min)} mL/min</dd>
          </div>
          <div>
            <dt>Anticoagulant</dt>
            <dd>{number(plan.anticoagulant_ml)} mL</dd>
          </div>
          <div>
            <dt>Citrate</dt>
            <dd>{number(plan.citrate_mg_kg_min, 2)} mg/kg/min</dd>
          </div>
          <div>
            <dt>Blood outside the body</dt>
            <dd>{number(plan.extracorporeal_pct, 1)} % of TBV</dd>
          </div>
          <div>
            <dt>Efficiency of collection</dt>
            <dd>{number(plan.efficiency_pct)} %</dd>
          </div>
          <div>
            <dt>Prime</dt>
            <dd>{plan.prime}</dd>
          </div>
        </dl>
      </div>
      <Formulas plan={plan} />
    </div>
  );
}

function Needs({ title, rows }: { title: string; rows: Confidence[] }) {
  return (
    <table>
      <caption>{title}</caption>
      <thead>
        <tr>
          <th>Confidence, %</th>
          <th class="n">Blood, L</th>
          <th class="n">× TBV</th>
          <th class="n">Time</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.confidence_pct}>
            <td>{row.confidence_pct}</td>
            <td class="n">{number(row.volume_l, 1)}</td>
            <td class="n">{number(row.tbv, 1)}</td>
            <td class="n">{row.minutes === null ? NOTHING : span(60 * row.minutes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What published planners would have taken, each with what is known of its error. */
function Formulas({ plan }: { plan: Plan }) {
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  const volume = (value: unknown) => (typeof value === "number" ? number(value, 1) : NOTHING);
  return (
    <Scrolls name="Published planners">
      <table>
        <caption>Published planners, for comparison</caption>
        <thead>
          <tr>
            <th>Planner</th>
            <th>Equation</th>
            <th class="n">Blood, L</th>
            <th>Known error</th>
          </tr>
        </thead>
        <tbody>
          {plan.published.map((one) => (
            <tr key={text(one["name"])}>
              <td>{text(one["name"])}</td>
              <td>{text(one["equation"])}</td>
              <td class="n">{volume(one["volume_l"])}</td>
              <td class="quiet">{text(one["error"])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolls>
  );
}

function Curve({ plan }: { plan: Plan }) {
  const points = plan.curve;
  const column = (of: (point: Plan["curve"][number]) => number) => points.map(of);
  return (
    <Chart
      class="plan-chart"
      label={`Planned dose over time, ${number(plan.planned.median_1e6_per_kg, 2)} million per kg after ${span(60 * plan.planned.minutes)}`}
      shape={JSON.stringify([plan.goal_1e6_per_kg, plan.minimum_1e6_per_kg, plan.planned.minutes])}
      options={() => curveOptions(plan)}
      data={[
        column((point) => 60 * point.minutes),
        column((point) => point.band_95_1e6_per_kg[1]),
        column((point) => point.band_80_1e6_per_kg[1]),
        column((point) => point.median_1e6_per_kg),
        column((point) => point.band_80_1e6_per_kg[0]),
        column((point) => point.band_95_1e6_per_kg[0]),
      ]}
    />
  );
}

function curveOptions(plan: Plan): ChartOptions {
  const none = { stroke: "transparent", points: { show: false } };
  return {
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { range: (_, __, max) => [0, max ?? 1] } },
    axes: axes(""),
    series: [{}, none, none, { stroke: token("dose"), width: 2.5, points: { show: false } }, none, none],
    bands: [
      { series: [1, 5], fill: token("dose-95") },
      { series: [2, 4], fill: token("dose-80") },
    ],
    hooks: {
      draw: [
        (plot) => {
          const context = plot.ctx;
          const { left, top, width, height } = plot.bbox;
          context.save();
          context.strokeStyle = token("ink");
          const y = plot.valToPos(plan.goal_1e6_per_kg, "y", true);
          const x = plot.valToPos(60 * plan.planned.minutes, "x", true);
          context.beginPath();
          context.moveTo(left, y);
          context.lineTo(left + width, y);
          context.moveTo(x, top);
          context.lineTo(x, top + height);
          context.stroke();
          context.restore();
        },
      ],
    },
  };
}

function SideBySide({ plans }: { plans: Plan[] }) {
  const rows: [string, (plan: Plan) => string][] = [
    ["Planned time", (plan) => span(60 * plan.planned.minutes)],
    ["Blood, L", (plan) => number(plan.planned.volume_l, 1)],
    ["Dose, ×10⁶/kg", (plan) => number(plan.planned.median_1e6_per_kg, 2)],
    ["80 % from", (plan) => number(plan.planned.band_80_1e6_per_kg[0], 2)],
    ["80 % to", (plan) => number(plan.planned.band_80_1e6_per_kg[1], 2)],
    ["Goal, %", (plan) => percent(plan.planned.goal_pct)],
    ["Minimum, %", (plan) => percent(plan.planned.minimum_pct)],
    ["Citrate, mg/kg/min", (plan) => number(plan.citrate_mg_kg_min, 2)],
    ["Lowest ionised calcium, mmol/L", (plan) => number(plan.ionised_calcium_nadir_mmol_l, 2)],
    ["Platelets after, ×10⁹/L", (plan) => number(plan.platelets_after_1e9_l)],
    ["Refused", (plan) => plan.refusals.join("; ") || "no"],
  ];
  return (
    <Scrolls name="Scenarios">
      <table aria-live="polite">
        <caption>Scenarios side by side</caption>
        <thead>
          <tr>
            <th>{""}</th>
            {plans.map((plan) => (
              <th key={plan.scenario} class="n">
                {plan.scenario.replace(/^.*=/, "")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([title, of]) => (
            <tr key={title}>
              <th scope="row">{title}</th>
              {plans.map((plan) => (
                <td key={plan.scenario} class="n">
                  {of(plan)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolls>
  );
}

//! The dose, the centre of the screen: what is believed to be in the bag, how sure, and what ten more minutes bring.

import type { Live } from "../contract.ts";
import { NOTHING, number, percent, signed, span, unitText } from "../lib/format.ts";
import type { History } from "../lib/history.ts";
import { DoseChart } from "./dose-chart.tsx";

export function DosePanel({ live, history }: { live: Live; history: History }) {
  const dose = live.dose;
  if (!dose) return null;
  const unit = unitText(dose.unit);
  return (
    <section class="dose" aria-labelledby="dose-title">
      <div class="hero">
        <h2 id="dose-title" class="label">
          Dose in the bag
        </h2>
        <p class="figure">
          <span class="live-value">{number(dose.median, 2)}</span>
          <span class="unit">{unit}</span>
        </p>
        <dl class="bands">
          <div>
            <dt>
              <i class="swatch s80" />
              80 %
            </dt>
            <dd class="live-value">{`${number(dose.low80, 2)} to ${number(dose.high80, 2)}`}</dd>
          </div>
          <div>
            <dt>
              <i class="swatch s95" />
              95 %
            </dt>
            <dd class="live-value">{`${number(dose.low95, 2)} to ${number(dose.high95, 2)}`}</dd>
          </div>
        </dl>
      </div>
      <dl class="odds">
        <Odds title={`Goal ${number(dose.goal, 1)} reached`} pct={100 * dose.p_goal} />
        <Odds title={`Minimum ${number(dose.minimum, 1)} reached`} pct={100 * dose.p_minimum} />
        <div>
          <dt>Goal with 90 % in</dt>
          <dd class="live-value">{dose.to_ninety_min === null ? NOTHING : span(dose.to_ninety_min * 60)}</dd>
        </div>
      </dl>
      <DoseChart live={live} history={history} />
      <NextTen live={live} unit={unit} />
    </section>
  );
}

function Odds({ title, pct }: { title: string; pct: number }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>
        <span class="live-value">{percent(pct)}</span>
        <span class="unit"> %</span>
      </dd>
      <dd class="odds-bar" aria-hidden="true">
        <i style={{ width: `${Math.min(100, Math.max(0, pct))}%` }} />
      </dd>
    </div>
  );
}

/** What ten more minutes bring and what they take. */
function NextTen({ live, unit }: { live: Live; unit: string }) {
  const next = live.dose?.next_ten;
  if (!next) return null;
  return (
    <p class="next-ten">
      <span class="label">Ten more minutes</span>
      <span>
        <b class="live-value">{signed(next.dose, 2)}</b> <span class="unit">{unit}</span>
      </span>
      <span>
        goal <b class="live-value">{signed(next.goal_pct, 0)}</b> <span class="unit">%</span>
      </span>
      <span class="for">but</span>
      <span>
        platelets <b class="live-value">{signed(-Math.abs(next.platelets_1e9_l), 1)}</b>{" "}
        <span class="unit">×10⁹/L</span>
      </span>
      <span>
        citrate <b class="live-value">{signed(next.citrate_mg_kg, 0)}</b> <span class="unit">mg/kg</span>
      </span>
    </p>
  );
}

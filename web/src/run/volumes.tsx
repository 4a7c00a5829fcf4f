//! The volumes of the procedure, and why the machine did what it did last.

import type { Live } from "../contract.ts";
import { clock, number, signed } from "../lib/format.ts";

type Cell = [title: string, value: string, unit: string, more?: string];

export function Volumes({ live }: { live: Live }) {
  const { volumes } = live;
  const processed_l = volumes.processed_ml === null ? null : volumes.processed_ml / 1000;
  const tbv = volumes.processed_ml !== null && volumes.tbv_ml ? volumes.processed_ml / volumes.tbv_ml : null;
  const cells: Cell[] = [
    ["Blood processed", number(processed_l, 2), "L", `${number(tbv, 2)} × TBV`],
    ["Anticoagulant to the donor", number(volumes.anticoagulant_to_donor_ml), "mL"],
    ["Product", number(volumes.product_ml), "mL"],
    ...(volumes.plasma_ml === null ? [] : [["Plasma bag", number(volumes.plasma_ml), "mL"] as Cell]),
    ["Saline", number(volumes.saline_ml), "mL"],
    ["Fluid balance", signed(volumes.balance_ml), "mL", `${signed(volumes.balance_pct, 1)} % of TBV`],
  ];
  return (
    <section class="volumes" aria-labelledby="volumes-title">
      <h2 id="volumes-title" class="hidden">
        Volumes
      </h2>
      <dl>
        {cells.map(([title, value, unit, more]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>
              <span class="live-value">{value}</span> <span class="unit">{unit}</span>
              {more ? <span class="unit more">{more}</span> : null}
            </dd>
          </div>
        ))}
      </dl>
      <p class="why">
        <span class="label">Why</span>
        {live.why ? (
          <>
            <span>{live.why.text}</span>
            <span class="quiet">{`${live.why.source}, ${clock(live.why.at_s)}`}</span>
          </>
        ) : (
          <span class="quiet">Nothing was decided yet.</span>
        )}
      </p>
    </section>
  );
}

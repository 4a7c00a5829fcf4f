//! Where the procedure stands: control's phases in seven stages.

import { useRef } from "preact/hooks";
import type { Live } from "../contract.ts";
import { capital } from "../lib/format.ts";

const STAGES: [string, string[]][] = [
  ["Check", ["self_test", "admission"]],
  ["Set", ["load_set", "pressure_test", "connect_anticoagulant", "red_cells", "prime"]],
  ["Access", ["vein_access", "access_test", "connect"]],
  ["Collect", ["divert", "establish_interface", "collect", "elute"]],
  ["Return", ["rinse_back", "disconnect"]],
  ["Product", ["product", "remove_line", "observation"]],
  ["Counts", ["counts", "summary"]],
];

/** The stage of a phase; -1 for a pause, a stop and a refusal, which can be anywhere. */
export const stageOf = (phase: string): number => STAGES.findIndex(([, phases]) => phases.includes(phase));

export function Rail({ live }: { live: Live }) {
  const last = useRef(live.is_connected ? stageOf("collect") : 0);
  const found = stageOf(live.phase);
  if (found >= 0) last.current = found;
  return (
    <ol class="rail" aria-label="Stages of the procedure">
      {STAGES.map(([title], n) => (
        <li
          key={title}
          class={n < last.current ? "past" : n === last.current ? "now" : ""}
          aria-current={n === last.current ? "step" : undefined}
        >
          {n === last.current ? capital(live.phase_title) : title}
        </li>
      ))}
    </ol>
  );
}

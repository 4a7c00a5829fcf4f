//! The order of machines on the wall.

import { byPriority, RANK } from "../alarm/priority.ts";
import type { Alarm, Live } from "../contract.ts";

/** The machine's highest alarm. */
export const highest = (live: Live): Alarm | undefined => [...live.alarms.active].sort(byPriority)[0];

/** The highest alarm first, then what waits for somebody, then what runs; equals keep their order by label. */
export function inOrder(machines: Live[]): Live[] {
  const rank = (live: Live) => {
    const priority = highest(live)?.priority;
    if (priority) return RANK[priority];
    return live.request ? 3 : live.run && !live.is_over ? 4 : 5;
  };
  return [...machines].sort((a, b) => rank(a) - rank(b) || a.label.localeCompare(b.label, "en", { numeric: true }));
}

//! Which alarm comes first.

import type { Alarm, Priority } from "../contract.ts";

export const RANK: Record<Priority, number> = { high: 0, medium: 1, low: 2 };
export const PRIORITY_TITLES: Record<Priority, string> = { high: "High", medium: "Medium", low: "Low" };

/** The highest first; within a priority the latest. */
export function byPriority(a: Alarm, b: Alarm): number {
  return RANK[a.priority] - RANK[b.priority] || b.at_s - a.at_s;
}

//! What a role may do. The server decides; the page only leaves out what it would refuse.

import type { Role } from "../contract.ts";
import { me } from "./api.ts";

const MAY = {
  operate: ["nurse", "physician"],
  start: ["nurse", "physician", "instructor"],
  plan: ["nurse", "physician", "instructor", "lab"],
  instruct: ["instructor"],
  silence: ["nurse", "physician", "lab", "instructor"],
  count: ["lab"],
  reconcile: ["lab"],
  sign: ["physician"],
  manage: ["engineer"],
} as const satisfies Record<string, readonly Role[]>;

export type Doing = keyof typeof MAY;

/** True when the one who is signed in may do this. */
export function may(doing: Doing): boolean {
  const role = me.value?.user.role;
  return role !== undefined && (MAY[doing] as readonly Role[]).includes(role);
}

export const ROLE_TITLES: Record<Role, string> = {
  nurse: "Nurse",
  physician: "Physician",
  lab: "Laboratory",
  instructor: "Instructor",
  engineer: "Engineer",
  read_only: "Read only",
};

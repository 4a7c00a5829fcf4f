//! Tells a screen reader of a new first alarm once: a high one at once, others when it is silent. Dialogs hold a second
//! one, because what lies behind an open dialog is not read.

import { signal } from "@preact/signals";
import type { Alarm } from "../contract.ts";
import { PRIORITY_TITLES } from "./priority.ts";

const first = signal<Alarm | null>(null);

/** From now on this is the first alarm. */
export function announce(alarm: Alarm | null): void {
  if (alarm?.code !== first.value?.code || alarm?.priority !== first.value?.priority) first.value = alarm;
}

export function Announcer() {
  const alarm = first.value;
  const text = alarm
    ? `${PRIORITY_TITLES[alarm.priority]} priority alarm: ${alarm.title}. ${alarm.cause} ${alarm.action}`
    : "";
  const isHigh = alarm?.priority === "high";
  return (
    <>
      <p class="hidden" role="alert">
        {isHigh ? text : ""}
      </p>
      <p class="hidden" role="status">
        {isHigh ? "" : text}
      </p>
    </>
  );
}

//! What this is, and what it is not.

import { status } from "../lib/api.ts";

export function About() {
  return (
    <main class="page" id="content" tabIndex={-1}>
      <h1>leuka</h1>
      <p class="lead measure">{status.value?.notice}</p>
      <p class="measure">
        A whole leukapheresis in software: a virtual donor, a centrifuge separator, a machine with its controller and an
        independent guard, the dose as a distribution, the record. What shows here as a patient is computed. Alarms and
        their signals are designed after IEC 60601-1-8; nothing here is certified.
      </p>
      <p class="measure">
        Version {status.value?.version}. MIT or Apache-2.0. The typeface is IBM Plex Sans, under the SIL Open Font
        License 1.1.
      </p>
    </main>
  );
}

//! The procedure is over: how it ended and what comes next.

import type { Live } from "../contract.ts";
import { href } from "../route.ts";

export function Ending({ live }: { live: Live }) {
  return (
    <section class="request" aria-label="End of the procedure">
      <div>
        <h2>The procedure is over</h2>
        <p>{live.end_reason ?? ""}</p>
      </div>
      <div class="row">
        <a class="button" href={href("machine", live.machine, "plan")}>
          Next procedure
        </a>
        <a
          class="button primary"
          href={live.run?.record ? href("records", live.run.record) : href("machine", live.machine, "record")}
        >
          Go to the record
        </a>
      </div>
    </section>
  );
}

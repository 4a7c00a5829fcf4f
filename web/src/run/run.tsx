//! The main screen: circuit, dose, donor, volumes; above them what the machine asks for, below what one can do.

import { useBed } from "../bedside.tsx";
import type { Live } from "../contract.ts";
import { Circuit } from "./circuit.tsx";
import { Dock } from "./dock.tsx";
import { DosePanel } from "./dose.tsx";
import { Ending } from "./ending.tsx";
import { RequestStrip, StepPanel } from "./step.tsx";
import { Vitals } from "./vitals.tsx";
import { Volumes } from "./volumes.tsx";

export function RunView({ live }: { live: Live }) {
  const { feed, history } = useBed();
  const isLive = feed.link.value === "live" && !live.paused;
  const showsDose = live.dose !== null && live.dose.median > 0.005;
  return (
    <main id="content" tabIndex={-1} class="run" aria-label="Run">
      <h1 class="hidden">{`Run on ${live.label}`}</h1>
      <div class="centre">
        {showsDose ? <RequestStrip live={live} /> : null}
        {live.is_over ? <Ending live={live} /> : null}
        {showsDose ? <DosePanel live={live} history={history} /> : live.is_over ? null : <StepPanel live={live} />}
        <Dock live={live} />
      </div>
      <Vitals live={live} isLive={isLive} />
      <Circuit live={live} isLive={isLive} />
      <Volumes live={live} />
    </main>
  );
}

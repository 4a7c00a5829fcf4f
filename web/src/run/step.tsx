//! What the machine waits for, and its confirmation: what to do, what to enter, who says so and why.

import { useEffect, useState } from "preact/hooks";
import type { Live, Request } from "../contract.ts";
import { capital, clock } from "../lib/format.ts";
import { may } from "../lib/roles.ts";
import { Confirm } from "../parts/confirm.tsx";
import { type Answers, Fields, firstAnswers, lacking } from "../parts/fields.tsx";
import { act } from "./act.ts";

/** While the dose shows: one line above it. */
export function RequestStrip({ live }: { live: Live }) {
  const request = live.request;
  if (!request) return null;
  return (
    <section class="request" aria-labelledby="request-title">
      <div>
        <h2 id="request-title">{request.title}</h2>
        <p>{request.how}</p>
      </div>
      <ConfirmButton live={live} request={request} />
    </section>
  );
}

/** Before there is a dose: the step is the centre of the screen. */
export function StepPanel({ live }: { live: Live }) {
  const request = live.request;
  return (
    <section class="step-panel" aria-labelledby="step-title">
      <p class="label">{capital(live.phase_title)}</p>
      {request ? (
        <>
          <h2 id="step-title">{request.title}</h2>
          <p class="how">{request.how}</p>
          <ConfirmButton live={live} request={request} />
        </>
      ) : (
        <>
          <h2 id="step-title">{live.is_connected ? "The machine works" : "The machine prepares itself"}</h2>
          <p class="how">{live.why?.text ? `${capital(live.why.text)}.` : "Nothing to do now."}</p>
          <p class="quiet">{`Since the start ${clock(live.time_s)}`}</p>
        </>
      )}
    </section>
  );
}

/** So long the button stays away after a confirmation, unless the machine asks for something else sooner. */
const SETTLES_MS = 3000;

function ConfirmButton({ live, request }: { live: Live; request: Request }) {
  const [asks, setAsks] = useState(false);
  const [sent, setSent] = useState("");
  const name = `${live.phase} ${request.name}`;
  useEffect(() => {
    if (sent === "") return;
    const timer = setTimeout(() => setSent(""), SETTLES_MS);
    return () => clearTimeout(timer);
  }, [sent]);
  if (!may("operate")) return <p class="quiet">A nurse or physician confirms this step.</p>;
  if (live.operator === "simulated") return <p class="quiet">The simulated operator does this.</p>;
  if (sent === name) return <p role="status">Confirmed.</p>;
  return (
    <>
      <button type="button" class="primary large" onClick={() => setAsks(true)}>
        Confirm this step
      </button>
      {asks ? (
        <StepDialog key={name} live={live} request={request} closes={() => setAsks(false)} sent={() => setSent(name)} />
      ) : null}
    </>
  );
}

interface Asked {
  live: Live;
  request: Request;
  closes: () => void;
  sent: () => void;
}

function StepDialog({ live, request, closes, sent }: Asked) {
  const [answers, setAnswers] = useState<Answers>(firstAnswers(request.needs));
  const missing = lacking(request.needs, answers);
  return (
    <Confirm
      title={request.title}
      closes={closes}
      missing={missing}
      why="done as asked"
      does="Done"
      confirms={(why) => act(live.machine, { action: "confirm", request: request.name, why, with: answers }).then(sent)}
    >
      <p>{request.how}</p>
      <Fields fields={request.needs} answers={answers} changes={setAnswers} />
    </Confirm>
  );
}

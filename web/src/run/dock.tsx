//! What an operator can want at any time: pause, stop, report, set. Each is confirmed with a reason.

import { useState } from "preact/hooks";
import type { Live } from "../contract.ts";
import { number, percent, span, unitText } from "../lib/format.ts";
import { may } from "../lib/roles.ts";
import { Confirm } from "../parts/confirm.tsx";
import { type Action, act, tell } from "./act.ts";

type Wish = "pause" | "stop" | "symptom" | "care" | "inlet" | "plasma" | "count";

export function Dock({ live }: { live: Live }) {
  const [wish, setWish] = useState<Wish | null>(null);
  if (!may("operate") || live.is_over) return null;
  const isRunning = ["prime", "divert", "establish_interface", "collect", "elute", "rinse_back"].includes(live.phase);
  const collects = ["divert", "establish_interface", "collect", "elute", "paused"].includes(live.phase);
  const closes = () => setWish(null);
  const button = (name: Wish, title: string, shows: boolean) =>
    shows ? (
      <button
        key={name}
        type="button"
        class={name === "pause" || name === "stop" ? undefined : "plain"}
        onClick={() => setWish(name)}
      >
        {title}
      </button>
    ) : null;
  return (
    <div class="dock" role="group" aria-label="Operator">
      {button("pause", "Pause", isRunning)}
      {button("stop", collects ? "Stop collection" : "End early", true)}
      {button("symptom", "Symptom", live.is_connected)}
      {button("care", "Care", live.is_connected)}
      {button("inlet", "Inlet", collects)}
      {button("plasma", "Plasma", live.phase === "collect" || live.phase === "establish_interface")}
      {button("count", "Count", live.phase === "collect")}
      {wish ? <WishDialog wish={wish} live={live} closes={closes} /> : null}
    </div>
  );
}

interface Asked {
  live: Live;
  closes: () => void;
}

function WishDialog({ wish, ...asked }: Asked & { wish: Wish }) {
  switch (wish) {
    case "pause":
      return (
        <Confirm
          title="Pause"
          does="Pause"
          closes={asked.closes}
          confirms={(why) => tell(asked.live.machine, "Pause", why)}
        >
          <p>
            Pumps stand and the return stays open for saline where it is needed. Blood that stands for 5 minutes must be
            flushed.
          </p>
        </Confirm>
      );
    case "stop":
      return <Stop {...asked} />;
    case "symptom":
      return (
        <Choose
          {...asked}
          title="The donor reports"
          does="Report"
          choices={SYMPTOMS}
          action={(symptom) => ({ ReportSymptom: symptom })}
          why="the donor says so"
        />
      );
    case "care":
      return (
        <Choose
          {...asked}
          title="Give care"
          does="Given"
          choices={CARE}
          action={(care) => (care === "change_anticoagulant" ? care : { care })}
          why="for the donor's symptoms"
        />
      );
    case "inlet":
      return (
        <Amount
          {...asked}
          title="Inlet flow"
          label="Wished inlet flow, mL/min"
          first={asked.live.flows.inlet_ml_min}
          low={5}
          high={150}
          action={(flow) => ({ SetInletFlow: { flow } })}
        />
      );
    case "plasma":
      return <Plasma {...asked} />;
    case "count":
      return <Count {...asked} />;
  }
}

const SYMPTOMS: [string, string, string][] = [
  ["tingling", "Tingling", "Too little ionised calcium: the flow is lowered."],
  ["cramps", "Cramps", "Much too little ionised calcium: pause."],
  ["faint", "Faint, cold sweat", "Pause."],
  ["return_pain", "Pain or swelling at the return", "The needle may be beside the vein: pause."],
  ["allergic", "Rash or tight chest", "Pause."],
];
const CARE: [string, string, string][] = [
  ["oral_calcium", "Calcium by mouth", ""],
  ["iv_calcium", "Calcium into a vein", ""],
  ["saline", "Saline", ""],
  ["legs_raised", "Raise the legs", ""],
  ["change_anticoagulant", "Change the anticoagulant bag", ""],
];

/** The end is weighed with what is known: dose, its band, and what more time would bring. */
function Stop({ live, closes }: Asked) {
  const { dose } = live;
  return (
    <Confirm
      title="Stop the collection"
      does="Stop and return the blood"
      closes={closes}
      confirms={(why) => tell(live.machine, "EndEarly", why)}
    >
      {dose ? (
        <>
          <p class="lead">
            {`${number(dose.median, 2)} ${unitText(dose.unit)} is believed to be in the bag; with 80 % it is between ${number(dose.low80, 2)} and ${number(dose.high80, 2)}.`}
          </p>
          <dl class="pairs">
            <div>
              <dt>Goal {number(dose.goal, 1)} is reached</dt>
              <dd>{percent(100 * dose.p_goal)} %</dd>
            </div>
            <div>
              <dt>Minimum {number(dose.minimum, 1)} is reached</dt>
              <dd>{percent(100 * dose.p_minimum)} %</dd>
            </div>
            {dose.to_ninety_min === null ? null : (
              <div>
                <dt>Goal with 90 % would take</dt>
                <dd>{span(dose.to_ninety_min * 60)}</dd>
              </div>
            )}
          </dl>
        </>
      ) : (
        <p>There is no product yet.</p>
      )}
      <p>What is in the set goes back to the donor where that is safe. This cannot be taken back.</p>
    </Confirm>
  );
}

function Choose({
  live,
  closes,
  title,
  does,
  choices,
  action,
  why,
}: Asked & {
  title: string;
  does: string;
  choices: [string, string, string][];
  action: (value: string) => Action;
  why: string;
}) {
  const [chosen, setChosen] = useState("");
  return (
    <Confirm
      title={title}
      does={does}
      why={why}
      closes={closes}
      missing={chosen ? [] : ["a choice"]}
      confirms={(reason) => tell(live.machine, action(chosen), reason)}
    >
      <fieldset class="choices">
        <legend class="hidden">{title}</legend>
        {choices.map(([value, name, text]) => (
          <label key={value}>
            <input
              type="radio"
              name="choice"
              value={value}
              checked={chosen === value}
              onInput={() => setChosen(value)}
            />
            <span>{name}</span>
            {text ? <span class="quiet">{text}</span> : null}
          </label>
        ))}
      </fieldset>
    </Confirm>
  );
}

function Amount({
  live,
  closes,
  title,
  label,
  first,
  low,
  high,
  action,
}: Asked & {
  title: string;
  label: string;
  first: number | null;
  low: number;
  high: number;
  action: (value: number) => Record<string, unknown>;
}) {
  const [text, setText] = useState(first === null ? "" : first.toFixed(0));
  const value = Number(text);
  const isWrong = text === "" || !(value >= low && value <= high);
  return (
    <Confirm
      title={title}
      does="Set"
      closes={closes}
      missing={isWrong ? [`a number from ${low} to ${high}`] : []}
      confirms={(why) => tell(live.machine, action(value), why)}
    >
      <div class="field">
        <label class="label" for="amount">
          {label}
        </label>
        <input
          id="amount"
          type="number"
          inputMode="decimal"
          min={low}
          max={high}
          step="any"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <span class="help">{`${low} to ${high}`}</span>
      </div>
    </Confirm>
  );
}

/** Semi-automatic while the camera is lost; back to automatic afterwards. */
function Plasma({ live, closes }: Asked) {
  const [text, setText] = useState("");
  return (
    <Confirm
      title="Plasma flow by hand"
      does="Set"
      closes={closes}
      confirms={(why) => tell(live.machine, { SetPlasmaFlow: { flow: text === "" ? null : Number(text) } }, why)}
    >
      <p>
        For when the camera shows nothing. The red-cell detectors still guard the lines. Leave the field empty to go
        back to automatic.
      </p>
      <div class="field">
        <label class="label" for="plasma">
          Plasma flow, mL/min
        </label>
        <input
          id="plasma"
          type="number"
          inputMode="decimal"
          min="0"
          max="100"
          step="any"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </div>
    </Confirm>
  );
}

function Count({ live, closes }: Asked) {
  const [kind, setKind] = useState("Blood");
  const [text, setText] = useState("");
  const isSample = kind === "Sample";
  const action = () =>
    isSample
      ? "TakeMidRunSample"
      : { EnterMidRunCount: kind === "Blood" ? { Blood: Number(text) } : { Bag: Number(text) * 1e6 } };
  return (
    <Confirm
      title="Count during the run"
      does={isSample ? "Taken" : "Enter"}
      closes={closes}
      missing={!isSample && text === "" ? ["the count"] : []}
      confirms={(why) => act(live.machine, { action: action(), why })}
    >
      <p>A count narrows the band of the dose.</p>
      <fieldset class="choices">
        <legend class="hidden">What</legend>
        {[
          ["Sample", "A sample is taken now"],
          ["Blood", "Count in blood"],
          ["Bag", "Count in the bag"],
        ].map(([value, title]) => (
          <label key={value}>
            <input type="radio" name="kind" checked={kind === value} onInput={() => setKind(value ?? "")} />
            <span>{title}</span>
          </label>
        ))}
      </fieldset>
      {isSample ? null : (
        <div class="field">
          <label class="label" for="count">
            {kind === "Blood" ? "Cells of the dose, /µL" : "Cells of the dose in the bag, ×10⁶"}
          </label>
          <input
            id="count"
            type="number"
            inputMode="decimal"
            min="0"
            step="any"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </div>
      )}
    </Confirm>
  );
}

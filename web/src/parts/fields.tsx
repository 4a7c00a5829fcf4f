//! Input fields as the server describes them. Nothing is chosen beforehand: what the simulation's papers, scanner and
//! laboratory give stands beside a field, and a person takes it over.

import { useId } from "preact/hooks";
import type { Field } from "../contract.ts";
import { unitText } from "../lib/format.ts";

export type Answer = string | number | boolean;
export type Answers = Record<string, Answer>;

/** What the fields hold before anybody has touched them: a number that is a usual value, and nothing else. */
export function firstAnswers(fields: Field[]): Answers {
  const usual = fields.filter((field) => field.kind === "number" && typeof field.default === "number");
  return Object.fromEntries(usual.map((field) => [field.name, field.default as number]));
}

/** The fields that still need an answer, by their labels. */
export function lacking(fields: Field[], answers: Answers): string[] {
  const isOpen = (field: Field) => answers[field.name] === undefined || answers[field.name] === "";
  return fields.filter(isOpen).map((field) => field.label);
}

interface Props {
  fields: Field[];
  answers: Answers;
  changes: (answers: Answers) => void;
}

export function Fields({ fields, answers, changes }: Props) {
  return (
    <>
      {fields.map((field) => {
        const one = {
          field,
          value: answers[field.name],
          changes: (value: Answer) => changes({ ...answers, [field.name]: value }),
        };
        switch (field.kind) {
          case "yes_no":
            return <YesNo key={field.name} {...one} />;
          case "choice":
            return <Choice key={field.name} {...one} />;
          default:
            return <Entry key={field.name} {...one} />;
        }
      })}
    </>
  );
}

interface One {
  field: Field;
  value: Answer | undefined;
  changes: (value: Answer) => void;
}

/** Both answers are open: silence is not consent. */
function YesNo({ field, value, changes }: One) {
  const id = useId();
  const hint = typeof field.default === "boolean" ? `The simulation shows: ${field.default ? "yes" : "no"}` : "";
  return (
    <fieldset class="yes-no">
      <legend>{field.label}</legend>
      {[true, false].map((answer) => (
        <label key={String(answer)}>
          <input type="radio" name={id} checked={value === answer} onInput={() => changes(answer)} />
          {answer ? "Yes" : "No"}
        </label>
      ))}
      {hint ? <span class="help">{hint}</span> : null}
    </fieldset>
  );
}

function Choice({ field, value, changes }: One) {
  const id = useId();
  const choices = field.choices ?? [];
  const scanned = choices.find((choice) => choice.value === field.scan || choice.title === field.scan);
  return (
    <div class="field">
      <label for={id} class="label">
        {field.label}
      </label>
      <div class="row">
        <select id={id} value={String(value ?? "")} onInput={(event) => changes(event.currentTarget.value)}>
          <option value="" disabled>
            Choose
          </option>
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.title}
            </option>
          ))}
        </select>
        {scanned ? (
          <button type="button" aria-label={`Scan: ${field.label}`} onClick={() => changes(scanned.value)}>
            Scan
          </button>
        ) : null}
      </div>
    </div>
  );
}

const TAKES: Record<string, string> = { scan: "Scan", text: "Ask", number: "Read" };

function Entry({ field, value, changes }: One) {
  const id = useId();
  const isNumber = field.kind === "number";
  const unit = field.unit ? unitText(field.unit) : "";
  const take = (text: string) => changes(isNumber && text !== "" ? Number(text) : text);
  const shown = value === undefined ? "" : String(value);
  const { scan } = field;
  const common = {
    id,
    autocomplete: "off" as const,
    value: shown,
    onInput: (event: { currentTarget: { value: string } }) => take(event.currentTarget.value),
  };
  return (
    <div class="field">
      <label for={id} class="label">
        {unit ? `${field.label}, ${unit}` : field.label}
      </label>
      <div class="row">
        {isNumber ? (
          <input type="number" inputMode="decimal" step="any" min={field.low} max={field.high} {...common} />
        ) : (
          <input {...common} />
        )}
        {scan === undefined || scan === null ? null : (
          <button type="button" aria-label={`${TAKES[field.kind]}: ${field.label}`} onClick={() => take(scan)}>
            {TAKES[field.kind]}
          </button>
        )}
      </div>
      {field.low !== undefined && field.high !== undefined ? (
        <span class="help">{`${field.low} to ${field.high} ${unit}`}</span>
      ) : null}
    </div>
  );
}

//! Input fields as the server describes them.

import { useId } from "preact/hooks";
import type { Field } from "../contract.ts";

export type Answer = string | number | boolean;
export type Answers = Record<string, Answer>;

/** What the fields hold before anybody has touched them. Nothing is ticked or scanned beforehand. */
export function firstAnswers(fields: Field[]): Answers {
  const answers: Answers = {};
  for (const field of fields) {
    if (field.default !== undefined) answers[field.name] = field.default;
    else if (field.kind === "yes_no") answers[field.name] = false;
  }
  return answers;
}

export function Fields({
  fields,
  answers,
  changes,
}: {
  fields: Field[];
  answers: Answers;
  changes: (answers: Answers) => void;
}) {
  return (
    <>
      {fields.map((field) => (
        <OneField
          key={field.name}
          field={field}
          value={answers[field.name]}
          changes={(value) => changes({ ...answers, [field.name]: value })}
        />
      ))}
    </>
  );
}

function OneField({
  field,
  value,
  changes,
}: {
  field: Field;
  value: Answer | undefined;
  changes: (value: Answer) => void;
}) {
  const id = useId();
  const label = field.unit ? `${field.label}, ${field.unit}` : field.label;
  if (field.kind === "yes_no") {
    return (
      <div class="row tick">
        <input
          id={id}
          type="checkbox"
          checked={value === true}
          onInput={(event) => changes(event.currentTarget.checked)}
        />
        <label for={id}>{field.label}</label>
      </div>
    );
  }
  if (field.kind === "choice") {
    return (
      <div class="field">
        <label for={id} class="label">
          {label}
        </label>
        <select id={id} value={String(value ?? "")} onInput={(event) => changes(event.currentTarget.value)}>
          <option value="" disabled>
            Choose
          </option>
          {(field.choices ?? []).map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.title}
            </option>
          ))}
        </select>
      </div>
    );
  }
  const isNumber = field.kind === "number";
  const take = (text: string) => changes(isNumber && text !== "" ? Number(text) : text);
  const shown = value === undefined ? "" : String(value);
  const { scan } = field;
  return (
    <div class="field">
      <label for={id} class="label">
        {label}
      </label>
      <div class="row">
        {isNumber ? (
          <input
            id={id}
            type="number"
            inputMode="decimal"
            step="any"
            min={field.low}
            max={field.high}
            autocomplete="off"
            value={shown}
            onInput={(event) => take(event.currentTarget.value)}
          />
        ) : (
          <input id={id} autocomplete="off" value={shown} onInput={(event) => take(event.currentTarget.value)} />
        )}
        {scan === undefined ? null : (
          <button type="button" onClick={() => take(scan)}>
            {field.kind === "scan" ? "Scan" : "Ask"}
          </button>
        )}
      </div>
      {field.low !== undefined && field.high !== undefined ? (
        <span class="help">{`${field.low} to ${field.high}${field.unit ? ` ${field.unit}` : ""}`}</span>
      ) : null}
    </div>
  );
}

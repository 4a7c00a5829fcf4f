//! A confirmed action: what is done, who does it, why; and what the server said when it refused.

import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { me, sentence } from "../lib/api.ts";
import { ROLE_TITLES } from "../lib/roles.ts";
import { Dialog } from "./dialog.tsx";

interface Props {
  title: string;
  closes: () => void;
  confirms: (why: string) => Promise<unknown>;
  /** What the reason reads at first; empty when somebody must think of one. */
  why?: string;
  /** The word on the button. */
  does: string;
  /** Labels of what is not filled in yet. */
  missing?: string[];
  children?: ComponentChildren;
}

export function Confirm({ title, closes, confirms, why: first = "", does, missing = [], children }: Props) {
  const [why, setWhy] = useState(first);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const id = useId();
  const user = me.value?.user;
  const send = async (event: Event) => {
    event.preventDefault();
    const lacks = why.trim() === "" ? [...missing, "why"] : missing;
    if (lacks.length > 0) return setProblem(`Still missing: ${lacks.join(", ")}.`);
    setBusy(true);
    try {
      await confirms(why.trim());
      closes();
    } catch (error) {
      setProblem(sentence(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={title}
      closes={closes}
      decides={
        <button type="submit" form={id} class="primary" disabled={busy}>
          {does}
        </button>
      }
    >
      <form id={id} class="confirm" onSubmit={send} noValidate>
        {children}
        <div class="field">
          <label class="label" for={`${id}-why`}>
            Why
          </label>
          <input
            id={`${id}-why`}
            value={why}
            autocomplete="off"
            onInput={(event) => {
              setWhy(event.currentTarget.value);
              setProblem("");
            }}
          />
        </div>
        <p class="quiet">{user ? `Recorded as done by ${user.name}, ${ROLE_TITLES[user.role].toLowerCase()}.` : ""}</p>
        {problem ? (
          <p class="wrong" role="alert">
            {problem}
          </p>
        ) : null}
      </form>
    </Dialog>
  );
}

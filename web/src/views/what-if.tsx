//! What would be otherwise: the same donor and the same chance, with one thing changed.

import { useState } from "preact/hooks";
import type { Live } from "../contract.ts";
import { post, sentence } from "../lib/api.ts";
import { NOTHING, number, signed } from "../lib/format.ts";

interface Answer {
  measures: { measure: string; was: number; would_be: number; difference: number }[];
  end_was: string;
  end_would_be: string;
}

const CHANGES: [path: string, title: string, unit: string, value: string][] = [
  ["protocol.inlet_flow_ml_min", "Inlet flow", "mL/min", "45"],
  ["protocol.anticoagulant_ratio", "Inlet to anticoagulant", ": 1", "13"],
  ["order.goal_1e6_per_kg", "Goal", "×10⁶/kg", "4"],
  ["protocol.collect_flow_ml_min", "Collect flow", "mL/min", "1.2"],
  ["donor.cd34_per_ul", "CD34+ count of the donor", "/µL", "40"],
];

export function WhatIfView({ live }: { live: Live }) {
  const [path, setPath] = useState(CHANGES[0]?.[0] ?? "");
  const [own, setOwn] = useState("");
  const [value, setValue] = useState(CHANGES[0]?.[3] ?? "");
  const [from, setFrom] = useState("");
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const chosen = CHANGES.find(([one]) => one === path);
  const ask = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      const set = [`${path || own}=${value}`];
      setAnswer(
        await post<Answer>(`/machines/${encodeURIComponent(live.machine)}/what-if`, {
          set,
          ...(from === "" ? {} : { from_min: Number(from) }),
        }),
      );
    } catch (error) {
      setAnswer(null);
      setProblem(sentence(error));
    }
    setBusy(false);
  };
  if (!live.run)
    return (
      <main class="page" id="content" tabIndex={-1}>
        <h1>What if</h1>
        <p>There is no run to compare with.</p>
      </main>
    );
  return (
    <main class="page" id="content" tabIndex={-1}>
      <div>
        <h1>What if</h1>
        <p class="label">
          The whole run again with the same donor and the same chance, and one thing changed. The run itself is not
          touched.
        </p>
      </div>
      <form class="what-if" onSubmit={ask}>
        <div class="field">
          <label class="label" for="change">
            Change
          </label>
          <select
            id="change"
            value={path}
            onInput={(event) => {
              setPath(event.currentTarget.value);
              setValue(CHANGES.find(([one]) => one === event.currentTarget.value)?.[3] ?? "");
            }}
          >
            {CHANGES.map(([one, title]) => (
              <option key={one} value={one}>
                {title}
              </option>
            ))}
            <option value="">Another value by its path</option>
          </select>
        </div>
        {path === "" ? (
          <div class="field">
            <label class="label" for="path">
              Path
            </label>
            <input
              id="path"
              value={own}
              placeholder="protocol.…"
              required
              onInput={(event) => setOwn(event.currentTarget.value)}
            />
          </div>
        ) : null}
        <div class="field">
          <label class="label" for="to">{`To${chosen ? `, ${chosen[2]}` : ""}`}</label>
          <input id="to" value={value} required onInput={(event) => setValue(event.currentTarget.value)} />
        </div>
        <div class="field">
          <label class="label" for="from">
            From minute; empty: from the start
          </label>
          <input id="from" type="number" min="0" value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
        </div>
        <button type="submit" class="primary" disabled={busy}>
          {busy ? "Running …" : "Run it"}
        </button>
      </form>
      {problem ? (
        <p class="wrong" role="alert">
          {problem}
        </p>
      ) : null}
      {answer ? <Table answer={answer} /> : null}
    </main>
  );
}

function Table({ answer }: { answer: Answer }) {
  const decimals = (measure: string) =>
    /calcium/.test(measure) ? 3 : /dose|citrate|, L$/.test(measure) ? 2 : /haemoglobin/.test(measure) ? 1 : 0;
  return (
    <section aria-live="polite">
      <table>
        <caption>The same donor and chance</caption>
        <thead>
          <tr>
            <th>Measure</th>
            <th class="n">Was</th>
            <th class="n">Would be</th>
            <th class="n">Difference</th>
          </tr>
        </thead>
        <tbody>
          {answer.measures.map((one) => (
            <tr key={one.measure}>
              <td>{one.measure}</td>
              <td class="n">{number(one.was, decimals(one.measure))}</td>
              <td class="n">{number(one.would_be, decimals(one.measure))}</td>
              <td class="n strong">{signed(one.difference, decimals(one.measure)) || NOTHING}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="label ends">{`Ended because: ${answer.end_was}. Would have ended because: ${answer.end_would_be}.`}</p>
    </section>
  );
}

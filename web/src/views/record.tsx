//! One procedure's record: its sections, its time line, and what closes it: counts, account, label, signature.

import { useState } from "preact/hooks";
import type { Live, RecordPage } from "../contract.ts";
import { post, sentence } from "../lib/api.ts";
import { clock } from "../lib/format.ts";
import { useLoaded } from "../lib/load.ts";
import { may } from "../lib/roles.ts";
import { Confirm } from "../parts/confirm.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { type Answers, Fields, lacking } from "../parts/fields.tsx";
import { useForm } from "../parts/form.ts";
import { Scrolls } from "../parts/scrolls.tsx";

export const NEXT_TITLES: Record<NonNullable<RecordPage["next"]>, string> = {
  counts: "Enter the counts",
  reconcile: "Account for the cells",
  label: "Label the product",
  sign: "Sign",
  close: "Close the record",
};

/** The record of the machine's run. */
export function MachineRecord({ live }: { live: Live }) {
  const id = live.run?.record;
  if (!id)
    return (
      <main class="page" id="content" tabIndex={-1}>
        <h1>Record</h1>
        <p>This machine has no run on record.</p>
      </main>
    );
  return <Record id={id} />;
}

export function Record({ id }: { id: string }) {
  const path = `/records/${encodeURIComponent(id)}`;
  const { value: record, problem, again } = useLoaded<RecordPage>(path);
  if (!record)
    return (
      <main class="page" id="content" tabIndex={-1}>
        <h1>Record</h1>
        <p role="status">{problem || "Reading the record …"}</p>
      </main>
    );
  return (
    <main class="page record-page" id="content" tabIndex={-1}>
      <div class="row apart">
        <div>
          <h1>{record.donor_id}</h1>
          <p class="label">
            {record.protocol_title} · opened {utc(record.opened_utc)} · {record.state}
          </p>
        </div>
        <div class="row">
          <a class="button" href={`/api${path}/report.pdf`} target="_blank" rel="noreferrer">
            Report (PDF)
          </a>
          <a class="button" href={`/api${path}/label.pdf`} target="_blank" rel="noreferrer">
            Label (PDF)
          </a>
          <a class="button" href={`/api${path}/fhir.json`} target="_blank" rel="noreferrer">
            FHIR bundle
          </a>
        </div>
      </div>
      <Steps record={record} path={path} again={again} />
      <p class="label">
        {record.verified
          ? "The chain of entries is whole: every hash and signature was checked."
          : "The chain of entries is broken: see the verifier's report."}
      </p>
      <div class="sections">
        {record.sections.map((section) => (
          <section key={section.title}>
            <h2>{section.title}</h2>
            <dl class="pairs">
              {section.rows.map((row) => (
                <div key={row.label}>
                  <dt>{row.label}</dt>
                  <dd>
                    {row.old ? <s>{row.old}</s> : null} {row.value}{" "}
                    {row.unit ? <span class="unit">{row.unit}</span> : null}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <section>
          <h2>Signatures</h2>
          {record.signatures.length === 0 ? <p class="quiet">None yet.</p> : null}
          <ul>
            {record.signatures.map((one) => (
              <li key={one.utc}>
                {one.name}, {one.meaning}, {utc(one.utc)}
              </li>
            ))}
          </ul>
        </section>
      </div>
      <TimeLine record={record} />
    </main>
  );
}

export const utc = (text: string): string => `${new Date(text).toISOString().slice(0, 16).replace("T", " ")} UTC`;

type Step = NonNullable<RecordPage["next"]>;
const ORDER: Step[] = ["counts", "reconcile", "label", "sign", "close"];

function Steps({ record, path, again }: { record: RecordPage; path: string; again: () => void }) {
  const [open, setOpen] = useState<Step | null>(null);
  const now = record.next ? ORDER.indexOf(record.next) : ORDER.length;
  const allowed = (step: Step) =>
    step === "counts" || step === "reconcile"
      ? may("count") || may("operate")
      : step === "sign"
        ? may("sign") || may("operate")
        : may("operate") || may("count");
  return (
    <section aria-labelledby="closing">
      <h2 id="closing">To close the record</h2>
      <ol class="closing">
        {ORDER.map((step, n) => (
          <li
            key={step}
            class={n < now ? "past" : n === now ? "now" : ""}
            aria-current={n === now ? "step" : undefined}
          >
            <span>
              {NEXT_TITLES[step]}
              {n < now ? <span class="quiet"> done</span> : null}
            </span>
            {n === now && record.state !== "closed" && allowed(step) ? (
              <button type="button" class="primary" onClick={() => setOpen(step)}>
                {NEXT_TITLES[step]}
              </button>
            ) : null}
          </li>
        ))}
      </ol>
      {record.missing.length > 0 ? <p class="label">Still missing: {record.missing.join(", ")}.</p> : null}
      {open ? (
        <StepDialog
          step={open}
          path={path}
          closes={() => {
            setOpen(null);
            again();
          }}
        />
      ) : null}
    </section>
  );
}

function StepDialog({ step, path, closes }: { step: Step; path: string; closes: () => void }) {
  switch (step) {
    case "counts":
      return <Counts path={path} closes={closes} />;
    case "reconcile":
      return <Reconcile path={path} closes={closes} />;
    case "sign":
      return <SignDialog path={path} closes={closes} />;
    case "label":
      return (
        <Confirm
          title="Label the product"
          does="Print and attach"
          why="product sealed beside the donor"
          closes={closes}
          confirms={(why) => post(`${path}/label`, { why })}
        >
          <p>
            The label is printed, attached, and scanned back beside the donor. What is scanned must agree with order,
            donor and product.
          </p>
          <img class="label-picture" src={`/api${path}/label.png`} alt="Label of the product" />
        </Confirm>
      );
    case "close":
      return (
        <Confirm
          title="Close the record"
          does="Close"
          why="complete"
          closes={closes}
          confirms={(why) => post(`${path}/close`, { why })}
        >
          <p>A closed record takes amendments only, each with its reason; what it said before stays readable.</p>
        </Confirm>
      );
  }
}

const COUNTS = [
  {
    name: "wbc_1e9_l",
    label: "White cells of the product",
    kind: "number" as const,
    unit: "×10⁹/L",
    low: 0,
    high: 2000,
  },
  { name: "cd34_per_ul", label: "CD34+ of the product", kind: "number" as const, unit: "/µL", low: 0, high: 100_000 },
  { name: "hematocrit_pct", label: "Haematocrit of the product", kind: "number" as const, unit: "%", low: 0, high: 60 },
  { name: "viability_pct", label: "Viability", kind: "number" as const, unit: "%", low: 0, high: 100 },
];

function Counts({ path, closes }: { path: string; closes: () => void }) {
  const [answers, setAnswers] = useState<Answers>({});
  const missing = lacking(COUNTS, answers);
  return (
    <Confirm
      title="Counts of the product"
      does="Enter"
      why="laboratory result"
      missing={missing}
      closes={closes}
      confirms={(why) => post(`${path}/counts`, { ...answers, why })}
    >
      <Fields fields={COUNTS} answers={answers} changes={setAnswers} />
    </Confirm>
  );
}

/** The account of the bag: what was believed against what was counted. The server computes it; a person accepts it. */
function Reconcile({ path, closes }: { path: string; closes: () => void }) {
  return (
    <Confirm
      title="Account for the cells"
      does="Accept"
      why="counts and estimate compared"
      closes={closes}
      confirms={(why) => post(`${path}/reconcile`, { why })}
    >
      <p>
        The counted dose is put beside the estimate, and the site's efficiency learns from it. What cannot be explained
        is named in the record.
      </p>
    </Confirm>
  );
}

function SignDialog({ path, closes }: { path: string; closes: () => void }) {
  const { value, bind } = useForm({ password: "", meaning: "approval" });
  const [problem, setProblem] = useState("");
  const send = async (event: Event) => {
    event.preventDefault();
    await post(`${path}/sign`, value)
      .then(closes)
      .catch((error) => setProblem(sentence(error)));
  };
  return (
    <Dialog
      title="Sign"
      closes={closes}
      decides={
        <button type="submit" form="sign" class="primary">
          Sign
        </button>
      }
    >
      <form id="sign" class="confirm" onSubmit={send}>
        <div class="field">
          <label class="label" for="meaning">
            Meaning
          </label>
          <select id="meaning" {...bind("meaning")}>
            <option value="authorship">authorship</option>
            <option value="review">review</option>
            <option value="approval">approval</option>
          </select>
        </div>
        <div class="field">
          <label class="label" for="secret">
            Your password
          </label>
          <input id="secret" type="password" autocomplete="current-password" required {...bind("password")} />
        </div>
        {problem ? (
          <p class="wrong" role="alert">
            {problem}
          </p>
        ) : null}
      </form>
    </Dialog>
  );
}

function TimeLine({ record }: { record: RecordPage }) {
  return (
    <Scrolls name="Time line" class="tall">
      <table>
        <caption>Time line</caption>
        <thead>
          <tr>
            <th>UTC</th>
            <th>Run</th>
            <th>Who</th>
            <th>What</th>
            <th>Why</th>
          </tr>
        </thead>
        <tbody>
          {record.time_line.map((entry, n) => (
            <tr key={n}>
              <td>{entry.utc.slice(11, 19)}</td>
              <td>{entry.at_s === null ? "" : clock(entry.at_s)}</td>
              <td>
                {entry.actor}
                {entry.role ? <span class="quiet">, {entry.role}</span> : null}
              </td>
              <td>{entry.text}</td>
              <td class="quiet">{entry.reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolls>
  );
}

//! One procedure's record: its sections, its time line, and what closes it: counts, account, label, signature.

import type { ComponentChildren } from "preact";
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
  number: "Give the donation number",
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
  const [amends, setAmends] = useState(false);
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
          <Exports path={path} />
        </div>
      </div>
      <Steps record={record} path={path} again={again} />
      <p class="label">
        {record.verified
          ? "The chain of entries is whole: every hash and signature was checked."
          : `The chain of entries is broken: ${record.fault}.`}
      </p>
      <div class="sections">
        {record.sections.map((section) => (
          <section key={section.title}>
            <div class="row apart">
              <h2>{section.title}</h2>
              {section.title === "Entered" && (may("operate") || may("count")) ? (
                <button type="button" onClick={() => setAmends(true)}>
                  Amend
                </button>
              ) : null}
            </div>
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
      {amends ? (
        <Amend
          record={record}
          path={path}
          closes={() => {
            setAmends(false);
            again();
          }}
        />
      ) : null}
    </main>
  );
}

const EXPORTS = [
  ["fhir.json", "FHIR R4 bundle"],
  ["hl7.txt", "HL7 v2.6 messages"],
  ["sdc.xml", "IEEE 11073 SDC"],
  ["samples.parquet", "Samples (Parquet)"],
  ["events.parquet", "Events (Parquet)"],
  ["trail.json", "Trail, for the verifier"],
] as const;

function Exports({ path }: { path: string }) {
  const [name, setName] = useState<string>(EXPORTS[0][0]);
  return (
    <span class="row">
      <select aria-label="Form of the export" value={name} onInput={(event) => setName(event.currentTarget.value)}>
        {EXPORTS.map(([file, title]) => (
          <option key={file} value={file}>
            {title}
          </option>
        ))}
      </select>
      <a class="button" href={`/api${path}/${name}`} download>
        Export
      </a>
    </span>
  );
}

/** Replaces an entered value; what stood there stays readable. */
function Amend({ record, path, closes }: { record: RecordPage; path: string; closes: () => void }) {
  const made = ["product.reconciled", "product.label_scanned", "identity.checked"];
  const names = Object.keys(record.facts).filter((name) => !made.includes(name));
  const text = (name: string) => {
    const value = record.facts[name];
    return value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
  };
  const [entity, setEntity] = useState(names[0] ?? "");
  const [value, setValue] = useState(text(names[0] ?? ""));
  const typed = () => {
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  };
  return (
    <Confirm
      title="Amend"
      does="Amend"
      closes={closes}
      confirms={(why) => post(`${path}/amend`, { entity, value: typed(), why })}
    >
      <p>What stood there before stays readable, struck through.</p>
      <div class="field">
        <label class="label" for="entity">
          Name
        </label>
        <input
          id="entity"
          list="entities"
          value={entity}
          autocomplete="off"
          onInput={(event) => {
            setEntity(event.currentTarget.value);
            setValue(text(event.currentTarget.value));
          }}
        />
        <datalist id="entities">
          {names.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </div>
      <div class="field">
        <label class="label" for="amended">
          Value
        </label>
        <input id="amended" value={value} autocomplete="off" onInput={(event) => setValue(event.currentTarget.value)} />
      </div>
    </Confirm>
  );
}

export const utc = (text: string): string => `${new Date(text).toISOString().slice(0, 16).replace("T", " ")} UTC`;

type Step = NonNullable<RecordPage["next"]>;

function Steps({ record, path, again }: { record: RecordPage; path: string; again: () => void }) {
  const [open, setOpen] = useState<Step | null>(null);
  const now = record.next ? record.steps.indexOf(record.next) : record.state === "closed" ? record.steps.length : -1;
  const allowed = (step: Step) => may("operate") || (step !== "close" && may("count"));
  return (
    <section aria-labelledby="closing">
      <h2 id="closing">To close the record</h2>
      <ol class="closing">
        {record.steps.map((step, n) => (
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
          record={record}
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

interface InStep {
  record: RecordPage;
  path: string;
  closes: () => void;
}

function StepDialog({ step, ...rest }: { step: Step } & InStep) {
  const { path, closes } = rest;
  switch (step) {
    case "counts":
      return (
        <Form step={step} title="Counts of the product" does="Enter" why="laboratory result" {...rest}>
          <p>The bag is weighed full and empty; the laboratory counts.</p>
        </Form>
      );
    case "reconcile":
      return (
        <Confirm
          title="Account for the cells"
          does="Accept"
          why="counts and estimate compared"
          closes={closes}
          confirms={(why) => post(`${path}/reconcile`, { why })}
        >
          <p>
            Volume by the scales, count and viability make the dose with its error; it stands beside the estimate in the
            record.
          </p>
        </Confirm>
      );
    case "number":
      return (
        <Form step={step} title="Donation number" does="Give" why="next on the roll" {...rest}>
          <p>Scan the number from the roll of labels, or type it with its check character. It is given once.</p>
        </Form>
      );
    case "label":
      return (
        <Form step={step} title="Label the product" does="Label" why="product sealed beside the donor" {...rest}>
          <p>
            Print the label, put it on the bag, and scan wristband, bag and label beside the donor. They must agree with
            order, donor and product.
          </p>
          <img class="label-picture" src={`/api${path}/label.png`} alt="Label of the product" />
        </Form>
      );
    case "sign":
      return <SignDialog {...rest} />;
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

/** A step with its fields, as the server describes them. */
function Form(props: InStep & { step: Step; title: string; does: string; why: string; children: ComponentChildren }) {
  const { step, title, does, why: first, record, path, closes, children } = props;
  const fields = record.fields[step] ?? [];
  const [answers, setAnswers] = useState<Answers>({});
  return (
    <Confirm
      title={title}
      does={does}
      why={first}
      missing={lacking(fields, answers)}
      closes={closes}
      confirms={(why) => post(`${path}/${step}`, { ...answers, why })}
    >
      {children}
      <Fields fields={fields} answers={answers} changes={setAnswers} />
    </Confirm>
  );
}

function SignDialog({ record, path, closes }: InStep) {
  const { value, bind } = useForm({ password: "", meaning: record.unsigned[0] ?? "approval" });
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

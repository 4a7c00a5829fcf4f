//! The instructor's panel: scenarios, any fault at once, the pace of time, snapshots and rewind, the debrief.

import { useEffect, useRef, useState } from "preact/hooks";
import { useBed } from "../bedside.tsx";
import type { Debrief, FaultKind, Library, Live } from "../contract.ts";
import { get, post, sentence } from "../lib/api.ts";
import { clock, number, words } from "../lib/format.ts";
import { useLoaded } from "../lib/load.ts";
import { useForm } from "../parts/form.ts";
import { Scrolls } from "../parts/scrolls.tsx";

const PACES = [1, 5, 10, 30, 60, 120, 200];

/** Sends an order to the machine and keeps what the server answered when it refused. */
function useOrders(machine: string) {
  const [told, setTold] = useState({ text: "", isProblem: false });
  const order = async (path: string, body: unknown, done: string) => {
    try {
      await post(`/machines/${encodeURIComponent(machine)}/${path}`, body);
      setTold({ text: done, isProblem: false });
    } catch (error) {
      setTold({ text: sentence(error), isProblem: true });
    }
  };
  return { told, order };
}

type Order = ReturnType<typeof useOrders>["order"];

export function InstructorView({ live }: { live: Live }) {
  const { value: library } = useLoaded<Library>("/library");
  const { told, order } = useOrders(live.machine);
  return (
    <main class="page instructor-page" id="content" tabIndex={-1}>
      <div class="row apart">
        <h1>Instructor</h1>
        <p role="status" class={told.isProblem ? "wrong" : "label"}>
          {told.text}
        </p>
      </div>
      <Pace live={live} order={order} />
      <div class="halves">
        <div class="stack">
          <Scenarios library={library} order={order} />
          <Inject faults={library?.faults ?? []} order={order} />
        </div>
        <div class="stack">
          <Time live={live} order={order} />
          <Log />
        </div>
      </div>
      <DebriefView machine={live.machine} />
    </main>
  );
}

function Pace({ live, order }: { live: Live; order: Order }) {
  return (
    <section aria-labelledby="pace-title">
      <h2 id="pace-title">Time</h2>
      <div class="row" role="group" aria-label="Pace of time">
        <button
          type="button"
          class="primary"
          onClick={() => order("pace", { paused: !live.paused }, live.paused ? "Time goes on." : "Time stands.")}
        >
          {live.paused ? "Let time go on" : "Stop time"}
        </button>
        {PACES.map((warp) => (
          <button
            key={warp}
            type="button"
            aria-pressed={live.warp === warp}
            onClick={() => order("pace", { warp }, `${warp} times.`)}
          >{`${warp}×`}</button>
        ))}
        <span class="label">{`Now ${clock(live.time_s)}, ${live.phase_title}`}</span>
      </div>
    </section>
  );
}

function Scenarios({ library, order }: { library: Library | null; order: Order }) {
  return (
    <section aria-labelledby="scenarios-title">
      <h2 id="scenarios-title">Scenarios</h2>
      <ul class="scenario-list">
        {(library?.scenarios ?? []).map((one) => (
          <li key={one.id}>
            <span>{one.title}</span>
            <button
              type="button"
              aria-label={`Begin: ${one.title}`}
              onClick={() => order("inject", { scenario: one.id }, `Begun: ${one.title}.`)}
            >
              Begin
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Inject({ faults, order }: { faults: FaultKind[]; order: Order }) {
  const { value, bind, setValue } = useForm({ search: "", fault: "", magnitude: "", lasts_s: "" });
  const found = faults.filter((fault) =>
    `${fault.name} ${fault.title} ${fault.group}`.toLowerCase().includes(value.search.toLowerCase()),
  );
  const groups = [...new Set(found.map((fault) => fault.group))];
  const chosen = faults.find((fault) => fault.name === value.fault) ?? found[0];
  const choose = (name: string) => {
    const fault = faults.find((one) => one.name === name);
    setValue((now) => ({ ...now, fault: name, magnitude: fault ? String(fault.default) : "" }));
  };
  const send = (event: Event) => {
    event.preventDefault();
    if (!chosen) return;
    const magnitude = value.magnitude === "" ? {} : { magnitude: Number(value.magnitude) };
    const lasts = value.lasts_s === "" ? {} : { lasts_s: Number(value.lasts_s) };
    void order("inject", { fault: chosen.name, ...magnitude, ...lasts }, `Injected: ${chosen.title}.`);
  };
  return (
    <section aria-labelledby="inject-title">
      <h2 id="inject-title">A fault now</h2>
      <form class="confirm" onSubmit={send}>
        <div class="field">
          <label class="label" for="search">{`Search among ${faults.length}`}</label>
          <input id="search" type="search" {...bind("search")} />
        </div>
        <div class="field">
          <label class="label" for="fault">
            Fault
          </label>
          <select id="fault" size={7} value={chosen?.name ?? ""} onInput={(event) => choose(event.currentTarget.value)}>
            {groups.map((group) => (
              <optgroup key={group} label={words(group)}>
                {found
                  .filter((fault) => fault.group === group)
                  .map((fault) => (
                    <option key={fault.name} value={fault.name}>
                      {fault.title}
                    </option>
                  ))}
              </optgroup>
            ))}
          </select>
        </div>
        <div class="row two">
          <div class="field">
            <label class="label" for="magnitude">{`Magnitude${chosen?.unit ? `, ${chosen.unit}` : ""}`}</label>
            <input
              id="magnitude"
              type="number"
              step="any"
              placeholder={chosen ? String(chosen.default) : ""}
              {...bind("magnitude")}
            />
          </div>
          <div class="field">
            <label class="label" for="lasts">
              Lasts, s; empty: to the end
            </label>
            <input id="lasts" type="number" min="0" step="any" {...bind("lasts_s")} />
          </div>
        </div>
        <button type="submit" disabled={!chosen}>
          Inject
        </button>
      </form>
    </section>
  );
}

/** A name for the moment, of the characters that names may have. */
const atText = (live: Live): string => `at ${clock(live.time_s).replaceAll(":", ".")}`;

function Time({ live, order }: { live: Live; order: Order }) {
  const { value, bind } = useForm({ name: "", minutes: "5" });
  return (
    <section aria-labelledby="snapshot-title">
      <h2 id="snapshot-title">Snapshot and rewind</h2>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          void order("snapshot", { name: value.name || atText(live) }, "Snapshot kept.");
        }}
      >
        <label class="hidden" for="snapshot">
          Name of the snapshot
        </label>
        <input id="snapshot" class="grow" placeholder={atText(live)} {...bind("name")} />
        <button type="submit">Keep</button>
      </form>
      <ul class="scenario-list">
        {(live.snapshots ?? []).map((one) => (
          <li key={one.name}>
            <span>
              {one.name} <span class="quiet">{clock(one.at_s)}</span>
            </span>
            <button
              type="button"
              aria-label={`Back to ${one.name}`}
              onClick={() => order("rewind", { snapshot: one.name }, `Back at ${one.name}.`)}
            >
              Back to it
            </button>
          </li>
        ))}
      </ul>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          void order(
            "rewind",
            { to_s: Math.max(0, live.time_s - 60 * Number(value.minutes)) },
            `${value.minutes} min back.`,
          );
        }}
      >
        <label class="label" for="minutes">
          Back by, min
        </label>
        <input id="minutes" class="short" type="number" min="1" max="600" {...bind("minutes")} />
        <button type="submit">Rewind</button>
      </form>
    </section>
  );
}

/** What happened, the latest first. */
function Log() {
  const { feed, machine } = useBed();
  useEffect(() => {
    get<Parameters<typeof feed.add>[0]>(`/machines/${encodeURIComponent(machine)}/events?from=0`)
      .then((events) => feed.add(events))
      .catch(() => undefined);
  }, [feed, machine]);
  const latest = feed.events.value.slice(-60).reverse();
  return (
    <section aria-labelledby="log-title">
      <h2 id="log-title">Events</h2>
      <Scrolls name="List of events" class="log">
        <ol>
          {latest.map((event) => (
            <li key={event.seq}>
              <span class="quiet">{clock(event.at_s)}</span>
              <span>{event.text}</span>
              <span class="quiet">{event.source}</span>
            </li>
          ))}
        </ol>
      </Scrolls>
    </section>
  );
}

function DebriefView({ machine }: { machine: string }) {
  const [debrief, setDebrief] = useState<Debrief | null>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const title = useRef<HTMLHeadingElement>(null);
  const path = `/machines/${encodeURIComponent(machine)}/debrief`;
  const ask = async () => {
    setBusy(true);
    try {
      setDebrief(await get<Debrief>(path));
      setProblem("");
      title.current?.focus();
    } catch (error) {
      setProblem(sentence(error));
    }
    setBusy(false);
  };
  return (
    <section aria-labelledby="debrief-title">
      <div class="row apart">
        <h2 id="debrief-title" ref={title} tabIndex={-1}>
          Debrief
        </h2>
        <div class="row">
          <button type="button" class="primary" disabled={busy} onClick={ask}>
            {busy ? "Running the counterfactuals …" : "Debrief"}
          </button>
          <a class="button" href={`/api${path}?format=html`} target="_blank" rel="noreferrer">
            As a page
          </a>
          <a class="button" href={`/api${path}?format=csv`} download>
            As CSV
          </a>
        </div>
      </div>
      {problem ? (
        <p class="wrong" role="alert">
          {problem}
        </p>
      ) : null}
      {debrief ? (
        <div class="debrief">
          <p class="plan-dose">
            {number(debrief.score)} <span class="unit">of 100</span>
          </p>
          <table>
            <caption class="hidden">What was scored</caption>
            <thead>
              <tr>
                <th>At</th>
                <th>What</th>
                <th>How it went</th>
                <th class="n">Points</th>
              </tr>
            </thead>
            <tbody>
              {debrief.items.map((item) => (
                <tr key={item.title}>
                  <td>{clock(item.at_s)}</td>
                  <td>{item.title}</td>
                  <td>{item.text}</td>
                  <td class="n">{`${number(item.points)} of ${number(item.of)}`}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <h3>What would have been otherwise</h3>
          <dl class="pairs">
            {debrief.counterfactuals.map((one) => (
              <div key={one.title}>
                <dt>
                  {one.title}
                  <span class="quiet block">{one.text}</span>
                </dt>
                <dd>{typeof one.difference === "number" ? number(one.difference, 2) : (one.difference ?? "")}</dd>
              </div>
            ))}
          </dl>
        </div>
      ) : null}
    </section>
  );
}

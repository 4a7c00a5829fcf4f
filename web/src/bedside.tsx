//! One machine: its live channel, its history, and the views on it.

import { createContext } from "preact";
import { useContext, useEffect, useMemo, useState } from "preact/hooks";
import { Announcer } from "./alarm/announcer.tsx";
import { AlarmBar } from "./alarm/bar.tsx";
import type { Live, Machine } from "./contract.ts";
import { get, status } from "./lib/api.ts";
import { Feed } from "./lib/feed.ts";
import { clock, NOTHING, timeOfDay } from "./lib/format.ts";
import { History } from "./lib/history.ts";
import { may } from "./lib/roles.ts";
import { Rest, Skip } from "./parts/top.tsx";
import { Rail } from "./run/rail.tsx";
import { RunView } from "./run/run.tsx";
import { InstructorView } from "./views/instructor.tsx";
import { InterfaceView } from "./views/interface.tsx";
import { MachineRecord } from "./views/record.tsx";
import { Start } from "./views/start.tsx";
import { TrendsView } from "./views/trends.tsx";
import { WhatIfView } from "./views/what-if.tsx";

interface Bed {
  machine: string;
  feed: Feed;
  history: History;
}

const BedContext = createContext<Bed | null>(null);

/** The machine that the view is about. */
export function useBed(): Bed {
  const bed = useContext(BedContext);
  if (!bed) throw new Error("a view of a machine is shown without one");
  return bed;
}

export function Bedside({ machine, view }: { machine: string; view: string }) {
  const bed = useMemo(() => {
    const feed = new Feed(`machine=${encodeURIComponent(machine)}`);
    return { machine, feed, history: new History(machine, feed) };
  }, [machine]);
  useEffect(() => {
    // What stands before the first live message, so that nothing is blank on a slow line.
    get<Machine[]>("/machines")
      .then((all) => {
        const live = all.find((one) => one.id === machine)?.live;
        if (live && !bed.feed.live.value) bed.feed.live.value = live;
      })
      .catch(() => undefined);
    return () => {
      bed.history.close();
      bed.feed.close();
    };
  }, [bed]);
  const live = bed.feed.live.value;
  const alarms = live?.alarms.active.length ?? 0;
  const isStale = bed.feed.link.value === "lost";
  useEffect(() => {
    const alarm = alarms > 0 ? `(${alarms}) ` : "";
    document.title = live ? `${alarm}${live.label}: ${live.phase_title} – leuka` : "leuka";
  }, [live?.label, live?.phase_title, alarms]);
  return (
    <BedContext.Provider value={bed}>
      <div class={`shell${isStale ? " stale" : ""}`}>
        <div>
          <Skip />
          <AlarmBar feed={bed.feed} machine={machine} />
          <Announcer />
          {isStale ? <Stale feed={bed.feed} /> : null}
          {!isStale && live?.record_trouble ? <Unwritten {...live.record_trouble} /> : null}
        </div>
        <Head live={live} />
        <Tabs machine={machine} view={view} hasRun={live?.run !== null} />
        <View view={view} live={live} machine={machine} />
        <footer class="foot">
          <span>{status.value?.notice}</span>
          <span>
            {live ? `${live.label}, ${live.kind}` : ""} · leuka {status.value?.version}
          </span>
        </footer>
      </div>
    </BedContext.Provider>
  );
}

function View({ view, live, machine }: { view: string; live: Live | null; machine: string }) {
  if (!live)
    return (
      <main id="content" tabIndex={-1} class="page">
        <p role="status">Waiting for the machine …</p>
      </main>
    );
  switch (view) {
    case "plan":
      return <Start machine={machine} />;
    case "interface":
      return <InterfaceView live={live} />;
    case "trends":
      return <TrendsView />;
    case "what-if":
      return <WhatIfView live={live} />;
    case "record":
      return <MachineRecord live={live} />;
    case "instructor":
      return <InstructorView live={live} />;
    default:
      return live.run ? <RunView live={live} /> : <Start machine={machine} />;
  }
}

/** Says that nothing comes any more, and since when: what shows below is old. */
function Stale({ feed }: { feed: Feed }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const age = feed.heardAt.value ? Math.max(0, Math.round((now - feed.heardAt.value) / 1000)) : null;
  return (
    <div class="stale-bar">
      <span role="alert">Disconnected from the server.</span>
      <span>{age === null ? "Nothing was heard yet." : `Values are ${age} s old.`}</span>
      <span>Look at the donor and the machine. The page tries again by itself.</span>
    </div>
  );
}

/** The run goes on while its record waits for the database. */
function Unwritten({ waiting, text }: { waiting: number; text: string }) {
  return (
    <div class="stale-bar">
      <span role="alert">The record is not being written.</span>
      <span>{waiting} entries wait and are written once the database is back; the run goes on.</span>
      <span>{text}</span>
    </div>
  );
}

function Head({ live }: { live: Live | null }) {
  const left_s = live?.forecast_end_s ? live.forecast_end_s - live.time_s : null;
  return (
    <header class="head">
      <div class="who">
        <p class="donor">
          <span>{live?.run?.donor_id ?? live?.label ?? NOTHING}</span>
          {live?.simulated ? <span class="badge">SIMULATED</span> : null}
          {live && live.warp > 1 ? <span class="badge">{`${live.warp}× TIME`}</span> : null}
          {live?.paused ? <span class="badge">TIME STANDS</span> : null}
        </p>
        <p class="protocol">{live?.run?.protocol_title ?? "No run"}</p>
      </div>
      {live?.run ? <Rail live={live} /> : <span />}
      <dl class="times">
        <div>
          <dt>elapsed</dt>
          <dd class="live-value">{clock(live?.time_s)}</dd>
        </div>
        <div>
          <dt>to the end, forecast</dt>
          <dd class="live-value">{left_s === null || live?.is_over ? NOTHING : clock(left_s)}</dd>
        </div>
        <div>
          <dt>time of day</dt>
          <dd>
            <TimeOfDay />
          </dd>
        </div>
      </dl>
    </header>
  );
}

/** Goes on when the channel is lost: it is the screen's own. */
function TimeOfDay() {
  const [now, setNow] = useState(timeOfDay(new Date()));
  useEffect(() => {
    const timer = setInterval(() => setNow(timeOfDay(new Date())), 1000);
    return () => clearInterval(timer);
  }, []);
  return <>{now}</>;
}

function Tabs({ machine, view, hasRun }: { machine: string; view: string; hasRun: boolean }) {
  const tabs: [string, string][] = [
    ["plan", "Plan"],
    ["run", "Run"],
    ["interface", "Interface"],
    ["trends", "Trends"],
    ["what-if", "What-if"],
    ["record", "Record"],
  ];
  if (may("instruct")) tabs.push(["instructor", "Instructor"]);
  const current = view === "run" && !hasRun ? "plan" : view;
  return (
    <nav class="tabs" aria-label="Views">
      <a class="name" href="#/wall">
        ← Machines
      </a>
      {tabs.map(([path, title]) => (
        <a
          key={path}
          href={`#/machine/${encodeURIComponent(machine)}/${path}`}
          aria-current={current === path ? "page" : undefined}
        >
          {title}
        </a>
      ))}
      <Rest />
    </nav>
  );
}

//! Every machine at a glance, the highest alarm first.

import { useEffect, useMemo, useState } from "preact/hooks";
import { PRIORITY_TITLES } from "../alarm/priority.ts";
import { Sign } from "../alarm/sign.tsx";
import { speaker } from "../alarm/sound.ts";
import type { Live, Machine } from "../contract.ts";
import { get, post, sentence } from "../lib/api.ts";
import { Feed } from "../lib/feed.ts";
import { capital, clock, NOTHING, number, percent, unitText } from "../lib/format.ts";
import { may } from "../lib/roles.ts";
import { Dialog } from "../parts/dialog.tsx";
import { useForm } from "../parts/form.ts";
import { href } from "../route.ts";
import { highest, inOrder } from "./order.ts";

export function Wall() {
  const feed = useMemo(() => new Feed("wall=1"), []);
  const [adds, setAdds] = useState(false);
  const [problem, setProblem] = useState("");
  const read = () =>
    get<Machine[]>("/machines")
      .then((all) => {
        feed.wall.value = all.map((one) => one.live);
      })
      .catch((error) => setProblem(sentence(error)));
  useEffect(() => {
    void read();
    return () => {
      feed.close();
      speaker.play(null);
    };
  }, [feed]);
  const machines = inOrder(feed.wall.value);
  const sounding = machines.find((live) => live.alarms.sound)?.alarms.sound ?? null;
  useEffect(() => speaker.play(sounding), [sounding?.priority]);
  const alarming = machines.filter((live) => live.alarms.active.length > 0).length;
  const isLost = feed.link.value === "lost";
  return (
    <main class={`wall-page${isLost ? " stale" : ""}`} id="content" tabIndex={-1}>
      <div class="row apart">
        <h1>Machines</h1>
        <p class="label" role="status">
          {isLost
            ? "Disconnected from the server: what shows is old."
            : `${machines.length} machines, ${alarming === 0 ? "none" : alarming} with an alarm`}
        </p>
        {may("manage") ? (
          <button type="button" onClick={() => setAdds(true)}>
            Add a machine
          </button>
        ) : null}
      </div>
      {problem ? (
        <p class="wrong" role="alert">
          {problem}
        </p>
      ) : null}
      <ul class="wall">
        {machines.map((live) => (
          <Tile key={live.machine} live={live} />
        ))}
      </ul>
      {adds ? <AddMachine closes={() => setAdds(false)} added={read} /> : null}
    </main>
  );
}

function Tile({ live }: { live: Live }) {
  const alarm = highest(live);
  return (
    <li class={`tile ${alarm?.priority ?? ""}`}>
      <a href={href("machine", live.machine, "run")}>
        {alarm ? (
          <p class={`tile-alarm mark-${alarm.priority}`}>
            <Sign priority={alarm.priority} />
            <span>
              <span class="hidden">{PRIORITY_TITLES[alarm.priority]} priority alarm: </span>
              {alarm.title}
            </span>
          </p>
        ) : null}
        <div class="tile-head">
          <h2>{live.label}</h2>
          <span class="quiet">{live.run ? clock(live.time_s) : ""}</span>
        </div>
        {live.run ? <TileRun live={live} /> : <p class="tile-who">No procedure</p>}
      </a>
    </li>
  );
}

function TileRun({ live }: { live: Live }) {
  const { dose } = live;
  return (
    <>
      <p class="tile-who">{live.run ? `${live.run.donor_id} · ${live.run.protocol_title}` : ""}</p>
      <p class="tile-phase">{live.request ? live.request.title : capital(live.phase_title)}</p>
      {dose && dose.median > 0.005 ? (
        <>
          <p class="tile-dose">
            <span class="live-value">{number(dose.median, 2)}</span> <span class="unit">{unitText(dose.unit)}</span>
            <span class="tile-goal">
              <span class="live-value">{percent(100 * dose.p_goal)}</span>{" "}
              <span class="unit">% for {number(dose.goal, 1)}</span>
            </span>
          </p>
          <div class="tile-bar" aria-hidden="true">
            <Progress live={live} />
          </div>
        </>
      ) : (
        <p class="tile-dose">
          <span class="unit">no dose yet</span>
        </p>
      )}
      <p class="tile-vitals">
        <span>
          {number(live.vitals.heart_rate_per_min)} <span class="unit">/min</span>
        </span>
        <span>
          {live.vitals.systolic_mmhg === null
            ? NOTHING
            : `${number(live.vitals.systolic_mmhg)}/${number(live.vitals.diastolic_mmhg)}`}{" "}
          <span class="unit">mmHg</span>
        </span>
        <span>
          {number(live.vitals.spo2_pct)} <span class="unit">% SpO₂</span>
        </span>
      </p>
    </>
  );
}

/** The band of the dose on a line that ends a third beyond the goal. */
function Progress({ live }: { live: Live }) {
  const { dose } = live;
  if (!dose) return null;
  const place = (value: number) => `${Math.min(100, (75 * value) / dose.goal)}%`;
  return (
    <>
      <i class="band" style={{ left: place(dose.low80), right: `calc(100% - ${place(dose.high80)})` }} />
      <i class="median" style={{ left: place(dose.median) }} />
      <i class="goal" style={{ left: "75%" }} />
    </>
  );
}

function AddMachine({ closes, added }: { closes: () => void; added: () => void }) {
  const { value, bind } = useForm({ label: "" });
  const [problem, setProblem] = useState("");
  const send = async (event: Event) => {
    event.preventDefault();
    try {
      await post("/machines", { label: value.label, kind: "simulated" });
      added();
      closes();
    } catch (error) {
      setProblem(sentence(error));
    }
  };
  return (
    <Dialog
      title="Add a machine"
      closes={closes}
      decides={
        <button type="submit" form="machine" class="primary">
          Add
        </button>
      }
    >
      <form id="machine" class="confirm" onSubmit={send}>
        <div class="field">
          <label class="label" for="machine-label">
            Label, as on its bed; it is simulated here
          </label>
          <input id="machine-label" required {...bind("label")} />
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

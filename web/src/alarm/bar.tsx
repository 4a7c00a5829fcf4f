//! The alarm bar: cause, action and limit of the highest alarm, how many more there are, and what silences the sound.

import { useEffect, useState } from "preact/hooks";
import { ApiError, post, sentence } from "../lib/api.ts";
import type { Feed } from "../lib/feed.ts";
import { clock, number } from "../lib/format.ts";
import { may } from "../lib/roles.ts";
import type { Alarm, Alarms, Sound } from "../contract.ts";
import { AlarmHistory } from "./history.tsx";
import { byPriority, PRIORITY_TITLES, Sign } from "./sign.tsx";
import { speaker } from "./sound.ts";

const NO_ALARMS: Alarms = { active: [], audio: "on", audio_left_s: null, sound: null };

export function AlarmBar({ feed, machine }: { feed: Feed; machine: string }) {
  const alarms = feed.live.value?.alarms ?? NO_ALARMS;
  const active = [...alarms.active].sort(byPriority);
  const first = active[0];
  const isLost = feed.link.value === "lost" && feed.live.value?.is_connected === true;
  const lostSound = feed.sounds.value?.medium ?? null;
  useSound(isLost ? lostSound : alarms.sound);
  const [problem, setProblem] = useState("");
  const [shows, setShows] = useState<"" | "active" | "history">("");
  const tell = (what: string) => async () => {
    try {
      setProblem("");
      await post(`/machines/${encodeURIComponent(machine)}/alarms`, { do: what });
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : sentence(error));
    }
  };
  return (
    <section class={`alarm-bar ${first?.priority ?? "none"}`} aria-label="Alarms">
      <div class="sign" aria-hidden="true">
        <Sign priority={first?.priority ?? null} />
        <span>{first ? PRIORITY_TITLES[first.priority] : "No alarm"}</span>
      </div>
      <div class="words">
        {first ? <Words alarm={first} /> : null}
        {active.length > 1 ? (
          <button type="button" onClick={() => setShows("active")}>{`${active.length - 1} more`}</button>
        ) : null}
        {problem ? <span class="wrong" role="status">{problem}</span> : null}
      </div>
      <div class="tools">
        <SoundState alarms={alarms} test={feed.sounds.value?.low ?? null} />
        {may("silence") && active.length > 0 && alarms.audio === "on" ? (
          <button type="button" onClick={tell("audio_pause")}>Pause sound 2 min</button>
        ) : null}
        {may("silence") && alarms.audio !== "on" ? (
          <button type="button" onClick={tell("audio_on")}>Sound on</button>
        ) : null}
        {may("silence") && active.some((alarm) => alarm.latched) ? (
          <button type="button" onClick={tell("acknowledge")}>Acknowledge</button>
        ) : null}
        <button type="button" class="plain" onClick={() => setShows("history")}>History</button>
      </div>
      <Announcer first={first} />
      {shows ? <AlarmHistory machine={machine} active={active} closes={() => setShows("")} /> : null}
    </section>
  );
}

/** Cause, action, limit: in this order, each with its word for who cannot see the arrows. */
export function Words({ alarm }: { alarm: Alarm }) {
  return (
    <>
      <strong>{alarm.title}</strong>
      {alarm.cause ? <span>{alarm.cause}</span> : null}
      {alarm.action ? (
        <>
          <span class="arrow" aria-hidden="true">→</span>
          <span>{alarm.action}</span>
        </>
      ) : null}
      {alarm.limit === null || alarm.limit === undefined ? null : (
        <>
          <span class="arrow" aria-hidden="true">→</span>
          <span>{`limit ${figure(alarm.limit)}${alarm.value === null || alarm.value === undefined ? "" : `, now ${figure(alarm.value)}`}`}</span>
        </>
      )}
    </>
  );
}

export const figure = (value: number | string): string =>
  typeof value === "string" ? value : number(value, Math.abs(value) < 10 ? 2 : 0);

/** Tells a screen reader of a new first alarm once: a high one at once, others when it is silent. */
function Announcer({ first }: { first: Alarm | undefined }) {
  const text = first ? `${PRIORITY_TITLES[first.priority]} priority alarm: ${first.title}. ${first.cause} ${first.action}` : "";
  const isHigh = first?.priority === "high";
  return (
    <>
      <p class="hidden" role="alert">{isHigh ? text : ""}</p>
      <p class="hidden" role="status">{isHigh ? "" : text}</p>
    </>
  );
}

function SoundState({ alarms, test }: { alarms: Alarms; test: Sound | null }) {
  const [allowed, setAllowed] = useState(speaker.isAllowed);
  useEffect(() => {
    const timer = setInterval(() => setAllowed(speaker.isAllowed), 1000);
    return () => clearInterval(timer);
  }, []);
  const allow = async () => {
    setAllowed(await speaker.allow());
    if (test) speaker.once(test);
  };
  if (!allowed) return <button type="button" class="primary" onClick={allow}>Turn the sound on</button>;
  if (alarms.audio === "paused") return <span class="label" role="timer">{`Sound paused ${clock(alarms.audio_left_s)}`}</span>;
  if (alarms.audio === "off") return <span class="label">Sound off</span>;
  return test ? <button type="button" class="plain" onClick={() => speaker.once(test)}>Test sound</button> : null;
}

function useSound(sound: Sound | null): void {
  useEffect(() => {
    speaker.play(sound);
  }, [sound?.priority]);
  useEffect(() => {
    // The first touch or key lets the browser sound.
    const allow = () => void speaker.allow();
    addEventListener("pointerdown", allow, { once: true });
    addEventListener("keydown", allow, { once: true });
    return () => {
      speaker.play(null);
      removeEventListener("pointerdown", allow);
      removeEventListener("keydown", allow);
    };
  }, []);
}

//! The alarm bar: cause, action and limit of the highest alarm, how many more there are, and what silences the sound.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Alarm, Alarms, Sound } from "../contract.ts";
import { ApiError, post, sentence } from "../lib/api.ts";
import type { Feed } from "../lib/feed.ts";
import { capital, clock, number, unitText } from "../lib/format.ts";
import { may } from "../lib/roles.ts";
import { announce } from "./announcer.tsx";
import { AlarmHistory } from "./history.tsx";
import { byPriority, PRIORITY_TITLES } from "./priority.ts";
import { Sign } from "./sign.tsx";
import { speaker } from "./sound.ts";

const NO_ALARMS: Alarms = { active: [], audio: "on", audio_left_s: null, sound: null };

export function AlarmBar({ feed, machine }: { feed: Feed; machine: string }) {
  const alarms = feed.live.value?.alarms ?? NO_ALARMS;
  const active = [...alarms.active].sort(byPriority);
  const first = active[0];
  const isLost = feed.link.value === "lost" && feed.live.value?.is_connected === true;
  const lostSound = feed.sounds.value?.medium ?? null;
  useSound(isLost ? lostSound : alarms.sound);
  useEffect(() => announce(first ?? null), [first]);
  const bar = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    // Dialogs leave the bar free, and whatever sticks below it knows where it ends.
    const height = bar.current?.offsetHeight ?? 0;
    document.documentElement.style.setProperty("--bar", `${height}px`);
    return () => document.documentElement.style.setProperty("--bar", "0px");
  });
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
    <section ref={bar} class={`alarm-bar ${first?.priority ?? "none"}`} aria-label="Alarms">
      <div class="sign">
        <Sign priority={first?.priority ?? null} />
        {first ? (
          <span>
            <strong>{first.title}</strong>
            <small>{`${PRIORITY_TITLES[first.priority]} priority`}</small>
          </span>
        ) : (
          <span>No alarm</span>
        )}
      </div>
      <div class="words">
        {first ? <Words alarm={first} /> : null}
        {problem ? (
          <span class="wrong" role="status">
            {problem}
          </span>
        ) : null}
      </div>
      <div class="tools">
        <SoundState alarms={alarms} test={feed.sounds.value?.low ?? null} />
        {may("silence") && active.length > 0 && alarms.audio === "on" ? (
          <button type="button" onClick={tell("audio_pause")}>
            Pause sound
          </button>
        ) : null}
        {may("silence") && alarms.audio !== "on" ? (
          <button type="button" onClick={tell("audio_on")}>
            Sound on
          </button>
        ) : null}
        {may("silence") && active.some((alarm) => !alarm.acknowledged) ? (
          <button type="button" onClick={tell("acknowledge")}>
            Acknowledge
          </button>
        ) : null}
        {active.length > 1 ? (
          <button type="button" onClick={() => setShows("active")}>{`${active.length - 1} more`}</button>
        ) : null}
        <button type="button" class="plain" onClick={() => setShows("history")}>
          History
        </button>
      </div>
      {shows ? <AlarmHistory machine={machine} active={active} closes={() => setShows("")} /> : null}
    </section>
  );
}

/** Cause, action, limit: in this order. */
export function Words({ alarm }: { alarm: Alarm }) {
  const limit = has(alarm.limit)
    ? `limit ${figure(alarm.limit, alarm.unit)}${has(alarm.value) ? `, now ${figure(alarm.value, alarm.unit)}` : ""}`
    : "";
  const parts = [capital(alarm.cause), alarm.action, limit].filter((part) => part);
  return (
    <>
      {parts.map((part, n) => (
        <span key={part}>
          {n > 0 ? (
            <span class="arrow" aria-hidden="true">
              {"→ "}
            </span>
          ) : null}
          {part}
        </span>
      ))}
    </>
  );
}

const has = <T,>(value: T | null | undefined): value is T => value !== null && value !== undefined;

/** A limit or value of an alarm, with its unit. */
export function figure(value: number | string, unit: string | null | undefined): string {
  const text = typeof value === "string" ? value : number(value, Math.abs(value) < 10 ? 2 : 0);
  return unit ? `${text} ${unitText(unit)}` : text;
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
  if (!allowed)
    return (
      <button type="button" class="primary" onClick={allow}>
        Turn sound on
      </button>
    );
  if (alarms.audio === "paused")
    return <span class="label" role="timer">{`Sound paused ${clock(alarms.audio_left_s)}`}</span>;
  if (alarms.audio === "off") return <span class="label">Sound off</span>;
  return test ? (
    <button type="button" class="plain" onClick={() => speaker.once(test)}>
      Test sound
    </button>
  ) : null;
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

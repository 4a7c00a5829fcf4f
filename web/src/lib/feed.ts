//! The live channel: one WebSocket to a machine (or to all of them), what came last, and how old it is.
//!
//! Binary messages are little-endian: `u32 sequence`, `f64 time_s`, then one `f32` for each column that the hello named.
//! When the channel breaks the page keeps what it has, marked as old, and asks again until the server answers.

import { batch, signal } from "@preact/signals";
import type { Alarms, Live, MachineEvent, Priority, Sound } from "../contract.ts";

export type Link = "connecting" | "live" | "lost";

export interface Sample {
  sequence: number;
  time_s: number;
  values: Record<string, number>;
}

/** Reads one binary message. */
export function decodeSample(buffer: ArrayBuffer, columns: readonly string[]): Sample {
  const view = new DataView(buffer);
  const values: Record<string, number> = {};
  const there = Math.min(columns.length, Math.floor((buffer.byteLength - 12) / 4));
  for (let n = 0; n < there; n += 1) values[columns[n] ?? ""] = view.getFloat32(12 + 4 * n, true);
  return { sequence: view.getUint32(0, true), time_s: view.getFloat64(4, true), values };
}

type Message =
  | { type: "hello"; columns: string[]; sequence: number; sounds?: Record<Priority, Sound> }
  | { type: "live"; live: Live }
  | { type: "alarms"; alarms: Alarms }
  | ({ type: "event" } & MachineEvent)
  | { type: "wall"; machines: Live[] };

/** Silence of this length is a broken channel: the server sends the live state twice a second. */
const SILENCE_MS = 5000;
const RETRY_MS = [500, 1000, 2000, 4000];

export class Feed {
  readonly link = signal<Link>("connecting");
  readonly live = signal<Live | null>(null);
  readonly wall = signal<Live[]>([]);
  readonly events = signal<MachineEvent[]>([]);
  readonly heardAt = signal(0);
  readonly sounds = signal<Record<Priority, Sound> | null>(null);
  /** The latest sample; not a signal, because pictures read it at their own pace. */
  sample: Sample | null = null;

  private socket: WebSocket | null = null;
  private columns: string[] = [];
  private tries = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setInterval> | undefined;
  private readonly listeners = new Set<(sample: Sample) => void>();
  private readonly returns = new Set<() => void>();

  constructor(private readonly query: string) {
    this.open();
    this.watch = setInterval(() => {
      if (this.link.value === "live" && Date.now() - this.heardAt.value > SILENCE_MS) this.socket?.close();
    }, 1000);
  }

  /** Calls back on each sample, until the returned function is called. */
  onSample(listener: (sample: Sample) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Calls back whenever the channel is there again, to fetch what was missed. */
  onReturn(listener: () => void): () => void {
    this.returns.add(listener);
    return () => this.returns.delete(listener);
  }

  close(): void {
    clearTimeout(this.timer);
    clearInterval(this.watch);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private open(): void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/live?${this.query}`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onmessage = (message) => {
      if (socket === this.socket) this.take(message.data);
    };
    socket.onclose = () => {
      if (socket === this.socket) this.lost();
    };
  }

  private lost(): void {
    this.socket = null;
    this.link.value = "lost";
    const wait = RETRY_MS[Math.min(this.tries, RETRY_MS.length - 1)] ?? 4000;
    this.tries += 1;
    this.timer = setTimeout(() => this.open(), wait);
  }

  private take(data: string | ArrayBuffer): void {
    batch(() => {
      this.heardAt.value = Date.now();
      if (this.link.value !== "live") {
        this.link.value = "live";
        this.tries = 0;
        for (const listener of this.returns) listener();
      }
      if (typeof data === "string") this.text(JSON.parse(data) as Message);
      else {
        this.sample = decodeSample(data, this.columns);
        for (const listener of this.listeners) listener(this.sample);
      }
    });
  }

  private text(message: Message): void {
    switch (message.type) {
      case "hello":
        this.columns = message.columns;
        this.sounds.value = message.sounds ?? null;
        break;
      case "live":
        this.live.value = message.live;
        break;
      case "alarms":
        if (this.live.value) this.live.value = { ...this.live.value, alarms: message.alarms };
        break;
      case "event":
        // After a rewind what was later has not happened.
        this.events.value = this.events.value.filter((known) => known.at_s <= message.at_s + 1);
        this.add([message]);
        break;
      case "wall":
        this.wall.value = message.machines;
        break;
    }
  }

  /** Takes events in, each once, in order. */
  add(events: MachineEvent[]): void {
    const known = this.events.value;
    const last = known.at(-1)?.seq ?? -1;
    const fresh = events.filter((event) => event.seq > last);
    if (fresh.length > 0) this.events.value = [...known, ...fresh].slice(-5000);
  }
}

//! The live channel: binary samples, loss, return, and that events are taken once.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { decodeSample, Feed } from "../src/lib/feed.ts";

function binary(sequence: number, time_s: number, values: number[]): ArrayBuffer {
  const buffer = new ArrayBuffer(12 + 4 * values.length);
  const view = new DataView(buffer);
  view.setUint32(0, sequence, true);
  view.setFloat64(4, time_s, true);
  values.forEach((value, n) => {
    view.setFloat32(12 + 4 * n, value, true);
  });
  return buffer;
}

describe("a binary sample", () => {
  test("is read by the names of the hello", () => {
    const sample = decodeSample(binary(7, 1234.5, [60, Number.NaN]), ["inlet_flow_ml_min", "spo2_pct"]);
    expect(sample.sequence).toBe(7);
    expect(sample.time_s).toBe(1234.5);
    expect(sample.values["inlet_flow_ml_min"]).toBe(60);
    expect(sample.values["spo2_pct"]).toBeNaN();
  });
  test("that is shorter than the hello gives what it has", () => {
    expect(Object.keys(decodeSample(binary(1, 0, [1]), ["a", "b"]).values)).toEqual(["a"]);
  });
});

class FakeSocket {
  static all: FakeSocket[] = [];
  binaryType = "";
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  close(): void {
    this.onclose?.();
  }
  says(data: unknown): void {
    this.onmessage?.({ data: data instanceof ArrayBuffer ? data : JSON.stringify(data) });
  }
}

describe("the channel", () => {
  beforeEach(() => {
    FakeSocket.all = [];
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", FakeSocket);
    vi.stubGlobal("location", { protocol: "http:", host: "here" });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
  const latest = () => FakeSocket.all.at(-1) as FakeSocket;

  test("says that it is lost, keeps what it has, and comes back by itself", () => {
    const feed = new Feed("machine=m1");
    expect(latest().url).toBe("ws://here/api/live?machine=m1");
    latest().says({ type: "hello", columns: ["spo2_pct"], sequence: 0 });
    latest().says({ type: "live", live: { machine: "m1", time_s: 5 } });
    expect(feed.link.value).toBe("live");
    latest().close();
    expect(feed.link.value).toBe("lost");
    expect(feed.live.value?.time_s).toBe(5);
    let returned = 0;
    feed.onReturn(() => {
      returned += 1;
    });
    vi.advanceTimersByTime(600);
    expect(FakeSocket.all).toHaveLength(2);
    latest().says({ type: "hello", columns: ["spo2_pct"], sequence: 0 });
    expect(feed.link.value).toBe("live");
    expect(returned).toBe(1);
    feed.close();
  });

  test("silence of five seconds is a loss", () => {
    const feed = new Feed("machine=m1");
    latest().says({ type: "hello", columns: [], sequence: 0 });
    vi.advanceTimersByTime(6500);
    expect(feed.link.value).not.toBe("live");
    feed.close();
  });

  test("an event that comes twice is taken once", () => {
    const feed = new Feed("machine=m1");
    const event = (seq: number) => ({ seq, at_s: seq, source: "run", kind: "note", text: `${seq}` });
    latest().says({ type: "event", ...event(1) });
    feed.add([event(1), event(2)]);
    expect(feed.events.value.map((one) => one.seq)).toEqual([1, 2]);
    feed.close();
  });

  test("after a rewind what was later has not happened", () => {
    const feed = new Feed("machine=m1");
    const event = (seq: number, at_s: number) => ({ type: "event", seq, at_s, source: "run", kind: "note", text: "" });
    for (const [seq, at_s] of [
      [1, 10],
      [2, 500],
      [3, 900],
      [4, 20],
    ] as const)
      latest().says(event(seq, at_s));
    expect(feed.events.value.map((one) => one.seq)).toEqual([1, 4]);
    feed.close();
  });

  test("samples reach who listens, with the columns of the hello", () => {
    const feed = new Feed("machine=m1");
    const seen: number[] = [];
    feed.onSample((sample) => seen.push(sample.values["spo2_pct"] ?? -1));
    latest().says({ type: "hello", columns: ["spo2_pct"], sequence: 0 });
    latest().says(binary(1, 1, [97]));
    expect(seen).toEqual([97]);
    feed.close();
  });
});

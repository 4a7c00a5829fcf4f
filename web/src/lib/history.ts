//! The run so far, column by column: fetched once, then continued by the live samples.

import { signal } from "@preact/signals";
import type { Columns } from "../contract.ts";
import { get } from "./api.ts";
import type { Feed, Sample } from "./feed.ts";

/** About so many rows are kept for a whole run: more than a screen has pixels. */
const ROWS = 2400;

export class History {
  /** Rises whenever the columns have changed. */
  readonly version = signal(0);
  time_s: number[] = [];
  columns: Record<string, (number | null)[]> = {};
  private every_s = 1;
  private stop: (() => void)[] = [];

  constructor(
    private readonly machine: string,
    feed: Feed,
  ) {
    this.stop = [feed.onSample((sample) => this.take(sample)), feed.onReturn(() => void this.fetch())];
    if (feed.link.value === "live") void this.fetch();
  }

  close(): void {
    for (const stop of this.stop) stop();
  }

  /** Reads the whole run at a pace that fits. */
  async fetch(): Promise<void> {
    try {
      const { columns } = await get<Columns>(
        `/machines/${encodeURIComponent(this.machine)}/samples?from_s=0&every_s=5`,
      );
      const { time_s = [], ...rest } = columns;
      this.time_s = time_s.map((time) => time ?? 0);
      this.columns = rest;
      this.every_s = 5;
      this.thin();
      this.version.value += 1;
    } catch {
      // The live samples go on; the next return of the channel asks again.
    }
  }

  /** A column, or nothing but gaps where the server has none of that name. */
  column(name: string): (number | null)[] {
    return this.columns[name] ?? new Array<null>(this.time_s.length).fill(null);
  }

  take(sample: Sample): void {
    const last = this.time_s.at(-1) ?? Number.NEGATIVE_INFINITY;
    if (sample.time_s < last - 1) this.cutAfter(sample.time_s);
    else if (sample.time_s < last + this.every_s) return;
    this.time_s.push(sample.time_s);
    for (const [name, value] of Object.entries(sample.values)) {
      const column = this.columns[name] ?? [];
      this.columns[name] = column;
      while (column.length < this.time_s.length - 1) column.push(null);
      column.push(Number.isFinite(value) ? value : null);
    }
    for (const column of Object.values(this.columns)) if (column.length < this.time_s.length) column.push(null);
    this.thin();
    this.version.value += 1;
  }

  /** A rewind: what came after that moment has not happened. */
  private cutAfter(time_s: number): void {
    const keep = this.time_s.findIndex((time) => time >= time_s);
    this.time_s.length = Math.max(0, keep);
    for (const column of Object.values(this.columns)) column.length = this.time_s.length;
  }

  private thin(): void {
    while (this.time_s.length > ROWS) {
      const even = <T>(_: T, n: number) => n % 2 === 0;
      this.time_s = this.time_s.filter(even);
      for (const name of Object.keys(this.columns)) this.columns[name] = (this.columns[name] ?? []).filter(even);
      this.every_s *= 2;
    }
  }
}

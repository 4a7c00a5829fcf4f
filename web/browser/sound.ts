//! Alarm sounds measured in the browser: the page's own graph is rendered offline, and its samples are looked at.

import type { Page } from "@playwright/test";

export interface Heard {
  /** Begin and end of each pulse, s. */
  pulses: [number, number][];
  /** Amplitude at the fundamental's multiples 1 to 8, relative to the loudest. */
  harmonics: number[];
  fundamental_hz: number;
  peak: number;
}

/** From now on the page's sounds go to a context that can be rendered. Call before the page loads. */
export async function listen(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const contexts: OfflineAudioContext[] = [];
    class Recorded extends OfflineAudioContext {
      constructor() {
        super(1, 48_000 * 7, 48_000);
        contexts.push(this);
      }
      override get state(): AudioContextState {
        return "running";
      }
      override resume(): Promise<void> {
        return Promise.resolve();
      }
    }
    Object.assign(window, { AudioContext: Recorded, heardContexts: contexts });
  });
}

/** Renders what the page has scheduled and measures it. */
export async function hear(page: Page, fundamental_hz: number): Promise<Heard> {
  return page.evaluate(async (hz) => {
    const contexts = (window as unknown as { heardContexts: OfflineAudioContext[] }).heardContexts;
    if (contexts.length !== 1 || !contexts[0]) throw new Error(`${contexts.length} sound contexts, expected one`);
    const buffer = await contexts[0].startRendering();
    const samples = buffer.getChannelData(0);
    const rate = buffer.sampleRate;
    // The largest swing of each 5 ms, longer than a turn of any fundamental; a pulse is where it passes half of the greatest.
    const step = rate / 200;
    const swings: number[] = [];
    for (let from = 0; from < samples.length; from += step) {
      swings.push(samples.subarray(from, from + step).reduce((most, value) => Math.max(most, Math.abs(value)), 0));
    }
    const peak = Math.max(...swings);
    const pulses: [number, number][] = [];
    let begin = -1;
    swings.forEach((swing, n) => {
      if (begin < 0 && swing > peak / 2) begin = n;
      if (begin >= 0 && swing < peak / 2) {
        pulses.push([begin / 200, n / 200]);
        begin = -1;
      }
    });
    const [first] = pulses;
    const part = first ? samples.subarray((first[0] + 0.02) * rate, (first[1] - 0.02) * rate) : samples.subarray(0, 0);
    const amplitude = (frequency: number) => {
      let sine = 0;
      let cosine = 0;
      part.forEach((value, n) => {
        sine += value * Math.sin((2 * Math.PI * frequency * n) / rate);
        cosine += value * Math.cos((2 * Math.PI * frequency * n) / rate);
      });
      return Math.hypot(sine, cosine) / Math.max(1, part.length);
    };
    const parts = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => amplitude(number * hz));
    const loudest = Math.max(...parts);
    return { pulses, harmonics: parts.map((value) => value / loudest), fundamental_hz: hz, peak };
  }, fundamental_hz);
}

//! Alarm sounds: bursts of pulses with harmonics, by the parameters that the server sends. One sound at a time.

import type { Sound } from "../contract.ts";

export interface Pulse {
  begin_s: number;
  end_s: number;
}

/** The pulses of one burst. */
export function burst(sound: Sound): Pulse[] {
  return sound.pulses_s.map((begin_s) => ({ begin_s, end_s: begin_s + sound.length_s }));
}

/** Writes one burst into the context's time line from `at_s` on; the returned gain can silence it at once. */
export function schedule(context: BaseAudioContext, sound: Sound, at_s: number): GainNode {
  const out = context.createGain();
  out.connect(context.destination);
  const imaginary = new Float32Array(sound.harmonics.length + 1);
  sound.harmonics.forEach((amplitude, n) => {
    imaginary[n + 1] = amplitude;
  });
  const wave = context.createPeriodicWave(new Float32Array(imaginary.length), imaginary, {
    disableNormalization: true,
  });
  for (const pulse of burst(sound)) {
    const tone = context.createOscillator();
    const swell = context.createGain();
    tone.setPeriodicWave(wave);
    tone.frequency.value = sound.fundamental_hz;
    // A pulse swells and dies away: without that it would click.
    swell.gain.setValueAtTime(0, at_s + pulse.begin_s);
    swell.gain.linearRampToValueAtTime(1, at_s + pulse.begin_s + sound.ramp_s);
    swell.gain.setValueAtTime(1, at_s + pulse.end_s - sound.ramp_s);
    swell.gain.linearRampToValueAtTime(0, at_s + pulse.end_s);
    tone.connect(swell).connect(out);
    tone.start(at_s + pulse.begin_s);
    tone.stop(at_s + pulse.end_s);
  }
  return out;
}

/** Plays the sound of the highest active alarm, burst after burst, until told otherwise. */
export class Speaker {
  private context: AudioContext | null = null;
  private playing: Sound | null = null;
  private gain: GainNode | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** False while the browser keeps sounds back until somebody has touched the page. */
  get isAllowed(): boolean {
    return this.context?.state === "running";
  }

  /** Asks the browser for sound; within a click or key it says yes. */
  async allow(): Promise<boolean> {
    this.context ??= new AudioContext();
    // A context that cannot be resumed stays silent, and the page says so.
    await this.context.resume().catch(() => undefined);
    if (this.playing) this.begin(this.playing);
    return this.isAllowed;
  }

  /** From now on this sound, or silence. The same sound goes on undisturbed. Kept for later while sound is not allowed. */
  play(sound: Sound | null): void {
    if (sound?.priority === this.playing?.priority) return;
    this.stop();
    this.playing = sound;
    if (sound && navigator.userActivation?.hasBeenActive) {
      this.context ??= new AudioContext();
      this.begin(sound);
    }
  }

  /** One burst, to hear whether the loudspeaker works. */
  once(sound: Sound): void {
    if (this.playing || !this.context) return;
    schedule(this.context, sound, this.context.currentTime + 0.05);
  }

  private begin(sound: Sound): void {
    clearTimeout(this.timer);
    this.quiet();
    if (!this.context) return;
    this.gain = schedule(this.context, sound, this.context.currentTime + 0.05);
    this.timer = setTimeout(() => this.begin(sound), sound.repeats_s * 1000);
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.playing = null;
    this.quiet();
  }

  private quiet(): void {
    if (this.gain && this.context) this.gain.gain.setTargetAtTime(0, this.context.currentTime, 0.01);
    this.gain = null;
  }
}

/** The page's one loudspeaker. */
export const speaker = new Speaker();

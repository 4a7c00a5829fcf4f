//! One clock for everything that moves on the screen. Stands still when the system asks for less motion.

import { useEffect } from "preact/hooks";

type Move = (elapsed_s: number) => void;

const moving = new Set<Move>();
let last = 0;
let running = false;

function frame(now: number): void {
  // A tab that was away does not catch up.
  const elapsed_s = Math.min((now - last) / 1000, 0.1);
  last = now;
  for (const move of moving) move(elapsed_s);
  running = moving.size > 0;
  if (running) requestAnimationFrame(frame);
}

export const wantsLessMotion = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Calls `move` for every frame while the component shows. */
export function useFrames(move: Move, inputs: unknown[] = []): void {
  useEffect(() => {
    moving.add(move);
    if (!running) {
      running = true;
      last = performance.now();
      requestAnimationFrame(frame);
    }
    return () => {
      moving.delete(move);
    };
  }, inputs);
}

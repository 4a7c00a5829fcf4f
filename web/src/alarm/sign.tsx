//! The sign of a priority: a shape as well as a colour, so that nobody needs to see colours.

import type { Priority } from "../contract.ts";

/** Octagon, triangle, disc; a ring with a tick when there is none. */
export function Sign({ priority }: { priority: Priority | null }) {
  const shape = {
    high: <path d="M8 1h8l7 7v8l-7 7H8l-7-7V8z" />,
    medium: <path d="M12 1.5 23.5 22H.5z" />,
    low: <circle cx="12" cy="12" r="11" />,
  };
  if (priority === null) {
    return (
      <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true">
        <circle cx="12" cy="12" r="10" />
        <path d="m7.5 12.5 3 3 6-7" />
      </svg>
    );
  }
  const marks = { high: [8, 12, 16], medium: [10, 14], low: [12] }[priority];
  return (
    <svg
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {shape[priority]}
      {marks.map((x) => (
        <g key={x} stroke-linecap="round">
          <path d={priority === "medium" ? `M${x} 12v4` : `M${x} 7.5v5.5`} />
          <path d={priority === "medium" ? `M${x} 19v.01` : `M${x} 16.5v.01`} />
        </g>
      ))}
    </svg>
  );
}

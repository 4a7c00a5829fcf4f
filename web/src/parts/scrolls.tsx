//! A part of a page that scrolls by itself: reachable by key, and named, so that nobody is trapped outside its text.

import type { ComponentChildren } from "preact";

export function Scrolls({
  name,
  class: more = "",
  children,
}: {
  name: string;
  class?: string;
  children: ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrollable by key (WCAG 2.1.1).
    <section class={`scrolls ${more}`} tabIndex={0} aria-label={name}>
      {children}
    </section>
  );
}

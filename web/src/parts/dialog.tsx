//! A dialog: the browser's own, which keeps the focus inside and closes on Escape.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Announcer } from "../alarm/announcer.tsx";

interface Props {
  title: string;
  closes: () => void;
  wide?: boolean;
  /** Buttons beside "Close"; with `decides` the close button reads "Cancel". */
  decides?: ComponentChildren;
  children: ComponentChildren;
}

export function Dialog({ title, closes, wide, decides, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    if (!element.current?.open) element.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={element} class={wide ? "wide" : undefined} aria-labelledby={id} onClose={closes}>
      <Announcer />
      <div class="dialog">
        <h2 id={id}>{title}</h2>
        {children}
        <footer>
          <button type="button" onClick={() => element.current?.close()}>
            {decides ? "Cancel" : "Close"}
          </button>
          {decides}
        </footer>
      </div>
    </dialog>
  );
}

//! Something read from the server for as long as a view shows it.

import { useCallback, useEffect, useState } from "preact/hooks";
import { get, sentence } from "./api.ts";

export interface Loaded<T> {
  value: T | null;
  problem: string;
  again: () => void;
}

/** Reads `path`; `null` reads nothing. */
export function useLoaded<T>(path: string | null): Loaded<T> {
  const [value, setValue] = useState<T | null>(null);
  const [problem, setProblem] = useState("");
  const again = useCallback(() => {
    if (path === null) return;
    get<T>(path)
      .then((answer) => {
        setValue(answer);
        setProblem("");
      })
      .catch((error) => setProblem(sentence(error)));
  }, [path]);
  useEffect(again, [again]);
  return { value, problem, again };
}

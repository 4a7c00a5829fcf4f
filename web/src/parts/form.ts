//! The texts of a form's fields, and what an input needs to show and change one.

import { useState } from "preact/hooks";

export function useForm<T extends Record<string, string>>(first: T) {
  const [value, setValue] = useState<T>(first);
  const set = (name: keyof T, text: string) => setValue((now) => ({ ...now, [name]: text }));
  const bind = (name: keyof T) => ({
    value: value[name] as string,
    onInput: (event: { currentTarget: { value: string } }) => set(name, event.currentTarget.value),
  });
  return { value, set, setValue, bind };
}

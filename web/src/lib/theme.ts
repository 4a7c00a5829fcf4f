//! Dark or light: as the system says, until somebody chooses. Pictures are drawn anew when it changes.

import { effect, signal } from "@preact/signals";

export type Theme = "dark" | "light";

const KEY = "leuka.theme";
const system = matchMedia("(prefers-color-scheme: light)");
const chosen = localStorage.getItem(KEY);

export const theme = signal<Theme>(
  chosen === "light" || chosen === "dark" ? chosen : system.matches ? "light" : "dark",
);

export function applyTheme(): void {
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
  });
  system.addEventListener("change", () => {
    if (localStorage.getItem(KEY) === null) theme.value = system.matches ? "light" : "dark";
  });
}

export function switchTheme(): void {
  theme.value = theme.value === "dark" ? "light" : "dark";
  localStorage.setItem(KEY, theme.value);
}

/** The value of a colour token in the theme that shows now. */
export const token = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

//! The line at the top of the views that belong to no single machine.

import { me, post } from "../lib/api.ts";
import { may, ROLE_TITLES } from "../lib/roles.ts";
import { switchTheme, theme } from "../lib/theme.ts";

export function Top({ here }: { here: string }) {
  const links: [string, string][] = [["wall", "Machines"], ["records", "Records"]];
  if (may("manage")) links.push(["users", "Users"]);
  links.push(["about", "About"]);
  return (
    <header>
      <a class="skip" href="#content" onClick={skip}>Skip to the content</a>
      <nav class="tabs top" aria-label="Main">
        <a class="name" href="#/wall">leuka</a>
        {links.map(([path, title]) => (
          <a key={path} href={`#/${path}`} aria-current={here === path ? "page" : undefined}>{title}</a>
        ))}
        <Rest />
      </nav>
    </header>
  );
}

/** Moves the focus without touching the address, which holds the view. */
export function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

/** Theme and session. */
export function Rest() {
  const user = me.value?.user;
  return (
    <span class="rest">
      <button type="button" onClick={switchTheme}>{theme.value === "dark" ? "Light" : "Dark"}</button>
      <span class="quiet user">{user ? `${user.name}, ${ROLE_TITLES[user.role].toLowerCase()}` : ""}</span>
      <button type="button" onClick={signOut}>Sign out</button>
    </span>
  );
}

async function signOut(): Promise<void> {
  await post("/logout").catch(() => undefined);
  me.value = null;
}

//! The line at the top of the views that belong to no single machine.

import { me, post } from "../lib/api.ts";
import { may, ROLE_TITLES } from "../lib/roles.ts";
import { switchTheme, theme } from "../lib/theme.ts";

export function Top({ here }: { here: string }) {
  const links: [string, string][] = [
    ["wall", "Machines"],
    ["records", "Records"],
  ];
  if (may("manage")) links.push(["users", "Users"]);
  links.push(["about", "About"]);
  return (
    <header>
      <Skip />
      <nav class="tabs top" aria-label="Main">
        <a class="name" href="#/wall">
          leuka
        </a>
        {links.map(([path, title]) => (
          <a key={path} href={`#/${path}`} aria-current={here === path ? "page" : undefined}>
            {title}
          </a>
        ))}
        <Rest />
      </nav>
    </header>
  );
}

/** Leads past what every view repeats. A button, because the address holds the view. */
export function Skip() {
  return (
    <button type="button" class="skip" onClick={() => document.getElementById("content")?.focus()}>
      Skip to the content
    </button>
  );
}

/** Theme and session. */
export function Rest() {
  const user = me.value?.user;
  return (
    <span class="rest">
      <button type="button" onClick={switchTheme}>
        {theme.value === "dark" ? "Light" : "Dark"}
      </button>
      <span class="quiet user">{user ? `${user.name}, ${ROLE_TITLES[user.role].toLowerCase()}` : ""}</span>
      <button type="button" onClick={signOut}>
        Sign out
      </button>
    </span>
  );
}

async function signOut(): Promise<void> {
  await post("/logout").catch(() => undefined);
  me.value = null;
}

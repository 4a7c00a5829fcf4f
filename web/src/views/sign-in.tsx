//! Sign-in, and the first user's set-up by the one-time link.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Me } from "../contract.ts";
import { me, post, readMe, sentence, status } from "../lib/api.ts";
import { ROLE_TITLES } from "../lib/roles.ts";
import { useForm } from "../parts/form.ts";
import { go } from "../route.ts";

function Door({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <main class="door" id="content">
      <div>
        <p class="word-mark">leuka</p>
        <h1>{title}</h1>
        {children}
        <p class="notice">{status.value?.notice}</p>
      </div>
    </main>
  );
}

async function enter(login: string, password: string): Promise<void> {
  const answer = await post<Me | null>("/login", { login, password });
  if (answer?.user) me.value = answer;
  else await readMe();
}

export function SignIn() {
  const [problem, setProblem] = useState("");
  const { value, bind } = useForm({ login: "", password: "" });
  const send = async (event: Event) => {
    event.preventDefault();
    await enter(value.login, value.password).catch((error) => setProblem(sentence(error)));
  };
  return (
    <Door title="Bedside console">
      <form onSubmit={send}>
        <div class="field">
          <label class="label" for="login">
            Login
          </label>
          <input id="login" autocomplete="username" required {...bind("login")} />
        </div>
        <div class="field">
          <label class="label" for="password">
            Password
          </label>
          <input id="password" type="password" autocomplete="current-password" required {...bind("password")} />
        </div>
        {problem ? (
          <p class="wrong" role="alert">
            {problem}
          </p>
        ) : null}
        <button type="submit" class="primary large">
          Sign in
        </button>
      </form>
      {status.value?.demo ? <Demo fails={setProblem} /> : null}
      {status.value?.needs_setup ? (
        <p class="quiet">Nobody can sign in yet: open the set-up link that the server printed when it started.</p>
      ) : null}
    </Door>
  );
}

/** The demonstration's users: one click each. Their password is no secret. */
function Demo({ fails }: { fails: (problem: string) => void }) {
  const roles = ["nurse", "physician", "lab", "instructor", "engineer"] as const;
  return (
    <section class="demo" aria-labelledby="demo-title">
      <h2 id="demo-title" class="label">
        This is a demonstration. Sign in as
      </h2>
      <div class="row">
        {roles.map((role) => (
          <button key={role} type="button" onClick={() => enter(role, "demo").catch((error) => fails(sentence(error)))}>
            {ROLE_TITLES[role]}
          </button>
        ))}
      </div>
    </section>
  );
}

export function Setup({ token }: { token: string }) {
  const [problem, setProblem] = useState("");
  const { value, bind } = useForm({ login: "", name: "", password: "", again: "" });
  const send = async (event: Event) => {
    event.preventDefault();
    if (value.password !== value.again) return setProblem("The two passwords differ.");
    try {
      await post("/setup", { token, login: value.login, name: value.name, password: value.password });
      await enter(value.login, value.password);
      go("users");
    } catch (error) {
      setProblem(sentence(error));
    }
  };
  return (
    <Door title="The first user">
      <p>The first user is an engineer: manages users and machines. The link works once.</p>
      <form onSubmit={send}>
        <div class="field">
          <label class="label" for="name">
            Name, as it is printed in records
          </label>
          <input id="name" autocomplete="name" required {...bind("name")} />
        </div>
        <div class="field">
          <label class="label" for="login">
            Login
          </label>
          <input id="login" autocomplete="username" required {...bind("login")} />
        </div>
        <div class="field">
          <label class="label" for="password">
            Password, at least 12 characters
          </label>
          <input
            id="password"
            type="password"
            minLength={12}
            autocomplete="new-password"
            required
            {...bind("password")}
          />
        </div>
        <div class="field">
          <label class="label" for="again">
            Password again
          </label>
          <input id="again" type="password" autocomplete="new-password" required {...bind("again")} />
        </div>
        {problem ? (
          <p class="wrong" role="alert">
            {problem}
          </p>
        ) : null}
        <button type="submit" class="primary large">
          Begin
        </button>
      </form>
    </Door>
  );
}

//! Users and their roles, for the engineer.

import { useState } from "preact/hooks";
import type { Role, User } from "../contract.ts";
import { post, sentence } from "../lib/api.ts";
import { useLoaded } from "../lib/load.ts";
import { ROLE_TITLES } from "../lib/roles.ts";
import { Dialog } from "../parts/dialog.tsx";
import { useForm } from "../parts/form.ts";

const ROLES = Object.keys(ROLE_TITLES) as Role[];

export function Users() {
  const { value: users, problem, again } = useLoaded<User[]>("/users");
  const [edits, setEdits] = useState<User | "new" | null>(null);
  return (
    <main class="page" id="content" tabIndex={-1}>
      <div class="row apart">
        <h1>Users</h1>
        <button type="button" class="primary" onClick={() => setEdits("new")}>
          New user
        </button>
      </div>
      {problem ? (
        <p class="wrong" role="alert">
          {problem}
        </p>
      ) : null}
      <table>
        <caption class="hidden">Users</caption>
        <thead>
          <tr>
            <th>Name</th>
            <th>Login</th>
            <th>Role</th>
            <th>State</th>
            <th>
              <span class="hidden">Change</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {(users ?? []).map((user) => (
            <tr key={user.login}>
              <td>{user.name}</td>
              <td>{user.login}</td>
              <td>{ROLE_TITLES[user.role]}</td>
              <td>{user.active === false ? "locked" : "active"}</td>
              <td class="n">
                <button type="button" aria-label={`Change ${user.name}`} onClick={() => setEdits(user)}>
                  Change
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {edits ? <UserDialog user={edits === "new" ? null : edits} closes={() => setEdits(null)} saved={again} /> : null}
    </main>
  );
}

function UserDialog({ user, closes, saved }: { user: User | null; closes: () => void; saved: () => void }) {
  const { value, bind } = useForm({
    login: user?.login ?? "",
    name: user?.name ?? "",
    role: user?.role ?? "nurse",
    password: "",
    active: user?.active === false ? "no" : "yes",
  });
  const [problem, setProblem] = useState("");
  const send = async (event: Event) => {
    event.preventDefault();
    try {
      if (user) {
        const password = value.password === "" ? {} : { password: value.password };
        await post(`/users/${encodeURIComponent(user.login)}`, {
          role: value.role,
          active: value.active === "yes",
          ...password,
        });
      } else await post("/users", { login: value.login, name: value.name, role: value.role, password: value.password });
      saved();
      closes();
    } catch (error) {
      setProblem(sentence(error));
    }
  };
  return (
    <Dialog
      title={user ? user.name : "New user"}
      closes={closes}
      decides={
        <button type="submit" form="user" class="primary">
          Save
        </button>
      }
    >
      <form id="user" class="confirm" onSubmit={send}>
        {user ? null : (
          <>
            <div class="field">
              <label class="label" for="user-name">
                Name, as it is printed in records
              </label>
              <input id="user-name" required {...bind("name")} />
            </div>
            <div class="field">
              <label class="label" for="user-login">
                Login
              </label>
              <input id="user-login" required {...bind("login")} />
            </div>
          </>
        )}
        <div class="field">
          <label class="label" for="user-role">
            Role
          </label>
          <select id="user-role" {...bind("role")}>
            {ROLES.map((role) => (
              <option key={role} value={role}>
                {ROLE_TITLES[role]}
              </option>
            ))}
          </select>
        </div>
        {user ? (
          <div class="field">
            <label class="label" for="user-active">
              May sign in
            </label>
            <select id="user-active" {...bind("active")}>
              <option value="yes">yes</option>
              <option value="no">no, locked</option>
            </select>
          </div>
        ) : null}
        <div class="field">
          <label class="label" for="user-password">
            {user ? "New password; empty keeps the old one" : "Password, at least 12 characters"}
          </label>
          <input
            id="user-password"
            type="password"
            autocomplete="new-password"
            required={!user}
            {...bind("password")}
          />
        </div>
        {problem ? (
          <p class="wrong" role="alert">
            {problem}
          </p>
        ) : null}
      </form>
    </Dialog>
  );
}

//! Which view shows: set-up, sign-in, the wall, a machine's views, records, users.

import { useEffect, useState } from "preact/hooks";
import { Bedside } from "./bedside.tsx";
import type { Status } from "./contract.ts";
import { get, me, readMe, sentence, status } from "./lib/api.ts";
import { Top } from "./parts/top.tsx";
import { route } from "./route.ts";
import { About } from "./views/about.tsx";
import { Record } from "./views/record.tsx";
import { Records } from "./views/records.tsx";
import { Setup, SignIn } from "./views/sign-in.tsx";
import { Start } from "./views/start.tsx";
import { Users } from "./views/users.tsx";
import { Wall } from "./views/wall.tsx";

export function App() {
  const [error, setError] = useState("");
  useEffect(() => {
    const begin = async () => {
      try {
        status.value = await get<Status>("/status");
        await readMe();
        setError("");
      } catch (problem) {
        setError(sentence(problem));
        setTimeout(begin, 2000);
      }
    };
    void begin();
  }, []);
  const [first = "wall", second = "", third = "run"] = route.value.parts;
  if (first === "setup") return <Setup token={route.value.query.get("token") ?? ""} />;
  if (me.value === undefined || status.value === null) {
    return (
      <main class="page">
        <p role="status">{error || "Asking the server …"}</p>
      </main>
    );
  }
  if (me.value === null) return <SignIn />;
  if (first === "machine" && second) return <Bedside key={second} machine={second} view={third} />;
  return (
    <div class="shell plain">
      <Top here={first} />
      <Plain first={first} second={second} />
      <footer class="foot">
        <span>{status.value.notice}</span>
        <span>leuka {status.value.version}</span>
      </footer>
    </div>
  );
}

function Plain({ first, second }: { first: string; second: string }) {
  switch (first) {
    case "start":
      return <Start machine={second} />;
    case "records":
      return second ? <Record id={second} /> : <Records />;
    case "users":
      return <Users />;
    case "about":
      return <About />;
    default:
      return <Wall />;
  }
}

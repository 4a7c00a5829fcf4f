//! Order and plan: which protocol for whom, what the dose will be and how sure, and the start of the run.

import { useState } from "preact/hooks";
import type { Library, Plan, Ready } from "../contract.ts";
import { post, sentence } from "../lib/api.ts";
import { useLoaded } from "../lib/load.ts";
import { may } from "../lib/roles.ts";
import { useForm } from "../parts/form.ts";
import { go } from "../route.ts";
import { PlanView } from "./plan.tsx";

const VALUES = [
  { name: "goal", path: "order.goal_1e6_per_kg", title: "Goal, ×10⁶/kg" },
  { name: "count", path: "donor.cd34_per_ul", title: "CD34+ count, /µL" },
  { name: "inlet", path: "protocol.inlet_flow_ml_min", title: "Inlet flow, mL/min" },
] as const;
const VARIED: [string, string][] = [
  ["", "no scenarios"],
  ["protocol.inlet_flow_ml_min=40,50,60,70", "inlet flow 40, 50, 60, 70 mL/min"],
  ["order.goal_1e6_per_kg=2,3,4,5", "goal 2, 3, 4, 5 ×10⁶/kg"],
  ["donor.cd34_per_ul=20,40,60,80", "CD34+ count 20, 40, 60, 80 /µL"],
];

/** The usual file where it is there, else the first. */
const first = (files: Ready[] | undefined, usual: string): string =>
  (files?.find((file) => file.id === usual) ?? files?.[0])?.id ?? "";

export function Start({ machine }: { machine: string }) {
  const { value: library, problem: noLibrary } = useLoaded<Library>("/library");
  const { value, bind } = useForm({ protocol: "", donor: "", goal: "", count: "", inlet: "", vary: "" });
  const [plans, setPlans] = useState<Plan[]>([]);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const protocol = value.protocol || first(library?.protocols, "cd34-autologous");
  const donor = value.donor || first(library?.donors, "autologous-74kg");
  const set = VALUES.filter((one) => value[one.name] !== "").map((one) => `${one.path}=${value[one.name]}`);
  const ask = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      const answer = await post<Plan | Plan[]>("/plan", {
        protocol,
        donor,
        set,
        ...(value.vary ? { vary: value.vary } : {}),
      });
      setPlans(Array.isArray(answer) ? answer : [answer]);
    } catch (error) {
      setPlans([]);
      setProblem(sentence(error));
    }
    setBusy(false);
  };
  return (
    <main class="page plan-page" id="content" tabIndex={-1}>
      <h1>Order and plan</h1>
      {noLibrary ? (
        <p class="wrong" role="alert">
          {noLibrary}
        </p>
      ) : null}
      <form class="order" onSubmit={ask}>
        <div class="field">
          <label class="label" for="protocol">
            Protocol
          </label>
          <select id="protocol" {...bind("protocol")} value={protocol}>
            {library?.protocols.map((one) => (
              <option key={one.id} value={one.id}>
                {one.title}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label class="label" for="donor">
            Donor
          </label>
          <select id="donor" {...bind("donor")} value={donor}>
            {library?.donors.map((one) => (
              <option key={one.id} value={one.id}>
                {`${one.title}, ${one.id}`}
              </option>
            ))}
          </select>
        </div>
        {VALUES.map((one) => (
          <div key={one.name} class="field">
            <label class="label" for={one.name}>
              {one.title}
            </label>
            <input
              id={one.name}
              type="number"
              step="any"
              min="0"
              inputMode="decimal"
              placeholder="as in the files"
              {...bind(one.name)}
            />
          </div>
        ))}
        <div class="field">
          <label class="label" for="vary">
            Scenarios side by side
          </label>
          <select id="vary" {...bind("vary")}>
            {VARIED.map(([path, title]) => (
              <option key={path} value={path}>
                {title}
              </option>
            ))}
          </select>
        </div>
        <button type="submit" class="primary" disabled={busy || !may("plan") || library === null}>
          {busy ? "Planning …" : "Plan"}
        </button>
      </form>
      {problem ? (
        <p class="wrong" role="alert">
          {problem}
        </p>
      ) : null}
      {plans.length > 0 ? <PlanView plans={plans} /> : null}
      {may("start") ? <Begin machine={machine} library={library} run={{ protocol, donor, set }} /> : null}
    </main>
  );
}

/** Starts the run: its first step is the self-test, then the scans. */
function Begin({
  machine,
  library,
  run,
}: {
  machine: string;
  library: Library | null;
  run: { protocol: string; donor: string; set: string[] };
}) {
  const { value, bind } = useForm({ operator: "human", scenario: "", warp: "1", seed: "1" });
  const [problem, setProblem] = useState("");
  const start = async (event: Event) => {
    event.preventDefault();
    try {
      await post(`/machines/${encodeURIComponent(machine)}/run`, {
        ...run,
        operator: value.operator,
        seed: Number(value.seed),
        warp: Number(value.warp),
        ...(value.scenario ? { scenario: value.scenario } : {}),
      });
      go(`machine/${encodeURIComponent(machine)}/run`);
    } catch (error) {
      setProblem(sentence(error));
    }
  };
  return (
    <section aria-labelledby="begin-title">
      <h2 id="begin-title">Start on this machine</h2>
      <form class="order" onSubmit={start}>
        <div class="field">
          <label class="label" for="operator">
            Operator
          </label>
          <select id="operator" {...bind("operator")}>
            <option value="human">you, step by step</option>
            <option value="simulated">simulated</option>
          </select>
        </div>
        <div class="field">
          <label class="label" for="scenario">
            What goes wrong
          </label>
          <select id="scenario" {...bind("scenario")}>
            <option value="">nothing planned</option>
            {library?.scenarios.map((one) => (
              <option key={one.id} value={one.id}>
                {one.title}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label class="label" for="warp">
            Pace
          </label>
          <select id="warp" {...bind("warp")}>
            <option value="1">real time</option>
            <option value="10">10 times</option>
            <option value="60">60 times</option>
          </select>
        </div>
        <div class="field">
          <label class="label" for="seed">
            Seed of chance
          </label>
          <input id="seed" type="number" min="0" {...bind("seed")} />
        </div>
        <button type="submit" class="primary">
          Start the procedure
        </button>
      </form>
      {problem ? (
        <p class="wrong" role="alert">
          {problem}
        </p>
      ) : null}
    </section>
  );
}

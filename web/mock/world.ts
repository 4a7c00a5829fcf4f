//! The mock's state: a recorded run, a clock, an alarm that can be set by hand (`/api/mock?alarm=high`).

import { readFileSync } from "node:fs";
import type { WebSocket } from "ws";
import type { Alarms, Live, MachineEvent, Priority, Role, Sound } from "../src/contract.ts";

const SOUNDS: Record<Priority, Sound> = {
  high: {
    priority: "high",
    pulses_s: [0, 0.25, 0.5, 1, 1.25, 2, 2.25, 2.5, 3, 3.25],
    length_s: 0.15,
    repeats_s: 8,
    fundamental_hz: 523,
    harmonics: [0.22, 0.2, 0.17, 0.14, 0.11, 0.09],
    ramp_s: 0.02,
  },
  medium: {
    priority: "medium",
    pulses_s: [0, 0.4, 0.8],
    length_s: 0.2,
    repeats_s: 15,
    fundamental_hz: 440,
    harmonics: [0.22, 0.2, 0.17, 0.14, 0.11, 0.09],
    ramp_s: 0.02,
  },
  low: {
    priority: "low",
    pulses_s: [0, 0.4],
    length_s: 0.2,
    repeats_s: 30,
    fundamental_hz: 349,
    harmonics: [0.22, 0.2, 0.17, 0.14, 0.11, 0.09],
    ramp_s: 0.02,
  },
};
const REQUESTS: Record<string, Live["request"]> = {
  admission: {
    name: "scan_donor",
    title: "Scan the donor",
    how: "Scan the wristband and ask the donor for the name and the date of birth.",
    needs: [
      { name: "id", label: "Wristband", kind: "scan", scan: "PT-0074" },
      { name: "second", label: "Second identifier, as the donor says it", kind: "text", scan: "Built-in patient" },
    ],
  },
  load_set: {
    name: "load_set",
    title: "Load the set",
    how: "Scan the set's code and lay it into pumps, clamps and centrifuge.",
    needs: [{ name: "code", label: "Set code", kind: "scan", scan: "standard" }],
  },
  vein_access: {
    name: "insert_access",
    title: "Insert the access",
    how: "Place the needles, or aspirate and discard the catheter's lock.",
    needs: [
      {
        name: "lock_aspirated",
        label: "The catheter's lock is aspirated and discarded",
        kind: "yes_no",
        default: true,
      },
    ],
  },
  counts: {
    name: "enter_counts",
    title: "Enter the counts",
    how: "Type the counts of venous blood after rinse-back.",
    needs: [
      { name: "hematocrit", label: "Haematocrit", kind: "number", unit: "%", low: 10, high: 70 },
      { name: "platelets", label: "Platelets", kind: "number", unit: "×10⁹/L", low: 1, high: 2000 },
    ],
  },
};

export class World {
  role = "nurse";
  at = 1400;
  warp = 10;
  alarm = "";
  audio: Alarms["audio"] = "on";
  paused = false;
  hasRun = true;
  operator: "human" | "simulated" = "simulated";
  done = -1;
  step = 0;
  snapshots: { name: string; at_s: number }[] = [];
  label: string;
  private names: string[];
  private rows: number[][];
  private events: MachineEvent[];

  constructor(
    folder: string,
    readonly id: string,
  ) {
    const lines = readFileSync(`${folder}/out/samples.csv`, "utf8").trim().split("\n");
    this.label = `Bed ${id.slice(1)}`;
    this.names = (lines[0] ?? "").split(",");
    this.rows = lines.slice(1).map((line) => line.split(",").map((cell) => (cell === "" ? Number.NaN : Number(cell))));
    this.events = readFileSync(`${folder}/out/events.jsonl`, "utf8")
      .trim()
      .split("\n")
      .map((line, seq) => ({ seq, ...JSON.parse(line) }));
  }

  /** A clock tick of 100 ms; a human operator's next action holds the clock until it is confirmed. */
  tick() {
    if (this.paused || !this.hasRun) return;
    const next = Math.min(this.at + 0.1 * this.warp, this.rows.length + 5);
    const waits = this.operator === "human" ? this.waiting(next) : undefined;
    this.at = waits ? waits.at_s : next;
  }

  /** The operator's action that comes before `until` and is not confirmed yet. */
  waiting(until: number): MachineEvent | undefined {
    return this.events.find(
      (event) => event.source === "operator" && event.kind === "action" && event.seq > this.done && event.at_s <= until,
    );
  }

  confirm() {
    this.done = this.waiting(this.at)?.seq ?? this.done;
  }

  request(phase: string): Live["request"] {
    if (this.operator !== "human") return null;
    const waits = this.waiting(this.at);
    if (!waits) return null;
    return (
      REQUESTS[phase] ?? {
        name: `step_${waits.seq}`,
        title: waits.text.charAt(0).toUpperCase() + waits.text.slice(1),
        how: "Do this, then confirm it.",
        needs: [],
      }
    );
  }

  connect(ws: WebSocket) {
    const names = this.names.slice(1).concat("dose_low95_1e6_per_kg", "dose_high95_1e6_per_kg");
    const send = (value: unknown) => ws.send(JSON.stringify(value));
    send({ type: "hello", columns: names, sequence: 0, sounds: SOUNDS });
    let sequence = 0;
    const fast = setInterval(() => {
      const values = [...this.row().slice(1), this.band(1.96)[0], this.band(1.96)[1]];
      const buffer = Buffer.alloc(12 + 4 * values.length);
      buffer.writeUInt32LE(sequence++, 0);
      buffer.writeDoubleLE(this.at, 4);
      for (const [n, value] of values.entries()) buffer.writeFloatLE(value ?? Number.NaN, 12 + 4 * n);
      ws.send(buffer);
    }, 100);
    let told = -1;
    const slow = setInterval(() => {
      send({ type: "live", live: this.live() });
      for (const event of this.eventsNow().filter((e) => e.seq > told)) {
        send({ type: "event", ...event });
        told = event.seq;
      }
    }, 500);
    ws.on("close", () => {
      clearInterval(fast);
      clearInterval(slow);
    });
  }

  row = () => this.rows[Math.min(Math.floor(this.at), this.rows.length - 1)] ?? [];
  value = (name: string) => this.row()[this.names.indexOf(name)] ?? Number.NaN;
  band(z: number): [number, number] {
    const median = this.value("dose_estimate_1e6_per_kg");
    const spread = Math.log(this.value("dose_high_1e6_per_kg") / median) / 1.2816;
    return [median * Math.exp(-z * spread), median * Math.exp(z * spread)];
  }
  eventsNow = () => this.events.filter((event) => event.at_s <= this.at);
  me = () => ({ user: { login: this.role, name: `Demo ${this.role}`, role: this.role as Role }, csrf: "mock" });

  phase(): string {
    let phase = "self_test";
    for (const event of this.eventsNow()) {
      const changed = (event.data as { phase_changed?: { to: string } } | undefined)?.phase_changed;
      if (changed) phase = changed.to;
    }
    return phase;
  }

  alarms(): Alarms {
    const all: Alarms["active"] = [
      {
        code: "return_air",
        title: "Air in the return line",
        priority: "high",
        cause: "The return air detector saw 0.04 mL of air.",
        action: "Return clamp closed, return stopped. Clear the drip chamber, then reset.",
        limit: "0.02 mL",
        value: "0.04 mL",
        at_s: this.at - 3,
        latched: true,
      },
      {
        code: "citrate_rate",
        title: "Ionised calcium low",
        priority: "medium",
        cause: "Ionised calcium is forecast at 0.94 mmol/L.",
        action: "Inlet lowered to 48 mL/min. Ask for tingling, give calcium.",
        limit: "1.00 mmol/L",
        value: "0.94 mmol/L",
        at_s: this.at - 40,
        latched: false,
      },
      {
        code: "anticoagulant_rate",
        title: "Anticoagulant rate high",
        priority: "low",
        cause: "Anticoagulant to the donor is above its warning limit.",
        action: "Watch; lower the inlet if the donor feels tingling.",
        limit: 0.8,
        value: 0.81,
        at_s: this.at - 300,
        latched: false,
      },
    ];
    const from = { high: 0, medium: 1, low: 2 }[this.alarm] ?? 3;
    const active = all.slice(from);
    const first = active[0];
    return {
      active,
      audio: this.audio,
      audio_left_s: this.audio === "paused" ? 97 : null,
      sound: first && this.audio === "on" ? SOUNDS[first.priority] : null,
    };
  }

  live(): Live {
    const id = this.id;
    const v = (name: string) => {
      const value = this.value(name);
      return Number.isFinite(value) ? value : null;
    };
    const n = (name: string) => v(name) ?? 0;
    const phase = this.phase();
    const median = v("dose_estimate_1e6_per_kg");
    const back = n("inlet_flow_ml_min") - n("collect_flow_ml_min");
    const citrate = (n("anticoagulant_flow_ml_min") * 21.4) / 74;
    return {
      machine: id,
      label: this.label,
      kind: "simulated",
      simulated: true,
      run: !this.hasRun
        ? null
        : {
            id: "run-1",
            protocol: "cd34-autologous",
            protocol_title: "CD34+ collection, autologous",
            donor: "autologous-74kg",
            donor_id: "PT-0074",
            seed: 1,
            record: "rec-1",
          },
      phase,
      phase_title: phase.replaceAll("_", " "),
      request: this.request(phase),
      is_connected: this.at > 647 && this.at < 11945,
      is_over: phase === "summary",
      end_reason: phase === "summary" ? "the target was reached" : null,
      time_s: this.at,
      forecast_end_s: 13192,
      warp: this.warp,
      paused: this.paused,
      operator: this.operator,
      snapshots: this.snapshots,
      dose:
        median === null || median <= 0
          ? null
          : {
              unit: "1e6/kg",
              median,
              low80: n("dose_low_1e6_per_kg"),
              high80: n("dose_high_1e6_per_kg"),
              low95: this.band(1.96)[0],
              high95: this.band(1.96)[1],
              goal: 5,
              minimum: 2,
              p_goal: n("goal_probability_pct") / 100,
              p_minimum: Math.min(0.999, n("goal_probability_pct") / 50 + 0.1),
              to_ninety_min: 101,
              next_ten: { dose: 0.27, goal_pct: 7, platelets_1e9_l: -2.0, citrate_mg_kg: 14 },
            },
      vitals: {
        heart_rate_per_min: v("heart_rate_per_min"),
        systolic_mmhg: v("systolic_mmhg"),
        diastolic_mmhg: v("diastolic_mmhg"),
        spo2_pct: v("spo2_pct"),
        respiration_per_min: v("respiration_per_min"),
        temperature_c: v("temperature_c"),
        source: "simulated",
        limits: {
          heart_rate_per_min: { low: 45, high: 130 },
          systolic_mmhg: { low: 90, high: 180 },
          spo2_pct: { low: 90 },
          ionised_calcium_mmol_l: { low: 1.0 },
        },
      },
      chemistry: {
        ionised_calcium_mmol_l: v("true_ionised_calcium_mmol_l"),
        citrate_mg_kg_min: citrate,
        citrate_limit_mg_kg_min: 2.1,
        platelets_1e9_l: v("true_platelet_1e9_l"),
        hemoglobin_g_dl: n("true_hematocrit_pct") * 0.335,
      },
      volumes: {
        processed_ml: v("processed_ml"),
        tbv_ml: 4952,
        anticoagulant_to_donor_ml: n("processed_ml") * 0.087,
        product_ml: v("true_product_ml"),
        plasma_ml: 0,
        saline_ml: 140,
        balance_ml: n("processed_ml") * 0.06,
        balance_pct: n("processed_ml") * 0.0012,
      },
      flows: {
        inlet_ml_min: v("inlet_flow_ml_min"),
        anticoagulant_ml_min: v("anticoagulant_flow_ml_min"),
        plasma_ml_min: v("plasma_flow_ml_min"),
        collect_ml_min: v("collect_flow_ml_min"),
        return_ml_min: back,
      },
      pressures: { access_mmhg: v("access_pressure_mmhg"), return_mmhg: v("return_pressure_mmhg") },
      centrifuge: { rpm: v("centrifuge_rpm"), g: (n("centrifuge_rpm") / 1300) ** 2 * 300 },
      bags: [
        { name: "anticoagulant", weight_g: 1000 - n("processed_ml") * 0.09, full_g: 1000 },
        { name: "saline", weight_g: 860, full_g: 1000 },
        { name: "product", weight_g: v("true_product_ml"), full_g: 250 },
        { name: "plasma", weight_g: 0, full_g: 600 },
        { name: "waste", weight_g: 40, full_g: 500 },
      ],
      clamps: {
        draw: this.at > 647 && this.at < 11540 ? "open" : "closed",
        return: this.at > 647 && this.at < 11915 ? (this.alarm === "high" ? "closed" : "open") : "closed",
      },
      interface: {
        position_mm: v("interface_mm"),
        set_point_mm: 1.7,
        confidence: 0.93,
        layers: [
          { name: "plasma", thickness_mm: 1.55 },
          { name: "buffy_coat", thickness_mm: 0.35 },
          { name: "red_cells", thickness_mm: 3.1 },
        ],
        channel_mm: 5,
        collect_hematocrit_pct: v("collect_hematocrit_pct"),
      },
      why:
        this.eventsNow()
          .filter((e) => e.kind === "set_point")
          .map((e) => ({ at_s: e.at_s, text: e.text, source: e.source }))
          .at(-1) ?? null,
      guard: { verdict: "pass", text: "The guard lets commands pass" },
      alarms: this.alarms(),
    };
  }

  samples(every: number) {
    const columns: Record<string, (number | null)[]> = {};
    const picked = this.rows.slice(0, Math.floor(this.at)).filter((_, n) => n % every === 0);
    this.names.forEach((name, c) => {
      columns[name] = picked.map((row) => (Number.isFinite(row[c]) ? (row[c] ?? null) : null));
    });
    const spread = (sign: number) =>
      picked.map((row) => {
        const median = row[this.names.indexOf("dose_estimate_1e6_per_kg")] ?? Number.NaN;
        const high = row[this.names.indexOf("dose_high_1e6_per_kg")] ?? Number.NaN;
        const value = median * Math.exp((sign * 1.96 * Math.log(high / median)) / 1.2816);
        return Number.isFinite(value) ? value : null;
      });
    columns["dose_low95_1e6_per_kg"] = spread(-1);
    columns["dose_high95_1e6_per_kg"] = spread(1);
    return { columns };
  }

  alarmRows = () =>
    this.alarms().active.map((a) => ({
      ...a,
      onset_s: a.at_s,
      onset_utc: null,
      acknowledged_by: null,
      condition_end_s: null,
      signal_end_s: null,
    }));
  library = () => ({
    protocols: [
      { id: "cd34-autologous", title: "CD34+ collection, autologous", text: "" },
      { id: "cd3-car-t", title: "CD3+ for CAR-T", text: "" },
    ],
    donors: [{ id: "autologous-74kg", title: "Autologous patient, 74 kg", text: "" }],
    scenarios: [
      { id: "air", title: "An air bolus, and foam after it", text: "" },
      { id: "poor-vein", title: "A vein that collapses, comes back, and collapses again", text: "" },
    ],
    faults: [
      { name: "air_bolus", title: "Air bolus in the return line", unit: "mL", default: 2, group: "Return" },
      { name: "vein_collapse", title: "The vein collapses", unit: "part", default: 0.8, group: "Access" },
    ],
  });
  records = () => [
    {
      id: "rec-1",
      opened_utc: "2026-11-28T05:00:00Z",
      donor_id: "PT-0074",
      protocol_title: "CD34+ collection, autologous",
      state: this.step > 4 ? "closed" : "open",
      machine: "m1",
      next: (["counts", "reconcile", "label", "sign", "close"] as const)[this.step] ?? null,
    },
  ];
  record = () => ({
    ...this.records()[0],
    sections: [
      {
        title: "Order",
        rows: [
          { label: "Order", value: "ORDER-1" },
          { label: "Goal", value: "5.0", unit: "×10⁶/kg" },
        ],
      },
    ],
    time_line: this.eventsNow()
      .slice(-40)
      .map((e) => ({
        utc: "2026-11-28T05:10:00Z",
        at_s: e.at_s,
        actor: "Demo nurse",
        role: "nurse",
        action: e.kind,
        text: e.text,
        reason: "",
      })),
    signatures: [],
    missing: ["counts after the run", "a signature of approval"],
    verified: true,
  });
  debrief = () => ({
    score: 71,
    items: [
      { title: "Calcium within 5 minutes of tingling", at_s: 1096, text: "Given after 0:30.", points: 10, of: 10 },
      {
        title: "Air cleared before the reset",
        at_s: 1900,
        text: "The reset was asked for twice while air was seen.",
        points: 4,
        of: 10,
      },
    ],
    counterfactuals: [
      {
        title: "Calcium ten minutes earlier",
        text: "Lowest ionised calcium would have been 0.97 instead of 0.91 mmol/L.",
        difference: "+0.06 mmol/L",
      },
    ],
  });
  whatIf = (set: string[]) => ({
    schema: "leuka.replay/1",
    changed: set,
    from_minute: null,
    measures: [
      { measure: "dose, 1e6/kg", was: 4.17, would_be: 3.52, difference: -0.65 },
      { measure: "lowest ionised calcium, mmol/L", was: 0.906, would_be: 0.981, difference: 0.075 },
    ],
    end_was: "the target was reached",
    end_would_be: "the target was reached",
  });
}

//! What the server sends and takes, as types. Units stand last in the names.

export type Role = "nurse" | "physician" | "lab" | "instructor" | "engineer" | "read_only";
export type Priority = "high" | "medium" | "low";

export interface Status {
  version: string;
  needs_setup: boolean;
  demo: boolean;
  notice: string;
}

export interface User {
  login: string;
  name: string;
  role: Role;
  active?: boolean;
}

export interface Me {
  user: User;
  csrf: string;
}

export interface Ready {
  id: string;
  title: string;
  text: string;
}

export interface FaultKind {
  name: string;
  title: string;
  unit: string;
  default: number;
  group: string;
}

export interface Library {
  protocols: Ready[];
  donors: Ready[];
  scenarios: Ready[];
  faults: FaultKind[];
}

export interface Field {
  name: string;
  label: string;
  kind: "text" | "number" | "choice" | "yes_no" | "scan";
  unit?: string;
  low?: number;
  high?: number;
  choices?: { value: string; title: string }[];
  default?: string | number | boolean | null;
  /** What scanner, papers or laboratory of the simulated procedure give. */
  scan?: string | null;
}

export interface Request {
  name: string;
  title: string;
  how: string;
  needs: Field[];
}

export interface Dose {
  unit: string;
  median: number;
  low80: number;
  high80: number;
  low95: number;
  high95: number;
  goal: number;
  minimum: number;
  /** Probabilities from 0 to 1. */
  p_goal: number;
  p_minimum: number;
  to_ninety_min: number | null;
  next_ten: { dose: number; goal_pct: number; platelets_1e9_l: number; citrate_mg_kg: number } | null;
}

export interface Limits {
  low?: number | null;
  high?: number | null;
}

export interface Vitals {
  heart_rate_per_min: number | null;
  systolic_mmhg: number | null;
  diastolic_mmhg: number | null;
  spo2_pct: number | null;
  respiration_per_min: number | null;
  temperature_c: number | null;
  source: "simulated" | "hl7";
  /** The monitor that sent them. */
  monitor?: string;
  limits: Record<string, Limits>;
}

/** A burst of an alarm sound, whole: nothing of it is decided by the page. */
export interface Sound {
  priority: Priority;
  pulses_s: number[];
  length_s: number;
  repeats_s: number;
  fundamental_hz: number;
  harmonics: number[];
  ramp_s: number;
}

export interface Alarm {
  code: string;
  title: string;
  priority: Priority;
  cause: string;
  action: string;
  limit: number | string | null;
  value: number | string | null;
  at_s: number;
  /** Its condition is over; its signal stays until somebody acknowledges it. */
  latched: boolean;
  acknowledged?: boolean;
  unit?: string | null;
}

export interface Alarms {
  active: Alarm[];
  audio: "on" | "paused" | "off";
  audio_left_s: number | null;
  sound: Sound | null;
}

export interface AlarmRow {
  code: string;
  title: string;
  priority: Priority;
  onset_s: number;
  onset_utc: string | null;
  limit: number | string | null;
  value: number | string | null;
  unit?: string | null;
  action: string | null;
  acknowledged_by: string | null;
  condition_end_s: number | null;
  signal_end_s: number | null;
}

export interface Interface {
  position_mm: number | null;
  set_point_mm: number | null;
  confidence: number | null;
  layers: { name: string; thickness_mm: number }[];
  channel_mm: number;
  collect_hematocrit_pct: number | null;
}

export interface Live {
  machine: string;
  label: string;
  kind: "simulated" | "remote";
  simulated: boolean;
  run: {
    id: string;
    protocol: string;
    protocol_title: string;
    donor: string;
    donor_id: string;
    seed: number;
    record: string | null;
  } | null;
  phase: string;
  phase_title: string;
  request: Request | null;
  is_connected: boolean;
  is_over: boolean;
  end_reason: string | null;
  time_s: number;
  forecast_end_s: number | null;
  warp: number;
  paused: boolean;
  operator?: "human" | "simulated";
  snapshots?: { name: string; at_s: number }[];
  /** Why entries of the record wait for its database; the run goes on. */
  record_trouble?: { waiting: number; text: string } | null;
  dose: Dose | null;
  vitals: Vitals;
  chemistry: {
    /** Forecast, where control makes one. */
    ionised_calcium_mmol_l: number | null;
    true_ionised_calcium_mmol_l?: number | null;
    citrate_mg_kg_min: number | null;
    citrate_limit_mg_kg_min: number | null;
    platelets_1e9_l: number | null;
    hemoglobin_g_dl: number | null;
  };
  volumes: {
    processed_ml: number | null;
    tbv_ml: number | null;
    anticoagulant_to_donor_ml: number | null;
    product_ml: number | null;
    plasma_ml: number | null;
    saline_ml: number | null;
    balance_ml: number | null;
    balance_pct: number | null;
  };
  flows: {
    inlet_ml_min: number | null;
    anticoagulant_ml_min: number | null;
    plasma_ml_min: number | null;
    collect_ml_min: number | null;
    return_ml_min: number | null;
  };
  pressures: { access_mmhg: number | null; return_mmhg: number | null };
  centrifuge: { rpm: number | null; g: number | null };
  bags: { name: string; weight_g: number | null; full_g: number | null }[];
  clamps: Record<string, "open" | "closed" | null>;
  interface: Interface | null;
  why: { at_s: number; text: string; source: string } | null;
  guard: { verdict: string; text: string } | null;
  alarms: Alarms;
}

export interface MachineEvent {
  seq: number;
  at_s: number;
  source: string;
  kind: string;
  text: string;
  data?: unknown;
}

export interface Machine {
  id: string;
  label: string;
  kind: "simulated" | "remote";
  live: Live;
}

export interface Columns {
  columns: Record<string, (number | null)[]>;
}

export interface Debrief {
  score: number;
  items: { title: string; at_s: number | null; text: string; points: number; of: number }[];
  counterfactuals: { title: string; text: string; difference: string | number | null }[];
}

export interface RecordRow {
  id: string;
  opened_utc: string;
  donor_id: string;
  protocol_title: string;
  state: "open" | "interrupted" | "ended" | "closed";
  machine: string;
  next: RecordStep | null;
}

export type RecordStep = "counts" | "reconcile" | "number" | "label" | "sign" | "close";

export interface RecordPage extends RecordRow {
  /** What closing it needs, in order. */
  steps: RecordStep[];
  sections: { title: string; rows: { label: string; value: string; unit?: string; old?: string }[] }[];
  time_line: {
    utc: string;
    at_s: number | null;
    actor: string;
    role: string;
    action: string;
    text: string;
    reason: string;
  }[];
  signatures: { name: string; utc: string; meaning: string }[];
  /** Meanings that a signature is still needed for. */
  unsigned: string[];
  missing: string[];
  verified: boolean;
  /** The first thing that is wrong. */
  fault: string | null;
  /** What was entered, by name. */
  facts: Record<string, unknown>;
  /** Forms of the steps. */
  fields: Partial<Record<RecordStep, Field[]>>;
}

/** What `leuka plan --json` prints (schema leuka.plan/1). */
export interface Plan {
  schema: string;
  scenario: string;
  goal_1e6_per_kg: number;
  minimum_1e6_per_kg: number;
  count_per_ul: number;
  efficiency_pct: number;
  tbv_l: number;
  inlet_flow_ml_min: number;
  wished_flow_ml_min: number;
  goal: Confidence[];
  minimum: Confidence[];
  planned: PlanPoint;
  days: { days: number; goal_pct: number; minimum_pct: number }[];
  anticoagulant_ml: number;
  citrate_mg_kg_min: number;
  platelets_after_1e9_l: number;
  hemoglobin_after_g_dl: number;
  extracorporeal_pct: number;
  prime: string;
  refusals: string[];
  warnings: string[];
  curve: PlanPoint[];
  ionised_calcium_nadir_mmol_l: number;
  ionised_calcium_nadir_with_calcium_mmol_l: number;
  published: Record<string, unknown>[];
}

export interface Confidence {
  confidence_pct: number;
  volume_l: number | null;
  tbv: number | null;
  minutes: number | null;
}

export interface PlanPoint {
  volume_l: number;
  minutes: number;
  median_1e6_per_kg: number;
  band_80_1e6_per_kg: [number, number];
  band_95_1e6_per_kg: [number, number];
  goal_pct: number;
  minimum_pct: number;
}

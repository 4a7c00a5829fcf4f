//! The donor: what the monitor shows and what is forecast, each with its limits and how far away they are.

import type { Limits, Live } from "../contract.ts";
import { NOTHING, number } from "../lib/format.ts";
import { Trace } from "./trace.tsx";

interface Row {
  title: string;
  text: string;
  unit: string;
  value: number | null;
  limits: Limits;
  decimals: number;
  /** The ends of the meter. */
  from: number;
  to: number;
  trace?: "arterial" | "pleth";
  note?: string;
}

export function Vitals({ live, isLive }: { live: Live; isLive: boolean }) {
  const { vitals } = live;
  return (
    <section class="vitals" aria-labelledby="vitals-title">
      <h2 id="vitals-title" class="hidden">
        Donor
      </h2>
      <ul>
        {rows(live).map((row) => (
          <li key={row.title} class={isBeyond(row) ? "beyond" : ""}>
            <div class="name">
              <span class="label">{row.title}</span>
              <span class="quiet">{row.note ?? limitText(row)}</span>
            </div>
            <p class="value">
              <span class="live-value">{row.text}</span> <span class="unit">{row.unit}</span>
            </p>
            {row.trace ? <Trace kind={row.trace} vitals={vitals} isLive={isLive} /> : null}
            <Meter row={row} />
          </li>
        ))}
      </ul>
      <p class="quiet source">
        {vitals.source === "hl7" ? `From ${vitals.monitor || "the monitor"} by HL7` : "Simulated"}; curves are drawn
        from the numbers.
      </p>
    </section>
  );
}

function rows(live: Live): Row[] {
  const { vitals, chemistry } = live;
  const limit = (name: string): Limits => vitals.limits[name] ?? {};
  return [
    {
      title: "Heart rate",
      text: number(vitals.heart_rate_per_min),
      unit: "/min",
      value: vitals.heart_rate_per_min,
      limits: limit("heart_rate_per_min"),
      decimals: 0,
      from: 30,
      to: 180,
    },
    {
      title: "Blood pressure",
      text: `${number(vitals.systolic_mmhg)}/${number(vitals.diastolic_mmhg)}`,
      unit: "mmHg",
      value: vitals.systolic_mmhg,
      limits: limit("systolic_mmhg"),
      decimals: 0,
      from: 60,
      to: 200,
      trace: "arterial",
    },
    {
      title: "SpO₂",
      text: number(vitals.spo2_pct),
      unit: "%",
      value: vitals.spo2_pct,
      limits: limit("spo2_pct"),
      decimals: 0,
      from: 80,
      to: 100,
      trace: "pleth",
    },
    calcium(live),
    {
      title: "Citrate to the donor",
      text: number(chemistry.citrate_mg_kg_min, 2),
      unit: "mg/kg/min",
      value: chemistry.citrate_mg_kg_min,
      limits: { high: chemistry.citrate_limit_mg_kg_min },
      decimals: 2,
      from: 0,
      to: Math.max(2.5, 1.2 * (chemistry.citrate_limit_mg_kg_min ?? 0)),
    },
    {
      title: "Platelets, forecast",
      text: number(chemistry.platelets_1e9_l),
      unit: "×10⁹/L",
      value: chemistry.platelets_1e9_l,
      limits: limit("platelets_1e9_l"),
      decimals: 0,
      from: 0,
      to: 300,
    },
    {
      title: "Haemoglobin, forecast",
      text: number(chemistry.hemoglobin_g_dl, 1),
      unit: "g/dL",
      value: chemistry.hemoglobin_g_dl,
      limits: limit("hemoglobin_g_dl"),
      decimals: 1,
      from: 5,
      to: 18,
    },
  ];
}

/** The forecast where control makes one; else, of a simulated donor, what is true, and it says so. */
function calcium({ vitals, chemistry }: Live): Row {
  const isForecast = chemistry.ionised_calcium_mmol_l !== null;
  const value = isForecast ? chemistry.ionised_calcium_mmol_l : (chemistry.true_ionised_calcium_mmol_l ?? null);
  return {
    title: isForecast || value === null ? "Ionised calcium, forecast" : "Ionised calcium, simulated",
    text: number(value, 2),
    unit: "mmol/L",
    value,
    limits: vitals.limits["ionised_calcium_mmol_l"] ?? {},
    decimals: 2,
    from: 0.7,
    to: 1.35,
  };
}

const has = (value: number | null | undefined): value is number => value !== null && value !== undefined;

function isBeyond({ value, limits }: Row): boolean {
  return has(value) && ((has(limits.low) && value < limits.low) || (has(limits.high) && value > limits.high));
}

/** The limits, and the margin to the nearer one. */
function limitText(row: Row): string {
  const { limits, value, decimals } = row;
  const [low, high] = [
    has(limits.low) ? number(limits.low, decimals) : "",
    has(limits.high) ? number(limits.high, decimals) : "",
  ];
  const ends = low && high ? `${low} to ${high}` : low ? `≥ ${low}` : high ? `≤ ${high}` : "";
  if (!ends) return "no limit set";
  if (!has(value)) return `${ends} · ${NOTHING}`;
  const margin = Math.min(
    has(limits.low) ? value - limits.low : Number.POSITIVE_INFINITY,
    has(limits.high) ? limits.high - value : Number.POSITIVE_INFINITY,
  );
  return margin < 0
    ? `${ends} · beyond by ${number(-margin, decimals)}`
    : `${ends} · margin ${number(margin, decimals)}`;
}

/** A track with the allowed part thick, and a pointer; outside the pointer becomes a hollow square. */
function Meter({ row }: { row: Row }) {
  const place = (value: number) => Math.min(100, Math.max(0, ((value - row.from) / (row.to - row.from)) * 100));
  const low = has(row.limits.low) ? place(row.limits.low) : 0;
  const high = has(row.limits.high) ? place(row.limits.high) : 100;
  return (
    <div class="meter" aria-hidden="true">
      <i class="allowed" style={{ left: `${low}%`, right: `${100 - high}%` }} />
      {has(row.value) ? <i class="pointer" style={{ left: `${place(row.value)}%` }} /> : null}
    </div>
  );
}

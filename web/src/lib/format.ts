//! Numbers as text. A value that nobody measured is a dash, never a zero; a unit is never left out by whoever shows it.

export const NOTHING = "–";

/** A number with so many decimals, thousands parted by a thin space; a dash when there is none. */
export function number(value: number | null | undefined, decimals = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  const [whole = "", part] = Math.abs(value).toFixed(decimals).split(".");
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u2009") : whole;
  const isZero = Number(`${whole}.${part ?? 0}`) === 0;
  return `${value < 0 && !isZero ? "\u2212" : ""}${grouped}${part === undefined ? "" : `.${part}`}`;
}

/** The number with its sign, for balances and differences. */
export function signed(value: number | null | undefined, decimals = 0): string {
  const text = number(value, decimals);
  return typeof value === "number" && value > 0 && Number(value.toFixed(decimals)) > 0 ? `+${text}` : text;
}

/** Seconds as h:mm:ss. */
export function clock(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NOTHING;
  const total = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  return `${Math.floor(total / 3600)}:${two(Math.floor(total / 60) % 60)}:${two(total % 60)}`;
}

/** Seconds as hours and minutes, for forecasts. */
export function span(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NOTHING;
  const minutes = Math.max(0, Math.round(seconds / 60));
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** The time of day of a moment. */
export function timeOfDay(moment: Date): string {
  return moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

/** A probability in per cent that never says "certain". */
export function percent(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  if (value > 99.5) return "> 99";
  if (value > 0 && value < 0.5) return "< 1";
  return value.toFixed(0);
}

/** A unit as it is written by hand. */
export function unitText(unit: string): string {
  return unit
    .replace(/^x?\s?1e6/i, "×10⁶")
    .replace(/^x?\s?1e9/i, "×10⁹")
    .replace(/uL\b/, "µL")
    .replace(/^C$/, "°C");
}

/** The names of columns in words and with units: `return_pressure_mmhg` is "return pressure" in "mmHg". */
export function columnTitle(name: string): { title: string; unit: string } {
  const units: [string, string][] = [
    ["_mg_kg_min", "mg/kg/min"],
    ["_ml_min", "mL/min"],
    ["_per_min", "/min"],
    ["_mmol_l", "mmol/L"],
    ["_1e6_per_kg", "×10⁶/kg"],
    ["_1e9_l", "×10⁹/L"],
    ["_per_ul", "/µL"],
    ["_mmhg", "mmHg"],
    ["_g_dl", "g/dL"],
    ["_pct", "%"],
    ["_rpm", "rpm"],
    ["_ml", "mL"],
    ["_mm", "mm"],
    ["_c", "°C"],
    ["_s", "s"],
  ];
  for (const [end, unit] of units) {
    if (name.endsWith(end)) return { title: words(name.slice(0, -end.length)), unit };
  }
  return { title: words(name), unit: "" };
}

const KEPT: Record<string, string> = {
  spo2: "SpO₂",
  cd34: "CD34+",
  wbc: "white cells",
  hematocrit: "haematocrit",
  hemoglobin: "haemoglobin",
  tbv: "TBV",
  ionised: "ionised",
};

/** snake_case as words. */
export function words(name: string): string {
  return name
    .split("_")
    .map((word) => KEPT[word] ?? word)
    .join(" ");
}

/** The text as the begin of a sentence. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

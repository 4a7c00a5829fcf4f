//! The circuit as it is now: what flows where, how full the bags are, which clamps are closed, how fast things turn.

import { useRef } from "preact/hooks";
import type { Live } from "../contract.ts";
import { number } from "../lib/format.ts";
import { useFrames, wantsLessMotion } from "../lib/frames.ts";
import { layerClass } from "../lib/layer.ts";

interface Tube {
  name: string;
  path: string;
  kind: string;
  flow: (live: Live) => number;
}

const zero = (value: number | null | undefined): number =>
  value !== null && value !== undefined && Number.isFinite(value) ? value : 0;
const isOpen = (live: Live, clamp: string): boolean => live.clamps[clamp] !== "closed";
const SALINE_PHASES = ["prime", "rinse_back", "elute"];
const takesSaline = (live: Live): boolean => SALINE_PHASES.includes(live.phase);

const TUBES: Tube[] = [
  {
    name: "draw",
    path: "M80 580V290",
    kind: "blood",
    flow: (live) =>
      takesSaline(live) || !isOpen(live, "draw")
        ? 0
        : zero(live.flows.inlet_ml_min) - zero(live.flows.anticoagulant_ml_min),
  },
  { name: "inlet", path: "M80 290H134", kind: "blood", flow: (live) => zero(live.flows.inlet_ml_min) },
  {
    name: "anticoagulant",
    path: "M40 118V478H80",
    kind: "anticoagulant",
    flow: (live) => zero(live.flows.anticoagulant_ml_min),
  },
  {
    name: "saline",
    path: "M132 118V478H80",
    kind: "saline",
    flow: (live) => (takesSaline(live) ? zero(live.flows.inlet_ml_min) : 0),
  },
  { name: "collect", path: "M196 228V172H238V118", kind: "product", flow: (live) => zero(live.flows.collect_ml_min) },
  { name: "plasma", path: "M258 290H320", kind: "plasma", flow: (live) => zero(live.flows.plasma_ml_min) },
  {
    name: "cells",
    path: "M196 352V404H320",
    kind: "cells",
    flow: (live) =>
      Math.max(0, zero(live.flows.inlet_ml_min) - zero(live.flows.plasma_ml_min) - zero(live.flows.collect_ml_min)),
  },
  { name: "plasma down", path: "M320 290V404", kind: "plasma", flow: (live) => zero(live.flows.plasma_ml_min) },
  {
    name: "return",
    path: "M320 404V580",
    kind: "cells",
    flow: (live) => (isOpen(live, "return") ? zero(live.flows.return_ml_min) : 0),
  },
];

interface PumpPlace {
  name: string;
  x: number;
  y: number;
  flow: (live: Live) => number | null;
  text: [x: number, y: number, anchor: "start" | "middle" | "end"];
}

const PUMPS: PumpPlace[] = [
  { name: "Inlet", x: 80, y: 418, flow: (live) => live.flows.inlet_ml_min, text: [146, 424, "start"] },
  { name: "Anticoagulant", x: 40, y: 212, flow: (live) => live.flows.anticoagulant_ml_min, text: [66, 210, "start"] },
  { name: "Collect", x: 238, y: 172, flow: (live) => live.flows.collect_ml_min, text: [264, 168, "start"] },
  { name: "Plasma", x: 290, y: 290, flow: (live) => live.flows.plasma_ml_min, text: [292, 246, "middle"] },
];

const BAGS: [name: string, title: string, x: number, kind: string][] = [
  ["anticoagulant", "Anticoagulant", 42, "anticoagulant"],
  ["saline", "Saline", 132, "saline"],
  ["product", "Product", 238, "product"],
];

/** The fourth place is for the bag that this set has. */
const FOURTH: [name: string, title: string, kind: string][] = [
  ["reservoir", "Reservoir", "blood"],
  ["plasma", "Plasma", "plasma"],
  ["waste", "Waste", "waste"],
];

function bagsOf(live: Live): typeof BAGS {
  const fourth = FOURTH.find(([name]) => live.bags.some((bag) => bag.name === name));
  return fourth ? [...BAGS, [fourth[0], fourth[1], 320, fourth[2]]] : BAGS;
}

export function Circuit({ live, isLive }: { live: Live; isLive: boolean }) {
  const svg = useRef<SVGSVGElement>(null);
  const state = useRef(live);
  state.current = live;
  const turned = useRef<Record<string, number>>({});
  const still = wantsLessMotion();
  useFrames(
    (elapsed_s) => {
      if (svg.current && isLive && !still) move(svg.current, turned.current, state.current, elapsed_s);
    },
    [isLive, still],
  );
  return (
    <section class="circuit" aria-labelledby="circuit-title">
      <h2 id="circuit-title" class="hidden">
        Circuit
      </h2>
      <p class="hidden">{inWords(live)}</p>
      <svg ref={svg} viewBox="0 0 362 622" aria-hidden="true">
        {TUBES.map((tube) => (
          <TubeLine key={tube.name} tube={tube} live={live} />
        ))}
        {bagsOf(live).map(([name, title, x, kind]) => (
          <Bag key={name} title={title} x={x} kind={kind} bag={live.bags.find((bag) => bag.name === name)} />
        ))}
        <Centrifuge live={live} />
        {PUMPS.map((pump) => (
          <Pump key={pump.name} pump={pump} live={live} />
        ))}
        <Clamp x={80} y={538} is={live.clamps["draw"]} />
        <Clamp x={320} y={538} is={live.clamps["return"]} />
        <Chamber />
        <Figure x={98} y={500} title="Access" value={number(live.pressures.access_mmhg)} unit="mmHg" anchor="start" />
        <Figure x={302} y={484} title="Return" value={number(live.pressures.return_mmhg)} unit="mmHg" anchor="end" />
        <Figure x={302} y={520} title="" value={number(live.flows.return_ml_min)} unit="mL/min" anchor="end" />
        <Donor live={live} />
      </svg>
    </section>
  );
}

function TubeLine({ tube, live }: { tube: Tube; live: Live }) {
  const flow = tube.flow(live);
  return (
    <g class={`tube ${tube.kind}${flow > 0.3 ? " flows" : ""}`}>
      <path class="wall" d={tube.path} />
      <path class="fluid" d={tube.path} />
      {flow > 0.3 ? <path class="moves" d={tube.path} data-tube={tube.name} /> : null}
    </g>
  );
}

function Pump({ pump, live }: { pump: PumpPlace; live: Live }) {
  const flow = pump.flow(live);
  const [x, y, anchor] = pump.text;
  return (
    <g class={`pump${zero(flow) > 0.05 ? " turns" : ""}`}>
      <g transform={`translate(${pump.x} ${pump.y})`}>
        <circle r="19" class="body" />
        <g data-pump={pump.name}>
          <path class="rotor" d="M0 -11 9.5 5.5H-9.5z" />
        </g>
      </g>
      <Figure
        x={x}
        y={y}
        title={pump.name === "Anticoagulant" ? "" : pump.name}
        value={number(flow, zero(flow) < 10 ? 1 : 0)}
        unit="mL/min"
        anchor={anchor}
        under={pump.name === "Anticoagulant"}
      />
    </g>
  );
}

function Figure({
  x,
  y,
  title,
  value,
  unit,
  anchor,
  under,
}: {
  x: number;
  y: number;
  title: string;
  value: string;
  unit: string;
  anchor: "start" | "middle" | "end";
  under?: boolean;
}) {
  return (
    <text x={x} y={y} text-anchor={anchor} class="figure">
      <tspan class="title">{title}</tspan>
      <tspan class="value live-value" x={x} dy={title ? "17" : "0"}>
        {value}
      </tspan>
      {under ? (
        <tspan class="of" x={x} dy="15">
          {unit}
        </tspan>
      ) : (
        <tspan class="of"> {unit}</tspan>
      )}
    </text>
  );
}

function Bag({
  title,
  x,
  kind,
  bag,
}: {
  title: string;
  x: number;
  kind: string;
  bag: Live["bags"][number] | undefined;
}) {
  const full_g = bag?.full_g ?? 0;
  const part = bag && full_g > 0 ? Math.min(1, Math.max(0, zero(bag.weight_g) / full_g)) : 0;
  const top = 118 - 72 * part;
  return (
    <g class={`bag ${kind}${bag ? "" : " missing"}`}>
      <path class="outline" d={`M${x - 26} 40h52v68q0 12-12 12h-28q-12 0-12-12z`} />
      {part > 0.005 ? <path class="content" d={content(x, top)} /> : null}
      <path class="hook" d={`M${x} 40v-6`} />
      <text x={x} y="24" text-anchor="middle" class="title">
        {title}
      </text>
      <text x={x} y="84" text-anchor="middle" class="weight live-value">
        {bag ? `${number(bag.weight_g)} g` : ""}
      </text>
    </g>
  );
}

/** The filled part of a bag, up to `top`. */
function content(x: number, top: number): string {
  const from = Math.min(top, 117);
  const shoulder = Math.min(Math.max(from, 40), 108);
  return `M${x - 25} ${shoulder}H${x + 25}V108q0 11-11 11h-28q-11 0-11-11z`;
}

/** A clamp: closed it crosses the line, open it stands beside it. */
function Clamp({ x, y, is }: { x: number; y: number; is: "open" | "closed" | null | undefined }) {
  if (is === undefined) return null;
  const isClosed = is === "closed";
  const side = x < 180 ? -1 : 1;
  return (
    <g class={`clamp ${is ?? "unknown"}`} transform={`translate(${x} ${y})`}>
      {isClosed ? <path d="M-12 -9H12M-12 9H12M-9 -9 9 9M9 -9-9 9" /> : <path d="M-12 -9v18M12 -9v18" />}
      <text x={-side * 18} y="4.5" text-anchor={side < 0 ? "start" : "end"} class="title">
        {is ?? "?"}
      </text>
    </g>
  );
}

function Chamber() {
  return (
    <g class="chamber">
      <rect x="311" y="430" width="18" height="38" rx="7" />
      <text x="302" y="453" text-anchor="end" class="title">
        Air detector
      </text>
    </g>
  );
}

/** Rings by the layers that the camera sees: red cells outside, plasma inside. */
function Centrifuge({ live }: { live: Live }) {
  const seen = live.interface;
  const total = seen?.layers.reduce((sum, layer) => sum + layer.thickness_mm, 0) ?? 0;
  let from = 30;
  const rings = (seen?.layers ?? []).map((layer) => {
    const width = total > 0 ? (29 * layer.thickness_mm) / total : 0;
    const ring = { name: layer.name, r: from + width / 2, width };
    from += width;
    return ring;
  });
  return (
    <g class="centrifuge" transform="translate(196 290)">
      <circle r="62" class="bowl" />
      {rings.map((ring) => (
        <circle
          key={ring.name}
          r={ring.r}
          class={`ring ${layerClass(ring.name)}`}
          stroke-width={Math.max(1.5, ring.width)}
        />
      ))}
      <g data-centrifuge="">
        <path class="spoke" d="M0 -58v-8M0 58v8M58 0h8M-58 0h-8" />
      </g>
      <text y="-4" text-anchor="middle" class="value live-value">
        {number(live.centrifuge.rpm)}
      </text>
      <text y="12" text-anchor="middle" class="title">
        rpm
      </text>
    </g>
  );
}

function Donor({ live }: { live: Live }) {
  return (
    <g class={`donor${live.is_connected ? "" : " apart"}`}>
      <rect x="20" y="580" width="340" height="38" rx="19" />
      <text x="190" y="604" text-anchor="middle">
        {live.is_connected ? `Donor ${live.run?.donor_id ?? ""}` : "Donor not connected"}
      </text>
    </g>
  );
}

/** Turns pumps and centrifuge and moves the fluid on by what flowed meanwhile. */
function move(svg: SVGSVGElement, turned: Record<string, number>, live: Live, elapsed_s: number): void {
  for (const tube of TUBES) {
    const path = svg.querySelector(`[data-tube="${tube.name}"]`);
    if (!path) continue;
    const at = ((turned[tube.name] ?? 0) + elapsed_s * (8 + 1.1 * tube.flow(live))) % 18;
    turned[tube.name] = at;
    path.setAttribute("stroke-dashoffset", String(-at));
  }
  for (const pump of PUMPS) {
    const at = ((turned[pump.name] ?? 0) + elapsed_s * 6 * zero(pump.flow(live))) % 180;
    turned[pump.name] = at;
    svg.querySelector(`[data-pump="${pump.name}"]`)?.setAttribute("transform", `rotate(${at})`);
  }
  // A tenth of the true speed: faster could not be seen to turn.
  const at = ((turned["centrifuge"] ?? 0) + (elapsed_s * zero(live.centrifuge.rpm) * 360) / 60 / 40) % 180;
  turned["centrifuge"] = at;
  svg.querySelector("[data-centrifuge]")?.setAttribute("transform", `rotate(${at})`);
}

/** The picture for who cannot see it. */
function inWords(live: Live): string {
  const flows = PUMPS.map((pump) => `${pump.name} ${number(pump.flow(live), 1)} mL/min`).join(", ");
  const bags = live.bags.map((bag) => `${bag.name} ${number(bag.weight_g)} g`).join(", ");
  const clamps = Object.entries(live.clamps)
    .map(([name, is]) => `${name} ${is}`)
    .join(", ");
  return `Pumps: ${flows}. Bags: ${bags}. Clamps: ${clamps}. Centrifuge ${number(live.centrifuge.rpm)} rpm.`;
}

//! The interface as the camera sees it: layers across the channel, where the interface is and where it should be.

import { useBed } from "../bedside.tsx";
import type { Live } from "../contract.ts";
import { number, words } from "../lib/format.ts";
import { layerClass } from "../lib/layer.ts";
import { token } from "../lib/theme.ts";
import { axes, Chart, type ChartOptions } from "../parts/chart.tsx";

export function InterfaceView({ live }: { live: Live }) {
  const { history } = useBed();
  history.version.value;
  const seen = live.interface;
  return (
    <main class="page interface-page" id="content" tabIndex={-1}>
      <h1>Interface</h1>
      {seen ? <Channel live={live} /> : <p class="lead">The camera shows nothing while no blood is in the channel.</p>}
      <section>
        <h2>
          Position over time <span class="unit">mm from the inner wall</span>
        </h2>
        <Chart
          class="tall"
          label="Position of the interface over time"
          shape={`${seen?.set_point_mm}`}
          options={() => options(seen?.set_point_mm ?? null)}
          data={[history.time_s, history.column("interface_mm"), history.column("collect_hematocrit_pct")]}
        />
        <p class="row quiet">
          <span class="key k1" />
          interface, mm (left) <span class="key k2" />
          haematocrit of the collect line, % (right) <span class="key k3" />
          set-point
        </p>
      </section>
    </main>
  );
}

/** The channel from wall to wall, drawn to scale from what was measured; a doubtful picture is drawn faint. */
function Channel({ live }: { live: Live }) {
  const seen = live.interface;
  if (!seen) return null;
  const scale = 100 / seen.channel_mm;
  let from_mm = 0;
  const layers = seen.layers.map((layer) => {
    const begin = from_mm;
    from_mm += layer.thickness_mm;
    return { ...layer, begin };
  });
  const confidence = seen.confidence === null ? null : Math.round((seen.confidence <= 1 ? 100 : 1) * seen.confidence);
  return (
    <div class="channel">
      <figure>
        <svg
          viewBox="0 -7 200 114"
          role="img"
          aria-label={`Layers: ${seen.layers.map((layer) => `${words(layer.name)} ${number(layer.thickness_mm, 2)} mm`).join(", ")}`}
        >
          <g opacity={confidence === null ? 0.3 : 0.35 + (0.65 * confidence) / 100}>
            {layers.map((layer) => (
              <rect
                key={layer.name}
                class={`layer ${layerClass(layer.name)}`}
                x="30"
                width="120"
                y={layer.begin * scale}
                height={Math.max(0.4, layer.thickness_mm * scale)}
              />
            ))}
          </g>
          {Array.from({ length: Math.floor(seen.channel_mm) + 1 }, (_, mm) => (
            <g key={mm} class="scale">
              <path d={`M26 ${mm * scale}h4`} />
              <text x="23" y={mm * scale + 1.6} text-anchor="end">
                {mm}
              </text>
            </g>
          ))}
          <text class="wall" x="90" y="-2.2" text-anchor="middle">
            inner wall
          </text>
          <text class="wall" x="90" y="105" text-anchor="middle">
            outer wall
          </text>
          {layers.map((layer) => (
            <text key={layer.name} x="34" y={(layer.begin + layer.thickness_mm / 2) * scale + 1.8} class="layer-name">
              {layer.thickness_mm * scale > 9 ? words(layer.name) : ""}
            </text>
          ))}
          {seen.set_point_mm === null ? null : <path class="set-point" d={`M30 ${seen.set_point_mm * scale}H156`} />}
          {seen.position_mm === null ? null : (
            <path class="position" d={`M158 ${seen.position_mm * scale}l7 -3.5v7z`} />
          )}
          {seen.position_mm === null ? null : (
            <text x="168" y={seen.position_mm * scale + 2}>
              {number(seen.position_mm, 2)}
            </text>
          )}
        </svg>
      </figure>
      <dl class="figures">
        <div>
          <dt>Interface</dt>
          <dd>
            <span class="live-value">{number(seen.position_mm, 2)}</span> <span class="unit">mm</span>
          </dd>
        </div>
        <div>
          <dt>Set-point</dt>
          <dd>
            {number(seen.set_point_mm, 2)} <span class="unit">mm</span>
          </dd>
        </div>
        <div>
          <dt>Confidence of the camera</dt>
          <dd>
            <span class="live-value">{number(confidence)}</span> <span class="unit">%</span>
          </dd>
        </div>
        <div>
          <dt>Haematocrit of the collect line</dt>
          <dd>
            <span class="live-value">{number(seen.collect_hematocrit_pct, 1)}</span> <span class="unit">%</span>
          </dd>
        </div>
        {seen.layers.map((layer) => (
          <div key={layer.name}>
            <dt>{words(layer.name)}</dt>
            <dd>
              <span class="live-value">{number(layer.thickness_mm, 2)}</span> <span class="unit">mm</span>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function options(setPoint: number | null): ChartOptions {
  const [x, y] = axes("mm");
  const right = { ...y, scale: "pct", side: 1 as const, grid: { show: false } };
  return {
    cursor: { show: false },
    legend: { show: false },
    scales: { x: { time: false }, y: { range: [0, 5] }, pct: { range: [0, 20] } },
    axes: [x, y, right],
    series: [
      {},
      { stroke: token("blue"), width: 1.25, points: { show: false } },
      { stroke: token("plum"), width: 1.5, dash: [4, 4], scale: "pct", points: { show: false } },
    ],
    hooks: {
      draw: [
        (plot) => {
          if (setPoint === null) return;
          const y = plot.valToPos(setPoint, "y", true);
          plot.ctx.save();
          plot.ctx.strokeStyle = token("ink");
          plot.ctx.beginPath();
          plot.ctx.moveTo(plot.bbox.left, y);
          plot.ctx.lineTo(plot.bbox.left + plot.bbox.width, y);
          plot.ctx.stroke();
          plot.ctx.restore();
        },
      ],
    },
  };
}

/** The strip of a whole build, however many layers it has: what is bad stands higher than what is good, and has its own sign. */
import type { LayersView } from "../../api-layers.ts";
import { type Bin, binsOf, countsOf } from "../marks.ts";

interface BinsProps {
  readonly view: LayersView;
  /** The layer that is looked at. */
  readonly layer: number;
  readonly name?: string;
}

const width = 1_168;
const height = 34;
const most = 146;

/** One cell a bin, from layer 1 at the left to the last planned one. */
export function Bins({ view, layer, name = "All layers" }: BinsProps) {
  const bins = binsOf(view, most);
  const step = width / bins.length;
  const counts = countsOf(view.marks) || "no layer made yet";
  const here = bins.findIndex(({ first, last }) => first <= layer && layer <= last);
  const named = view.found.length;
  const findings = named === 0 ? "no findings" : `findings in ${named} ${named === 1 ? "layer" : "layers"}`;
  const doubted = view.bad.length === 0 ? "" : ` · ${view.bad.length} found bad`;
  const told = `${counts} · ${findings}${doubted} · ${view.planned} planned`;
  const share = (bins[0]?.last ?? 1) > 1 ? ` · ${bins[0]?.last} layers a bar, the worst shown` : "";
  return (
    <figure class="bins">
      <svg
        viewBox={`0 0 ${width} ${height + 10}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${name}: ${told}`}
      >
        {bins.map((bin, at) => (
          <Bar key={bin.first} bin={bin} x={at * step} step={step} />
        ))}
        {here < 0 ? null : <rect class="here" x={here * step} y={height + 4} width={step} height={6} />}
      </svg>
      <figcaption>
        {told}
        {share}
      </figcaption>
    </figure>
  );
}

const tops = { p: 14, o: 24, w: 18, t: 10, c: 6, f: 0, b: 0 } as const;

function Bar({ bin, x, step }: { readonly bin: Bin; readonly x: number; readonly step: number }) {
  const [top, middle] = [tops[bin.mark], x + step / 2];
  const half = Math.min(5, step / 2 - 1);
  return (
    <g>
      <rect
        class={`cell ${bin.mark}`}
        x={x + 0.5}
        y={top + 0.5}
        width={Math.max(1, step - 1.5)}
        height={height - top - 1}
      />
      {bin.mark === "f" ? (
        <path class="sign line" d={`M${middle - half} ${12}l${2 * half} 10m0 -10l${-2 * half} 10`} />
      ) : null}
      {bin.mark === "b" ? <ellipse class="sign line" cx={middle} cy={17} rx={half} ry={5} /> : null}
      {bin.mark === "c" ? <path class="sign" d={`M${middle} 14l${half} 10h${-2 * half}Z`} /> : null}
      {bin.mark === "t" ? <path class="sign" d={`M${middle - half} 15h${2 * half}v4h${-2 * half}Z`} /> : null}
      {bin.found && bin.mark === "p" ? <circle class="mark" cx={middle} cy={7} r={Math.min(4, half)} /> : null}
    </g>
  );
}

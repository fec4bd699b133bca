/** All findings of a build in space, as a flat picture that can be turned; a touch takes the nearest one. */
import { useRef } from "preact/hooks";
import type { FindingsView, PlacedFinding } from "../../api-layers.ts";
import { cornersOf, high, middleOf, nearest, type Project, projectionOf, type Spot, spaceOf, wide } from "../space.ts";
import { plain } from "../words.ts";

interface MapProps {
  readonly view: FindingsView;
  readonly degrees: number;
  /** Position of the finding that is chosen. */
  readonly chosen: number;
  /** A finding was touched, or null: the key was pressed without a place. */
  readonly onTouch: (at: number | null) => void;
}

/** How far beside a finding a gloved finger still means it, in units of the picture. */
const finger = 60;

const line = (spots: readonly Spot[]) => `M${spots.map((spot) => spot.join(" ")).join("L")}`;

/** The picture with one large key over it, which has no words of its own. */
export function FindingsMap({ view, degrees, chosen, onTouch }: MapProps) {
  const space = spaceOf(view.findings, view.planned);
  const project = projectionOf(space, degrees);
  const picture = useRef<SVGSVGElement>(null);
  const touched = (event: MouseEvent) => {
    const matrix = picture.current?.getScreenCTM();
    if (event.detail === 0 || !matrix) return onTouch(null);
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    const at = nearest(view.findings, project, [x, y], finger);
    if (at !== null) onTouch(at);
  };
  const found = view.findings[chosen];
  const order = [...view.findings.entries()].sort(([, a], [, b]) => middleOf(a, project)[1] - middleOf(b, project)[1]);
  return (
    <div class="map">
      <svg ref={picture} viewBox={`0 0 ${wide} ${high}`} role="img" aria-label={told(view, found)}>
        <Ground space={space} project={project} />
        {found ? <Stem found={found} project={project} /> : null}
        {order.map(([at, each]) => (
          <Found key={at} found={each} project={project} chosen={at === chosen} />
        ))}
        {found ? <Found found={found} project={project} chosen /> : null}
      </svg>
      <button type="button" aria-label="Choose by touch" onClick={touched} />
    </div>
  );
}

function told({ findings, planned }: FindingsView, found: PlacedFinding | undefined): string {
  const layers = new Set(findings.map(({ layer }) => layer)).size;
  const chosen = found ? ` Chosen: ${plain(found.class)} in layer ${found.layer}.` : "";
  return `Map: ${findings.length} findings in ${layers} of ${planned} layers.${chosen}`;
}

interface GroundProps {
  readonly space: ReturnType<typeof spaceOf>;
  readonly project: Project;
}

/** The ground, the top and the edges between them, with heights in layers and corners in millimetres. */
function Ground({ space, project }: GroundProps) {
  const { x0, x1, y0, y1, layers } = space;
  const corners: readonly Spot[] = [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
  ];
  const ring = (layer: number) => `${line(corners.map(([x, y]) => project(x, y, layer)))}Z`;
  const left = [...corners].sort((a, b) => project(...a, 1)[0] - project(...b, 1)[0])[0] ?? [x0, y0];
  // Those behind would stand in the picture, and heights stand beside the left one.
  const named = [...corners].sort((a, b) => project(...b, 1)[1] - project(...a, 1)[1]).slice(0, 3);
  const heights = [...new Set([1, Math.round((layers + 1) / 2), layers])];
  return (
    <g class="ground">
      <path class="floor" d={ring(1)} />
      <path class="edge" d={ring(layers)} />
      {corners.map(([x, y]) => (
        <path key={`${x}/${y}`} class="edge" d={line([project(x, y, 1), project(x, y, layers)])} />
      ))}
      {heights.map((layer) => {
        const [x, y] = project(...left, layer);
        return (
          <text key={layer} x={x - 8} y={y + 5} text-anchor="end">
            {layer}
          </text>
        );
      })}
      {named.map(([x, y]) => {
        const [across, down] = project(x, y, 1);
        return x === left[0] && y === left[1] ? null : (
          <text key={`${x}/${y}`} x={across} y={down + 24} text-anchor="middle">
            x {x.toFixed(0)}, y {y.toFixed(0)}
          </text>
        );
      })}
    </g>
  );
}

/** From the chosen finding down to the ground. */
function Stem({ found, project }: { readonly found: PlacedFinding; readonly project: Project }) {
  const { box, layer } = found;
  const [x, y] = [box.x_mm + box.w_mm / 2, box.y_mm + box.h_mm / 2];
  return <path class="stem" d={line([project(x, y, layer), project(x, y, 1)])} />;
}

interface FoundProps {
  readonly found: PlacedFinding;
  readonly project: Project;
  readonly chosen: boolean;
}

/** Its box, flat in its layer, and the sign of how the layer came out. */
function Found({ found, project, chosen }: FoundProps) {
  const [x, y] = middleOf(found, project);
  const signs = {
    f: `M${x - 6} ${y - 6}l12 12m0 -12l-12 12`,
    c: `M${x} ${y - 8}l8 14h-16Z`,
    b: `M${x - 7} ${y}a7 7 0 1 0 14 0a7 7 0 1 0 -14 0`,
    p: `M${x - 5} ${y}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0`,
  };
  const mark = found.mark === "f" || found.mark === "c" || found.mark === "b" ? found.mark : "p";
  return (
    <g class={`placed ${mark}`}>
      <path class="box" d={`${line(cornersOf(found, project))}Z`} />
      <path class="under" d={signs[mark]} />
      <path class="over" d={signs[mark]} />
      {chosen ? <circle class="ring" cx={x} cy={y} r={18} /> : null}
    </g>
  );
}

/** Is the plate empty? One picture of it now against the one taken at commissioning (feature 29). */
import { extraFindings } from "./comparison.ts";
import { expectLayer } from "./expected.ts";
import { gate } from "./gate.ts";
import { viewsOf } from "./judge.ts";
import type { InspectionLimits } from "./limits.ts";
import type { Picture } from "./picture.ts";
import { register } from "./registration.ts";
import { strangeness } from "./residual.ts";
import type { CameraSetup } from "./setup.ts";
import { plateGrid } from "./tiles.ts";

/** The plate's state, with the sentence for the person who stands before it. */
export interface PlateVerdict {
  readonly clear: boolean;
  readonly what: string;
}

const bare = { layer: 0, top_mm: 0, height_mm: 0, strands: [] } as const;

/** Clear only with positive evidence: a good picture, in place, with nothing in it that commissioning did not see. */
export function checkPlate(now: Picture, empty: Picture, setup: CameraSetup, limits: InspectionLimits): PlateVerdict {
  const [seen, known] = [gate(now, setup, null), gate(empty, setup, null)];
  if (seen.grade !== "good") return blind(seen.reasons.join("; "));
  const [here, there] = [register(now, setup), register(empty, setup)];
  if (!here.ok) return blind(here.reason);
  if (!there.ok) return blind(`the picture from commissioning cannot be used (${there.reason})`);
  const grid = plateGrid(setup);
  const expected = expectLayer(bare, grid);
  const reference = { digest: "" as never, layer: 0, top_mm: 0, picture: empty, lens: there.lens, gain: known.gain };
  const views = viewsOf({ picture: now, lens: here.lens, gain: seen.gain }, reference, grid, 0, false);
  if (views.now.some(Number.isNaN) || views.before.some(Number.isNaN))
    return blind("a part of the plate is not in view");
  const found = extraFindings(strangeness(views, expected), expected, { grid, lens: here.lens, z_mm: 0 }, limits);
  const largest = found.toSorted((a, b) => b.measured - a.measured)[0];
  if (!largest) return { clear: true, what: "The camera sees an empty plate." };
  const { x_mm, y_mm, w_mm, h_mm } = largest.region;
  const place = `about x ${Math.round(x_mm + w_mm / 2)}, y ${Math.round(y_mm + h_mm / 2)} mm`;
  return {
    clear: false,
    what: `The camera sees something on the plate, ${largest.measured.toFixed(1)} mm long, ${place}. Remove it.`,
  };
}

function blind(why: string): PlateVerdict {
  return { clear: false, what: `The camera cannot say that the plate is clear: ${why}.` };
}

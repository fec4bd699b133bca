/** What `camera pose` says: how well the plate tells the camera's place, what disagrees with it and why that may be, and each fiducial. */
import type { Agreement } from "../inspection/calibration/agree.ts";
import type { BedPose } from "../inspection/calibration/bed-pose.ts";

/** A fiducial as the picture shows it. */
export interface SeenFiducial {
  readonly id: string;
  readonly x_mm: number;
  readonly y_mm: number;
  /** Expanded uncertainty (k = 2) of that place, at the height that the rig file gives. */
  readonly uncertainty_mm: number;
  /** From where the rig file has it. */
  readonly off_mm: number;
}

/** What was compared with the plate: a set-up, or the fiducials of the same picture where there is none; null where neither tells. */
export type Compared = { readonly by: "setup" | "fiducials"; readonly agreement: Agreement } | null;

const names = { setup: "The set-up", fiducials: "The fiducials in this picture" } as const;

/** What may be wrong where plate and set-up disagree so. */
const causes: Readonly<Record<Agreement["wrong"][number], string>> = {
  place:
    "the sheet's corner is not at --corner, the rig file's places count from another zero, or the camera was moved",
  turn: "the sheet does not lie along the bed's edges, or the camera was turned",
  size: "the bars are not as long as --across and --down say, the sheet lies higher or lower than --height, or the rig file's fiducials are not so far apart",
  shape: "a fiducial is not where the rig file has it, the sheet is not flat, or the lens file is of another lens",
};

/** The disagreement as a trouble, or null where there is none. */
export function disagreementOf(
  compared: Compared,
): { readonly code: string; readonly what: string; readonly remedy: string } | null {
  if (compared === null || compared.agreement.agrees) return null;
  const { off_mm, allowed_mm, moved, wrong } = compared.agreement;
  const what =
    `${names[compared.by]} ${compared.by === "setup" ? "disagrees" : "disagree"} with the plate: places differ by ${off_mm.toFixed(2)} mm, and ${allowed_mm.toFixed(2)} are allowed. ` +
    `By ${compared.by === "setup" ? "it" : "them"} the sheet lies ${sidesOf(moved)} than was said.`;
  const remedy = `Check, one by one: ${wrong.map((each) => causes[each]).join("; ")}.`;
  return { code: "pose-disagrees", what, remedy };
}

function sidesOf({ x_mm, y_mm, turn_deg, scale }: Agreement["moved"]): string {
  const by = (v: number, more: string, less: string, digits: number, unit: string): string =>
    `${Math.abs(v).toFixed(digits)}${unit} ${v < 0 ? less : more}`;
  return [
    by(x_mm, "farther right", "farther left", 2, " mm"),
    by(y_mm, "farther back", "farther front", 2, " mm"),
    by(turn_deg, "more counter-clockwise", "more clockwise", 2, " degrees"),
    `and is ${by(100 * (scale - 1), "larger", "smaller", 2, " %")}`,
  ].join(", ");
}

/** Everything in sentences. */
export function poseWords(
  { reprojection_px, uncertainty_mm }: BedPose,
  fiducials: readonly SeenFiducial[],
  compared: Compared,
  rigOut: string | undefined,
): string {
  const trouble = disagreementOf(compared);
  const verdict =
    compared === null
      ? "There is no set-up yet and too few fiducials are seen: there is nothing to compare with."
      : trouble === null
        ? `${names[compared.by]} and the plate agree: places differ by ${compared.agreement.off_mm.toFixed(2)} mm where most (${compared.agreement.allowed_mm.toFixed(2)} are allowed).`
        : `${trouble.what}\n  What to do: ${trouble.remedy}`;
  const places = fiducials.map(
    ({ id, x_mm, y_mm, uncertainty_mm: to, off_mm }) =>
      `  ${id}: at ${x_mm.toFixed(2)}, ${y_mm.toFixed(2)} ± ${to.toFixed(2)}, ${off_mm.toFixed(2)} mm from where the rig file has it${off_mm > to ? " (more than is known)" : ""}`,
  );
  const next = `Written to ${rigOut}: the rig file with these places, heights as they were. Look at each, then name it as [inspection] rig and run \`cellward camera calibrate\` on the empty plate.`;
  return [
    `The plate tells where the camera stands: corners fit to ${reprojection_px.toFixed(2)} px, a place on the sheet is known to ${uncertainty_mm.toFixed(2)} mm (k = 2).`,
    verdict,
    `${fiducials.length} fiducials are seen${fiducials.length > 0 ? " (± is k = 2)" : ""}:`,
    ...places,
    ...(rigOut === undefined ? [] : [next]),
  ].join("\n");
}

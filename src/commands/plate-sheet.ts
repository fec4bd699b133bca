/** The calibration plate as somebody has printed it: which paper, how much longer or shorter, and its tags in a picture. */
import { findTags } from "../inspection/calibration/find-tags.ts";
import type { PlateView } from "../inspection/calibration/fit-lens.ts";
import { cornersOf, layPlate, type PlateLayout, papers } from "../inspection/calibration/plate.ts";
import { tagFamily } from "../inspection/calibration/tags.ts";
import type { Picture } from "../inspection/picture.ts";
import { err, ok, type Result } from "../kernel/result.ts";

/** What is said of a plate on the command line. */
export interface SheetOptions {
  readonly size: string;
  /** Measured lengths of the bars, millimetres, where they were measured. */
  readonly across?: string;
  readonly down?: string;
}

/** A plate that was printed. */
export interface Sheet {
  readonly layout: PlateLayout;
  /** How much longer than ordered, across and down. */
  readonly scale: { readonly x: number; readonly y: number };
}

export const sizeRemedy = `Name a paper (${Object.keys(papers).join(", ")}) or its width and height in millimetres, such as 300x200.`;

/** The plate of a paper's name, or of its width and height. */
export function layoutOf(size: string): Result<PlateLayout, string> {
  const paper = papers[size.toLowerCase()];
  const given = /^(\d{1,4})x(\d{1,4})$/.exec(size.toLowerCase());
  if (paper !== undefined) return layPlate(...paper);
  return given === null
    ? err(`"${size.slice(0, 40)}" is no size of paper`)
    : layPlate(Number(given[1]), Number(given[2]));
}

/** The printed plate, or what is wrong with what was said of it, with what to do. */
export function sheetOf(options: SheetOptions): Result<Sheet, { code: string; what: string; remedy: string }> {
  const layout = layoutOf(options.size);
  if (!layout.ok) return err({ code: "plate-size", what: `${layout.error}.`, remedy: sizeRemedy });
  const scale = scaleOf(layout.value, options);
  const remedy = "Measure the bars of the plate over their ends, in millimetres.";
  return scale.ok
    ? ok({ layout: layout.value, scale: scale.value })
    : err({ code: "bar-length", what: scale.error, remedy });
}

function scaleOf({ bars }: PlateLayout, { across, down }: SheetOptions): Result<Sheet["scale"], string> {
  if ((across === undefined) !== (down === undefined)) return err("One bar was measured and the other was not.");
  const [x, y] = [across, down].map((said, k) => (said === undefined ? 1 : Number(said) / bars[k]!.length_mm));
  const isNear = (v: number | undefined): v is number => v !== undefined && v > 0.9 && v < 1.1;
  return isNear(x) && isNear(y)
    ? ok({ x, y })
    : err(
        `The bars are ${bars[0]!.length_mm} mm across and ${bars[1]!.length_mm} mm down; what was measured is another plate's.`,
      );
}

/** Corners of the tags that a picture shows: where they stand on the sheet, and where they are seen. */
export function viewOf(name: string, picture: Picture, { layout, scale }: Sheet): PlateView {
  const tags = findTags(picture, tagFamily(layout.tags.length));
  const pairs = tags.flatMap(({ id, corners }) =>
    cornersOf(layout, id).map(({ x, y }, i) => ({ at: { x: x * scale.x, y: y * scale.y }, seen: corners[i]! })),
  );
  return { name, pairs };
}

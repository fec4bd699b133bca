/** The calibration plate: where each tag and bar stands on the paper, in millimetres. */
import { err, ok, type Result } from "../../kernel/result.ts";
import { tagCells } from "./tags.ts";

/** A point of the plate in millimetres: x right, y up the paper; (0, 0) is the middle of the sheet. */
export interface PlatePoint {
  readonly x: number;
  readonly y: number;
}

export interface PlateLayout {
  readonly width_mm: number;
  readonly height_mm: number;
  /** Side of a tag with its black border. */
  readonly tag_mm: number;
  /** Top left corner of each tag; the tag's number is its place in this list. */
  readonly tags: readonly PlatePoint[];
  /** Two bars, one across and one down, to be measured with callipers: from one end's outer edge to the other's. */
  readonly bars: readonly { readonly from: PlatePoint; readonly to: PlatePoint; readonly length_mm: number }[];
}

export const papers: Readonly<Record<string, readonly [width_mm: number, height_mm: number]>> = {
  a5: [148, 210],
  a4: [210, 297],
  a3: [297, 420],
};

/** No printer prints nearer to the edge than this. */
const edge_mm = 10;
/** Room below the tags for the words, and beside them for the bars. */
const words_mm = 16;
const bar_mm = 8;
/** Tags that are wanted across the shorter side. */
const across = 5;
const mostTags = 200;
/** No sheet of a PDF is larger (200 inches), and nobody holds one before a camera. */
const mostSide_mm = 5000;

/** Lays tags over a sheet of this size; an error in words where it is too small or too large for them. */
export function layPlate(width_mm: number, height_mm: number): Result<PlateLayout, string> {
  if (Math.max(width_mm, height_mm) > mostSide_mm) {
    return err(`a sheet of ${width_mm} x ${height_mm} mm is larger than a PDF can be`);
  }
  const [room_w, room_h] = [width_mm - 2 * edge_mm - bar_mm, height_mm - 2 * edge_mm - bar_mm - words_mm];
  const pitch = Math.floor(Math.min(room_w, room_h) / across);
  const gap = Math.max(2, Math.round(pitch / 4));
  const tag_mm = pitch - gap;
  if (!(tag_mm >= tagCells)) return err(`a sheet of ${width_mm} x ${height_mm} mm has no room for tags of 1 mm a cell`);
  const [columns, rows] = [Math.floor((room_w + gap) / pitch), Math.floor((room_h + gap) / pitch)];
  if (columns * rows > mostTags)
    return err(`a sheet of ${width_mm} x ${height_mm} mm would hold more than ${mostTags} tags`);
  const left = -width_mm / 2 + edge_mm + bar_mm;
  const top = height_mm / 2 - edge_mm - bar_mm;
  const tags = Array.from({ length: rows * columns }, (_, k) => ({
    x: left + pitch * (k % columns),
    y: top - pitch * Math.floor(k / columns),
  }));
  const long = (length: number): number => Math.floor(length / 10) * 10;
  const [w, h] = [long(pitch * columns - gap), long(pitch * rows - gap)];
  const bars = [
    { from: { x: left, y: top + bar_mm - 2 }, to: { x: left + w, y: top + bar_mm - 2 }, length_mm: w },
    { from: { x: left - bar_mm + 2, y: top }, to: { x: left - bar_mm + 2, y: top - h }, length_mm: h },
  ];
  return ok({ width_mm, height_mm, tag_mm, tags, bars });
}

/** The four corners of a tag as printed: top left, top right, bottom right, bottom left. */
export function cornersOf({ tags, tag_mm }: PlateLayout, id: number): readonly PlatePoint[] {
  const { x, y } = tags[id]!;
  return [
    { x, y },
    { x: x + tag_mm, y },
    { x: x + tag_mm, y: y - tag_mm },
    { x, y: y - tag_mm },
  ];
}

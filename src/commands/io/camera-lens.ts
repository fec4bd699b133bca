/** `cellward camera plate` and `cellward camera lens`: a plate to print, and what pictures of it tell of a lens. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { findTags } from "../../inspection/calibration/find-tags.ts";
import { fitLens, type LensFit, leastCorners, type PlateView } from "../../inspection/calibration/fit-lens.ts";
import { type LensFile, readLensFile } from "../../inspection/calibration/lens-file.ts";
import { cornersOf, layPlate, type PlateLayout, papers } from "../../inspection/calibration/plate.ts";
import { tagFamily } from "../../inspection/calibration/tags.ts";
import { decodeGrey, mostBytes } from "../../inspection/io/decode.ts";
import { platePdf } from "../../inspection/io/plate-pdf.ts";
import { digestOf } from "../../kernel/hash.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { writeDurably } from "../../ledger/io/files.ts";
import { exitCode } from "../exit-code.ts";
import { systemClock } from "./system.ts";
import type { Terminal } from "./terminal.ts";

/** More pictures tell nothing new. */
const mostPictures = 60;
const sizeRemedy = `Name a paper (${Object.keys(papers).join(", ")}) or its width and height in millimetres, such as 300x200.`;

/** Writes the plate as PDF. */
export async function writePlate(terminal: Terminal, size: string, out: string): Promise<number> {
  const layout = layoutOf(size);
  if (!layout.ok) {
    return terminal.trouble({ code: "plate-size", what: `${layout.error}.`, remedy: sizeRemedy }, exitCode.usage);
  }
  const { tags, tag_mm, bars, width_mm, height_mm } = layout.value;
  try {
    await writeDurably(out, await platePdf(layout.value, tagFamily(tags.length)), 0o644);
  } catch (problem) {
    return terminal.trouble(cannotWrite(out, problem), exitCode.refused);
  }
  const [across, down] = bars.map(({ length_mm }) => length_mm);
  terminal.result(
    { ok: true, out, width_mm, height_mm, tags: tags.length, tag_mm, barAcross_mm: across, barDown_mm: down },
    `${out}: ${tags.length} tags of ${tag_mm} mm on ${width_mm} x ${height_mm} mm.\nPrint it at 100 %, and measure the bars: ` +
      `${across} mm across and ${down} mm down. Then take pictures for \`cellward camera lens\`.`,
  );
  return exitCode.ok;
}

/** What `lens` is asked. */
export interface LensOptions {
  readonly pictures: string;
  readonly size: string;
  readonly out: string;
  /** Measured lengths of the bars, millimetres, where they were measured. */
  readonly across?: string;
  readonly down?: string;
}

/** Fits the lens to all pictures of a folder and writes it down; refuses what would not be known well enough. */
export async function fitFromPictures(terminal: Terminal, asked: LensOptions): Promise<number> {
  const layout = layoutOf(asked.size);
  if (!layout.ok) {
    return terminal.trouble({ code: "plate-size", what: `${layout.error}.`, remedy: sizeRemedy }, exitCode.usage);
  }
  const scale = scaleOf(layout.value, asked);
  if (!scale.ok) {
    const remedy = "Measure the bars of the plate over their ends, in millimetres.";
    return terminal.trouble({ code: "bar-length", what: scale.error, remedy }, exitCode.usage);
  }
  const seen = await viewsOf(terminal, asked.pictures, layout.value, scale.value);
  if (!seen.ok) {
    const remedy = "Put JPEG pictures of the plate there, all from this camera as it is set.";
    return terminal.trouble({ code: "pictures-unusable", what: seen.error, remedy }, exitCode.refused);
  }
  const { views, width, height, poor } = seen.value;
  const fit = fitLens(views, { width, height });
  if (!fit.ok) {
    const remedy = `Take more pictures and try again.${poor.length > 0 ? ` Poor ones: ${poor.join("; ")}.` : ""}`;
    return terminal.trouble(
      { code: "lens-unknown", what: `The lens is not known: ${fit.error}.`, remedy },
      exitCode.refused,
    );
  }
  const file = fileOf(fit.value, width, height);
  const readable = readLensFile(file);
  if (!readable.ok) return terminal.trouble(readable.error, exitCode.refused);
  try {
    await writeDurably(asked.out, new TextEncoder().encode(`${JSON.stringify(file, null, 2)}\n`), 0o600);
  } catch (problem) {
    return terminal.trouble(cannotWrite(asked.out, problem), exitCode.refused);
  }
  const { strange, used } = fit.value;
  terminal.result(
    { ok: true, out: asked.out, ...file, used, strange, poor },
    wordsOf(file, fit.value, asked.out, poor),
  );
  return exitCode.ok;
}

function layoutOf(size: string): Result<PlateLayout, string> {
  const paper = papers[size.toLowerCase()];
  const given = /^(\d{1,4})x(\d{1,4})$/.exec(size.toLowerCase());
  if (paper !== undefined) return layPlate(...paper);
  return given === null
    ? err(`"${size.slice(0, 40)}" is no size of paper`)
    : layPlate(Number(given[1]), Number(given[2]));
}

interface Scale {
  readonly x: number;
  readonly y: number;
}

/** How much longer than ordered the printer printed, across and down. */
function scaleOf({ bars }: PlateLayout, { across, down }: LensOptions): Result<Scale, string> {
  if ((across === undefined) !== (down === undefined)) return err("One bar was measured and the other was not.");
  const [x, y] = [across, down].map((said, k) => (said === undefined ? 1 : Number(said) / bars[k]!.length_mm));
  const isNear = (v: number | undefined): v is number => v !== undefined && v > 0.9 && v < 1.1;
  return isNear(x) && isNear(y)
    ? ok({ x, y })
    : err(
        `The bars are ${bars[0]!.length_mm} mm across and ${bars[1]!.length_mm} mm down; what was measured is another plate's.`,
      );
}

interface Seen {
  readonly views: readonly PlateView[];
  readonly width: number;
  readonly height: number;
  /** Pictures that show too little, in words. */
  readonly poor: readonly string[];
}

async function viewsOf(
  terminal: Terminal,
  folder: string,
  layout: PlateLayout,
  scale: Scale,
): Promise<Result<Seen, string>> {
  const names = await readdir(folder).catch(() => null);
  if (names === null) return err(`${folder} is no folder.`);
  const pictures = names.filter((name) => /\.jpe?g$/i.test(name)).sort();
  if (pictures.length === 0) return err(`${folder} holds no JPEG picture.`);
  if (pictures.length > mostPictures)
    return err(`${folder} holds ${pictures.length} pictures; at most ${mostPictures} are read.`);
  const family = tagFamily(layout.tags.length);
  const views: PlateView[] = [];
  const poor: string[] = [];
  const known = new Set<string>();
  let size: readonly [number, number] | null = null;
  for (const [k, name] of pictures.entries()) {
    const bytes = await pictureBytes(join(folder, name));
    if (typeof bytes === "string") {
      poor.push(`${name}: ${bytes}`);
      continue;
    }
    const digest = digestOf(bytes);
    if (known.has(digest)) return err(`${name} is the same picture as another one: it tells nothing new.`);
    known.add(digest);
    const picture = await decodeGrey(bytes);
    if (!picture.ok) {
      poor.push(`${name}: ${picture.error.what}`);
      continue;
    }
    const { width, height } = picture.value;
    size ??= [width, height];
    if (width !== size[0] || height !== size[1]) {
      return err(
        `${name} has ${width} x ${height} pixels, ${pictures[0]} ${size[0]} x ${size[1]}: two cameras, or two settings.`,
      );
    }
    const tags = findTags(picture.value, family);
    terminal.progress(`${k + 1} of ${pictures.length} pictures: ${name}, ${tags.length} of ${layout.tags.length} tags`);
    const pairs = tags.flatMap(({ id, corners }) =>
      cornersOf(layout, id).map(({ x, y }, i) => ({ at: { x: x * scale.x, y: y * scale.y }, seen: corners[i]! })),
    );
    if (pairs.length < leastCorners) poor.push(`${name}: ${tags.length} tags were found`);
    views.push({ name, pairs });
  }
  return size === null
    ? err(`No picture of ${folder} can be read.`)
    : ok({ views, width: size[0], height: size[1], poor });
}

/** A picture's bytes, or why they are not read: what is no file, or too large, is not opened. */
async function pictureBytes(path: string): Promise<Uint8Array | string> {
  try {
    const { size, isFile } = await stat(path).then((found) => ({ size: found.size, isFile: found.isFile() }));
    if (!isFile) return "it is no file";
    return size > mostBytes ? "it is too large" : await readFile(path);
  } catch {
    return "it cannot be read";
  }
}

function fileOf({ intrinsics, uncertainty, reprojection_px, used }: LensFit, width: number, height: number): LensFile {
  return {
    format: "cellward-lens-1",
    ...{ width_px: width, height_px: height, ...intrinsics, reprojection_px, uncertainty },
    ...{ pictures: used.length, madeAt: systemClock.now() },
  };
}

function wordsOf(file: LensFile, { strange }: LensFit, out: string, poor: readonly string[]): string {
  const { focal_px, uncertainty, centre_px, reprojection_px, pictures } = file;
  return [
    `The lens is known from ${pictures} pictures; corners fit to ${reprojection_px.toFixed(2)} px (k = 2 below):`,
    `  focal length ${focal_px.toFixed(1)} ± ${uncertainty.focal_px.toFixed(1)} px`,
    `  axis at ${centre_px.x.toFixed(1)}, ${centre_px.y.toFixed(1)} ± ${uncertainty.centre_px.toFixed(1)} px`,
    `  distortion at the corner ± ${uncertainty.corner_px.toFixed(2)} px`,
    ...(strange.length > 0 ? [`Left out, because they do not fit the others: ${strange.join(", ")}.`] : []),
    ...(poor.length > 0 ? [`Not used: ${poor.join("; ")}.`] : []),
    `Written to ${out}: name it as [inspection] lens, then run \`cellward camera calibrate\`.`,
  ].join("\n");
}

function cannotWrite(path: string, problem: unknown) {
  const why = problem instanceof Error && "code" in problem ? ` (${String(problem.code)})` : "";
  return {
    code: "cannot-write",
    what: `${path} cannot be written${why}.`,
    remedy: "Name a file in a folder that you may write.",
  };
}

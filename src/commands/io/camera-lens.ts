/** `cellward camera plate` and `cellward camera lens`: a plate to print, and what pictures of it tell of a lens. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fitLens, type LensFit, leastCorners, type PlateView } from "../../inspection/calibration/fit-lens.ts";
import { type LensFile, readLensFile } from "../../inspection/calibration/lens-file.ts";
import { tagFamily } from "../../inspection/calibration/tags.ts";
import { decodeGrey, mostBytes } from "../../inspection/io/decode.ts";
import { platePdf } from "../../inspection/io/plate-pdf.ts";
import { digestOf } from "../../kernel/hash.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { writeDurably } from "../../ledger/io/files.ts";
import { exitCode } from "../exit-code.ts";
import { layoutOf, type Sheet, type SheetOptions, sheetOf, sizeRemedy, viewOf } from "../plate-sheet.ts";
import { systemClock } from "./system.ts";
import type { Terminal } from "./terminal.ts";

/** More pictures tell nothing new. */
const mostPictures = 60;

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
export interface LensOptions extends SheetOptions {
  readonly pictures: string;
  readonly out: string;
}

/** Fits the lens to all pictures of a folder and writes it down; refuses what would not be known well enough. */
export async function fitFromPictures(terminal: Terminal, asked: LensOptions): Promise<number> {
  const sheet = sheetOf(asked);
  if (!sheet.ok) return terminal.trouble(sheet.error, exitCode.usage);
  const seen = await viewsOf(terminal, asked.pictures, sheet.value);
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

interface Seen {
  readonly views: readonly PlateView[];
  readonly width: number;
  readonly height: number;
  /** Pictures that show too little, in words. */
  readonly poor: readonly string[];
}

async function viewsOf(terminal: Terminal, folder: string, sheet: Sheet): Promise<Result<Seen, string>> {
  const names = await readdir(folder).catch(() => null);
  if (names === null) return err(`${folder} is no folder.`);
  const pictures = names.filter((name) => /\.jpe?g$/i.test(name)).sort();
  if (pictures.length === 0) return err(`${folder} holds no JPEG picture.`);
  if (pictures.length > mostPictures)
    return err(`${folder} holds ${pictures.length} pictures; at most ${mostPictures} are read.`);
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
    const view = viewOf(name, picture.value, sheet);
    const tags = view.pairs.length / 4;
    terminal.progress(`${k + 1} of ${pictures.length} pictures: ${name}, ${tags} of ${sheet.layout.tags.length} tags`);
    if (view.pairs.length < leastCorners) poor.push(`${name}: ${tags} tags were found`);
    views.push(view);
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

/** A fit as the file that says it. */
export function fileOf(
  { intrinsics, uncertainty, covariance, reprojection_px, used }: LensFit,
  width: number,
  height: number,
): LensFile {
  return {
    format: "cellward-lens-1",
    ...{ width_px: width, height_px: height, ...intrinsics, reprojection_px, uncertainty },
    covariance: covariance.map((row) => [...row]),
    ...{ pictures: used.length, madeAt: systemClock.now() },
  };
}

/** A lens file in words. */
export function wordsOf(file: LensFile, { strange }: LensFit, out: string, poor: readonly string[]): string {
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

/** Why a file cannot be written. */
export function cannotWrite(path: string, problem: unknown) {
  const why = problem instanceof Error && "code" in problem ? ` (${String(problem.code)})` : "";
  return {
    code: "cannot-write",
    what: `${path} cannot be written${why}.`,
    remedy: "Name a file in a folder that you may write.",
  };
}

/** Freezes the good frames of a camera that looks at surfaces: a folder a phase becomes a set-up that is learnt from again and again. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessPack, SurfaceRules } from "../../jobs/process-pack.ts";
import { packFormat, runningJudge } from "../../jobs/process-pack.ts";
import { digestOf } from "../../kernel/hash.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { layersOf, natural, stemOf } from "../score/names.ts";
import { mostReferences } from "../surface/learn.ts";
import { readSurfaceSetup, type SurfaceSetup, surfaceSetupFormat } from "../surface/setup.ts";
import { decodeChannel, decodeClasses, pictureEnding } from "./picture-file.ts";
import { writeSurfaceSetup } from "./surface-setup.ts";

/** What is said besides the frames. */
export interface Commissioning
  extends Pick<SurfaceSetup, "camera" | "madeAt" | "mm_per_pixel" | "recoater" | "exposureUnknown"> {
  readonly pack: ProcessPack;
  /** A folder a phase, each with `reference` and, where parts show, `expected`. */
  readonly frames: string;
  /** A new folder. */
  readonly out: string;
}

/** Writes the set-up; the error is a sentence. */
export async function commissionSurfaces(asked: Commissioning): Promise<Result<string, string>> {
  const { pack, frames, out, ...said } = asked;
  const files: Uint8Array[] = [];
  const phases: SurfaceSetup["phases"][number][] = [];
  const sizes = new Set<string>();
  for (const { id } of pack.phases) {
    const judge = pack.phases.filter((its) => its.id === id).map(runningJudge)[0];
    if (judge?.by !== "surface") return err(`The phase ${id} of ${pack.process} is not judged by its surface.`);
    const read = await readPhase(join(frames, id), judge);
    if (!read.ok) return read;
    phases.push({ phase: id, frames: read.value.frames });
    files.push(...read.value.files);
    for (const size of read.value.sizes) sizes.add(size);
  }
  const [size] = sizes;
  if (sizes.size > 1) return err(`The good frames have several sizes: ${[...sizes].join(", ")} pixels.`);
  const [width = 0, height = 0] = (size ?? "").split(" x ").map(Number);
  const made = readSurfaceSetup({
    format: surfaceSetupFormat,
    ...said,
    width,
    height,
    pack: { ...pack, format: packFormat },
    phases,
  });
  return made.ok ? ok(await writeSurfaceSetup(out, made.value, files)) : made;
}

interface ReadPhase {
  readonly frames: SurfaceSetup["phases"][number]["frames"];
  readonly files: readonly Uint8Array[];
  readonly sizes: ReadonlySet<string>;
}

async function readPhase(folder: string, { parts }: SurfaceRules): Promise<Result<ReadPhase, string>> {
  const all = await picturesIn(join(folder, "reference"));
  if (all.length === 0)
    return err(`${join(folder, "reference")} holds no picture: put known-good frames of this camera there.`);
  const names = all.filter((_, n) => all.length <= mostReferences || n % Math.ceil(all.length / mostReferences) === 0);
  const shown = parts === "hidden" ? [] : await picturesIn(join(folder, "expected"));
  const layers = layersOf(names);
  const frames: ReadPhase["frames"] = [];
  const files: Uint8Array[] = [];
  const sizes = new Set<string>();
  for (const [n, name] of names.entries()) {
    const bytes = await readFile(join(folder, "reference", name));
    const picture = await decodeChannel(bytes);
    if (!picture.ok) return err(`The good frame ${join(folder, "reference", name)} cannot be used: ${picture.error}.`);
    const its = shown.find((each) => stemOf(each).toLowerCase() === stemOf(name).toLowerCase());
    const outline = its === undefined ? null : await readFile(join(folder, "expected", its));
    const drawn = outline === null ? null : await decodeClasses(outline);
    if (drawn?.ok === false) return err(`The expected picture ${its} cannot be used: ${drawn.error}.`);
    for (const { width, height } of [picture.value, ...(drawn === null ? [] : [drawn.value])])
      sizes.add(`${width} x ${height}`);
    files.push(bytes, ...(outline === null ? [] : [outline]));
    frames.push({
      frame: digestOf(bytes),
      layer: layers[n] ?? null,
      expected: outline === null ? null : digestOf(outline),
    });
  }
  if (new Set(frames.map(({ frame }) => frame)).size < frames.length) {
    return err(`Two good frames of ${folder} are the same to the byte: the camera was frozen, or a file was copied.`);
  }
  return ok({ frames, files, sizes });
}

async function picturesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => !name.startsWith(".") && pictureEnding.test(name)).sort(natural);
}

/** A camera's surface set-up on disk: written once with copies of its good frames, read again and checked against their digests. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Fault } from "../../equipment/machine.ts";
import { runningJudge, type SurfaceRules } from "../../jobs/process-pack.ts";
import { digestOf, digestOfValue } from "../../kernel/hash.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { type Arena, createArena, type Field, reduced, reductionOf } from "../surface/field.ts";
import { gateOf, lookOf } from "../surface/gate.ts";
import type { Learnt, LearntPhase } from "../surface/inspect.ts";
import { learnLook, type NumberedLayer } from "../surface/look.ts";
import { type Parts, parted, partsOf } from "../surface/parts.ts";
import { lookDigest, readSurfaceSetup, rulesAlong, type SurfaceSetup } from "../surface/setup.ts";
import { decodeChannel, decodeClasses } from "./picture-file.ts";

/** Name of the file below a set-up's folder. */
export const surfaceSetupName = "surface.json";

/** Writes a set-up into a new folder: the good frames under their digests, the file last. */
export async function writeSurfaceSetup(
  folder: string,
  setup: SurfaceSetup,
  files: readonly Uint8Array[],
): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const bytes of files) await writeFile(join(folder, digestOf(bytes)), bytes);
  const path = join(folder, surfaceSetupName);
  await writeFile(path, `${JSON.stringify(setup, null, 2)}\n`, { flag: "wx" });
  return path;
}

/** Reads a set-up and learns the look of its good frames; a frame that is another one than at commissioning is refused. */
export async function learnSurfaceSetup(path: string): Promise<Result<Learnt, Fault>> {
  const bytes = await readFile(path).catch(() => null);
  if (bytes === null) return err(unusable(`There is no surface set-up that can be read at ${path}.`));
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    return err(unusable(`The surface set-up ${path} is not JSON.`));
  }
  const setup = readSurfaceSetup(value);
  if (!setup.ok) return err(unusable(setup.error));
  const digests = { setup: digestOfValue(setup.value), model: lookDigest(setup.value) };
  const phases: LearntPhase[] = [];
  for (const { phase, frames } of setup.value.phases) {
    const layers = await readLayers(dirname(path), frames, setup.value);
    if (!layers.ok) return layers;
    const rules = rulesOf(setup.value, phase);
    phases.push({
      ...{ phase, rules, look: learnLook(layers.value, rules) },
      gate: gateOf(
        layers.value.map(({ came }) => lookOf(came)),
        rules.picture,
      ),
      withParts: frames.every(({ expected }) => expected !== null),
      reference: digestOfValue(frames),
    });
  }
  return ok({ setup: setup.value, digests, phases });
}

function rulesOf({ pack, recoater }: SurfaceSetup, phase: string): SurfaceRules {
  const found = pack.phases.find(({ id }) => id === phase);
  const judge = found && runningJudge(found);
  if (judge?.by !== "surface") throw new Error(`the phase ${phase} was checked to be of surfaces`);
  return rulesAlong(judge, recoater);
}

type Frames = SurfaceSetup["phases"][number]["frames"];

async function readLayers(
  folder: string,
  frames: Frames,
  { width, height }: SurfaceSetup,
): Promise<Result<readonly NumberedLayer[], Fault>> {
  const by = reductionOf(width, height);
  const arena = createArena(Math.floor(width / by), Math.floor(height / by));
  const layers: NumberedLayer[] = [];
  for (const { frame, expected, layer } of frames) {
    const bytes = await frozen(folder, frame);
    const picture = bytes === null ? null : await decodeChannel(bytes);
    if (!picture?.ok || picture.value.width !== width || picture.value.height !== height) return err(changed(frame));
    const parts = expected === null ? null : await partsAt(folder, expected, { width, height, arena });
    if (expected !== null && parts === null) return err(changed(expected));
    const field: Field = reduced(picture.value, by);
    layers.push({ ...parted(field, parts, arena), layer });
  }
  return ok(layers);
}

interface Shape {
  readonly width: number;
  readonly height: number;
  readonly arena: Arena;
}

async function partsAt(folder: string, digest: string, { width, height, arena }: Shape): Promise<Parts | null> {
  const bytes = await frozen(folder, digest);
  const outline = bytes === null ? null : await decodeClasses(bytes);
  if (!outline?.ok || outline.value.width !== width || outline.value.height !== height) return null;
  return partsOf(outline.value, arena);
}

/** A file of the set-up, or null where it is gone or another one. */
async function frozen(folder: string, digest: string): Promise<Uint8Array | null> {
  const bytes = await readFile(join(folder, digest)).catch(() => null);
  return bytes !== null && digestOf(bytes) === digest ? bytes : null;
}

const remedy = "An engineer commissions the camera's surfaces anew (`cellward inspect commission`).";
const unusable = (what: string): Fault => ({ code: "surfaces-not-commissioned", what, remedy });
const changed = (digest: string): Fault => ({
  code: "good-frame-changed",
  what: `The good frame ${digest} is gone, or is not the one that the set-up was made from.`,
  remedy,
});

/** Where the parts of a set's fused or printed layers are: from its expected pictures, or guessed for good layers that have none. */
import { readFile } from "node:fs/promises";
import { type Arena, createArena, type Field, quantile, reduced, reductionOf } from "../surface/field.ts";
import { flattened, guessed, type Parts, partsOf, ratioOf } from "../surface/parts.ts";
import { decodeChannel, decodeClasses } from "./picture-file.ts";
import type { PictureSet } from "./set-folder.ts";

/** A layer with its parts flattened, and where they are; the layer as it came where nothing is known of parts. */
export interface PartedLayer {
  readonly field: Field;
  /** The layer as it came. */
  readonly came: Field;
  readonly parts: Parts | null;
}

export interface PartsReader {
  /** A frame whose expected picture is at `expected`, or null where it has none. */
  frame(field: Field, expected: string | null): Promise<PartedLayer>;
  /** The same of a good layer, whose parts are guessed where no expected picture came. */
  reference(field: Field, expected: string | null): Promise<PartedLayer>;
}

/** Frames that the brightness of parts is learnt from. */
const looked = 9;

/**
 * Prepares for frames of `width` by `height` pixels. Expected pictures are used for fused and printed layers on which they
 * lie pixel on pixel; what is not used is said in `notes`.
 */
export async function openParts(
  set: PictureSet,
  size: { readonly width: number; readonly height: number },
  notes: string[],
): Promise<PartsReader> {
  const given = set.frames.filter(({ expected }) => expected !== null);
  const { phase, expectedRegistered } = set.description;
  // Fresh powder hides the parts: only where they show do they have to be known.
  if (phase === "recoated" || !expectedRegistered || given.length === 0) {
    if (given.length > 0 && phase !== "recoated")
      notes.push("The expected pictures are not registered to the frames, and are not used.");
    return { frame: asItCame, reference: asItCame };
  }
  const by = reductionOf(size.width, size.height);
  const arena = createArena(Math.floor(size.width / by), Math.floor(size.height / by));
  const read = (path: string) => partsAt(path, arena, notes);
  const ratios: number[] = [];
  for (const { path, expected } of given.slice(0, looked)) {
    const picture = await decodeChannel(await readFile(path));
    if (!picture.ok || picture.value.width !== size.width || picture.value.height !== size.height) continue;
    const parts = await read(expected ?? "");
    const ratio = parts && ratioOf(reduced(picture.value, by), parts, arena);
    if (ratio !== null) ratios.push(ratio);
  }
  const ratio = ratios.length === 0 ? null : quantile(Float64Array.from(ratios), 0.5);
  const parted = (field: Field, parts: Parts | null): PartedLayer => ({
    ...{ field: parts === null ? field : flattened(field, parts, arena), came: field, parts },
  });
  return {
    frame: async (field, expected) => parted(field, expected === null ? null : await read(expected)),
    async reference(field, expected) {
      if (expected !== null) return parted(field, await read(expected));
      const isTold = ratio !== null && Math.abs(Math.log(ratio)) > leastContrast;
      return parted(field, isTold ? guessed(field, ratio, arena) : null);
    },
  };
}

/** Parts that differ from the powder by less than this (logarithm of brightness) cannot be told from it. */
const leastContrast = 0.08;

async function asItCame(field: Field): Promise<PartedLayer> {
  return { field, came: field, parts: null };
}

async function partsAt(path: string, arena: Arena, notes: string[]): Promise<Parts | null> {
  const picture = await decodeClasses(await readFile(path));
  if (picture.ok) return partsOf(picture.value, arena);
  const note = `The expected picture ${path} is not used: ${picture.error}.`;
  // A picture is read again where the brightness of parts was learnt from it.
  if (!notes.includes(note)) notes.push(note);
  return null;
}

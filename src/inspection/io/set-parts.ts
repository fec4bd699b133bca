/** Where the parts of a set's fused or printed layers are: from its expected pictures, or guessed for good layers that have none. */
import { readFile } from "node:fs/promises";
import { type Arena, createArena, type Field, quantile, reduced, reductionOf } from "../surface/field.ts";
import {
  foundParts,
  guessed,
  known,
  type PartedLayer,
  type Parts,
  parted,
  partsOf,
  ratioOf,
  ratioUntold,
} from "../surface/parts.ts";
import { mostLayers, type Place, placeOf, type ShownLayer } from "../surface/place.ts";
import { laidOn, type Outline } from "../surface/signs.ts";
import { decodeChannel, decodeClasses } from "./picture-file.ts";
import type { PictureSet } from "./set-folder.ts";

export interface PartsReader {
  /** A frame whose expected picture is at `expected`, or null where it has none. */
  frame(field: Field, expected: string | null): Promise<PartedLayer>;
  /** The same of a good layer, whose parts are guessed where no expected picture came. */
  reference(field: Field, expected: string | null): Promise<PartedLayer>;
}

/** Frames that the brightness of parts is learnt from. */
const looked = 9;

/** What parts are read for: the set, and the size of its pictures. */
interface Read {
  readonly set: PictureSet;
  readonly width: number;
  readonly height: number;
  readonly arena: Arena;
  readonly notes: string[];
  /** Black is the part. */
  readonly inverted: boolean;
}

/**
 * Prepares for frames of `width` by `height` pixels. Expected pictures are used for fused and printed layers; where they do not
 * lie pixel on pixel on the frames, their place is found first. What is not used is said in `notes`.
 */
export async function openParts(
  set: PictureSet,
  size: { readonly width: number; readonly height: number },
  notes: string[],
  progress: (text: string) => void,
): Promise<PartsReader> {
  const given = set.frames.filter(({ expected }) => expected !== null);
  const { expectedRegistered } = set.description;
  // Fresh powder hides the parts: only where they show do they have to be known.
  if (set.rules.parts === "hidden") return asTheyCame;
  const by = reductionOf(size.width, size.height);
  const arena = createArena(Math.floor(size.width / by), Math.floor(size.height / by));
  if (given.length === 0) return set.rules.parts === "levelled" ? untold(set, size, arena, notes) : asTheyCame;
  const inverted = await areInverted(given.slice(0, looked).map(({ expected }) => expected ?? ""));
  if (inverted) notes.push("The expected pictures are white all round: black is taken for the part.");
  const reader: Read = { set, ...size, arena, notes, inverted };
  const isRegistered = expectedRegistered ?? (await hasFramesShape(given[0]?.expected ?? "", reader));
  if (!isRegistered) progress("looking for the place of the expected pictures on the frames");
  const place = isRegistered ? null : await findPlace(reader);
  if (!isRegistered && place === null) return asTheyCame;
  const read = (path: string) => partsAt(path, reader, place);
  const ratios: number[] = [];
  for (const { path, expected } of given.slice(0, looked)) {
    const picture = await decodeChannel(await readFile(path));
    if (!picture.ok || picture.value.width !== size.width || picture.value.height !== size.height) continue;
    const parts = await read(expected ?? "");
    const ratio = parts && ratioOf(reduced(picture.value, by), parts, arena);
    if (ratio !== null) ratios.push(ratio);
  }
  const ratio = ratios.length === 0 ? null : quantile(Float64Array.from(ratios), 0.5);
  return {
    frame: async (field, expected) => parted(field, expected === null ? null : await read(expected), arena),
    async reference(field, expected) {
      if (expected !== null) return parted(field, await read(expected), arena);
      const isTold = ratio !== null && Math.abs(Math.log(ratio)) > leastContrast;
      return parted(field, isTold ? guessed(field, ratio, arena) : null, arena, false);
    },
  };
}

/** Parts that differ from the powder by less than this (logarithm of brightness) cannot be told from it. */
const leastContrast = 0.08;

/** Frames before this one whose parts still count as known. */
const remembered = 3;

/** Fused layers without any expected picture: parts are told by their brightness, and new ones are strange. */
async function untold(
  set: PictureSet,
  size: { readonly width: number; readonly height: number },
  arena: Arena,
  notes: string[],
): Promise<PartsReader> {
  const fields: Field[] = [];
  for (const { path } of set.references.slice(0, looked)) {
    const picture = await decodeChannel(await readFile(path));
    if (!picture.ok || picture.value.width !== size.width || picture.value.height !== size.height) continue;
    fields.push(reduced(picture.value, reductionOf(size.width, size.height)));
  }
  const ratio = ratioUntold(fields, arena);
  if (ratio === null) return asTheyCame;
  notes.push(
    `There are no expected pictures: parts are told by their brightness (${ratio.toFixed(2)} times the powder's), and one that is missing is not found.`,
  );
  const good: Parts[] = [];
  let before: readonly Parts[] = [];
  return {
    async reference(field) {
      const parts = guessed(field, ratio, arena);
      good.push(parts);
      return parted(field, parts, arena, false);
    },
    async frame(field) {
      const parts = known(guessed(field, ratio, arena), [...good, ...before], arena);
      before = [...before, parts].slice(-remembered);
      return parted(field, parts, arena, false);
    },
  };
}

async function asItCame(field: Field): Promise<PartedLayer> {
  return { field, came: field, parts: null, told: false };
}

const asTheyCame: PartsReader = { frame: asItCame, reference: asItCame };

async function partsAt(path: string, reader: Read, place: Place | null): Promise<Parts | null> {
  const outline = await outlineAt(path, reader);
  if (outline === null) return null;
  const { arena, width, height, notes } = reader;
  if (place === null && (outline.width !== width || outline.height !== height)) {
    const own = `${outline.width} x ${outline.height}`;
    noteOnce(
      notes,
      `The expected pictures have ${own} pixels, the frames ${width} x ${height}: they are stretched over them.`,
    );
  }
  return place === null ? partsOf(outline, arena) : foundParts(laidOn(outline, place.map, arena), arena);
}

/** Where the expected pictures lie, from the good layers that have one, or else from the first frames; null, with a note, where it cannot be told. */
async function findPlace(reader: Read): Promise<Place | null> {
  const { set, width, height, notes } = reader;
  const layers: ShownLayer[] = [];
  for (const { path, expected } of [...set.references, ...set.frames]) {
    if (layers.length === mostLayers) break;
    if (expected === null) continue;
    const picture = await decodeChannel(await readFile(path));
    if (!picture.ok || picture.value.width !== width || picture.value.height !== height) continue;
    const outline = await outlineAt(expected, reader);
    if (outline !== null) layers.push({ field: reduced(picture.value, reductionOf(width, height)), outline });
  }
  const place = placeOf(layers);
  notes.push(
    place === null
      ? "The expected pictures are not registered to the frames, and their place on them was not found: they are not used."
      : `The expected pictures' place on the frames was found by the ${place.by} of parts (likeness ${place.likeness.toFixed(2)} of 1, from ${layers.length} layers).`,
  );
  return place;
}

/** Shapes (height by width) that differ by more than this share are not the same. */
const otherShape = 0.02;

/** Where nobody says so, expected pictures of another shape than the frames are not registered to them. */
async function hasFramesShape(path: string, reader: Read): Promise<boolean> {
  const { width, height } = reader;
  const outline = await outlineAt(path, reader);
  return outline === null || Math.abs(Math.log((outline.height * width) / (outline.width * height))) < otherShape;
}

/** Where an expected picture shows part; null, with a note, where it cannot be read. */
async function outlineAt(path: string, { notes, inverted }: Read): Promise<Outline | null> {
  const picture = await decodeClasses(await readFile(path));
  if (!picture.ok) {
    noteOnce(notes, `The expected picture ${path} is not used: ${picture.error}.`);
    return null;
  }
  const { width, height, data } = picture.value;
  return inverted ? { width, height, data: data.map((v) => (v === 0 ? 1 : 0)) } : picture.value;
}

/** Whether black is the part: not one of the pictures has black at its border, and some have it within. A close view of parts alone has none. */
async function areInverted(paths: readonly string[]): Promise<boolean> {
  let black = false;
  for (const path of paths) {
    const picture = await decodeClasses(await readFile(path));
    if (!picture.ok) continue;
    if (!isPartAllRound(picture.value)) return false;
    black ||= picture.value.data.includes(0);
  }
  return black;
}

/** No part reaches all round the picture: what does is what lies around. */
const allRound = 0.95;

function isPartAllRound({ width, height, data }: Outline): boolean {
  let parts = 0;
  for (let x = 0; x < width; x++) parts += Number(data[x] !== 0) + Number(data[(height - 1) * width + x] !== 0);
  for (let y = 0; y < height; y++) parts += Number(data[y * width] !== 0) + Number(data[(y + 1) * width - 1] !== 0);
  return parts > allRound * 2 * (width + height);
}

/** Pictures are read more than once, and many are wrong in the same way. */
function noteOnce(notes: string[], text: string): void {
  if (!notes.includes(text)) notes.push(text);
}

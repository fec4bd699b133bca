/** A folder of pictures to be scored: what stands in it, checked before anything is judged. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "smol-toml";
import { z } from "zod";
import type { ProcessPack, SurfaceRules } from "../../jobs/process-pack.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { type Label, readLabels } from "../score/labels.ts";
import { layersOf, matched, natural, stemOf } from "../score/names.ts";
import { type Described, readDescription, type SetDescription } from "../score/set.ts";
import { readPacks } from "./packs.ts";
import { pictureEnding } from "./picture-file.ts";

/** One frame of a set and the files that belong to it. */
export interface SetFrame {
  readonly name: string;
  readonly path: string;
  /** Its layer, by its name; null where that tells none. */
  readonly layer: number | null;
  readonly expected: string | null;
  readonly mask: string | null;
  readonly label: Label | null;
}

/** A known-good frame. */
export type SetReference = Pick<SetFrame, "path" | "layer" | "expected">;

export interface PictureSet {
  readonly folder: string;
  readonly description: SetDescription;
  /** The process pack that it is judged by, and what that says of surfaces in its phase. */
  readonly pack: ProcessPack;
  readonly rules: SurfaceRules;
  readonly frames: readonly SetFrame[];
  readonly references: readonly SetReference[];
  /** Names of classes by their number in masks or word in labels.csv. */
  readonly classNames: ReadonlyMap<string, string>;
  /** What the labels are made of. */
  readonly labelled: "masks" | "labels" | "masks and labels" | "nothing";
  /** What was passed over or taken for granted, a sentence each. */
  readonly notes: readonly string[];
}

/** What is wrong with a set, and what to do. */
export interface SetTrouble {
  readonly code: string;
  readonly what: string;
  readonly remedy: string;
}

/** Looks at a set's folder; nothing is decoded yet. Without `packs`, those that come with the program are known. */
export async function openSet(folder: string, packs?: readonly ProcessPack[]): Promise<Result<PictureSet, SetTrouble>> {
  if (!(await isFolder(folder))) {
    return err(trouble("set-missing", `${folder} is no folder.`, "Name the folder that holds set.toml."));
  }
  const described = await describe(folder, packs);
  if (!described.ok) return described;
  const { description, pack, rules } = described.value;
  const names = await picturesIn(join(folder, "frames"));
  const references = await picturesIn(join(folder, "reference"));
  for (const [part, found] of [
    ["frames", names],
    ["reference", references],
  ] as const) {
    if (found.length === 0) {
      const what = `${join(folder, part)} holds no picture.`;
      return err(trouble("set-empty", what, "Put JPEG, PNG or TIFF files there; a reference is a known-good frame."));
    }
  }
  const labels = await labelsOf(folder);
  if (!labels.ok) return labels;
  const expected = await picturesIn(join(folder, "expected"));
  const masks = await picturesIn(join(folder, "masks"));
  const notes = [...description.notes];
  const expectedOf = matched(names, expected);
  const maskOf = matched(names, masks);
  if (masks.length > 0 && maskOf.every((mask) => mask === null)) {
    const what = `No mask of ${join(folder, "masks")} has the name of a frame.`;
    return err(trouble("masks-strange", what, "Name each mask like its frame; the ending may differ."));
  }
  const without = maskOf.filter((mask) => mask === null).length;
  if (masks.length > 0 && without > 0 && labels.value === null) {
    notes.push(`${without} frames have no mask; they are counted as clean.`);
  }
  const layers = layersOf([...names, ...references]);
  const frames = names.map((name, i) => ({
    ...{ name, layer: layers[i] ?? null },
    path: join(folder, "frames", name),
    expected: expectedOf[i] ? join(folder, "expected", expectedOf[i]) : null,
    mask: maskOf[i] ? join(folder, "masks", maskOf[i]) : null,
    label: labelOf(labels.value, name, masks.length > 0 && !maskOf[i]),
  }));
  const stray = [...(labels.value?.keys() ?? [])].filter(
    (n) => !names.some((name) => stemOf(name).toLowerCase() === n),
  );
  if (stray.length > 0)
    notes.push(`labels.csv names ${stray.length} frames that are not there, such as "${stray[0]}".`);
  const labelled =
    masks.length > 0
      ? labels.value === null
        ? "masks"
        : "masks and labels"
      : labels.value === null
        ? "nothing"
        : "labels";
  const exact = new Map(expected.map((file) => [stemOf(file).toLowerCase(), file]));
  return ok({
    ...{ folder, description, pack, rules, frames, labelled, notes },
    classNames: await classNamesOf(folder, notes),
    references: references.map((name, k) => {
      const its = exact.get(stemOf(name).toLowerCase());
      return {
        path: join(folder, "reference", name),
        layer: layers[names.length + k] ?? null,
        expected: its === undefined ? null : join(folder, "expected", its),
      };
    }),
  });
}

function labelOf(labels: ReadonlyMap<string, Label> | null, name: string, masks: boolean): Label | null {
  const label = labels?.get(stemOf(name).toLowerCase()) ?? null;
  return label === null && labels === null && masks ? { defective: false, class: "" } : label;
}

async function describe(folder: string, given?: readonly ProcessPack[]): Promise<Result<Described, SetTrouble>> {
  const packs = given === undefined ? await readPacks() : ok(given);
  if (!packs.ok)
    return err(trouble("packs-unreadable", packs.error, "Install the program again, or correct the pack."));
  const file = join(folder, "set.toml");
  const mend = 'Write in it: process = "powder-bed" or "filament", phase = "recoated" or "fused", mm_per_pixel = 0.1';
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    return err(trouble("set-undescribed", `${file} is missing or cannot be read.`, mend));
  }
  try {
    const read = readDescription(parse(text), packs.value);
    return read.ok ? read : err(trouble("set-undescribed", `${file} cannot be used: ${read.error}.`, mend));
  } catch (problem) {
    const why = problem instanceof Error ? problem.message.split("\n")[0] : "";
    return err(trouble("set-undescribed", `${file} is no TOML: ${why}.`, mend));
  }
}

async function labelsOf(folder: string): Promise<Result<ReadonlyMap<string, Label> | null, SetTrouble>> {
  const file = join(folder, "labels.csv");
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    return ok(null);
  }
  const labels = readLabels(text);
  if (labels.ok) return labels;
  const what = `${file} cannot be used: ${labels.error}.`;
  return err(trouble("labels-unreadable", what, "Write a line a frame: frame,defective,class with 1 or 0."));
}

/** `classes.json`: what each class is called. */
const classNames = z.record(z.string(), z.string().max(80));

async function classNamesOf(folder: string, notes: string[]): Promise<ReadonlyMap<string, string>> {
  const file = join(folder, "classes.json");
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    return new Map();
  }
  const read = classNames.safeParse(parsed(text));
  if (!read.success) notes.push(`${file} is not used: it has to give a name for each number, such as {"1": "streak"}.`);
  return new Map(Object.entries(read.data ?? {}));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function picturesIn(folder: string): Promise<string[]> {
  if (!(await isFolder(folder))) return [];
  const names = await readdir(folder);
  return names.filter((name) => !name.startsWith(".") && pictureEnding.test(name)).sort(natural);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

function trouble(code: string, what: string, remedy: string): SetTrouble {
  return { code, what, remedy };
}

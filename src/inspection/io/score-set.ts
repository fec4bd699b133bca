/** Judges every frame of a set against the set's own references, as an inspector would: labels are looked at afterwards. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { err, ok, type Result } from "../../kernel/result.ts";
import { compare, inFramesPlace, type Marked } from "../score/compare.ts";
import type { PixelCounts } from "../score/measures.ts";
import type { FrameOutcome } from "../score/tally.ts";
import { type Field, reduced, reductionOf } from "../surface/field.ts";
import { type GateModel, gainOf, gateOf, lookOf, refusals, strayOf } from "../surface/gate.ts";
import type { SurfaceFinding } from "../surface/judge.ts";
import { mostReferences } from "../surface/learn.ts";
import {
  createLookJudge,
  isUnlike,
  type LookJudge,
  learnLook,
  movedLimit,
  type NumberedLayer,
} from "../surface/look.ts";
import { decodeChannel, decodeClasses } from "./picture-file.ts";
import type { PictureSet, SetFrame, SetReference, SetTrouble } from "./set-folder.ts";
import { openParts, type PartsReader } from "./set-parts.ts";

/** A frame as judged, for whoever wants to show it; valid until the next one. */
export interface Shown {
  readonly frame: SetFrame;
  readonly outcome: FrameOutcome;
  readonly field: Field;
  readonly marked: Marked;
}

export interface ScoredSet {
  readonly outcomes: readonly FrameOutcome[];
  readonly references: number;
  readonly notes: readonly string[];
  /** Highest resident memory of this process while frames were judged, megabytes. */
  readonly rssMb: number;
}

export interface Watcher {
  progress(text: string): void;
  show(shown: Shown): Promise<void>;
}

/** Frames whose light is looked at before the first is judged. */
const firstLooks = 9;

/** Learns from the references, then judges the frames in their order. */
export async function scoreSet(set: PictureSet, watcher: Watcher): Promise<Result<ScoredSet, SetTrouble>> {
  const notes = [...set.notes];
  const references = await readReferences(set, notes);
  if (!references.ok) return references;
  const { read, width, height } = references.value;
  const fields = read.map(({ field }) => field);
  const parts = await openParts(set, { width, height }, notes, (text) => watcher.progress(text));
  const layers: NumberedLayer[] = [];
  for (const { field, expected, layer } of read) layers.push({ ...(await parts.reference(field, expected)), layer });
  watcher.progress(`learning from ${fields.length} references of ${width} x ${height} pixels`);
  const look = createLookJudge(learnLook(layers, set.rules), set.rules);
  const odd = look.model.ownScores.filter((score) => score > 1).length;
  if (odd > 0) notes.push(`${odd} references are themselves unlike the others: look whether they are good.`);
  const gate = await withSetsLight(gateOf(fields.map(lookOf), set.rules.picture), set, { width, height }, notes);
  const outcomes: FrameOutcome[] = [];
  const seen = new Set<string>();
  let rss = process.memoryUsage().rss;
  for (const [k, frame] of set.frames.entries()) {
    const judged = await judgeFrame(frame, { set, look, gate, parts, seen, notes, width, height });
    outcomes.push(judged.outcome);
    if (judged.shown !== null) await watcher.show({ frame, outcome: judged.outcome, ...judged.shown });
    rss = Math.max(rss, process.memoryUsage().rss);
    if ((k + 1) % 25 === 0) watcher.progress(`${k + 1} of ${set.frames.length} frames judged`);
  }
  const named = outcomes.map((outcome) => withNames(outcome, set.classNames));
  return ok({ outcomes: named, references: fields.length, notes, rssMb: rss / 1e6 });
}

function withNames(outcome: FrameOutcome, names: ReadonlyMap<string, string>): FrameOutcome {
  const nameOf = (said: string): string => names.get(said) ?? said;
  const byName = Object.entries(outcome.pixelsByClass).map(([said, counts]) => [nameOf(said), counts] as const);
  return { ...outcome, classes: [...new Set(outcome.classes.map(nameOf))], pixelsByClass: Object.fromEntries(byName) };
}

interface References {
  readonly read: readonly (Pick<SetReference, "expected" | "layer"> & { readonly field: Field })[];
  readonly width: number;
  readonly height: number;
}

async function readReferences(set: PictureSet, notes: string[]): Promise<Result<References, SetTrouble>> {
  const all = set.references;
  const used = all.filter((_, i) => all.length <= mostReferences || i % Math.ceil(all.length / mostReferences) === 0);
  if (used.length < all.length) notes.push(`${used.length} of ${all.length} references are used, evenly chosen.`);
  const read: (References["read"][number] & { size: string; width: number; height: number })[] = [];
  for (const { path, expected, layer } of used) {
    const picture = await decodeChannel(await readFile(path));
    if (!picture.ok) {
      notes.push(`The reference ${path} is left out: ${picture.error}.`);
      continue;
    }
    const { width, height } = picture.value;
    const field = reduced(picture.value, reductionOf(width, height));
    read.push({ field, expected, layer, size: `${width} x ${height}`, width, height });
  }
  const sizes = [...new Set(read.map((r) => r.size))];
  const [first] = read;
  if (first === undefined) {
    const what = `No reference of ${set.folder} can be read. ${notes.at(-1) ?? ""}`;
    return err({
      code: "references-unreadable",
      what,
      remedy: "Put at least one good frame of the same camera there.",
    });
  }
  if (sizes.length > 1) {
    const what = `The references of ${set.folder} have several sizes: ${sizes.join(", ")} pixels.`;
    return err({ code: "references-differ", what, remedy: "Keep only frames of one camera with one setting." });
  }
  return ok({ read, width: first.width, height: first.height });
}

/** Where the first frames all have another brightness than the references, the set's light is another: that is said. */
async function withSetsLight(
  gate: GateModel,
  set: PictureSet,
  size: { readonly width: number; readonly height: number },
  notes: string[],
): Promise<GateModel> {
  const gains: number[] = [];
  for (const { path } of set.frames.slice(0, firstLooks)) {
    const picture = await decodeChannel(await readFile(path));
    if (!picture.ok || picture.value.width !== size.width || picture.value.height !== size.height) continue;
    gains.push(gainOf(gate, lookOf(reduced(picture.value, reductionOf(size.width, size.height)))));
  }
  gains.sort((a, b) => a - b);
  const gain = gains[gains.length >> 1] ?? 1;
  const stray = Math.abs(Math.log(gain));
  if (!(stray > strayOf(gate) / 2)) return gate;
  if (stray < gate.limits.otherLight) return { ...gate, gain };
  notes.push(
    `The first frames are ${gain.toFixed(2)} times as bright as the references: the set's light is another, and is taken as usual.`,
  );
  return { ...gate, gain };
}

interface Tools {
  readonly set: PictureSet;
  readonly look: LookJudge;
  readonly gate: GateModel;
  readonly parts: PartsReader;
  readonly seen: Set<string>;
  readonly notes: string[];
  readonly width: number;
  readonly height: number;
}

interface Judged {
  readonly outcome: FrameOutcome;
  readonly shown: { readonly field: Field; readonly marked: Marked } | null;
}

async function judgeFrame(frame: SetFrame, tools: Tools): Promise<Judged> {
  const bytes = await readFile(frame.path);
  const clock = stopwatch();
  const digest = createHash("sha256").update(bytes).digest("hex");
  const frozen = tools.seen.has(digest);
  tools.seen.add(digest);
  const picture = await decodeChannel(bytes);
  clock.lap("decode");
  if (!picture.ok)
    return await unseen(frame, tools.notes, `the picture cannot be read: ${picture.error}`, clock.stages);
  const { width, height } = picture.value;
  if (width !== tools.width || height !== tools.height) {
    const why = `the picture is ${width} x ${height} pixels, the references are ${tools.width} x ${tools.height}: another camera or setting`;
    return await unseen(frame, tools.notes, why, clock.stages);
  }
  const field = reduced(picture.value, reductionOf(width, height));
  clock.lap("reduce");
  const refused = refusals(tools.gate, lookOf(field));
  if (frozen) refused.push("the picture repeats an earlier one byte for byte: the camera is frozen");
  clock.lap("gate");
  const stages = ["light", "register", "difference"];
  const layer = { ...(await tools.parts.frame(field, frame.expected)), layer: frame.layer };
  clock.lap("expected");
  const { look, set } = tools;
  const verdict = look.judge(layer, () => clock.lap(stages.shift() ?? "more"));
  if (verdict.moved_px > movedLimit(look.model, set.rules))
    refused.push("the camera looks elsewhere than on the references");
  const held = refused.length > 0 || isUnlike(verdict, set.rules, pixelOf(set, width / field.width));
  if (!held) look.keep(layer);
  clock.lap("detect");
  clock.total();
  const placed = inFramesPlace({ ...look.model, data: verdict.mask }, verdict.prepared.aligned.motion);
  const marked = { width: field.width, height: field.height, data: placed.data };
  const truth = await truthOf(frame, marked, tools.notes, { width, height });
  const outcome: FrameOutcome = {
    ...{ frame: frame.name, refused, ...truth, stageMs: clock.stages },
    // A refused picture is held, whatever its surface looks like.
    score: refused.length > 0 ? Math.max(verdict.score, 1.0001) : verdict.score,
    held,
    findings: verdict.findings.slice(0, 5).map(findingInWords),
  };
  return { outcome, shown: { field, marked } };
}

/** Square millimetres of a working pixel, where the set says how large its pixels are. */
function pixelOf({ description: { mmPerPixel } }: PictureSet, reduction: number): number | null {
  return mmPerPixel === null ? null : (mmPerPixel * reduction) ** 2;
}

function findingInWords({ channel, sign, area_px, excess }: SurfaceFinding): string {
  if (channel === "beside")
    return `${sign > 0 ? "brighter" : "darker"} than anything near it on the neighbouring layers, ${area_px} working pixels, ${excess.toFixed(1)} times the limit`;
  if (channel === "part") return `part missing, ${area_px} working pixels, ${excess.toFixed(1)} times the limit`;
  const how = channel === "texture" ? (sign > 0 ? "rougher" : "smoother") : sign > 0 ? "brighter" : "darker";
  return `${channel} ${how}, ${area_px} working pixels, ${excess.toFixed(1)} times the limit`;
}

/** A picture that could not be judged is held; whether its layer was defective its label says all the same. */
async function unseen(
  frame: SetFrame,
  notes: string[],
  why: string,
  stageMs: Readonly<Record<string, number>>,
): Promise<Judged> {
  const { defective, classes } = await truthOf(frame, nothing, notes);
  const outcome: FrameOutcome = {
    ...{ frame: frame.name, refused: [why], score: Number.POSITIVE_INFINITY, held: true, findings: [], stageMs },
    ...{ defective, classes, pixels: null, pixelsByClass: {} },
  };
  return { outcome, shown: null };
}

const nothing: Marked = { width: 1, height: 1, data: new Uint8Array(1) };

function classesOf(frame: SetFrame): string[] {
  return frame.label === null || frame.label.class === "" ? [] : [frame.label.class];
}

type Truth = Pick<FrameOutcome, "defective" | "classes" | "pixels" | "pixelsByClass">;

/** Only now the labels are looked at: nothing that they say has touched the verdict. */
async function truthOf(
  frame: SetFrame,
  marked: Marked,
  notes: string[],
  size: { readonly width: number; readonly height: number } | null = null,
): Promise<Truth> {
  const said = frame.label?.defective ?? null;
  const none = { both: 0, marked: marked.data.reduce((sum, v) => sum + v, 0), missed: 0 };
  if (frame.mask === null) {
    // A frame labelled clean has a mask without a pixel in it, if its set has masks at all.
    return { defective: said, classes: classesOf(frame), pixels: said === false ? none : null, pixelsByClass: {} };
  }
  const mask = await decodeClasses(await readFile(frame.mask));
  if (!mask.ok) {
    notes.push(`The mask ${frame.mask} is not counted: ${mask.error}.`);
    // Without its mask the frame counts as clean only if somebody says so.
    const known = said === true || classesOf(frame).length > 0 ? said : null;
    return { defective: known, classes: classesOf(frame), pixels: null, pixelsByClass: {} };
  }
  if (size !== null && (mask.value.width !== size.width || mask.value.height !== size.height)) {
    const own = `${mask.value.width} x ${mask.value.height}`;
    const note = `Masks have ${own} pixels, the frames ${size.width} x ${size.height}: they are stretched over them.`;
    if (!notes.includes(note)) notes.push(note);
  }
  const { pixels, byClass } = compare(mask.value, marked);
  const names = mask.value.values.map((value) => `${value}`);
  const present = names.flatMap((name, place) => (place > 0 && byClass[place]!.labelled > 0 ? [{ name, place }] : []));
  const labelled = pixels.both + pixels.missed;
  if (said !== null && said !== labelled > 0) {
    const by = classesOf(frame).length > 0 ? "labels.csv, which names a class, is believed" : "the mask is believed";
    notes.push(`labels.csv says ${said ? "defective" : "clean"} of ${frame.name}, its mask does not: ${by}.`);
  }
  return {
    defective: frame.label?.class !== undefined && said !== null && frame.label.class !== "" ? said : labelled > 0,
    classes: [...new Set([...classesOf(frame), ...present.map(({ name }) => name)])],
    pixels: scaled(pixels, marked.data.length / mask.value.data.length),
    pixelsByClass: Object.fromEntries(present.map(({ name, place }) => [name, byClass[place]!])),
  };
}

/** Counts in pixels of the working scale, so that masks of several sizes weigh the same. */
function scaled(counts: PixelCounts, by: number): PixelCounts {
  return { both: counts.both * by, marked: counts.marked * by, missed: counts.missed * by };
}

function stopwatch(): { lap(stage: string): void; total(): void; readonly stages: Record<string, number> } {
  const stages: Record<string, number> = {};
  const start = performance.now();
  let last = start;
  return {
    stages,
    lap(stage) {
      const now = performance.now();
      stages[stage] = (stages[stage] ?? 0) + now - last;
      last = now;
    },
    total() {
      stages["total"] = performance.now() - start;
    },
  };
}

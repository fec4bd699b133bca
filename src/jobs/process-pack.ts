/** A process pack: what is looked at in each layer of a process, what can be found, how far recipes may go, and what follows. All as data. */
import { z } from "zod";
import { digestOfValue } from "../kernel/hash.ts";
import { type Json, unsafeIntegerIn } from "../kernel/json.ts";
import type { Digest } from "../kernel/names.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { isTolerated, type Reaction, reactions, reactionUnits, severer } from "./reaction.ts";

export const packFormat = "cellward-process-pack-1";
/** The process of a recipe that names none: there was no other before processes were data. */
export const usualProcess = "filament";

const identifier = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);
const title = z.string().min(1).max(120);
const words = z.string().min(1).max(300);
const number = z.number().min(-1e6).max(1e6);
/** How people spell it who describe their pictures: in lower case, any of these within what they wrote. */
const spelled = z.array(z.string().regex(/^[a-z0-9]{2,32}$/)).max(32);

/** One number that a recipe may set, and how far. */
const limit = z
  .strictObject({
    words,
    unit: z.string().max(24),
    /** What counts where a recipe is silent; null where there is then no such limit. */
    default: number.nullable(),
    /** The ends that no recipe goes beyond. */
    least: number,
    most: number,
  })
  .refine(({ least, most }) => least <= most, "its ends are the wrong way round")
  .refine(({ default: usual, least, most }) => usual === null || (usual >= least && usual <= most), {
    error: "it lies beyond its own ends",
    path: ["default"],
  });

const limits = z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/), limit);

const reaction = z
  .strictObject({
    /** What follows a finding of the class where the recipe is silent. */
    default: z.enum(reactions),
    /** The mildest that a recipe may choose. */
    softest: z.enum(reactions),
  })
  // What is logged or warned of needs limits up to which it is tolerated, and those only a recipe can give.
  .refine(({ default: usual }) => !isTolerated(usual), {
    error: "only a recipe can log or warn, because it says up to what that is tolerated",
    path: ["default"],
  })
  .refine(({ default: usual, softest }) => reactions.indexOf(softest) <= reactions.indexOf(usual), {
    error: "the default is milder than the softest that is allowed",
    path: ["softest"],
  });

const toolpathDetectors = ["network", "residual"] as const;
/** Ways in which a surface is looked at: six views of what differs from good frames, part that is missing, and the layers beside. */
export const surfaceDetectors = [
  ...["point", "blob", "area", "streak down", "streak across", "texture", "part", "beside"],
] as readonly SurfaceDetector[];
export type SurfaceDetector =
  | ("point" | "blob" | "area" | "streak down" | "streak across" | "texture")
  | ("part" | "beside");

const common = { class: identifier, words, unit: z.enum(reactionUnits), reaction };

const toolpathClass = z.strictObject({
  ...common,
  detectors: z.array(z.enum(toolpathDetectors)).min(1).max(2),
  /** Name of the limit from which it is a finding. */
  limit: z.string(),
});

const surfaceClass = z.strictObject({
  ...{ ...common, unit: z.literal("mm2") },
  detectors: z.array(z.enum(surfaceDetectors)).min(1).max(8),
  limit: z.string(),
  /** A finding takes its whole column (or row) of the picture: what drags along there comes back at the same place layer after layer. */
  lines: z.enum(["columns", "rows"]).optional(),
});

/** Against the toolpath and the layer below. */
const toolpathJudge = z.strictObject({
  by: z.literal("toolpath"),
  reference: z.literal("layer-below"),
  limits,
  classes: z.array(toolpathClass).min(1).max(32),
});

const share = z.number().min(0).max(1);

/** When a picture is evidence at all: ratios to the good frames, logarithms of brightness, shares of the picture. */
const picture = z.strictObject({
  /** Moved by more than this share of its width it is another view, unless the good frames stray as far; and never further than the second. */
  moved: share,
  movedNever: share,
  /** Brightness: how far it may stray, and the least that is ever believed. */
  stray: z.number().min(0.01).max(1),
  gainLeast: z.number().min(0.1).max(1),
  /** A set whose first frames differ by more than this from the good ones has another light, which is told. */
  otherLight: z.number().min(0.01).max(1),
  uneven: z.number().min(0.01).max(1),
  sharpness: z.number().min(0.05).max(1),
  noise: z.number().min(1).max(20),
  clipped: share,
  dark: share,
  darkShare: share,
});

/** Against the look of the camera's own good frames. */
const surfaceJudge = z.strictObject({
  by: z.literal("surface"),
  reference: z.literal("good-frames"),
  /** What is done with parts whose expected pictures came: nothing shows them; they are brought to the powder's brightness; they are judged apart from the bed. */
  parts: z.enum(["hidden", "levelled", "apart"]),
  picture,
  limits,
  classes: z.array(surfaceClass).min(1).max(32),
});

const phase = z.strictObject({
  id: identifier,
  title,
  /** When in the layer the picture is taken. */
  taken: words,
  spelled,
  judges: z
    .array(z.discriminatedUnion("by", [toolpathJudge, surfaceJudge]))
    .min(1)
    .max(2),
});

const packSchema = z.strictObject({
  format: z.literal(packFormat),
  process: identifier,
  revision: z.int().min(1).max(1e6),
  title,
  spelled,
  /** In the order in which they come within a layer. */
  phases: z.array(phase).min(1).max(4),
});

export type ProcessPack = z.infer<typeof packSchema>;
export type PackPhase = ProcessPack["phases"][number];
export type PackJudge = PackPhase["judges"][number];
export type SurfaceRules = Extract<PackJudge, { by: "surface" }>;
export type PackClass = PackJudge["classes"][number];
export type PackLimit = PackJudge["limits"][string];
/** When a picture is evidence at all. */
export type PictureLimits = SurfaceRules["picture"];

/** Every number that a surface is judged by has this beside those of its classes: how many times the good frames' own limits. */
export const excess = "excess";

/** What the judge by toolpath finds, whatever a pack says of it: so a pack has to say it. */
const toolpathFinds = [
  { class: "missing", unit: "mm2", limit: "missing_mm2" },
  { class: "thin", unit: "mm2", limit: "thin_mm2" },
  { class: "extra", unit: "mm2", limit: "networkExtra_mm2" },
  { class: "extra", unit: "mm", limit: "extra_mm" },
  { class: "unchanged", unit: "share", limit: "unchangedShare" },
  { class: "shift", unit: "mm", limit: "shift_mm" },
] as const;

/** Reads a pack; the error names the first member that is wrong. */
export function readPack(bytes: Uint8Array): Result<ProcessPack, string> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return err("The process pack is not JSON.");
  }
  const checked = packSchema.safeParse(value);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    return err(wrongAt(issue?.path.join(".") || "its top", issue?.message ?? "unreadable"));
  }
  const unsafe = unsafeIntegerIn(checked.data as unknown as Json, "pack");
  if (unsafe !== null) return err(wrongAt(unsafe, "no record can hold that number"));
  const problem = contradiction(checked.data);
  return problem === null ? ok(checked.data) : err(problem);
}

const wrongAt = (place: string, why: string): string => `The process pack is wrong at ${place}: ${why}.`;

/** What contradicts itself across members, one sentence; null where nothing does. */
function contradiction({ phases }: ProcessPack): string | null {
  const twice = firstTwice(phases.map(({ id }) => id));
  if (twice !== null) return wrongAt(`phases.${twice}.id`, "another phase has this name");
  for (const [p, { judges }] of phases.entries()) {
    if (firstTwice(judges.map(({ by }) => by)) !== null) {
      return wrongAt(`phases.${p}.judges.1`, "a phase has one judge of each kind");
    }
    for (const [j, judge] of judges.entries()) {
      const problem = judgeProblem(judge, `phases.${p}.judges.${j}`);
      if (problem !== null) return problem;
    }
  }
  return null;
}

function judgeProblem(judge: PackJudge, at: string): string | null {
  const { classes, limits: known } = judge;
  const same = firstTwice(classes.map((each) => `${each.class}/${each.unit}`));
  if (same !== null) return wrongAt(`${at}.classes.${same}`, "another class has this name and unit");
  const lost = classes.findIndex(({ limit: its }) => known[its] === undefined);
  if (lost >= 0) {
    return wrongAt(`${at}.classes.${lost}.limit`, `there is no limit ${classes[lost]?.limit} in ${at}.limits`);
  }
  return judge.by === "toolpath" ? toolpathProblem(judge, at) : surfaceProblem(judge, at);
}

function toolpathProblem({ classes }: Extract<PackJudge, { by: "toolpath" }>, at: string): string | null {
  const unsaid = toolpathFinds.find((each) => !classes.some((its) => isSame(its, each)));
  if (unsaid !== undefined) {
    const what = `${unsaid.class} in ${unsaid.unit} by ${unsaid.limit}`;
    return wrongAt(`${at}.classes`, `the judge by toolpath finds ${what}, and no class says so`);
  }
  const strange = classes.findIndex((its) => !toolpathFinds.some((each) => isSame(its, each)));
  return strange < 0 ? null : wrongAt(`${at}.classes.${strange}`, "the judge by toolpath cannot find it");
}

function surfaceProblem({ classes, limits: known, parts }: SurfaceRules, at: string): string | null {
  if (known[excess] === undefined) return wrongAt(`${at}.limits`, `a surface needs the limit ${excess}`);
  const empty = Object.keys(known).find((name) => known[name]?.default === null);
  if (empty !== undefined) return wrongAt(`${at}.limits.${empty}.default`, "a limit of a surface has a number");
  const detectors = classes.flatMap((its, n) => its.detectors.map((detector) => ({ detector, n })));
  const again = firstTwice(detectors.map(({ detector }) => detector));
  if (again !== null) {
    const { detector, n } = detectors[again]!;
    return wrongAt(`${at}.classes.${n}.detectors`, `"${detector}" is told as another class already`);
  }
  const needs = { part: "levelled", beside: "apart" } as const;
  const vain = detectors.find(
    ({ detector }) => (detector === "part" || detector === "beside") && needs[detector] !== parts,
  );
  if (vain === undefined) return null;
  const { detector, n } = vain;
  const wanted = needs[detector as keyof typeof needs];
  return wrongAt(`${at}.classes.${n}.detectors`, `"${detector}" is seen only where parts are ${wanted}`);
}

type Named = Pick<PackClass, "class" | "unit" | "limit">;
const isSame = (a: Named, b: Named): boolean => a.class === b.class && a.unit === b.unit && a.limit === b.limit;

/** Place of the first that was there before; null where all differ. */
function firstTwice(names: readonly string[]): number | null {
  const at = names.findIndex((name, n) => names.indexOf(name) < n);
  return at < 0 ? null : at;
}

/** SHA-256 of the pack's RFC 8785 bytes: what the record names. */
export function packDigest(pack: ProcessPack): Digest {
  return digestOfValue(pack);
}

/** The judge of a phase that a running cell has: by toolpath where the pack has one, else by the look of good frames. */
export function runningJudge({ judges }: PackPhase): PackJudge {
  return judges.find(({ by }) => by === "toolpath") ?? judges[0]!;
}

/** The judge of surfaces of a phase, or null. */
export function surfaceOf({ judges }: PackPhase): SurfaceRules | null {
  return judges.find((judge) => judge.by === "surface") ?? null;
}

/** What recipes may set, by the name that they use: those of a surface stand under their phase. */
export function recipeLimits({ phases }: ProcessPack): ReadonlyMap<string, PackLimit> {
  return new Map(
    phases.flatMap((its) => {
      const judge = runningJudge(its);
      const before = judge.by === "toolpath" ? "" : `${its.id}.`;
      return Object.entries(judge.limits).map(([name, each]) => [`${before}${name}`, each] as const);
    }),
  );
}

/** What may follow findings of one class in a running cell. */
export interface Bounded {
  readonly class: string;
  readonly unit: PackClass["unit"];
  readonly default: Reaction;
  readonly softest: Reaction;
}

/** What can be found in a running cell, each once: a recipe's reactions are for all phases, so the strictest phase counts. */
export function recipeClasses({ phases }: ProcessPack): readonly Bounded[] {
  const found = new Map<string, Bounded>();
  for (const each of phases.flatMap((its): readonly PackClass[] => runningJudge(its).classes)) {
    const { class: kind, unit, reaction: own } = each;
    const before = found.get(`${kind}/${unit}`) ?? own;
    const bounded = { default: severer(before.default, own.default), softest: severer(before.softest, own.softest) };
    found.set(`${kind}/${unit}`, { class: kind, unit, ...bounded });
  }
  return [...found.values()];
}

/** A recipe: the validated window of a process, as data. */
import { z } from "zod";
import { isTolerated, mostGap, type Reaction, reactions, reactionUnits } from "../jobs/reaction.ts";
import { digestOfValue } from "../kernel/hash.ts";
import { type Json, unsafeIntegerIn } from "../kernel/json.ts";
import type { Digest } from "../kernel/names.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { toolpathRecipe } from "../toolpath/limits.ts";

const identifier = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/);
/** A name that a machine gave, in its own spelling. */
const machineName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const title = z.string().min(1).max(120);

const need = z.strictObject({
  material: identifier,
  quantity: z.number().positive().max(1_000_000),
  unit: z.string().min(1).max(16),
});

/** In whatever unit the characteristic has; far within what a record can hold exactly. */
const limit = z.number().min(-1e9).max(1e9);
const celsius = z.number().min(0).max(500);

const characteristic = z
  .strictObject({
    id: machineName,
    title,
    /** Empty for a count. */
    unit: z.string().max(16),
    lower: limit.nullable(),
    upper: limit.nullable(),
  })
  .refine(({ lower, upper }) => lower !== null || upper !== null, "a characteristic has at least one limit")
  .refine(
    ({ lower, upper }) => lower === null || upper === null || lower <= upper,
    "the limits are the wrong way round",
  );

const needs = z.array(need).max(32);

const bounds = z
  .strictObject({ lower: limit.nullable(), upper: limit.nullable() })
  .refine(({ lower, upper }) => lower !== null || upper !== null, "it has no limit")
  .refine(
    ({ lower, upper }) => lower === null || upper === null || lower <= upper,
    "the limits are the wrong way round",
  );

const duration_s = z.number().min(0).max(1_000_000);

const coursePoint = z
  .strictObject({ at_s: duration_s, lower: limit.nullable(), upper: limit.nullable() })
  .refine(
    ({ lower, upper }) => lower === null || upper === null || lower <= upper,
    "the limits are the wrong way round",
  );

const parameterWindow = z
  .strictObject({
    id: identifier,
    title,
    reading: z.string().min(1).max(64),
    unit: z.string().min(1).max(16),
    before: bounds.nullable(),
    course: z.array(coursePoint).min(1).max(256),
    outside_s: z.number().min(0).max(3600),
    silent_s: z.number().min(1).max(3600),
  })
  .refine(({ course }) => course.every(({ at_s }, n) => at_s > (course[n - 1]?.at_s ?? -1)), {
    error: "its points do not follow one another in time",
    path: ["course"],
  });

const windows = z
  .array(parameterWindow)
  .max(16)
  .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, "two windows have one name")
  .optional();

const reactionRule = z
  .strictObject({
    /** Whether its process has it, the process pack says. */
    class: identifier,
    unit: z.enum(reactionUnits),
    levels: z
      .array(z.strictObject({ from: z.number().min(0).max(100_000), reaction: z.enum(reactions) }))
      .min(1)
      .max(8),
    tolerated: z
      .strictObject({
        inRow: z.number().int().min(2).max(100_000),
        linked: z.number().int().min(2).max(100_000),
        sizeLinked: z.number().positive().max(1_000_000),
      })
      .nullable(),
  })
  .refine(({ levels }) => levels[0]?.from === 0, { error: "its first level does not begin at 0", path: ["levels"] })
  .refine(({ levels }) => levels.every(({ from }, n) => from > (levels[n - 1]?.from ?? -1)), {
    error: "its levels do not rise",
    path: ["levels"],
  })
  .refine(({ levels }) => levels.every(({ reaction }, n) => rank(reaction) >= rank(levels[n - 1]?.reaction ?? "log")), {
    error: "what is larger has a milder reaction",
    path: ["levels"],
  })
  .refine(({ levels, tolerated }) => (tolerated === null) === !levels.some(({ reaction }) => isTolerated(reaction)), {
    error: "what is logged or warned of needs limits up to which it is tolerated, and nothing else has them",
    path: ["tolerated"],
  })
  // A layer that looks as before was perhaps never looked at: it is near to blind, and blind is never tolerated.
  .refine(({ class: kind, tolerated }) => kind !== "unchanged" || tolerated === null, {
    error: "a layer that looks as before is never tolerated",
    path: ["levels"],
  });

const rank = (reaction: Reaction) => reactions.indexOf(reaction);

const reactionRules = z
  .strictObject({
    within_mm: z.number().min(0).max(50),
    gap: z.number().int().min(0).max(mostGap),
    rules: z.array(reactionRule).min(1).max(16),
  })
  .refine(
    ({ rules }) => new Set(rules.map((each) => `${each.class}/${each.unit}`)).size === rules.length,
    "two rules are for one class in one unit",
  )
  .optional();

/** One step of the route as data; `routeOf` makes the order's operations from it. */
const step = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("build"),
    id: identifier,
    title,
    equipmentClass: identifier,
    materials: needs,
    windows,
    reactions: reactionRules,
  }),
  z.strictObject({
    kind: z.literal("task"),
    id: identifier,
    title,
    equipmentClass: identifier,
    /** Name of the program among the package's blobs. */
    program: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/),
    materials: needs,
    characteristics: z.array(characteristic).max(64),
    evidence: z.array(machineName).max(16),
    /** What the machine is to do, where the program itself does not say it; and how many layers it has (OPC 40540). */
    workMaster: machineName.optional(),
    layersPlanned: z.number().int().min(1).max(1_000_000).optional(),
    reworks: z.number().int().min(0).max(10),
    windows,
  }),
  z.strictObject({ kind: z.literal("label"), id: identifier, title }),
  z.strictObject({ kind: z.literal("handover"), id: identifier, title, to: title }),
  z.strictObject({ kind: z.literal("release"), id: identifier, title }),
]);

export type RouteStep = z.infer<typeof step>;

const recipeSchema = z.strictObject({
  recipe: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
  revision: z.number().int().min(1),
  title: z.string().min(1).max(200),
  /** Which process pack says what can be found and how far this recipe may go; filament where it names none. */
  process: identifier.optional(),
  equipmentClass: z.string().min(1).max(64),
  material: z.strictObject({ kind: z.string().min(1).max(120), hotend_C: celsius, bed_C: celsius }),
  /** Device identifier (UDI-DI as GTIN-14) of what this recipe makes. */
  gtin: z.string().regex(/^[0-9]{14}$/),
  route: z.array(step).min(1).max(32),
  toolpath: toolpathRecipe,
  /** Limits of the layer inspection; their schema belongs to the inspection, which reads them. */
  inspection: z.record(z.string(), z.json()),
});

export type Recipe = z.infer<typeof recipeSchema>;

/** Reads a recipe file; the error names the first member that is wrong. */
export function readRecipe(bytes: Uint8Array): Result<Recipe, string> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return err("The recipe is not JSON.");
  }
  const checked = recipeSchema.safeParse(value);
  if (checked.success) {
    const unsafe = unsafeIntegerIn(checked.data.inspection as Json, "inspection");
    return unsafe === null
      ? ok(checked.data)
      : err(`The recipe is wrong at ${unsafe}: no record can hold that number.`);
  }
  const issue = checked.error.issues[0];
  return err(`The recipe is wrong at ${issue?.path.join(".") || "its top"}: ${issue?.message ?? "unreadable"}.`);
}

/** What a step's machine is told of a recipe: the toolpath's part, and for a task the names and counts of the step. */
export function machinePartOf({ route, toolpath }: Recipe, operation: string): object {
  const step = route.find(({ id }) => id === operation);
  if (step?.kind !== "task") return toolpath;
  const { workMaster, layersPlanned } = step;
  return {
    ...toolpath,
    ...(workMaster !== undefined && { workMaster }),
    ...(layersPlanned !== undefined && { layersPlanned }),
  };
}

/** The tasks that a recipe has for machines of a class. */
export function tasksAt({ route }: Recipe, equipmentClass: string) {
  return route.filter((step) => step.kind === "task").filter((step) => step.equipmentClass === equipmentClass);
}

/** The task of a class of machines that asks for the program of this name. */
export function taskFor(recipe: Recipe, equipmentClass: string, name: string) {
  return tasksAt(recipe, equipmentClass).find(({ program }) => program === name);
}

/** What a machine is told of the task that asks for the program; where none does, as for a build. */
export function taskPartOf(recipe: Recipe, equipmentClass: string, name: string): object {
  return machinePartOf(recipe, taskFor(recipe, equipmentClass, name)?.id ?? "");
}

/** SHA-256 of the recipe's RFC 8785 bytes: what the order and the record name. */
export function recipeDigest(recipe: Recipe): Digest {
  return digestOfValue(recipe);
}

/** A recipe within its process pack: how far its limits and reactions may go, and what follows where it is silent. */
import {
  type Bounded,
  type PackLimit,
  type ProcessPack,
  recipeClasses,
  recipeLimits,
  runningJudge,
  usualProcess,
} from "../jobs/process-pack.ts";
import { type ReactionRule, type ReactionRules, reactions } from "../jobs/reaction.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import type { Recipe } from "./recipe.ts";

/** What of a recipe its pack speaks of. */
export type Ruled = Pick<Recipe, "process" | "inspection" | "recipe" | "route">;

/** The pack of a recipe, within which it stays; the error is a sentence. */
export function packFor(recipe: Ruled, packs: readonly ProcessPack[]): Result<ProcessPack, string> {
  const process = recipe.process ?? usualProcess;
  const pack = packs.find((each) => each.process === process);
  if (pack === undefined) {
    const known = packs.map((each) => each.process).join(", ") || "none";
    return err(`The recipe ${recipe.recipe} is for the process ${process}, of which there is no pack here (${known}).`);
  }
  const problem =
    limitProblem(recipe, pack) ??
    unsaidProblem(recipe, pack) ??
    reactionProblem(recipe, pack) ??
    cycleProblem(recipe, pack);
  return problem === null ? ok(pack) : err(`The recipe ${recipe.recipe} ${problem}`);
}

/** The first limit that its pack does not know, or that goes too far. */
function limitProblem({ inspection }: Ruled, pack: ProcessPack): string | null {
  const known = recipeLimits(pack);
  for (const [name, value] of membersOf(inspection)) {
    if (name === "format") continue;
    const limit = known.get(name);
    if (limit === undefined) {
      return `sets ${name} of the inspection, which its process pack ${pack.process} does not know.`;
    }
    if (typeof value !== "number" || !isWithin(value, limit)) {
      return `sets ${name} to ${JSON.stringify(value)}; its process pack ${pack.process} allows ${limit.least} to ${limit.most}.`;
    }
  }
  return null;
}

/** The judge by toolpath takes its limits from the recipe alone: what is left out would be found missing when the first layer waits. */
function unsaidProblem({ inspection, route }: Ruled, pack: ProcessPack): string | null {
  if (!route.some(({ kind }) => kind === "build")) return null;
  const said = new Set(membersOf(inspection).map(([name]) => name));
  const judges = pack.phases.map(runningJudge).filter(({ by }) => by === "toolpath");
  const needed = judges.flatMap(({ limits }) => Object.entries(limits).filter(([, its]) => its.default !== null));
  const lost = needed.find(([name]) => !said.has(name));
  if (lost === undefined) return null;
  const [name, { words, default: usual }] = lost;
  return `leaves out ${name} of the inspection (${words}); its process pack ${pack.process} suggests ${usual}.`;
}

const isWithin = (value: number, { least, most }: PackLimit): boolean => value >= least && value <= most;

/** Each member that is no object, by its path with dots. */
function membersOf(value: Ruled["inspection"], before = ""): (readonly [string, unknown])[] {
  return Object.entries(value).flatMap(([name, each]) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? membersOf(each as Ruled["inspection"], `${before}${name}.`)
      : [[`${before}${name}`, each] as const],
  );
}

/** The first reaction to what its pack does not know, or that is too mild. */
function reactionProblem({ route }: Ruled, pack: ProcessPack): string | null {
  const bounds = recipeClasses(pack);
  for (const step of route) {
    if (step.kind !== "build") continue;
    for (const { class: kind, unit, levels } of step.reactions?.rules ?? []) {
      const bound = boundOf(bounds, kind, unit);
      if (bound === undefined) {
        const known = bounds.map((each) => `${each.class} in ${each.unit}`).join(", ");
        return `has a reaction to ${kind} in ${unit}, which its process pack ${pack.process} does not know (${known}).`;
      }
      const mild = levels.find(({ reaction }) => reactions.indexOf(reaction) < reactions.indexOf(bound.softest));
      if (mild !== undefined) {
        return `lets ${mild.reaction} follow ${kind} from ${mild.from} ${unit}; its process pack ${pack.process} allows nothing milder than ${bound.softest}.`;
      }
    }
  }
  return null;
}

function boundOf(bounds: readonly Bounded[], kind: string, unit: string): Bounded | undefined {
  return bounds.find((each) => each.class === kind && each.unit === unit);
}

/** A cell takes one picture a layer and judges it by the toolpath: a build of another process would be inspected by nobody. */
function cycleProblem({ route }: Ruled, pack: ProcessPack): string | null {
  if (!route.some(({ kind }) => kind === "build")) return null;
  const isHad = pack.phases.length === 1 && pack.phases.every((phase) => runningJudge(phase).by === "toolpath");
  if (isHad) return null;
  const phases = pack.phases.map(({ title }) => title).join(", then ");
  return `builds by ${pack.process}, which is looked at by its surface (${phases}): this cell does not inspect that while it builds, so that only a task can make it.`;
}

/** The reactions of a build with the pack's own where the recipe is silent; absent where every finding holds. */
export function reactionsWithin(own: ReactionRules | undefined, pack: ProcessPack): ReactionRules | undefined {
  const added = recipeClasses(pack).flatMap(({ class: kind, unit, default: reaction }): ReactionRule[] => {
    const isSaid = own?.rules.some((each) => each.class === kind && each.unit === unit) ?? false;
    return isSaid || reaction === "hold"
      ? []
      : [{ class: kind, unit, levels: [{ from: 0, reaction }], tolerated: null }];
  });
  if (added.length === 0) return own;
  return { within_mm: own?.within_mm ?? 0, gap: own?.gap ?? 0, rules: [...(own?.rules ?? []), ...added] };
}

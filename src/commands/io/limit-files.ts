/** Limit sets as they are handed to a cell: read against the recipe that they tighten, and stored. */
import type { Fault } from "../../equipment/machine.ts";
import { measures, readLimitSet, whyNotTighter } from "../../inspection/limit-set.ts";
import { type InspectionLimits, inspectionLimits } from "../../inspection/limits.ts";
import type { Recipe } from "../../intake/recipe.ts";
import type { LimitSetFacts } from "../../jobs/limit-event.ts";
import { digestOfValue } from "../../kernel/hash.ts";
import { canonicalBytes } from "../../kernel/json.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";

const remedy = "Make it anew from this cell's record: `cellward limits propose`.";
const unfit = (what: string): Result<never, Fault> => err({ code: "limit-set-unfit", what, remedy });

/** What a set says, once it fits the recipe of this cell that it names and is nowhere looser. */
export function readLimitFacts(
  value: unknown,
  recipeOf: (digest: Digest) => Recipe | null,
): Result<LimitSetFacts, Fault> {
  const read = readLimitSet(value);
  if (!read.ok) return read;
  const set = read.value;
  const recipe = recipeOf(set.recipe as Digest);
  if (recipe === null)
    return unfit("This limit set is for a recipe that this cell does not have, or for another revision of it.");
  const own = inspectionLimits.safeParse(recipe.inspection);
  if (!own.success || digestOfValue(own.data) !== set.base) {
    return unfit("This limit set was made against other limits than those of the recipe that it names.");
  }
  const looser = whyNotTighter(set.limits, own.data);
  if (looser !== null) return unfit(`This limit set may not stand for the recipe's limits: ${looser}.`);
  const { recipe: of, setup, model, base, budget, layers, builds, upTo, limits } = set;
  return ok({
    set: digestOfValue(set),
    ...{ recipe: of as Digest, setup: setup as Digest, model: model as Digest, base: base as Digest },
    limits: digestOfValue(limits),
    tightened: tightenedBy(limits, own.data),
    ...{ budget, layers, builds, upTo },
  });
}

function tightenedBy(set: InspectionLimits, own: InspectionLimits): LimitSetFacts["tightened"] {
  return measures.filter((each) => set[each] < own[each]).map((limit) => ({ limit, from: own[limit], to: set[limit] }));
}

/** The same, with the set and its limits stored: who signs for them signs for what the cell keeps from then on. */
export async function keepLimits(
  value: unknown,
  recipeOf: (digest: Digest) => Recipe | null,
  artifacts: Pick<Artifacts, "put">,
): Promise<Result<LimitSetFacts, Fault>> {
  const facts = readLimitFacts(value, recipeOf);
  const read = readLimitSet(value);
  if (!facts.ok || !read.ok) return facts;
  await artifacts.put(canonicalBytes(read.value));
  await artifacts.put(canonicalBytes(read.value.limits));
  return facts;
}

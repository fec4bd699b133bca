/** The laws of the model that judges, asked of what is on disk: signed for by two, in force when it judged, and nothing starts without it. */
import type { Case } from "./case.ts";
import { countingTimes } from "./clock-laws.ts";
import { chief, engineer } from "./model-keepers.ts";
import { quality } from "./people.ts";
import type { Fact } from "./witness.ts";

interface Standing {
  readonly from: number | null;
  readonly until: number | null;
}

const mayApprove: readonly string[] = [quality, chief];
const mayEngineer: readonly string[] = [engineer, chief];

/** Every pass and every start of a build stands on a model for which two people had signed, or which a demonstration had taken. */
export function judgeModels({ accuse }: Case, facts: readonly Fact[]): void {
  const times = countingTimes(facts);
  const standing = new Map<string, Standing>();
  const judged = new Map<string, string | null>();
  let loaded: string | null = null;
  const isGood = (model: string | null, index: number): boolean => {
    const found = model === null ? undefined : standing.get(model);
    const at = times[index] ?? 0;
    return found !== undefined && (found.from ?? 0) <= at && (found.until === null || at < found.until);
  };
  for (const [index, { type, body }] of facts.entries()) {
    if (type === "CellBooted") loaded = body.versions.modelDigest;
    if (type === "ModelAdmittedForDemonstration") standing.set(body.model, { from: null, until: null });
    if (type === "ModelRetired") standing.delete(body.model);
    if (type === "ModelApproved") {
      const [first, second] = [body.approval.person, body.second.person];
      if (first === second) accuse(`one person alone let a model judge: ${first}`);
      if (!mayApprove.includes(first) || !mayEngineer.includes(second))
        accuse(`${first} and ${second} let a model judge`);
      standing.set(body.model, { from: body.from, until: body.until });
    }
    const layer = `${body.attempt}/${body.layer}`;
    if (type === "LayerInspected") judged.set(layer, body.report.digests.model);
    if (type === "LayerDecided" && !isGood(judged.get(layer) ?? null, index)) {
      accuse(`law 3: layer ${layer} was decided by a model that might not judge`);
    }
    if (type === "AttemptStarted" && body.plateCheck !== null && !isGood(loaded, index)) {
      accuse(`${body.attempt} started under a model that might not judge`);
    }
  }
}

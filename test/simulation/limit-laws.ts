/** The laws of limit sets, asked of what is on disk: signed for by two, tighter alone, and what they were signed for is judged by them. */
import type { Case } from "./case.ts";
import { chief, engineer } from "./model-keepers.ts";
import { quality } from "./people.ts";
import type { Fact } from "./witness.ts";

const mayApprove: readonly string[] = [quality, chief];
const mayEngineer: readonly string[] = [engineer, chief];

/** Every layer of an attempt that began under a set was decided under that set's limits, and every build under a set in force says so. */
export function judgeLimits({ accuse }: Case, facts: readonly Fact[]): void {
  const inForce = new Map<string, { readonly limits: string; readonly of: string }>();
  const attempts = new Map<string, string>();
  const judged = new Map<string, string>();
  let [model, setup]: (string | null)[] = [null, null];
  for (const { type, body } of facts) {
    if (type === "CellBooted") [model, setup] = [body.versions.modelDigest, null];
    if (type === "InspectionStatusChanged") setup = body.calibration?.setup ?? setup;
    if (type === "LimitSetApproved") {
      const [first, second] = [body.approval.person, body.second.person];
      if (first === second) accuse(`one person alone made limits tighter: ${first}`);
      if (!mayApprove.includes(first) || !mayEngineer.includes(second)) accuse(`${first} and ${second} changed limits`);
      if (body.tightened.some((each) => each.to >= each.from)) {
        accuse("a limit set made a limit looser");
      }
      const of = `${body.recipe} ${String(body.setup)} ${body.model}`;
      for (const [set, known] of inForce) if (known.of === of) inForce.delete(set);
      inForce.set(body.set, { limits: body.limits, of });
    }
    if (type === "LimitSetWithdrawn") inForce.delete(body.set);
    if (type === "AttemptStarted" && body.plateCheck !== null) {
      const due = [...inForce].find(([, { of }]) => of.endsWith(` ${setup} ${model}`));
      const under = (body.limitSets ?? []).find((each) => each.setup === setup);
      if (under?.set !== due?.[0]) accuse(`${body.attempt} did not start under the limit set in force`);
      if (under) attempts.set(body.attempt, under.limits);
    }
    const layer = `${body.attempt}/${body.layer}`;
    if (type === "LayerInspected") judged.set(layer, body.report.digests.limits);
    const limits = attempts.get(body.attempt);
    if (type === "LayerDecided" && limits !== undefined && judged.get(layer) !== limits) {
      accuse(`law 3: layer ${layer} was decided by other limits than those that were signed for`);
    }
  }
}

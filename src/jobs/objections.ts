/** Why a step may not go on: holds of central QA, lots that were taken back, a model that may not judge. */

import type { Digest } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import { type CentralTarget, centralReasons } from "./central.ts";
import { type ModelInHand, type ModelObjection, whyModelMayNotJudge } from "./models.ts";
import { equipmentOf, needsOf, type Operation } from "./order.ts";
import type { Job, State } from "./state.ts";
import { findLot, findMachine, lineOf } from "./state.ts";

/** Every objection of central QA to this step of this job, a sentence each; empty where there is none. */
export function centralObjections(state: State, job: Job, operation: Operation | null): string[] {
  const { frozen, holds } = state.central;
  const hits = holds.filter(({ target }) => isAbout(target, state, job, operation));
  return [
    ...(frozen === null ? [] : [frozen]),
    ...hits.map(({ target, reason }) => `Central QA holds ${nameOfTarget(target)}: ${centralReasons[reason]}`),
  ];
}

function isAbout(target: CentralTarget, state: State, job: Job, operation: Operation | null): boolean {
  switch (target.kind) {
    case "cell":
      return true;
    case "job":
      return target.id === job.order.id;
    case "recipe":
      return target.id === job.order.recipe;
    case "model":
      return [state.versions?.modelDigest, state.inspection.inHand?.model, ...judgedBy(job)].includes(
        target.id as Digest,
      );
    case "machine":
      return usedMachines(job, operation).includes(target.id);
    case "lot":
      return lotsOf(state, job, operation).some((lot) => lineOf(state, lot).includes(target.id));
  }
}

/** Models that judged layers of this job, whichever the cell has loaded since. */
function judgedBy(job: Job): (Digest | null)[] {
  return job.record.attempts.flatMap(({ models }) => models);
}

/** Lots that went into a copy and that QA has taken back since, a sentence each. */
export function lotObjections(state: State, job: Job, unit: number): string[] {
  const used = job.attempts.filter((attempt) => attempt.unit === unit).flatMap(({ materials }) => materials);
  return used.flatMap(({ lot, batch, material }) => {
    const status = findLot(state, lot)?.status;
    return status === "released" ? [] : [`Lot ${batch} of ${material} went into it and is ${status ?? "unknown"} now.`];
  });
}

/** Why the model may not judge layers of this job now: the one in hand, or the one that has judged. */
export function modelObjection(
  { models, inspection, setup }: State,
  { order }: Job,
  simulated: boolean,
  at: EpochMs,
  used: ModelInHand | null = inspection.inHand,
): ModelObjection | null {
  const demonstration = setup?.demonstration ?? false;
  return whyModelMayNotJudge(models, used, { recipe: order.recipe, simulated, demonstration }, at);
}

/** The next step's machine; for a step that people do, every machine that had a hand in the job. */
function usedMachines(job: Job, operation: Operation | null): string[] {
  const next = operation && equipmentOf(operation);
  return next ? [next] : job.attempts.map(({ equipment }) => equipment);
}

/** Lots that went into the job so far, and those that the next step would take. */
function lotsOf(state: State, job: Job, operation: Operation | null): string[] {
  const taken = job.attempts.flatMap((attempt) => attempt.materials.map(({ lot }) => lot as string));
  if (!operation) return taken;
  const wanted = needsOf(operation).map(({ material }) => material);
  const loaded = findMachine(state, equipmentOf(operation) ?? "")?.loaded ?? [];
  return [...taken, ...loaded.filter(({ material }) => wanted.includes(material)).map(({ lot }) => lot as string)];
}

/** What is held, to stand in a sentence. */
export function nameOfTarget({ kind, id }: CentralTarget): string {
  const short = kind === "recipe" || kind === "model" ? id.slice(0, 12) : id;
  return kind === "cell" ? "this cell" : `the ${kind} ${short}`;
}

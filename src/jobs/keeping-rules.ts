/** Why something may not be erased or dropped yet, and until when it is kept: asked by whoever decides and whoever shows it. */
import { type JobId, type LotId, own } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import { findPast } from "./past.ts";
import type { Pathway } from "./pathway.ts";
import type { RefusalCode } from "./refusal.ts";
import { dayOf, defaultRetention, holdOn, holdReasons, leastYears, type TextsOf, yearsAfter } from "./retention.ts";
import { findJob, findLot, type Job, lineOf, type State } from "./state.ts";

/** When what is kept of an ended job need not be kept any longer; null while the job has not ended. */
export interface KeptUntil {
  /** Its record, its texts and all that is not a picture of a layer that passed. */
  readonly record: EpochMs;
  readonly pictures: EpochMs;
}

/** What decides how long a job is kept. */
export interface KeptJob {
  readonly id: JobId;
  readonly pathway: Pathway;
  readonly implantable?: boolean | null;
  /** Null while it has not ended. */
  readonly endedAt: EpochMs | null;
  /** Lots that went into it. */
  readonly lots: readonly LotId[];
}

/** What decides how long this job is kept, whether or not the state still has it whole; undefined where it was never here. */
export function keptJob(state: State, id: string): KeptJob | undefined {
  const job = findJob(state, id);
  return job ? keptOf(job) : findPast(state, id);
}

function keptOf({ order, endedAt, attempts }: Job): KeptJob {
  const { id, pathway, implantable } = order;
  const lots = attempts.flatMap(({ materials }) => materials.map(({ lot }) => lot));
  return { id, pathway, ...(implantable === undefined ? {} : { implantable }), endedAt, lots };
}

/** Until when a job is kept, by the rules of today; null while it has not ended. */
export function keptUntil(state: State, { pathway, implantable, endedAt }: KeptJob): KeptUntil | null {
  if (endedAt === null) return null;
  const rule = own(state.setup?.retention ?? {}, pathway) ?? defaultRetention[pathway];
  const years = implantable === false ? rule.years : rule.implantYears;
  const record = yearsAfter(endedAt, years);
  return { record, pictures: Math.min(record, yearsAfter(endedAt, rule.pictureYears)) };
}

/** Why it may not be done, with the code of the refusal. */
export interface Objection {
  readonly code: RefusalCode;
  readonly what: string;
}

/** Why a job's texts or artifacts may not go at `now`; null where they may. */
export function whyJobStays(state: State, id: JobId, part: keyof KeptUntil, now: EpochMs): Objection | null {
  const job = keptJob(state, id);
  if (!job) return { code: "unknown-job", what: "There is no such order in this cell." };
  const until = keptUntil(state, job);
  if (until === null) return { code: "not-ended", what: `Order ${id} has not ended: its record is being written.` };
  const hold = holdOn(state.keeping, id);
  if (hold) {
    const whose = hold.job === null ? "The whole cell" : `Order ${id}`;
    return {
      code: "legal-hold",
      what: `${whose} is under a legal hold. ${holdReasons[hold.reason]} QA lifts it first.`,
    };
  }
  if (now >= until[part]) return null;
  const what = `Order ${id} is kept until ${dayOf(until[part])} (its pathway is ${job.pathway}).`;
  return { code: "retention-runs", what: `${what} Nothing of it may go before; ask again then.` };
}

/**
 * The same for a lot's texts: it stays as long as any device that was made of it or of a lot made from it, and ten years
 * beyond its own expiry.
 */
export function whyLotStays(state: State, { id }: Extract<TextsOf, { kind: "lot" }>, now: EpochMs): Objection | null {
  const lot = findLot(state, id);
  if (!lot) return { code: "unknown-lot", what: "There is no such lot in this cell." };
  const hold = holdOn(state.keeping, null);
  if (hold)
    return {
      code: "legal-hold",
      what: `The whole cell is under a legal hold. ${holdReasons[hold.reason]} QA lifts it first.`,
    };
  for (const job of [...Object.values(state.past), ...Object.values(state.jobs).map(keptOf)]) {
    if (!job.lots.some((each) => lineOf(state, each).includes(id))) continue;
    const objection = whyJobStays(state, job.id, "record", now);
    if (objection) return { ...objection, what: `Lot ${lot.batch} went into order ${job.id}. ${objection.what}` };
  }
  const until = yearsAfter(lot.expires, leastYears.years);
  if (now >= until) return null;
  return {
    code: "retention-runs",
    what: `Lot ${lot.batch} is kept until ${dayOf(until)}. Nothing of it may go before; ask again then.`,
  };
}

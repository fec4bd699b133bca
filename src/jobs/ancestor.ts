/** What a lost end of the record leaves behind: orders that are void, jobs whose outcome nobody can know (law 4), and holds that go on. */
import type { JobId, NonconformityId } from "../kernel/names.ts";
import type { JobEvent } from "./event.ts";
import type { LogEvent } from "./log-event.ts";
import type { State } from "./state.ts";
import { nextUnit } from "./units.ts";

/** Orders in one entry: their names and numbers fit with room to spare. */
const mostOrders = 500;

/** The entries that follow a continuation under the name `origin`, from the folded state of the log before. */
export function inheritance(before: State, origin: string): readonly LogEvent[] {
  const jobs = Object.values(before.jobs);
  const past = Object.values(before.past).map(({ id, nonce }) => ({ job: id, nonce }));
  const orders = [...past, ...jobs.map(({ order }) => ({ job: order.id, nonce: order.nonce }))];
  // Void already: taken over from the log before that one.
  const older = Object.entries(before.voided).map(([job, nonce]) => ({ job: job as JobId, nonce }));
  const all = [...orders, ...older];
  const lists: LogEvent[] = [];
  for (let from = 0; from < all.length; from += mostOrders) {
    lists.push({ type: "AncestorOrders", orders: all.slice(from, from + mostOrders) });
  }
  const closed = jobs.flatMap((job): LogEvent[] => {
    if (job.ended !== null) return [];
    const open = job.attempts.find(({ phase }) => phase !== "ended");
    const nonconformity = `${job.order.id}-NC${job.nonconformities.length + 1}` as NonconformityId;
    const what =
      open === undefined
        ? "The end of its record is lost: nobody can know what was made of it since."
        : `The end of its record is lost while attempt ${open.id} was under way: nobody can know what the machine did.`;
    const outcome = "OutcomeUnknown";
    return [{ type: "AncestorJobClosed", job: job.order.id, attempt: open?.id ?? null, outcome, nonconformity, what }];
  });
  return [...lists, ...closed, ...standing(before, origin)];
}

/**
 * What central QA and the law have stopped stays stopped: only they lift it. A hold of the whole cell is of the name that
 * it has now, or no lift would be of the same. Legal holds of single jobs have done their work: nothing of those jobs can
 * be erased any more.
 */
function standing({ central, keeping }: State, origin: string): readonly LogEvent[] {
  const { frozen, provenAt, demonstration } = central;
  const legal = keeping.holds.filter(({ job }) => job === null);
  const holds = central.holds.map((hold) =>
    hold.target.kind === "cell" ? { ...hold, target: { ...hold.target, id: origin } } : hold,
  );
  if (holds.length + legal.length === 0 && frozen === null && !demonstration) return [];
  const lists: LogEvent[] = [];
  for (let from = 0; from === 0 || from < holds.length; from += mostOrders) {
    const some = holds.slice(from, from + mostOrders);
    lists.push({ type: "AncestorHolds", holds: some, legal: from === 0 ? legal : [], frozen, provenAt, demonstration });
  }
  return lists;
}

/**
 * What is asked of people where the last second of a record may be missing: of each open job the copy that was next may have
 * been begun, and nobody can know. Only QA's word frees it (law 4).
 */
export function doubts(state: State): readonly Extract<JobEvent, { type: "NonconformityRaised" }>[] {
  return Object.values(state.jobs).flatMap((job) => {
    const unit = job.ended === null ? nextUnit(job) : null;
    if (unit === null) return [];
    const what = `The record was repaired and its last second may be missing: nobody can know whether copy ${unit.number} was being made. Look for a part in the machine.`;
    return [
      {
        type: "NonconformityRaised",
        job: job.order.id,
        nonconformity: `${job.order.id}-NC${job.nonconformities.length + 1}` as NonconformityId,
        unit: unit.number,
        ...{ attempt: null, cause: "outcome-unknown", layer: null, what, findings: [], evidence: null },
      } as const,
    ];
  });
}

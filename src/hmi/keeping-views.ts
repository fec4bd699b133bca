/** How long a job is kept, and what was held, erased or dropped of it, in words. */
import { type KeptJob, keptUntil } from "../jobs/keeping-rules.ts";
import { dayOf, erasureOf, holdOn, holdReasons } from "../jobs/retention.ts";
import type { State } from "../jobs/state.ts";
import { own } from "../kernel/names.ts";
import type { KeepingView } from "./api-route.ts";
import { type Looks, named } from "./looks.ts";

/** What is known of the keeping of one job. */
export function keepingView(state: State, job: KeptJob, looks: Looks): KeepingView {
  const { id } = job;
  const until = keptUntil(state, job);
  const hold = holdOn(state.keeping, id);
  const erased = erasureOf(state.keeping, { kind: "job", id });
  const drop = own(state.keeping.drops, id);
  return {
    job: id,
    until: until?.record ?? null,
    picturesUntil: until?.pictures ?? null,
    hold: hold ? { ofCell: hold.job === null, since: hold.since, why: holdReasons[hold.reason] } : null,
    erased: erased ? { at: erased.at, by: named(erased.by, looks), destroyed: erased.destroyed } : null,
    dropped: drop?.count ?? 0,
  };
}

/** The same in one line; an empty text where there is nothing to say. */
export function keepingWords({ until, hold, erased, dropped }: KeepingView): string {
  return [
    ...(until === null ? [] : [`kept until ${dayOf(until)}`]),
    ...(hold ? [`LEGAL HOLD${hold.ofCell ? " on the whole cell" : ""}`] : []),
    ...(erased ? [`names erased on ${dayOf(erased.at)} by ${erased.by}`] : []),
    ...(dropped > 0 ? [`${dropped} files dropped by policy`] : []),
  ].join(" · ");
}

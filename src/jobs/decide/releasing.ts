/** The last steps of the route: handed over, reviewed by a second person, released (ISO 13485 8.2.6, feature 70). */
import { assert } from "../../kernel/assert.ts";
import { digestOfValue } from "../../kernel/hash.ts";
import { isIdentifier, type PersonId } from "../../kernel/names.ts";
import type { Message } from "../message.ts";
import { centralObjections, lotObjections } from "../objections.ts";
import { isSimulated, unitOf } from "../record/batch-record.ts";
import { omissions } from "../record/omissions.ts";
import { releaseMeaning, shownForRelease } from "../record/summary.ts";
import type { Omission, RefusalCode } from "../refusal.ts";
import type { Job, State } from "../state.ts";
import { nextOperation, nextUnit } from "../units.ts";
import type { Draft } from "./draft.ts";
import { endJobIfMade } from "./ending.ts";
import { refuse, stepAllowed } from "./refuse.ts";

type Of<Kind extends Message["kind"]> = Extract<Message, { kind: Kind }>;

/** The device leaves for another department, in a named container. */
export function handOver(draft: Draft, message: Of<"hand-over">): void {
  const { person, container } = message;
  const job = stepAllowed(draft, "hand-over", message.job, "handover", person);
  if (!job) return;
  if (!isIdentifier(container)) {
    const what = "This code is not a container's. Scan the code on the tray or bag.";
    return refuse(draft, "hand-over", person, message.job, { code: "out-of-order", what });
  }
  const [unit, next] = [nextUnit(job), nextOperation(job)];
  assert(unit && next?.kind === "handover", "open gates promise a copy and a hand-over");
  const base = { job: message.job, unit: unit.number, operation: next.id } as const;
  draft.add({ type: "HandedOver", ...base, to: next.to, container, person });
  draft.add({ type: "OperationCompleted", ...base, attempt: null });
  endJobIfMade(draft, message.job);
}

/** Everything that keeps a copy from being released now. */
export function omissionsOf(state: State, job: Job, unit: number): Omission[] {
  const release = job.order.route.find(({ kind }) => kind === "release") ?? null;
  return omissions(job.record, unit, {
    demonstration: state.setup?.demonstration ?? false,
    marked: state.central.demonstration,
    objections: [...centralObjections(state, job, release), ...lotObjections(state, job, unit)],
  });
}

/** Whoever had a hand in a copy: none of them releases it. */
export function handsOn(job: Job, unit: number): readonly PersonId[] {
  const attempts = job.attempts.filter((attempt) => attempt.unit === unit).flatMap(({ executors }) => executors);
  return [...attempts, ...(unitOf(job.record, unit)?.hands ?? [])];
}

/** Releases a copy; refused with a list while anything is missing. */
export function release(draft: Draft, message: Of<"release">): void {
  const { approval, unit } = message;
  const { person } = approval;
  const job = stepAllowed(draft, "release", message.job, "release", person);
  if (!job) return;
  const reject = (code: RefusalCode, what: string, missing?: readonly Omission[]) =>
    refuse(draft, "release", person, message.job, { code, what, ...(missing && { omissions: missing }) });
  const next = nextOperation(job);
  assert(next?.kind === "release", "open gates promise a release");
  if (nextUnit(job)?.number !== unit) return reject("out-of-order", `Copy ${unit} is not the one that waits.`);
  if (handsOn(job, unit).includes(person)) {
    return reject("own-work", "Whoever had a hand in the device cannot release it. Ask a second person.");
  }
  const lacking = omissionsOf(draft.state(), job, unit);
  if (lacking.length > 0) {
    const what = `The record is not complete: ${lacking.map((each) => each.what).join(" ")}`;
    return reject("not-complete", what, lacking);
  }
  const shown = digestOfValue(shownForRelease(job.record, unit));
  if (approval.shown !== shown || approval.meaning !== releaseMeaning) {
    const what = "The signature does not belong to what is on record now. Open it again and sign again.";
    return reject("not-what-was-shown", what);
  }
  const base = { job: message.job, unit, operation: next.id } as const;
  draft.add({ type: "UnitReleased", ...base, approval, simulated: isSimulated(job.record, unit) });
  draft.add({ type: "OperationCompleted", ...base, attempt: null });
  endJobIfMade(draft, message.job);
}

/** Refusing a person's request: the reason goes to whoever asked and, as an event, into the record. */
import type { JobId, PersonId } from "../../kernel/names.ts";
import { shutOf } from "../gate.ts";
import type { Operation } from "../order.ts";
import { findPast, isKnownJob } from "../past.ts";
import type { Refusal } from "../refusal.ts";
import { findJob, findPerson, type Job } from "../state.ts";
import { stepGates } from "../step-gates.ts";
import type { Draft } from "./draft.ts";

/** Refuses and records who asked for what (never what was typed). */
export function refuse(
  draft: Draft,
  request: string,
  person: PersonId | null,
  job: JobId | null,
  refusal: Refusal,
): void {
  const known = job !== null && isKnownJob(draft.state(), job);
  draft.add({
    type: "RequestRefused",
    job: known ? job : null,
    request,
    person,
    code: refusal.code,
    what: refusal.what,
  });
  draft.refuse(refusal);
}

/** The open job for a request of somebody who is enrolled; otherwise the refusal is said and this is null. */
export function startable(draft: Draft, request: string, id: JobId, person: PersonId): Job | null {
  const job = findJob(draft.state(), id);
  const over = job?.ended || findPast(draft.state(), id);
  if (over) refuse(draft, request, person, id, { code: "job-ended", what: `Order ${id} has ended.` });
  // What was asked for is not repeated: somebody may have typed a patient's number into the place of an order's.
  else if (!job)
    refuse(draft, request, person, id, { code: "unknown-job", what: "There is no such order in this cell." });
  else if (!findPerson(draft.state(), person)) {
    refuse(draft, request, person, id, {
      code: "unknown-person",
      what: "Nobody of that name is enrolled in this cell.",
    });
  } else return job;
  return null;
}

/** The job whose next step is one of this kind that this person may do; otherwise the refusal is said and this is null. */
export function stepAllowed(
  draft: Draft,
  request: string,
  id: JobId,
  kind: Operation["kind"],
  person: PersonId,
): Job | null {
  const job = startable(draft, request, id, person);
  if (!job) return null;
  const gates = stepGates(draft.state(), job, kind, person);
  const shut = shutOf(gates);
  if (shut.length === 0) return job;
  const first = shut[0]?.gate;
  const code = first === "route" ? "out-of-order" : first === "person" ? "wrong-role" : "not-startable";
  refuse(draft, request, person, id, { code, what: shut.map(({ what }) => what).join(" "), gates });
  return null;
}

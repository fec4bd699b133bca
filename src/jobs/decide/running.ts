/** What a person may do with a running attempt: hold, look again, resume, stop. */

import { assert } from "../../kernel/assert.ts";
import type { PersonId } from "../../kernel/names.ts";
import { holds } from "../../people/person.ts";
import { resumeGates } from "../gates.ts";
import type { Message } from "../message.ts";
import type { Attempt, Job } from "../state.ts";
import { findPerson } from "../state.ts";
import type { Draft } from "./draft.ts";
import { openAttempt } from "./draft.ts";
import { completeIfWhole, endAttempt } from "./ending.ts";
import { releaseNext } from "./eyes.ts";
import { refuse } from "./refuse.ts";

type Of<Kind extends Message["kind"]> = Extract<Message, { kind: Kind }>;

/** One press: no further layer begins. Anyone enrolled may do it, and doing it twice changes nothing. */
export function hold(draft: Draft, message: Of<"hold">): void {
  const found = mine(draft, "hold", message.attempt, message.person);
  if (!found || found.attempt.hold) return;
  draft.add({
    type: "HoldRaised",
    job: found.job.order.id,
    attempt: message.attempt,
    layer: null,
    cause: "person",
    what: message.why,
    person: message.person,
  });
}

/** The cause of blindness is mended: the same layer is photographed again, with all its takes. */
export function lookAgain(draft: Draft, message: Of<"look-again">): void {
  const found = mine(draft, "look-again", message.attempt, message.person);
  if (!found) return;
  const { job, attempt } = found;
  const look = attempt.looks.find((each) => each.step === "blind");
  if (!look) {
    return refuse(draft, "look-again", message.person, job.order.id, {
      code: "not-held",
      what: "No layer of this job waits for a second look.",
    });
  }
  const { layer } = look;
  draft.add({
    type: "RetakeOrdered",
    job: job.order.id,
    attempt: attempt.id,
    layer,
    take: look.take + 1,
    person: message.person,
  });
}

/** Goes on with a held attempt; needs its own presence proof, like a start (law 5). */
export function resume(draft: Draft, message: Of<"resume">): void {
  const found = mine(draft, "resume", message.attempt, message.person);
  if (!found) return;
  const { job, attempt } = found;
  const id = job.order.id;
  if (!attempt.hold) {
    return refuse(draft, "resume", message.person, id, { code: "not-held", what: "This job is not on hold." });
  }
  if (attempt.phase === "starting") {
    const what = "The machine has not begun. Stop this attempt and start anew; the plate is then looked at again.";
    return refuse(draft, "resume", message.person, id, { code: "not-resumable", what });
  }
  const gates = resumeGates(draft.state(), job, attempt, message.person, draft);
  const shut = gates.filter((gate) => gate.state === "shut");
  if (shut.length > 0) {
    const what = shut.map((gate) => gate.what).join(" ");
    return refuse(draft, "resume", message.person, id, { code: "not-resumable", what, gates });
  }
  assert(job.presence, "an open gate promises presence");
  const presence = job.presence.proof;
  draft.add({ type: "AttemptResumed", job: id, attempt: attempt.id, person: message.person, presence });
  releaseNext(draft, attempt.id);
  completeIfWhole(draft, attempt.id);
}

/** Ends the attempt for good; the machine is owed an abort. Anyone enrolled may do it. */
export function stop(draft: Draft, message: Of<"stop">): void {
  const found = mine(draft, "stop", message.attempt, message.person);
  if (!found) return;
  const what = `Stopped by a person: ${message.why}`;
  endAttempt(draft, found.job.order.id, found.attempt, "Aborted", { cause: "stopped-by-person", what }, message.person);
}

function mine(draft: Draft, request: string, id: string, person: PersonId): { job: Job; attempt: Attempt } | null {
  const found = openAttempt(draft, id);
  const known = findPerson(draft.state(), person);
  const allowed = request === "hold" || request === "stop" || holds(known, "technician");
  if (!found) refuse(draft, request, person, null, { code: "unknown-attempt", what: "This job is not running." });
  else if (!known) {
    refuse(draft, request, person, found.job.order.id, {
      code: "unknown-person",
      what: "Nobody of that name is enrolled in this cell.",
    });
  } else if (!allowed) {
    refuse(draft, request, person, found.job.order.id, { code: "wrong-role", what: "Only a technician may do this." });
  } else return found;
  return null;
}

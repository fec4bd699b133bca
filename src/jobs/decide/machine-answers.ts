/** What a machine's answer to a directive means. */
import type { Message } from "../message.ts";
import type { Attempt, Job } from "../state.ts";
import { findMachine } from "../state.ts";
import type { Draft } from "./draft.ts";
import { openAttempt } from "./draft.ts";
import { abortAtLayerEnd, abortNow, endAttempt } from "./ending.ts";

type Answered = Extract<Message, { kind: "answered" }>;

/** Late and doubled answers belong to nothing open and change nothing. */
export function answered(draft: Draft, message: Answered): void {
  if (message.directive === "abort") return abortAnswered(draft, message);
  const found = openAttempt(draft, message.attempt);
  if (!found || found.attempt.equipment !== message.equipment) return;
  const { job, attempt } = found;
  if (message.directive === "begin") return beginAnswered(draft, job, attempt, message);
  if (message.answer.kind === "refused") {
    return endAttempt(draft, job.order.id, attempt, "Failed", {
      cause: "machine-failed",
      what: `The machine refused to go on: ${message.answer.fault.what}`,
    });
  }
  if (message.directive === "hold") return holdAnswered(draft, job, attempt, message.answer);
  if (message.answer.kind === "unknown") return;
  if (!attempt.hold && message.layer > attempt.confirmed && message.layer <= attempt.released) {
    draft.add({ type: "ReleaseConfirmed", job: job.order.id, attempt: attempt.id, layer: message.layer });
  }
}

function beginAnswered(draft: Draft, job: Job, attempt: Attempt, message: Answered): void {
  if (attempt.phase !== "starting") return;
  const { answer } = message;
  switch (answer.kind) {
    case "done":
      return draft.add({ type: "AttemptBegan", job: job.order.id, attempt: attempt.id });
    case "refused":
      return endAttempt(draft, job.order.id, attempt, "NotBegun", { cause: null, what: answer.fault.what });
    case "unknown":
      return endAttempt(draft, job.order.id, attempt, "OutcomeUnknown", {
        cause: "outcome-unknown",
        what: `Nobody can know whether the machine began: ${answer.fault.what}`,
      });
  }
}

/** What is to be aborted at the end of a layer is aborted at once where nobody can say whether the machine will wait there. */
function holdAnswered(draft: Draft, job: Job, attempt: Attempt, answer: Answered["answer"]): void {
  if (answer.kind === "unknown") {
    if (attempt.toBeAborted) abortNow(draft, job, attempt, "Nobody can say whether the machine will wait");
    return;
  }
  if (attempt.hold && !attempt.hold.confirmed) {
    draft.add({ type: "HoldConfirmed", job: job.order.id, attempt: attempt.id });
    abortAtLayerEnd(draft, attempt.id, answer.kind === "done" && answer.waits === true ? "layer" : null);
  }
}

/** An abort is owed until the machine confirms it; that it did not is said once. */
function abortAnswered(draft: Draft, message: Answered): void {
  const machine = findMachine(draft.state(), message.equipment);
  if (!machine?.unsafe || machine.unsafe.attempt !== message.attempt) return;
  const { attempt, job, told } = machine.unsafe;
  if (message.answer.kind === "done") {
    return draft.add({ type: "MachineMadeSafe", job, attempt, equipment: machine.id });
  }
  if (told) return;
  draft.add({ type: "MachineNotMadeSafe", job, attempt, equipment: machine.id, fault: message.answer.fault });
}

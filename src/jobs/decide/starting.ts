/** From an order to a started attempt: nothing moves unless every gate is open (law 5). */

import type { MachineIdentity } from "../../equipment/machine.ts";
import { assert } from "../../kernel/assert.ts";
import type { AttemptId, JobId, PersonId } from "../../kernel/names.ts";
import { holds } from "../../people/person.ts";
import { nextOperation, nextUnit, startGates } from "../gates.ts";
import type { Message } from "../message.ts";
import type { Job } from "../state.ts";
import { findJob, findMachine, findPerson } from "../state.ts";
import type { Draft } from "./draft.ts";
import { refuse } from "./refuse.ts";

type Of<Kind extends Message["kind"]> = Extract<Message, { kind: Kind }>;

/** Takes in an order once; starts nothing. */
export function acceptOrder(draft: Draft, { order }: Of<"accept-order">): void {
  const reject = (code: "order-invalid" | "order-repeated" | "order-replayed" | "order-expired", what: string) =>
    refuse(draft, "accept-order", null, null, { code, what });
  const state = draft.state();
  if (findJob(state, order.id)) return reject("order-repeated", `Order ${order.id} is already here.`);
  if (Object.hasOwn(state.nonces, order.nonce)) {
    return reject("order-replayed", `Order ${order.id} carries the number of an order that was used before.`);
  }
  if (draft.at >= order.expires) return reject("order-expired", `Order ${order.id} has expired.`);
  if (order.copies < 1 || order.route.length === 0) {
    return reject("order-invalid", `Order ${order.id} asks for nothing to be made.`);
  }
  const missing = order.route.find((operation) => findMachine(state, operation.equipment) === undefined);
  if (missing) {
    return reject("order-invalid", `Order ${order.id} needs ${missing.equipment}, which this cell does not have.`);
  }
  draft.add({ type: "JobOrderAccepted", job: order.id, order });
}

/** Compares HMACs of the two identifiers; what was typed never comes here. */
export function confirmIdentity(draft: Draft, message: Of<"confirm-identity">): void {
  const job = startable(draft, "confirm-identity", message.job, message.person);
  if (!job) return;
  const [first, second] = job.order.identifierHmacs;
  const agrees = message.hmacs[0] === first && message.hmacs[1] === second && message.side === job.order.side;
  if (!agrees) {
    return refuse(draft, "confirm-identity", message.person, message.job, {
      code: "identity-mismatch",
      what: "The identifiers or the side do not belong to this order. Stop and compare the request form with the device.",
    });
  }
  draft.add({ type: "IdentityConfirmed", mono: draft.mono, job: message.job, person: message.person });
}

/** A person says the plate is clear; the camera is asked to agree. */
export function declarePlateClear(draft: Draft, message: Of<"declare-plate-clear">): void {
  const machine = findMachine(draft.state(), message.equipment);
  const { person, equipment } = message;
  if (!machine) {
    return refuse(draft, "declare-plate-clear", person, null, {
      code: "unknown-equipment",
      what: `There is no machine ${equipment}.`,
    });
  }
  if (!holds(findPerson(draft.state(), person), "technician")) {
    return refuse(draft, "declare-plate-clear", person, null, {
      code: "wrong-role",
      what: "Only a technician may clear a plate.",
    });
  }
  if (machine.openAttempt) {
    return refuse(draft, "declare-plate-clear", person, null, {
      code: "machine-in-use",
      what: "A job is running on this plate.",
    });
  }
  draft.add({ type: "PlateDeclaredClear", equipment, person, check: `plate-${draft.id}` });
}

/** A single-use proof from the device wired to the cell that someone stands there, for this job. */
export function provePresence(draft: Draft, message: Of<"prove-presence">): void {
  const job = findJob(draft.state(), message.job);
  if (!job || job.ended) {
    return refuse(draft, "prove-presence", null, message.job, {
      code: "unknown-job",
      what: "The scanned code belongs to no open job.",
    });
  }
  if (Object.hasOwn(job.proofsSeen, message.proof)) {
    return refuse(draft, "prove-presence", null, message.job, {
      code: "proof-reused",
      what: "This proof was used before.",
    });
  }
  draft.add({
    type: "PresenceProven",
    mono: draft.mono,
    job: message.job,
    device: message.device,
    proof: message.proof,
  });
}

/** Writes the intent to make one unit; the machine hears of it only after it is on disk (law 1). */
export function start(draft: Draft, message: Of<"start">): void {
  const job = startable(draft, "start", message.job, message.person);
  if (!job) return;
  const gates = startGates(draft.state(), job, message.operation, message.person, draft);
  const shut = gates.filter((gate) => gate.state === "shut");
  if (shut.length > 0) {
    const what = shut.map((gate) => gate.what).join(" ");
    const code = shut.some((gate) => gate.gate === "route") ? "out-of-order" : "not-startable";
    return refuse(draft, "start", message.person, message.job, { code, what, gates });
  }
  draft.add(attemptStarted(draft, job, message.person));
}

function attemptStarted(draft: Draft, job: Job, person: PersonId) {
  const unit = nextUnit(job);
  const operation = nextOperation(job);
  assert(unit && operation, "an open gate promises a unit and an operation");
  const machine = findMachine(draft.state(), operation.equipment);
  assert(machine?.identity && machine.plateCheck && job.presence, "open gates promise machine, plate and presence");
  const identity: MachineIdentity = machine.identity;
  return {
    type: "AttemptStarted",
    job: job.order.id,
    attempt: `${job.order.id}-A${job.attempts.length + 1}` as AttemptId,
    unit: unit.number,
    operation: operation.id,
    equipment: operation.equipment,
    person,
    presence: job.presence.proof,
    plateCheck: machine.plateCheck,
    machine: identity,
    simulated: identity.simulated,
  } as const;
}

/** Ends an order that nobody will finish; refused while something runs or waits for a decision. */
export function cancelJob(draft: Draft, message: Of<"cancel-job">): void {
  const job = startable(draft, "cancel-job", message.job, message.person);
  if (!job) return;
  const busy = job.attempts.some((attempt) => attempt.phase !== "ended");
  const undecided = job.nonconformities.some((each) => each.disposition === null);
  if (busy || undecided) {
    return refuse(draft, "cancel-job", message.person, message.job, {
      code: "not-startable",
      what: busy ? "Stop the running attempt first." : "QA has to decide on the open nonconformity first.",
    });
  }
  draft.add({ type: "JobEnded", job: message.job, outcome: "Aborted", person: message.person, what: message.why });
}

function startable(draft: Draft, request: string, id: JobId, person: PersonId): Job | null {
  const job = findJob(draft.state(), id);
  if (!job) refuse(draft, request, person, id, { code: "unknown-job", what: `There is no order ${id} in this cell.` });
  else if (job.ended) refuse(draft, request, person, id, { code: "job-ended", what: `Order ${id} has ended.` });
  else if (!findPerson(draft.state(), person)) {
    refuse(draft, request, person, id, {
      code: "unknown-person",
      what: "Nobody of that name is enrolled in this cell.",
    });
  } else return job;
  return null;
}

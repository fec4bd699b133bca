/** From an order to a started attempt: nothing moves unless every gate is open (law 5). */

import type { MachineIdentity } from "../../equipment/machine.ts";
import { assert } from "../../kernel/assert.ts";
import { canonicalSize } from "../../kernel/json.ts";
import type { AttemptId, Digest, PersonId } from "../../kernel/names.ts";
import type { EpochMs } from "../../kernel/units.ts";
import { holds } from "../../people/person.ts";
import { shutOf } from "../gate.ts";
import { startGates } from "../gates.ts";
import { limitSetsOnDuty } from "../limit-sets.ts";
import { issuedMaterials } from "../material-gates.ts";
import type { Message } from "../message.ts";
import { modelOnDuty } from "../models.ts";
import { isByMachine, type JobOrder, whyRouteCannotBeGone } from "../order.ts";
import { isKnownJob } from "../past.ts";
import type { RefusalCode } from "../refusal.ts";
import type { Job, State } from "../state.ts";
import { findJob, findMachine, findPerson, revisionOf } from "../state.ts";
import { nextOperation, nextUnit } from "../units.ts";
import { camerasOf, firstCamera } from "../views.ts";
import type { Draft } from "./draft.ts";
import { whyNotLabelled } from "./labels.ts";
import { refuse, startable } from "./refuse.ts";

type Of<Kind extends Message["kind"]> = Extract<Message, { kind: Kind }>;

/** Longest order in bytes of canonical JSON: it has to fit into one entry of the record with room around it. */
const mostOrderBytes = 128 * 1024;

/** Takes in an order once; starts nothing. */
export function acceptOrder(draft: Draft, { order }: Of<"accept-order">): void {
  const problem = whyNotAccepted(draft.state(), order, draft.at);
  if (problem) return refuse(draft, "accept-order", null, null, problem);
  draft.add({ type: "JobOrderAccepted", job: order.id, order });
  endSuperseded(draft, order);
}

function whyNotAccepted(state: State, order: JobOrder, at: EpochMs): { code: RefusalCode; what: string } | null {
  const { id, lineage } = order;
  const bytes = canonicalSize(order);
  // First, because the sentences below quote the order.
  if (bytes === null) {
    return { code: "order-invalid", what: `Order ${id} holds a text or a number that no record can hold.` };
  }
  if (bytes > mostOrderBytes) {
    const what = `Order ${id} with its route has ${bytes} bytes, at most ${mostOrderBytes} can be recorded: its recipe needs fewer or shorter steps.`;
    return { code: "order-invalid", what };
  }
  if (id.length > 20) return { code: "order-invalid", what: `Order ${id} has an id of more than 20 signs.` };
  if (isKnownJob(state, id)) return { code: "order-repeated", what: `Order ${id} is already here.` };
  if (Object.hasOwn(state.voided, id)) {
    const what = `Order ${id} was taken in before this record was continued (as ${state.ancestor}); nobody knows which of its copies were made. It has to be issued anew, under a new number.`;
    return { code: "order-replayed", what };
  }
  if (Object.hasOwn(state.nonces, order.nonce)) {
    return { code: "order-replayed", what: `Order ${id} carries the number of an order that was used before.` };
  }
  if (at >= order.expires) return { code: "order-expired", what: `Order ${id} has expired.` };
  if (Object.hasOwn(state.superseded, id)) {
    return { code: "order-superseded", what: `Order ${state.superseded[id]} has replaced order ${id}.` };
  }
  const known = revisionOf(state, lineage.design);
  if (lineage.revision < known) {
    const what = `Order ${id} is for revision ${lineage.revision} of the design; revision ${known} is here already.`;
    return { code: "order-superseded", what };
  }
  const wrong = order.copies < 1 ? "It asks for nothing to be made." : whyRouteCannotBeGone(order.route);
  if (wrong !== null) return { code: "order-invalid", what: `Order ${id} cannot be made. ${wrong}` };
  if (order.supersedes === id) return { code: "order-invalid", what: `Order ${id} says that it replaces itself.` };
  const missing = order.route.filter(isByMachine).find(({ equipment }) => !findMachine(state, equipment));
  if (missing) {
    return { code: "order-invalid", what: `Order ${id} needs ${missing.equipment}, which this cell does not have.` };
  }
  const unlabelled = order.route.some(({ kind }) => kind === "label") ? whyNotLabelled(order.gtin, id) : null;
  return unlabelled === null
    ? null
    : { code: "order-invalid", what: `No label could be made for order ${id}: ${unlabelled}` };
}

/** What nobody has begun is over; what is being made meets its gate at the next start. */
function endSuperseded(draft: Draft, order: JobOrder): void {
  const old = order.supersedes === null ? undefined : findJob(draft.state(), order.supersedes);
  if (!old || old.ended || old.attempts.length > 0) return;
  const what = `Order ${order.id} has replaced it.`;
  draft.add({ type: "JobEnded", job: old.order.id, outcome: "Aborted", person: null, what });
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
      what: "There is no such machine in this cell.",
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
  const shut = shutOf(gates);
  if (shut.length > 0) {
    const what = shut.map((gate) => gate.what).join(" ");
    const byOrder = shut.some(({ gate }) => gate === "route" || gate === "machine-step");
    const code = byOrder ? "out-of-order" : "not-startable";
    return refuse(draft, "start", message.person, message.job, { code, what, gates });
  }
  draft.add(attemptStarted(draft, job, message.person));
}

function attemptStarted(draft: Draft, job: Job, person: PersonId) {
  const [unit, operation] = [nextUnit(job), nextOperation(job)];
  assert(unit && operation && isByMachine(operation), "an open gate promises a unit and a machine's step");
  const machine = findMachine(draft.state(), operation.equipment);
  assert(machine?.identity && job.presence, "open gates promise machine and presence");
  const builds = operation.kind === "build";
  assert(!builds || machine.plateCheck, "an open gate promises a plate that was looked at");
  const identity: MachineIdentity = machine.identity;
  const { models, inspection, limitSets } = draft.state();
  const { inHand } = inspection;
  const seen = { recipe: job.order.recipe, model: inHand?.model ?? null };
  const sets = builds ? limitSetsOnDuty(limitSets, seen, setupsAt(draft.state(), operation.equipment)) : [];
  return {
    type: "AttemptStarted",
    job: job.order.id,
    attempt: `${job.order.id}-A${job.attempts.length + 1}` as AttemptId,
    unit: unit.number,
    operation: operation.id,
    equipment: operation.equipment,
    person,
    presence: job.presence.proof,
    plateCheck: builds ? machine.plateCheck : null,
    ...(builds && { judge: modelOnDuty(models, inHand) }),
    ...(sets.length > 0 && { limitSets: sets }),
    part: builds ? null : unit.tag,
    materials: issuedMaterials(draft.state(), operation),
    machine: identity,
    simulated: identity.simulated,
  } as const;
}

/** Set-ups of the cameras that look at this machine. */
function setupsAt({ setup, inspection }: State, equipment: string): readonly (Digest | null)[] {
  const cameras = camerasOf(setup, equipment);
  const known = [{ camera: firstCamera, calibration: inspection.calibration }, ...(inspection.views ?? [])];
  return known.filter(({ camera }) => cameras.includes(camera)).map(({ calibration }) => calibration?.setup ?? null);
}

/** Ends an order that nobody will finish; refused while something runs or waits for a decision. */
export function cancelJob(draft: Draft, message: Of<"cancel-job">): void {
  const job = startable(draft, "cancel-job", message.job, message.person);
  if (!job) return;
  const known = findPerson(draft.state(), message.person);
  if (!holds(known, "technician") && !holds(known, "qa")) {
    return refuse(draft, "cancel-job", message.person, message.job, {
      code: "wrong-role",
      what: "Only a technician or QA may end an order.",
    });
  }
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

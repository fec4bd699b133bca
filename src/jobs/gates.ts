/** Why a job can or cannot start or go on: every condition asked, none hidden (feature 93, law 8). */

import type { OperationId, PersonId } from "../kernel/names.ts";
import type { EpochMs, Milliseconds, Moment, MonotonicMs } from "../kernel/units.ts";
import { holds } from "../people/person.ts";
import { calibrationWords, setupsInUse, whyNotCalibrated, whyNotSeen } from "./cameras.ts";
import { whySuspended } from "./challenge.ts";
import { gate, notBuilt } from "./gate.ts";
import { materialGates } from "./material-gates.ts";
import { lotObjections, modelObjection } from "./objections.ts";
import { equipmentOf, isByMachine, type Operation } from "./order.ts";
import type { Gate } from "./refusal.ts";
import type { Attempt, EquipmentState, Job, State } from "./state.ts";
import { findMachine, findPerson, operationOf } from "./state.ts";
import { centralGate, nonconformityGate, recordGate, supersededGate } from "./step-gates.ts";
import { nextOperation, nextUnit } from "./units.ts";

/** Every condition of starting `operation` now; the start is allowed when none is shut. */
export function startGates(
  state: State,
  job: Job,
  operation: OperationId,
  person: PersonId | null,
  now: Moment,
): Gate[] {
  const next = nextOperation(job);
  const builds = next === null || next.kind === "build";
  const machine = findMachine(state, (next && equipmentOf(next)) ?? "");
  return [
    ...orderGates(state, job, operation, now.at),
    nonconformityGate(job),
    centralGate(state, job, next),
    recordGate(state),
    gate(
      "person",
      person === null ? null : holds(findPerson(state, person), "technician"),
      "You may start jobs.",
      "Only a technician may start a job.",
      "Let a technician sign in.",
      "technician",
    ),
    ...(builds ? [identityGate(job, person, now.mono)] : [partGate(state, job, now.mono)]),
    ...(next !== null && !isByMachine(next) ? [byHandGate(next)] : machineGates(state, machine)),
    ...(builds ? buildGates(state, job, machine, now.at) : []),
    ...(next !== null && isByMachine(next) ? materialGates(state, next, now.at) : []),
    presenceGate(state, job, now),
    notBuilt("qualification", "The qualification matrix is not checked by this version."),
    notBuilt("competence", "Training records are not checked by this version."),
  ];
}

/** What a machine needs that builds on a plate, layer by layer, under the camera. */
function buildGates(state: State, job: Job, machine: EquipmentState | undefined, at: EpochMs): Gate[] {
  return [
    plateGate(machine),
    inspectionGate(state, machine, at),
    modelGate(state, job, machine, at),
    challengeGate(state, at),
  ];
}

function byHandGate(next: Operation): Gate {
  const shut = `${next.title} is done by people; no machine is started for it.`;
  return gate("machine-step", false, "", shut, "Open the step on its own screen.", "technician");
}

function identityGate(job: Job, person: PersonId | null, mono: MonotonicMs): Gate {
  return gate(
    "identity",
    isIdentityFresh(job, person, mono),
    "Both identifiers agree with the order.",
    job.identity
      ? "The identifiers were confirmed by somebody else or too long ago."
      : "The two identifiers are not confirmed.",
    "Enter both identifiers and the side from the request form.",
    "technician",
  );
}

/** The part at the machine is the one that is next: its tag was scanned there, for this step, not long ago (feature 48). */
function partGate(state: State, job: Job, mono: MonotonicMs): Gate {
  const [unit, next] = [nextUnit(job), nextOperation(job)];
  const seen = unit?.confirmed ?? null;
  const fresh = seen !== null && seen.operation === next?.id && mono - seen.mono <= identityValidMs;
  const machine = next && state.setup?.equipment.find(({ id }) => id === equipmentOf(next))?.title;
  return gate(
    "part",
    fresh,
    "The part at the machine is the one that is next.",
    unit?.tag ? "The part was not scanned at the machine, or too long ago." : "The part has no tag yet.",
    unit?.tag ? `Scan the part's tag at ${machine ?? "the machine"}.` : "Scan the tag that is on the part.",
    "technician",
  );
}

/** Whoever starts has compared the identifiers, and not long ago (feature 4: confirmed at the start). */
const identityValidMs: Milliseconds = 15 * 60_000;

function isIdentityFresh(job: Job, person: PersonId | null, mono: MonotonicMs): boolean {
  if (job.identity === null) return false;
  const sameHands = person === null || job.identity.person === person;
  return sameHands && mono - job.identity.mono <= identityValidMs;
}

function orderGates(state: State, job: Job, operation: OperationId, at: EpochMs): Gate[] {
  const next = nextOperation(job);
  const { notBefore } = job.order;
  return [
    gate("order", !job.ended, "The order is open.", "The order has ended.", "Ask for a new order.", "design authority"),
    supersededGate(state, job),
    gate(
      "not-before",
      at >= notBefore,
      "The order may be made now.",
      "The order may not be made yet.",
      "Wait for the order's first day.",
      "design authority",
    ),
    expiryGate(job, at),
    gate(
      "copies",
      nextUnit(job) !== null,
      "A copy is left to make.",
      "Every ordered copy is made or reserved.",
      "Ask QA to decide on what is reserved.",
      "qa",
    ),
    gate(
      "route",
      next?.id === operation,
      "This is the next step of the route.",
      next ? `The next step is ${next.title}, not this one.` : "No step is left.",
      "Start the step that the route names.",
      "technician",
    ),
  ];
}

function expiryGate(job: Job, at: EpochMs): Gate {
  return gate(
    "expiry",
    at < job.order.expires,
    "The order has not expired.",
    "The order has expired.",
    "Ask the design authority for a new order; the anatomy may have changed.",
    "design authority",
  );
}

/** What a copy was made of has to be as good as it was when it was taken: QA can reject a lot later (feature 39). */
function usedLotsGate(state: State, job: Job, unit: number): Gate {
  const spoilt = lotObjections(state, job, unit);
  const what = spoilt.join(" ");
  return gate(
    "used-lots",
    spoilt.length === 0,
    "Every lot that was used is still released.",
    what,
    "QA decides.",
    "qa",
  );
}

/** Every condition of going on with a held attempt. */
export function resumeGates(state: State, job: Job, attempt: Attempt, person: PersonId, now: Moment): Gate[] {
  const machine = findMachine(state, attempt.equipment);
  const operation = operationOf(job.order, attempt.operation);
  const isBuild = operation.kind === "build";
  return [
    nonconformityGate(job),
    centralGate(state, job, operation),
    supersededGate(state, job),
    expiryGate(job, now.at),
    usedLotsGate(state, job, attempt.unit),
    gate(
      "person",
      holds(findPerson(state, person), "technician"),
      "You may resume jobs.",
      "Only a technician may resume a job.",
      "Let a technician sign in.",
      "technician",
    ),
    gate(
      "layers",
      attempt.accepted === attempt.printed,
      "Every layer made so far is accepted.",
      `Layer ${attempt.accepted + 1} is not accepted.`,
      "Look again, or let QA decide.",
      "technician",
    ),
    gate(
      "machine-online",
      machine?.online ?? false,
      "The machine answers.",
      machine?.fault?.what ?? "The machine does not answer.",
      machine?.fault?.remedy ?? "Check its power and cable.",
      "technician",
    ),
    untouchedGate(machine),
    ...(isBuild ? [modelGate(state, job, machine, now.at)] : []),
    presenceGate(state, job, now),
  ];
}

function machineGates(state: State, machine: EquipmentState | undefined): Gate[] {
  const simulated = machine?.identity?.simulated ?? false;
  return [
    gate(
      "machine-online",
      machine?.online ?? false,
      "The machine answers.",
      machine?.fault?.what ?? "The machine does not answer.",
      machine?.fault?.remedy ?? "Check its power and cable.",
      "technician",
    ),
    gate(
      "machine-free",
      machine !== undefined && machine.openAttempt === null,
      "The machine is free.",
      "The machine is at work on another job.",
      "Wait until it has ended.",
      "technician",
    ),
    gate(
      "machine-safe",
      machine !== undefined && machine.unsafe === null,
      "The machine is in a safe state.",
      "The machine has not confirmed that it stopped and cooled after the last attempt.",
      "Switch it off at its own switch if it is hot or moving, then call the engineer.",
      "engineer",
    ),
    untouchedGate(machine),
    gate(
      "host-loss",
      state.setup?.equipment.find((each) => each.id === machine?.id)?.onHostLoss !== "none",
      "The machine cools down by itself when the controller is gone.",
      "Nothing would cool the machine down if the controller died.",
      "Fit a relay or a firmware timeout and say so in the configuration.",
      "engineer",
    ),
    gate(
      "simulation",
      !simulated || (state.setup?.demonstration ?? false),
      simulated ? "SIMULATED machine: not for human use." : "The machine is real.",
      "The machine is simulated and this cell is not a demonstration.",
      "Configure the real machine.",
      "engineer",
    ),
  ];
}

/** Nobody else acted at the machine, or a person has looked into it since (feature 32). */
function untouchedGate(machine: EquipmentState | undefined): Gate {
  const seen = machine?.foreign ?? null;
  return gate(
    "machine-untouched",
    seen === null,
    "Nobody else has acted at the machine.",
    seen === null ? "" : `Somebody else acted at the machine. ${seen.what}`,
    "Look at the machine and at what is set there, then say here that you have.",
    "technician",
  );
}

function plateGate(machine: EquipmentState | undefined): Gate {
  return gate(
    "plate",
    machine?.plate === "clear",
    "The plate is clear: a person and the camera say so.",
    machine?.plateWhat ?? "Nobody has declared the plate clear.",
    "Remove everything from the plate, then declare it clear.",
    "technician",
  );
}

/** What is done about a calibration that is over, or soon will be. */
export const recalibrate = "The engineer clears the plate and runs `cellward camera calibrate`.";

function inspectionGate(state: State, machine: EquipmentState | undefined, at: EpochMs): Gate {
  const closed = whyNotSeen(state, machine?.id ?? "");
  const over = whyNotCalibrated(state, machine?.id ?? "", Math.max(at, state.clock.highest));
  const known = calibrationWords(state, machine?.id ?? "");
  return gate(
    "inspection",
    closed === null && over === null,
    `Camera and inspection are ready.${known === null ? "" : ` ${known}`}`,
    closed ?? over ?? "",
    closed === null ? recalibrate : "Check the camera, its light and its cable; then call the engineer.",
    "engineer",
  );
}

/** The loaded model may judge this order's layers: signed for, in force, and the very one that was signed for (feature 52). */
function modelGate(state: State, job: Job, machine: EquipmentState | undefined, at: EpochMs): Gate {
  const why = modelObjection(state, job, machine?.identity?.simulated ?? false, at);
  const open = "The inspection model is approved for this.";
  return gate("model", why === null, open, why?.what ?? "", why?.remedy ?? "", "qa");
}

/** Why nothing is built by this inspection now, in one sentence, or null. */
export function inspectionSuspended(state: State, at: EpochMs): string | null {
  const { setup, versions, inspection, challenge, clock } = state;
  const rule = {
    validMs: setup?.challengeValidMs ?? null,
    model: inspection.inHand?.model ?? versions?.modelDigest ?? null,
    ...setupsInUse(state),
  };
  return whySuspended(challenge, rule, Math.max(at, clock.highest));
}

/** The inspection has found what was planted for it, not too long ago where that is asked for (feature 63). */
function challengeGate(state: State, at: EpochMs): Gate {
  const { challenge } = state;
  const why = inspectionSuspended(state, at);
  return gate(
    "challenge",
    why === null,
    challenge.last === null
      ? "No challenge of the inspection is asked for."
      : "The inspection has passed its challenge.",
    why ?? "",
    "Clear the plate and challenge the inspection, on the screen Cell. If it misses again, call the engineer.",
    "technician",
  );
}

function presenceGate(state: State, job: Job, now: Moment): Gate {
  const validMs = state.setup?.presenceValidMs ?? 0;
  const fresh = job.presence !== null && now.mono - job.presence.mono <= validMs;
  return gate(
    "presence",
    fresh,
    "You stand at the cell.",
    job.presence ? "The proof that you stand at the cell has expired." : "Nobody has proven to stand at the cell.",
    "Scan the job's code at the cell and press the enable button.",
    "technician",
  );
}

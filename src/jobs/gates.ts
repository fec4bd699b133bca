/** Why a job can or cannot start or go on: every condition asked, none hidden (feature 93, law 8). */
import type { OperationId, PersonId } from "../kernel/names.ts";
import type { EpochMs, Milliseconds, Moment, MonotonicMs } from "../kernel/units.ts";
import { holds } from "../people/person.ts";
import type { Operation } from "./order.ts";
import type { Gate } from "./refusal.ts";
import type { Attempt, EquipmentState, Job, State, Unit } from "./state.ts";
import { findMachine, findPerson, openNonconformity } from "./state.ts";

/** The unit that would be worked on next, or null when every copy is made, reserved or blocked. */
export function nextUnit(job: Job): Unit | null {
  const busy = new Set(job.attempts.filter((attempt) => attempt.phase !== "ended").map((attempt) => attempt.unit));
  const live = job.units.filter((unit) => !unit.scrapped);
  const waiting = live.find((unit) => unit.completed < job.order.route.length && !busy.has(unit.number));
  if (waiting) return waiting;
  if (live.length >= job.order.copies) return null;
  return { number: job.units.length + 1, completed: 0, scrapped: false };
}

/** The operation that the job's next unit needs, or null. */
export function nextOperation(job: Job): Operation | null {
  const unit = nextUnit(job);
  return unit ? (job.order.route[unit.completed] ?? null) : null;
}

/** Every condition of starting `operation` now; the start is allowed when none is shut. */
export function startGates(
  state: State,
  job: Job,
  operation: OperationId,
  person: PersonId | null,
  now: Moment,
): Gate[] {
  const next = nextOperation(job);
  const machine = next ? findMachine(state, next.equipment) : undefined;
  return [
    ...orderGates(job, operation, now.at),
    nonconformityGate(job),
    gate(
      "person",
      person === null ? null : holds(findPerson(state, person), "technician"),
      "You may start jobs.",
      "Only a technician may start a job.",
      "Let a technician sign in.",
      "technician",
    ),
    gate(
      "identity",
      isIdentityFresh(job, person, now.mono),
      "Both identifiers agree with the order.",
      job.identity
        ? "The identifiers were confirmed by somebody else or too long ago."
        : "The two identifiers are not confirmed.",
      "Enter both identifiers and the side from the request form.",
      "technician",
    ),
    ...machineGates(state, machine),
    ...(next?.kind === "build" ? [inspectionGate(state)] : []),
    presenceGate(state, job, now),
    notBuilt("material", "Material lots are not checked by this version."),
    notBuilt("qualification", "The qualification matrix is not checked by this version."),
    notBuilt("competence", "Training records are not checked by this version."),
  ];
}

/** Whoever starts has compared the identifiers, and not long ago (feature 4: confirmed at the start). */
const identityValidMs: Milliseconds = 15 * 60_000;

function isIdentityFresh(job: Job, person: PersonId | null, mono: MonotonicMs): boolean {
  if (job.identity === null) return false;
  const sameHands = person === null || job.identity.person === person;
  return sameHands && mono - job.identity.mono <= identityValidMs;
}

function orderGates(job: Job, operation: OperationId, at: EpochMs): Gate[] {
  const next = nextOperation(job);
  const { notBefore, expires } = job.order;
  return [
    gate("order", !job.ended, "The order is open.", "The order has ended.", "Ask for a new order.", "design authority"),
    gate(
      "not-before",
      at >= notBefore,
      "The order may be made now.",
      "The order may not be made yet.",
      "Wait for the order's first day.",
      "design authority",
    ),
    gate(
      "expiry",
      at < expires,
      "The order has not expired.",
      "The order has expired.",
      "Ask the design authority for a new order; the anatomy may have changed.",
      "design authority",
    ),
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

/** Every condition of going on with a held attempt. */
export function resumeGates(state: State, job: Job, attempt: Attempt, person: PersonId, now: Moment): Gate[] {
  const machine = findMachine(state, attempt.equipment);
  return [
    nonconformityGate(job),
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
    gate(
      "plate",
      machine?.plate === "clear",
      "The plate is clear: a person and the camera say so.",
      machine?.plateWhat ?? "Nobody has declared the plate clear.",
      "Remove everything from the plate, then declare it clear.",
      "technician",
    ),
  ];
}

function inspectionGate(state: State): Gate {
  return gate(
    "inspection",
    state.inspection.ready,
    "Camera and inspection are ready.",
    state.inspection.what,
    "Check the camera, its light and its cable; then call the engineer.",
    "engineer",
  );
}

function nonconformityGate(job: Job): Gate {
  return gate(
    "nonconformity",
    openNonconformity(job) === undefined,
    "No nonconformity is open.",
    openNonconformity(job)?.what ?? "",
    "QA decides on the open nonconformity.",
    "qa",
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

function notBuilt(name: string, what: string): Gate {
  return { gate: name, state: "not-built", what, remedy: "Check it by hand.", owner: "technician" };
}

/** `null` leaves the gate open: the question cannot be asked yet (nobody is signed in). */
function gate(
  name: string,
  holdsTrue: boolean | null,
  open: string,
  shut: string,
  remedy: string,
  owner: Gate["owner"],
): Gate {
  const isOpen = holdsTrue ?? true;
  return {
    gate: name,
    state: isOpen ? "open" : "shut",
    what: isOpen ? open : shut,
    remedy: isOpen ? "" : remedy,
    owner,
  };
}

/** Somebody else's hand at a machine: it is recorded, what runs there waits, and nothing begins until a person has looked. */
import type { Observation } from "../../equipment/machine.ts";
import { holds } from "../../people/person.ts";
import type { Message } from "../message.ts";
import type { EquipmentState } from "../state.ts";
import { findMachine, findPerson } from "../state.ts";
import type { Draft } from "./draft.ts";
import { openAttempt, raise } from "./draft.ts";
import { refuse } from "./refuse.ts";

type Seen = Extract<Observation, { kind: "foreign-action" }>;

/** How many are told one by one until somebody looks; a machine that goes on saying so fills no disk. */
const mostTold = 20;

/** Records it; a running attempt is held and gets one nonconformity, however often it happens before QA decides. */
export function foreignAction(draft: Draft, machine: EquipmentState, said: Seen): void {
  const named = said.attempt ?? machine.openAttempt;
  const open = named !== null && named === machine.openAttempt ? openAttempt(draft, named) : undefined;
  const isRaised = open?.job.nonconformities.some(
    ({ attempt, cause, disposition }) =>
      attempt === open.attempt.id && cause === "foreign-action" && disposition === null,
  );
  const isTold = machine.foreign !== null && (machine.foreign.what === said.what || machine.foreign.times >= mostTold);
  if (isTold && isRaised !== false) return;
  const { what } = said;
  const job = open?.job.order.id ?? null;
  const attempt = open?.attempt.id ?? null;
  draft.add({ type: "ForeignActionSeen", job, attempt, equipment: machine.id, what });
  if (!open || job === null || attempt === null || isRaised) return;
  if (!open.attempt.hold) {
    const why = `Somebody else acted at the machine. ${what}`;
    const cause = "foreign-action";
    draft.add({ type: "HoldRaised", job, attempt, layer: null, cause, what: why, person: null });
  }
  raise(draft, job, open.attempt, "foreign-action", what);
}

/** A technician has looked at the machine and at what is set there. */
export function lookedInto(draft: Draft, message: Extract<Message, { kind: "declare-looked-into" }>): void {
  const { equipment, person } = message;
  const machine = findMachine(draft.state(), equipment);
  if (!machine) {
    const what = "There is no such machine in this cell.";
    return refuse(draft, "declare-looked-into", person, null, { code: "unknown-equipment", what });
  }
  if (!holds(findPerson(draft.state(), person), "technician")) {
    const what = "Only a technician may say that a machine was looked at.";
    return refuse(draft, "declare-looked-into", person, null, { code: "wrong-role", what });
  }
  if (machine.foreign === null) {
    const what = "Nobody else was seen acting at this machine.";
    return refuse(draft, "declare-looked-into", person, null, { code: "nothing-seen", what });
  }
  draft.add({ type: "ForeignActionLookedInto", equipment, person });
}

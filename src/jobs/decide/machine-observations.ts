/** What a machine's unasked news means. */

import type { LayerValues } from "../../equipment/layer-values.ts";
import type { Execution, Observation } from "../../equipment/machine.ts";
import { unreachable } from "../../kernel/assert.ts";
import type { EquipmentId, JobId } from "../../kernel/names.ts";
import type { Message } from "../message.ts";
import type { EquipmentState } from "../state.ts";
import { findMachine, layersOf, operationOf } from "../state.ts";
import type { WindowAccount } from "../watch-event.ts";
import type { Draft } from "./draft.ts";
import { openAttempt } from "./draft.ts";
import { abortAtLayerEnd, completeIfWhole, endAttempt } from "./ending.ts";
import { foreignAction } from "./foreign.ts";
import { holdUnwatched } from "./windows.ts";

type Said<Kind extends Observation["kind"]> = Extract<Observation, { kind: Kind }>;

/** Routes an observation; one from a machine that the setup does not know is dropped by the adapter before. */
export function observed(draft: Draft, message: Extract<Message, { kind: "observed" }>): void {
  const { observation } = message;
  const machine = findMachine(draft.state(), message.equipment);
  if (!machine) return;
  switch (observation.kind) {
    case "online":
      return online(draft, machine, observation);
    case "offline":
      return offline(draft, machine, observation);
    case "layer-done":
      return layerDone(draft, machine.id, observation, message.values);
    case "finished":
      return finished(draft, machine.id, observation, message.windows ?? []);
    case "failed":
      return failed(draft, machine.id, observation);
    case "gap":
      return unwatched(draft, machine, observation);
    case "alarm":
      return alarm(draft, machine, observation);
    case "foreign-action":
      return foreignAction(draft, machine, observation);
    default:
      return unreachable(observation);
  }
}

/** A machine that comes (back) online has forgotten what it did; an open attempt on it is over. */
function online(draft: Draft, machine: EquipmentState, said: Said<"online">): void {
  const wanted = draft.state().setup?.equipment.find((each) => each.id === machine.id);
  if (wanted && wanted.serial !== said.identity.serial) {
    const what = `Another machine answers at this address (serial ${said.identity.serial}, expected ${wanted.serial}).`;
    const remedy = "Connect the right machine, or let the engineer commission this one.";
    return draft.add({ type: "MachineOffline", equipment: machine.id, fault: { code: "wrong-machine", what, remedy } });
  }
  closeUnknown(draft, machine, "The machine started anew in the middle of the job.");
  draft.add({ type: "MachineOnline", equipment: machine.id, identity: said.identity });
}

function offline(draft: Draft, machine: EquipmentState, said: Said<"offline">): void {
  closeUnknown(draft, machine, said.fault.what);
  if (machine.online || machine.fault?.code !== said.fault.code) {
    draft.add({ type: "MachineOffline", equipment: machine.id, fault: said.fault });
  }
}

function closeUnknown(draft: Draft, machine: EquipmentState, what: string): void {
  const found = machine.openAttempt ? openAttempt(draft, machine.openAttempt) : undefined;
  if (!found) return;
  endAttempt(draft, found.job.order.id, found.attempt, "OutcomeUnknown", { cause: "outcome-unknown", what });
}

function layerDone(draft: Draft, equipment: EquipmentId, said: Said<"layer-done">, values?: LayerValues): void {
  const found = openAttempt(draft, said.attempt);
  if (!found || found.attempt.equipment !== equipment || said.layer <= found.attempt.printed) return;
  const { job, attempt } = found;
  const id = job.order.id;
  const planned = layersOf(operationOf(job.order, attempt.operation));
  if (said.layer !== attempt.printed + 1 || said.layer > Math.min(planned, attempt.released)) {
    return endAttempt(draft, id, attempt, "Failed", {
      cause: "layer-out-of-order",
      what: `The machine says layer ${said.layer} is done, but layer ${attempt.printed + 1} was next and ${attempt.released} the last released.`,
    });
  }
  if (attempt.phase === "starting") draft.add({ type: "AttemptBegan", job: id, attempt: attempt.id });
  draft.add({
    ...{ type: "LayerDone", job: id, attempt: attempt.id, layer: said.layer, summary: said.summary },
    ...(values && { values }),
  });
  abortAtLayerEnd(draft, attempt.id, "layer");
}

function finished(
  draft: Draft,
  equipment: EquipmentId,
  said: Said<"finished">,
  windows: readonly WindowAccount[],
): void {
  const found = openAttempt(draft, said.attempt);
  if (!found || found.attempt.equipment !== equipment || found.attempt.finished) return;
  const id = found.job.order.id;
  if (found.attempt.phase === "starting") draft.add({ type: "AttemptBegan", job: id, attempt: said.attempt });
  const executed = storable(said.executed);
  const artifacts = (executed.evidence ?? []).map(({ digest }) => digest);
  draft.add({
    ...{ type: "FinishReported", job: id, attempt: said.attempt, executed },
    ...(artifacts.length > 0 && { artifacts }),
    ...(windows.length > 0 && { windows }),
  });
  holdUnwatched(draft, said.attempt, windows);
  abortAtLayerEnd(draft, said.attempt, null);
  completeIfWhole(draft, said.attempt);
}

/**
 * A value that no record can hold (NaN, infinities, unsafe integers: RFC 7493) is left out with everything that was said
 * of its characteristic, which so is missing.
 */
function storable({ results, ...executed }: Execution): Execution {
  if (results === undefined) return executed;
  const cannot = results.filter(({ value }) => !canStand(value)).map(({ characteristic }) => characteristic);
  return { ...executed, results: results.filter(({ characteristic }) => !cannot.includes(characteristic)) };
}

function canStand(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

function failed(draft: Draft, equipment: EquipmentId, said: Said<"failed">): void {
  const found = openAttempt(draft, said.attempt);
  if (!found || found.attempt.equipment !== equipment) return;
  endAttempt(draft, found.job.order.id, found.attempt, "Failed", { cause: "machine-failed", what: said.fault.what });
}

/** What was not watched is written down with its interval; the release review shows it. */
function unwatched(draft: Draft, machine: EquipmentState, { from, to, what }: Said<"gap">): void {
  draft.add({ type: "MachineUnwatched", job: jobOn(draft, machine), equipment: machine.id, from, to, what });
}

/** The machine's own alarms, each change once. */
function alarm(draft: Draft, machine: EquipmentState, said: Said<"alarm">): void {
  const known = machine.alarms.some((each) => each.id === said.alarm.id);
  if (known === said.alarm.active) return;
  draft.add({ type: "MachineAlarmChanged", job: jobOn(draft, machine), equipment: machine.id, alarm: said.alarm });
}

function jobOn(draft: Draft, machine: EquipmentState): JobId | null {
  const found = machine.openAttempt ? openAttempt(draft, machine.openAttempt) : undefined;
  return found?.job.order.id ?? null;
}

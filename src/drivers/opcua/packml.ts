/**
 * A PackML unit (ISA-TR88.00.02, OPC 30050) seen as a machine with job control: it runs one job at a time and knows none by name,
 * so this half remembers which one it was given. No command is given in a state in which it is not legal.
 */
import type { MainState } from "./job-state.ts";
import type { JobMethod } from "./names.ts";
import { itemStates, operationModes } from "./names.ts";
import type { JobEntry, JobParameter } from "./requests.ts";

/** The seventeen states of a unit. */
export const unitStates = [
  ...(["Clearing", "Stopped", "Starting", "Idle", "Suspended", "Execute", "Stopping", "Aborting", "Aborted"] as const),
  ...(["Holding", "Held", "Unholding", "Suspending", "Unsuspending", "Resetting", "Completing", "Complete"] as const),
] as const;

export type UnitState = (typeof unitStates)[number];
/** Commands that this driver gives; Clear is a person's. */
export type UnitCommand = "Start" | "Hold" | "Unhold" | "Unsuspend" | "Stop" | "Abort" | "Reset";

const working: readonly UnitState[] = ["Starting", "Execute", "Unholding", "Unsuspending", "Completing"];
const waiting: readonly UnitState[] = ["Holding", "Held", "Suspending", "Suspended"];
const notAbortable: readonly UnitState[] = ["Aborting", "Aborted"];

/** States in which each command is legal (OPC 30050, 6.3.8 and 6.7). */
export const legalIn: Readonly<Record<UnitCommand, readonly UnitState[]>> = {
  Start: ["Idle"],
  Hold: ["Execute"],
  Unhold: ["Held"],
  Unsuspend: ["Suspended"],
  Reset: ["Complete"],
  Stop: unitStates.filter((state) => !["Stopping", "Stopped", "Clearing", ...notAbortable].includes(state)),
  Abort: unitStates.filter((state) => !notAbortable.includes(state)),
};

/** The names of the three nested states, innermost last, as one; null where they name none. */
export function unitStateOf(base: string | null, machine: string | null, execute: string | null): UnitState | null {
  const named = base !== "Cleared" ? base : machine !== "Running" ? machine : execute;
  return unitStates.find((state) => state === named) ?? null;
}

/** What the unit was given, and whether it was seen at it. */
export interface Given {
  readonly job: string;
  readonly parameters: ReadonlyMap<string, string>;
  begun: boolean;
}

/** The order in hand as a job order in a list, and what nobody here gave as a job order of somebody else. */
export function jobsIn(state: UnitState, given: Given | null): readonly JobEntry[] {
  const isBusy = working.includes(state) || waiting.includes(state);
  if (given === null) {
    const main: MainState = waiting.includes(state) ? "Interrupted" : "Running";
    return isBusy ? [{ id: notOurs, state: { main, sub: null }, parameters: new Map() }] : [];
  }
  if (isBusy) given.begun = true;
  return [{ id: given.job, state: { main: mainOf(state, given.begun), sub: null }, parameters: given.parameters }];
}

/** The name of work that the unit does and this cell did not give it. */
export const notOurs = "work that was begun at the unit itself";

function mainOf(state: UnitState, begun: boolean): MainState {
  if (working.includes(state)) return "Running";
  if (waiting.includes(state)) return "Interrupted";
  if (state === "Complete") return "Ended";
  // Idle after it had begun: somebody reset it before its end was seen, and nobody knows whether it came to one.
  return state === "Idle" && !begun ? "AllowedToStart" : "Aborted";
}

/** The unit's state as MachineryItemState: it may be started when it is idle, or complete and to be reset first. */
export function itemStateOf(state: UnitState): number {
  // What ends a stop or an abort still moves.
  if ([...working, ...waiting, "Stopping", "Aborting", "Clearing", "Resetting"].includes(state))
    return itemStates.Executing;
  return state === "Idle" || state === "Complete" ? itemStates.NotExecuting : itemStates.OutOfService;
}

/** UnitModeCurrent (ProductionMaintenanceModeEnum: 1 Production, 2 Maintenance, 3 Manual) as MachineryOperationMode. */
export function operationModeOf(unitMode: number): number {
  const { Processing, Maintenance, Setup, None } = operationModes;
  return [None, Processing, Maintenance, Setup][unitMode] ?? None;
}

/** What a job method means for the unit in this state: a command, nothing to do, or not possible now. */
export function commandFor(method: JobMethod, state: UnitState): UnitCommand | "nothing" | "not-now" {
  const wanted: Readonly<Record<JobMethod, readonly UnitCommand[]>> = {
    StoreAndStart: ["Start"],
    Pause: ["Hold"],
    Resume: ["Unhold", "Unsuspend"],
    Stop: ["Stop"],
    Abort: ["Abort"],
    Cancel: ["Stop"],
    Clear: ["Reset"],
  };
  const legal = wanted[method].find((command) => legalIn[command].includes(state));
  if (legal !== undefined) return legal;
  // After an abort it is for a person to clear the unit; to forget the order needs no command.
  if (method === "Clear" || (method === "Abort" && notAbortable.includes(state))) return "nothing";
  return "not-now";
}

/** The texts among a job order's parameters, which the machine would show again. */
export function textsOf(parameters: readonly JobParameter[]): ReadonlyMap<string, string> {
  return new Map(parameters.flatMap(({ id, value }) => (typeof value === "string" ? [[id, value] as const] : [])));
}

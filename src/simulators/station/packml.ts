/** The PackML unit state model (ISA-TR88.00.02, OPC 30050): states by number, commands legal only from their sources. */

/** States with the numbers of the PackML state model. */
export const packStates = {
  Clearing: 1,
  Stopped: 2,
  Starting: 3,
  Idle: 4,
  Suspended: 5,
  Execute: 6,
  Stopping: 7,
  Aborting: 8,
  Aborted: 9,
  Holding: 10,
  Held: 11,
  Unholding: 12,
  Suspending: 13,
  Unsuspending: 14,
  Resetting: 15,
  Completing: 16,
  Complete: 17,
} as const;

export type PackState = keyof typeof packStates;
export type PackCommand =
  | "Start"
  | "Reset"
  | "Hold"
  | "Unhold"
  | "Suspend"
  | "Unsuspend"
  | "Complete"
  | "Stop"
  | "Abort"
  | "Clear";

const sources: Readonly<Record<PackCommand, { readonly from: readonly PackState[]; readonly to: PackState }>> = {
  Start: { from: ["Idle"], to: "Starting" },
  Reset: { from: ["Stopped", "Complete"], to: "Resetting" },
  Hold: { from: ["Starting", "Execute", "Suspending", "Suspended", "Unsuspending", "Unholding"], to: "Holding" },
  Unhold: { from: ["Held"], to: "Unholding" },
  Suspend: { from: ["Execute"], to: "Suspending" },
  Unsuspend: { from: ["Suspended"], to: "Unsuspending" },
  Complete: { from: ["Execute"], to: "Completing" },
  Stop: {
    from: [
      ...["Starting", "Idle", "Suspended", "Execute", "Holding", "Held", "Unholding"],
      ...["Suspending", "Unsuspending", "Resetting", "Completing", "Complete"],
    ] as PackState[],
    to: "Stopping",
  },
  Abort: {
    from: (Object.keys(packStates) as PackState[]).filter((state) => state !== "Aborting" && state !== "Aborted"),
    to: "Aborting",
  },
  Clear: { from: ["Aborted"], to: "Clearing" },
};

/** Acting states, and the state they end in by themselves. */
const settled: Readonly<Partial<Record<PackState, PackState>>> = {
  Clearing: "Stopped",
  Starting: "Execute",
  Stopping: "Stopped",
  Aborting: "Aborted",
  Holding: "Held",
  Unholding: "Execute",
  Suspending: "Suspended",
  Unsuspending: "Execute",
  Resetting: "Idle",
  Completing: "Complete",
};

/** Where a command leads, or null where it is not legal. */
export function commanded(state: PackState, command: PackCommand): PackState | null {
  const { from, to } = sources[command];
  return from.includes(state) ? to : null;
}

/** Where a state goes by itself: an acting state ends, all others stay. */
export function settle(state: PackState): PackState {
  return settled[state] ?? state;
}

/** Item state of OPC 40001-1, from the unit's state. */
export function itemState(state: PackState): "OutOfService" | "NotExecuting" | "Executing" {
  if (["Clearing", "Stopped", "Stopping", "Aborting", "Aborted"].includes(state)) return "OutOfService";
  return ["Idle", "Complete", "Resetting"].includes(state) ? "NotExecuting" : "Executing";
}

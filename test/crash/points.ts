/** The points at which a real daemon is struck: its system calls on the disk, by number, and the named steps of its core. */
import { join } from "node:path";
import { root } from "./record.ts";
import type { Strike } from "./strike.ts";
import type { Op } from "./trace.ts";

/** Calls that change the disk; `write` is left out, because the daemon's sockets and terminals are written to by it too. */
const diskCalls = ["pwrite64", "fsync", "ftruncate", "rename", "mkdir", "unlink"] as const;
export type DiskCall = (typeof diskCalls)[number];

/** strace that does something to the `nth` call of one kind in whichever thread makes it first; with /dev/null for `trace` it would not. */
export function injected(call: DiskCall, nth: number, what: string, trace: string, fast = false): string[] {
  // Quicker, but with it strace 6.1 delivers no signal (seen); errors it does inject.
  const options = ["-f", "-qq", ...(fast ? ["--seccomp-bpf"] : []), "-o", trace];
  return [...options, "-e", `trace=${call}`, "-e", `inject=${call}:${what}:when=${nth}`];
}

/** kill -9 at a call. */
export function killAt(call: DiskCall, nth: number, trace: string): Strike {
  return { name: `kill -9 at ${call} ${nth}`, how: { strace: injected(call, nth, "signal=KILL", trace) } };
}

/** How often one life makes each call, from its record: `write` of a file with a place of its own is SQLite's. */
export function callsIn(ops: readonly Op[]): ReadonlyMap<DiskCall, number> {
  const counts = new Map<DiskCall, number>(diskCalls.map((call) => [call, 0]));
  for (const op of ops) {
    const call = callOf(op);
    if (call !== null) counts.set(call, (counts.get(call) ?? 0) + 1);
  }
  return counts;
}

function callOf(op: Op): DiskCall | null {
  switch (op.kind) {
    case "write":
      return op.at === null ? null : "pwrite64";
    case "sync":
      return "fsync";
    case "truncate":
      return "ftruncate";
    case "rename":
    case "mkdir":
    case "unlink":
      return op.kind;
    default:
      return null;
  }
}

/** The named steps of a print: what the core records, in order. */
export const steps = [
  ...["CellBooted", "MachineOnline", "SignInRecorded", "IdentityConfirmed", "PlateDeclaredClear", "PlateChecked"],
  ...["PresenceProven", "AttemptStarted", "AttemptBegan", "LayerDone", "LayerCaptured", "LayerInspected"],
  ...["LayerDecided", "LayerReleased", "ReleaseConfirmed", "FinishReported", "OperationCompleted", "AttemptEnded"],
] as const;

/** Where in a tick the core is stopped. */
export const moments = ["before-write", "after-write", "after-answers"] as const;
export type Moment = (typeof moments)[number];

/** kill -9 in the tick that records the first event of a type. */
export function killInStep(type: string, moment: Moment): Strike {
  return {
    name: `kill -9 at ${type}, ${moment}`,
    how: {
      program: ["--import", join(root, "test/crash/weakened.ts")],
      env: { WEAKENED: "step", STEP: `${type} ${moment}` },
    },
  };
}

/** How a cell ends that can no longer keep its record: its machines are made safe, the fault is noted, the process ends. */

import { keepLastFault } from "../../ledger/io/last-fault.ts";
import { type Ledger, LedgerFailed } from "../../ledger/ledger.ts";
import { systemClock } from "./system.ts";
import type { Trouble } from "./terminal.ts";

/** Longest wait for a ledger that is letting go of its files: a broken disk may never answer. */
const closeWithinMs = 10_000;

export interface EndingPorts {
  /** Decides nothing more from the first word on. */
  readonly cell: { stop(): void };
  /** Machines are closed, which makes each of them safe within a time of its own. */
  readonly machines: ReadonlyMap<string, { close(): Promise<void> }>;
  readonly ledger: Pick<Ledger, "close">;
  readonly keysDir: string;
  readonly log: (message: string, facts?: Record<string, unknown>) => void;
  /** All is done that can be: end the process. */
  readonly onEnded: (problem: unknown) => void;
}

/** The function to call when the cell cannot vouch for itself any longer; what is said last is reported. */
export function createEnding(ports: EndingPorts): (problem: unknown) => void {
  let ending = false;
  let latest: unknown = null;
  return (problem) => {
    latest = problem;
    ports.cell.stop();
    if (ending) return;
    ending = true;
    void end(ports, problem).then(() => ports.onEnded(latest));
  };
}

async function end({ machines, ledger, keysDir, log }: EndingPorts, problem: unknown): Promise<void> {
  // First: nothing below may keep a machine waiting.
  const safe = Promise.all([...machines.values()].map((machine) => machine.close()));
  log("the machines are being made safe", { machines: machines.size });
  await Promise.allSettled([safe, noteFault(keysDir, problem, log), withinLimit(ledger.close())]);
  log("the machines were told to stop and have answered, or their time was up");
}

/** Leaves a note for the next start, which records it. */
export async function noteFault(keysDir: string, problem: unknown, log: EndingPorts["log"]): Promise<void> {
  if (!(problem instanceof LedgerFailed)) return;
  await keepLastFault(keysDir, problem.fault, systemClock.now()).catch((refused: unknown) =>
    log("the fault could not be noted", { what: String(refused) }),
  );
}

/** A ledger that fails in its last act has lost nothing; the next start records that it failed. */
export function closeLedger(ledger: Pick<Ledger, "close">, keysDir: string, log: EndingPorts["log"]): Promise<void> {
  return ledger.close().catch(async (problem: unknown) => {
    await noteFault(keysDir, problem, log);
    throw problem;
  });
}

function withinLimit(closing: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = systemClock.after(closeWithinMs, resolve);
    const done = () => {
      cancel();
      resolve();
    };
    closing.then(done, done);
  });
}

/** What ended the cell, for whoever reads the terminal. */
export function troubleOf(problem: unknown): Trouble {
  if (problem instanceof LedgerFailed) {
    const { code, what, remedy } = problem.fault;
    return { code, what, remedy };
  }
  return {
    code: "cell-failed",
    what: `The cell found itself in the wrong: ${problem instanceof Error ? problem.message : String(problem)}.`,
    remedy: "Start it again: it verifies the record before it goes on. Send the log to the engineer.",
  };
}

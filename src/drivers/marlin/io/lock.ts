/** A lock file for a serial port: one controller a machine, also where the kernel's exclusive mode is bypassed. */
import { linkSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { err, ok, type Result } from "../../../kernel/result.ts";

/** Gives the port back; safe to call twice. */
export type Unlock = () => void;

const taken = "another process is taking the port";

/** Takes the lock of a port, or says who has it. A lock whose owner no longer runs is taken over. */
export function lockPort(path: string, folder: string): Result<Unlock, string> {
  try {
    const device = realpathSync(path);
    const file = join(folder, `cellward${device.replace(/[^A-Za-z0-9.-]/g, "_")}.lock`);
    const mine = `${process.pid} ${startOf(process.pid)}\n`;
    if (create(file, mine)) return ok(() => release(file, mine));
    return takeOver(file, mine);
  } catch (problem) {
    return err(problem instanceof Error ? problem.message : String(problem));
  }
}

/**
 * A lock that was left behind is removed only by whoever has the turn: of two who find it, the slower one would remove the lock
 * that the faster one has made meanwhile.
 */
function takeOver(file: string, mine: string): Result<Unlock, string> {
  const turn = `${file}.turn`;
  if (!create(turn, mine)) {
    if (ownerOf(turn) === null) rmSync(turn, { force: true });
    return err(taken);
  }
  try {
    const owner = ownerOf(file);
    if (owner !== null) return err(`process ${owner} uses the port`);
    rmSync(file, { force: true });
    return create(file, mine) ? ok(() => release(file, mine)) : err(taken);
  } finally {
    release(turn, mine);
  }
}

/** Makes the file whole or not at all: one that another reads half written would look left behind. */
function create(file: string, content: string): boolean {
  const whole = `${file}.${process.pid}.${threadId}`;
  writeFileSync(whole, content, { mode: 0o644 });
  try {
    linkSync(whole, file);
    return true;
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw problem;
  } finally {
    rmSync(whole, { force: true });
  }
}

/** The process that a lock names, where it still runs. */
function ownerOf(file: string): number | null {
  const [pid, start] = textOf(file).trim().split(" ");
  const owner = Number(pid);
  return start !== undefined && start !== "" && startOf(owner) === start ? owner : null;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Start time of a process in kernel ticks, so that a process id used again is not taken for the owner. */
function startOf(pid: number): string {
  const stat = textOf(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function release(file: string, mine: string): void {
  if (textOf(file) === mine) rmSync(file, { force: true });
}

/** A lock file for a serial port: one controller a machine, also where the kernel's exclusive mode is bypassed. */
import { readFileSync, realpathSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { err, ok, type Result } from "../../../kernel/result.ts";

/** Gives the port back; safe to call twice. */
export type Unlock = () => void;

/** Takes the lock of a port, or says who has it. A lock whose owner no longer runs is taken over. */
export function lockPort(path: string, folder: string): Result<Unlock, string> {
  try {
    const device = realpathSync(path);
    const file = join(folder, `cellward${device.replace(/[^A-Za-z0-9.-]/g, "_")}.lock`);
    const mine = `${process.pid} ${startOf(process.pid)}\n`;
    for (let attempt = 0; attempt < 2; attempt++) {
      if (create(file, mine)) return ok(() => release(file, mine));
      const [pid, start] = readFileSync(file, "utf8").trim().split(" ");
      const owner = Number(pid);
      if (startOf(owner) === start && start !== "") return err(`process ${owner} uses the port`);
      unlinkSync(file);
    }
    return err("another process is taking the port");
  } catch (problem) {
    return err(problem instanceof Error ? problem.message : String(problem));
  }
}

function create(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: "wx", mode: 0o644 });
    return true;
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw problem;
  }
}

/** Start time of a process in kernel ticks, so that a process id used again is not taken for the owner. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

function release(file: string, mine: string): void {
  try {
    if (readFileSync(file, "utf8") === mine) unlinkSync(file);
  } catch {
    // Gone already: nothing to give back.
  }
}

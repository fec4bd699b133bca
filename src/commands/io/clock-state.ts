/** What the system's clock is worth: asked of the service that keeps it, now and then, because each entry has to say it at once. */
import { execFile, spawnSync } from "node:child_process";
import type { Milliseconds } from "../../kernel/units.ts";
import type { ClockState } from "../../ledger/entry.ts";

/** Asks a program; its answer, or null where it is not there or does not answer. */
export type Ask = (program: string, args: readonly string[]) => Promise<string | null>;

const askEveryMs: Milliseconds = 30_000;
const patienceMs: Milliseconds = 3_000;

const askSystem: Ask = (program, args) =>
  new Promise((done) => {
    const options = { timeout: patienceMs, maxBuffer: 65_536, env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C" } };
    execFile(program, args, options, (problem, out) => done(problem ? null : out.trim()));
  });

/**
 * What the clock is worth now. `timedatectl` reports the kernel's own flag (adjtimex), whichever service sets it; where
 * there is no systemd, chrony is asked itself. A file that some service once left behind proves nothing of now.
 */
export async function readClockState(ask: Ask = askSystem): Promise<ClockState> {
  const flag = await ask("timedatectl", ["show", "--property=NTPSynchronized", "--value"]);
  if (flag === "yes") return "synchronised";
  const tracking = await ask("chronyc", ["-c", "tracking"]);
  const leap = tracking?.split(",").at(-1);
  if (leap !== undefined && leap !== "") return leap === "Not synchronised" ? "unsynchronised" : "synchronised";
  return flag === "no" ? "unsynchronised" : "unknown";
}

export interface ClockWatch {
  /** As last heard; `unknown` before the first answer. */
  state(): ClockState;
  stop(): void;
}

/** Asks once before it resolves, then again and again. */
export async function watchClockState(ask: Ask = askSystem): Promise<ClockWatch> {
  let state = await readClockState(ask);
  let asking = false;
  const timer = setInterval(() => {
    if (asking) return;
    asking = true;
    void readClockState(ask)
      .then((said) => {
        state = said;
      })
      .finally(() => {
        asking = false;
      });
  }, askEveryMs);
  timer.unref();
  return { state: () => state, stop: () => clearInterval(timer) };
}

/** The same for a command that writes once and has nothing else to do meanwhile. */
export function systemClockState(): ClockState {
  const args = ["show", "--property=NTPSynchronized", "--value"];
  const { status, stdout } = spawnSync("timedatectl", args, { timeout: patienceMs, encoding: "utf8" });
  const said = status === 0 ? stdout.trim() : "";
  return said === "yes" ? "synchronised" : said === "no" ? "unsynchronised" : "unknown";
}

/** What the system's clock is worth: asked of the service that keeps it, now and then, because each entry has to say it at once. */
import { execFile, spawnSync } from "node:child_process";
import type { Clock } from "../../kernel/ports.ts";
import type { Milliseconds } from "../../kernel/units.ts";
import type { ClockState } from "../../ledger/entry.ts";
import { systemClock } from "./system.ts";

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
  /** As last heard; `unknown` before the first answer, and once the clock was set since. */
  state(): ClockState;
  /** Asks now: what a deed relies on that a set clock could bring about. */
  ask(): Promise<ClockState>;
  stop(): void;
}

/** Network time slews a clock by less than this between two answers; what moves it further has set it. */
const slewMs: Milliseconds = 2_000;

/**
 * Asks once before it resolves, then again and again. An answer is of the clock as it stood when asked: where the wall
 * clock has moved against the monotonic one since, somebody has set it, and the answer counts no longer.
 */
export async function watchClockState(
  asked: Ask = askSystem,
  clock: Pick<Clock, "now" | "monotonic"> = systemClock,
): Promise<ClockWatch> {
  const setting = () => clock.now() - clock.monotonic();
  let heard: { readonly state: ClockState; readonly setting: Milliseconds } = { state: "unknown", setting: setting() };
  let asking: Promise<void> | null = null;
  const state = () => (Math.abs(setting() - heard.setting) > slewMs ? "unknown" : heard.state);
  const hear = async (): Promise<void> => {
    const before = setting();
    heard = { state: await readClockState(asked), setting: before };
  };
  const ask = async (): Promise<ClockState> => {
    asking ??= hear().finally(() => {
      asking = null;
    });
    await asking;
    return state();
  };
  await ask();
  const timer = setInterval(() => void ask(), askEveryMs);
  timer.unref();
  return { state, ask, stop: () => clearInterval(timer) };
}

/** The same for a command that writes once and has nothing else to do meanwhile. */
export function systemClockState(): ClockState {
  const args = ["show", "--property=NTPSynchronized", "--value"];
  const { status, stdout } = spawnSync("timedatectl", args, { timeout: patienceMs, encoding: "utf8" });
  const said = status === 0 ? stdout.trim() : "";
  return said === "yes" ? "synchronised" : said === "no" ? "unsynchronised" : "unknown";
}

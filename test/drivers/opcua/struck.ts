/** Faults of a machine on OPC UA, struck while it works: how soon each is noticed and told, and what the machine is left at. */

import { readFileSync } from "node:fs";
import { pkiFolder } from "../../../src/drivers/io/opcua.ts";
import type { OpcuaConfig } from "../../../src/drivers/opcua/config.ts";
import { readTrust, writeTrust } from "../../../src/drivers/opcua/io/trust-store.ts";
import type { Observation } from "../../../src/equipment/machine.ts";
import type { AttemptId, Digest } from "../../../src/kernel/names.ts";
import { accept, fingerprintOf, type OpcuaBench, startOpcuaBench, stationProgram } from "../opcua-machine.ts";
import { isRunning } from "../running.ts";

/** One fault: how it is struck, and what has to be said of it. */
export interface FaultRow {
  readonly fault: string;
  /** Codes of what may be said first (`x*`: any that begins so), and of how the attempt ends; `finished` where the job goes on to its end. */
  readonly noticed: string;
  readonly told: string;
  readonly strike: (bench: OpcuaBench) => unknown;
  readonly program?: "clean-dry" | "press-sleeves";
  readonly speed?: number;
  readonly station?: readonly string[];
  readonly changes?: Partial<OpcuaConfig>;
  /** The station does not live through it. */
  readonly deadly?: true;
}

/** What was seen. */
export interface Struck {
  readonly noticed: string;
  readonly noticedMs: number;
  readonly told: string;
  readonly toldMs: number;
  readonly sentence: string;
  /** How the machine's own job stood at last, and where somebody wrote that should not. */
  readonly left: string;
}

const namespace = "http://cellward.example/UA/FinishingStation/";
const door = [
  { namespace: "http://opcfoundation.org/UA/Machinery/", name: "Machines" },
  ...["finishing-1", "Door", "Closed"].map((name) => ({ namespace, name })),
];
const guard = { interlocks: [{ title: "its guard is open", path: door, safeWhen: true }] };
const child = (signal: NodeJS.Signals) => (bench: OpcuaBench) => process.kill(bench.machine.childPid()!, signal);
const sees = (fault: object) => (bench: OpcuaBench) => bench.fault(fault);

/** Each fault of a machine at work, with the times of the configuration as they are by default. */
export const faultRows: readonly FaultRow[] = [
  {
    ...{ fault: "its server is killed", noticed: "not-watched", told: "out-of-sight", deadly: true },
    strike: (bench) => bench.kill(),
  },
  {
    ...{ fault: "its server stands still (SIGSTOP)", noticed: "not-watched", told: "out-of-sight", deadly: true },
    strike: (bench) => process.kill(bench.station.pid, "SIGSTOP"),
  },
  {
    ...{ fault: "it answers nothing for 10 s, and ends the job", noticed: "not-watched", told: "aborted-at-machine" },
    strike: sees({ name: "freeze", ms: 10_000 }),
  },
  {
    ...{ fault: "it answers nothing for 10 s, and works on", noticed: "not-watched", told: "finished", speed: 4 },
    ...{ station: ["--heartbeat-ms", "60000"], strike: sees({ name: "freeze", ms: 10_000 }) },
  },
  {
    ...{ fault: "every answer comes 6 s late", noticed: "not-watched", told: "out-of-sight" },
    strike: sees({ name: "slow", ms: 6000 }),
  },
  {
    ...{ fault: "restart with other namespace indexes", noticed: "not-watched", told: "aborted-at-machine" },
    strike: sees({ name: "restart", namespaces: 7 }),
  },
  {
    ...{ fault: "another machine at its address", noticed: "not-watched", told: "out-of-sight" },
    strike: sees({ name: "other-identity" }),
  },
  {
    ...{ fault: "another certificate at its address", noticed: "not-watched", told: "out-of-sight" },
    strike: sees({ name: "other-certificate" }),
  },
  {
    ...{ fault: "its certificate is revoked here", noticed: "not-watched", told: "out-of-sight" },
    strike: (bench) => revoke(bench),
  },
  {
    ...{ fault: "it takes no sign of life any more", noticed: "interlock", told: "interlock" },
    strike: sees({ name: "sign-of-life-refused" }),
  },
  {
    ...{ fault: "an interlock is lost", noticed: "foreign-action interlock", told: "interlock", changes: guard },
    strike: (bench) => bench.station.control("POST /door", { closed: false }),
  },
  {
    ...{ fault: "stop at its own panel", noticed: "not-successful", told: "not-successful" },
    strike: (bench) => bench.station.control("POST /panel", { button: "stop" }),
  },
  {
    ...{ fault: "another part is put in", noticed: "aborted-at-machine", told: "aborted-at-machine" },
    strike: sees({ name: "part-swap", tag: "P-9" }),
  },
  {
    ...{
      fault: "its dryer runs away",
      noticed: "finishing-1/dryer-overtemperature aborted-at-machine",
      told: "aborted-at-machine",
      speed: 20,
    },
    strike: sees({ name: "dryer-runaway", kelvin: 40 }),
  },
  {
    ...{
      fault: "too much force",
      noticed: "finishing-1/press-overforce aborted-at-machine",
      told: "aborted-at-machine",
      program: "press-sleeves",
    },
    strike: sees({ name: "overforce" }),
  },
  {
    ...{ fault: "500 alarms at once", noticed: "finishing-1/flood-*", told: "finished", speed: 20 },
    strike: sees({ name: "alarm-flood", count: 500 }),
  },
  {
    ...{ fault: "kill -9 of the driver", noticed: "driver-lost", told: "driver-lost" },
    strike: child("SIGKILL"),
  },
  {
    ...{ fault: "the driver dies in native code (SIGSEGV)", noticed: "driver-lost", told: "driver-lost" },
    strike: child("SIGSEGV"),
  },
  {
    ...{ fault: "the driver aborts (SIGABRT)", noticed: "driver-lost", told: "driver-lost" },
    strike: child("SIGABRT"),
  },
  {
    ...{ fault: "the driver stands still (SIGSTOP)", noticed: "driver-lost", told: "driver-lost" },
    strike: child("SIGSTOP"),
  },
];

/** Strikes one fault in the middle of a job and waits for how the attempt ends. */
export async function strike(row: FaultRow): Promise<Struck> {
  const options = ["--speed", String(row.speed ?? 1), ...(row.station ?? [])];
  const bench = await startOpcuaBench(options, { ...defaultTimes, ...row.changes });
  try {
    const attempt = "struck-1" as AttemptId;
    const begun = await bench.begin(attempt, bench.store(stationProgram(row.program ?? "clean-dry")));
    if (begun.kind !== "done") throw new Error(`${row.fault}: the job did not begin (${JSON.stringify(begun)})`);
    bench.listener.forget();
    const started = performance.now();
    const first = Promise.race([
      bench.listener.next("alarm", ({ alarm }) => alarm.active),
      bench.listener.next("offline"),
      bench.listener.next("failed"),
      bench.listener.next("foreign-action"),
    ]).then((seen) => ({ seen, ms: performance.now() - started }));
    await row.strike(bench);
    const last = await Promise.race([bench.listener.next("failed"), bench.listener.next("finished")]);
    const toldMs = performance.now() - started;
    const { seen, ms } = await first;
    return {
      ...{ noticed: codeOf(seen), noticedMs: ms, told: codeOf(last), toldMs },
      sentence: last.kind === "failed" ? last.fault.what : "",
      left: row.deadly === true ? "its server is gone" : await leftAt(bench, attempt),
    };
  } finally {
    if (row.deadly === true && isRunning(bench.station.pid)) process.kill(bench.station.pid, "SIGKILL");
    await bench.dispose();
  }
}

/** As a configuration has them that names none. */
const defaultTimes = { heartbeatMs: 2000, heartbeatsMissed: 3, callMs: 4000, patienceMs: 20_000 };

/** The code of a fault, or an alarm's own id. */
export function codeOf(seen: Observation): string {
  if (seen.kind === "failed" || seen.kind === "offline") return seen.fault.code;
  return seen.kind === "alarm" ? seen.alarm.id : seen.kind;
}

/** Whether what was said first is one of the things that may be. */
export function isExpected({ noticed }: Pick<FaultRow, "noticed">, code: string): boolean {
  return noticed.split(" ").some((each) => (each.endsWith("*") ? code.startsWith(each.slice(0, -1)) : code === each));
}

/** The machine's own word of the job, once it does not work on it any more; and nothing may have been written astray. */
async function leftAt(bench: OpcuaBench, attempt: AttemptId): Promise<string> {
  for (const until = performance.now() + 60_000; ; ) {
    const state = (await bench.state()) as Awaited<ReturnType<OpcuaBench["state"]>> & { strays: readonly string[] };
    const job = state.jobs.find(({ id }) => id === attempt)?.state ?? "not there";
    const strays = state.strays.length === 0 ? "" : `, and written astray: ${state.strays.join(" ")}`;
    const works = job === "Running" || job === "Interrupted";
    if (!works || performance.now() > until) return `${works ? "STILL AT WORK: " : ""}${job}${strays}`;
    await new Promise((done) => setTimeout(done, 200));
  }
}

function revoke({ keysDir, station }: OpcuaBench): void {
  accept(station, keysDir);
  const folder = pkiFolder(keysDir);
  const entry = { fingerprint: fingerprintOf(station), machine: "station-1", at: Date.now() };
  const before = readTrust(folder);
  writeTrust(folder, { ...before, revoked: [...before.revoked, entry] });
}

/** Memory that a process holds, in MiB (Linux). */
export function residentMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Math.round(Number(kib) / 1024);
}

/** What two hundred restarts have done. */
export interface Restarts {
  readonly restarts: number;
  readonly finished: number;
  readonly strays: readonly string[];
  /** Of the driver, after each tenth of them, in MiB. */
  readonly memory: readonly number[];
  /** Processes that were the driver, one after the other. */
  readonly drivers: number;
}

/** Begins a job; a driver that is just being replaced is asked again. */
async function beginSoon(bench: OpcuaBench, n: number, program: Digest): Promise<void> {
  for (let k = 1; ; k++) {
    const begun = await bench.begin(`restart-${n}-${k}` as AttemptId, program);
    if (begun.kind === "done") return;
    const isSoon = begun.kind === "refused" && ["driver-down", "machine-not-ready"].includes(begun.fault.code);
    if (!isSoon || k > 100) throw new Error(`restart ${n}: ${JSON.stringify(begun)}`);
    await new Promise((done) => setTimeout(done, 200));
  }
}

/** Restarts the server again and again under other namespace indexes; after each, a job of its own has to be done. */
export async function restartAgainAndAgain(count: number, progress: (done: number) => void): Promise<Restarts> {
  const bench = await startOpcuaBench(["--speed", "50"], {});
  const strays: string[] = [];
  const memory: number[] = [];
  let [finished, drivers] = [0, 0];
  try {
    const pids = new Set<number>();
    const program = bench.store(stationProgram("measure"));
    for (let n = 1; n <= count; n++) {
      bench.listener.forget();
      await bench.fault({ name: "restart", namespaces: 1 + ((n * 7) % 20) });
      await bench.listener.next("online");
      await beginSoon(bench, n, program);
      const end = await Promise.race([bench.listener.next("finished"), bench.listener.next("failed")]);
      if (end.kind === "finished") finished++;
      else await bench.settle();
      const pid = bench.machine.childPid();
      if (pid !== null) pids.add(pid);
      if (pid !== null && n % Math.ceil(count / 10) === 0) memory.push(residentMiB(pid));
      drivers = pids.size;
      progress(n);
    }
    strays.push(...((await bench.state()) as unknown as { strays: readonly string[] }).strays);
  } finally {
    await bench.dispose();
  }
  return { restarts: count, finished, strays, memory, drivers };
}

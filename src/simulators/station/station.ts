/** The station's controller: takes job orders, runs one at a time in virtual time, watches door, part and heartbeat. */
import { err, ok, type Result } from "../../kernel/result.ts";
import { cleanDry } from "./clean.ts";
import type { FaultSet } from "./faults.ts";
import type { FileStore } from "./files.ts";
import {
  hasStation,
  type Job,
  type JobOrder,
  type JobState,
  jobOf,
  type Method,
  methods,
  nextToStart,
  status,
} from "./jobs.ts";
import { measurePoints } from "./measure.ts";
import { type AlarmName, type Plant, type Progress, type Run, restingPlant, type Setting } from "./operation.ts";
import { commanded, itemState, type PackCommand, type PackState, packStates, settle } from "./packml.ts";
import { pressSleeves } from "./press.ts";
import type { Program } from "./program.ts";
import { noiseFrom, seedOf } from "./random.ts";
import { checkProgram, checkStart, type Refusal, type Stand } from "./start-checks.ts";

/** Job orders that the station keeps at once. */
export const mostJobs = 16;
/** Changes of state that are kept until somebody asks. */
const mostNews = 256;
/** Longest step of virtual time, in seconds. */
const step_s = 0.1;

export interface StationOptions {
  readonly seed: number;
  /** A unit of PackML alone stays complete until it is told to reset. */
  readonly resetsItself: boolean;
  /** A running job is stopped when the client's heartbeat stands still for this long (wall-clock ms). */
  readonly heartbeatMs: number;
  /** What the client's sign of life is written in. */
  readonly heartbeatType: HeartbeatType;
}

/** Types in which the station can be told a sign of life. */
export const heartbeatTypes = ["UInt32", "Boolean", "Int16", "UInt64", "Double", "String"] as const;
export type HeartbeatType = (typeof heartbeatTypes)[number];

/** An alarm that is active, in words. */
export interface Alarm {
  readonly name: AlarmName;
  readonly message: string;
}

/** The station as its OPC UA server and its control socket see it. */
export interface Station {
  readonly files: FileStore;
  readonly faults: FaultSet;
  readonly plant: Readonly<Plant>;
  readonly heartbeatMs: number;
  readonly heartbeatType: HeartbeatType;
  /** Somebody wrote to a node that is none of the station's own. */
  stray(nodeId: string): void;
  /** Those nodes, newest last. */
  strays(): readonly string[];
  /** An application gave a command, whether it was carried out or not. */
  commanded(by: string): void;
  /** How many commands each application gave. */
  commanders(): Readonly<Record<string, number>>;
  jobs(): readonly Job[];
  /** The job at each change of its state since the last call, in order: what a look at `jobs` now and then would miss. */
  news(): readonly Job[];
  unit(): PackState;
  mode(): OperationMode;
  alarms(): readonly Alarm[];
  partTag(): string | null;
  doorClosed(): boolean;
  heartbeatLost(): boolean;
  /** Store, or StoreAndStart. The value is ReturnStatus. */
  store(order: JobOrder, andStart: boolean): Result<bigint, Refusal>;
  /** Every other method; Update brings the new order. */
  command(method: Method, id: string, order?: JobOrder): Result<bigint, Refusal>;
  /** A PackML command from OPC UA or from the panel, which ends a running job; false where it is not legal now. */
  pack(command: UnitCommand): boolean;
  /** The client showed a sign of life. */
  beat(nowMs: number): void;
  putPart(tag: string | null): void;
  setDoor(closed: boolean): void;
  setMode(mode: OperationMode): void;
  /** Goes on by `dt_s` of virtual time that ended at `nowMs` of wall-clock time and began at `thenMs`. */
  tick(dt_s: number, thenMs: number, nowMs: number): void;
  /** Off and on again: a job that had the station is aborted. */
  powerCycle(nowMs: number): void;
}

/** Operation modes of OPC 40001-1; jobs start only in Processing. */
export type OperationMode = "Processing" | "Setup" | "Maintenance";

/** PackML commands that the unit takes from outside; work begins with a job order. */
export type UnitCommand = "Abort" | "Clear" | "Stop" | "Reset";

interface Running {
  readonly id: string;
  readonly run: Run;
  readonly partTag: string;
}

const verbs = { Stop: "stopped", Abort: "aborted" } as const;
const aborted: JobState = { name: "Aborted", sub: null };
const stored: JobState = { name: "NotAllowedToStart", sub: "Ready" };

/** Remembers what was written astray, bounded. */
function strayBook(): Pick<Station, "stray" | "strays"> {
  const strays: string[] = [];
  return { stray: (nodeId) => void (strays.push(nodeId) > mostNews && strays.shift()), strays: () => strays };
}

/** Counts commands by who gave them, bounded. */
function commandBook(): Pick<Station, "commanded" | "commanders"> {
  const counts = new Map<string, number>();
  return {
    commanded: (by) => {
      if (counts.has(by) || counts.size < mostNews) counts.set(by, (counts.get(by) ?? 0) + 1);
    },
    commanders: () => Object.fromEntries(counts),
  };
}

/** Makes a station with an empty fixture, a closed door and an idle unit. */
export function createStation(options: StationOptions, files: FileStore, faults: FaultSet): Station {
  const plant = restingPlant();
  const jobs = new Map<string, Job>();
  const news: Job[] = [];
  let unit: PackState = "Idle";
  let running: Running | null = null;
  let tag: string | null = null;
  let closed = true;
  let mode: OperationMode = "Processing";
  let beatAt = 0;
  let lost = false;
  let now = 0;
  let runs = 0;
  const tripped = new Map<AlarmName, string>();

  const doorClosed = (): boolean => closed && faults.find("door-open") === null;
  const stand = (): Stand => ({
    bytesOf: files.bytes,
    partTag: tag,
    doorClosed: doorClosed(),
    ready: itemState(unit) !== "OutOfService" && mode === "Processing",
  });
  const put = (job: Job): void => {
    if (jobs.get(job.order.id)?.state !== job.state) news.push(job);
    if (news.length > mostNews) news.shift();
    jobs.set(job.order.id, job);
  };
  const change = (id: string, to: Partial<Job>): void => put({ ...jobs.get(id)!, ...to });
  const pack = (command: PackCommand): boolean => {
    const to = commanded(unit, command);
    if (to === null) return false;
    unit = to;
    if (command === "Clear") tripped.clear();
    return true;
  };
  const letGo = (): void => {
    running = null;
    plant.force_N = 0;
    plant.stroke_mm = 0;
  };
  const end = (id: string, to: Partial<Job>): void => {
    change(id, { ...to, endedAt: now });
    letGo();
  };
  /** A start that is still waiting is taken back: after a fault or a restart nothing moves by itself. */
  const revoke = (): void => {
    for (const job of jobs.values()) {
      if (job.state.name === "AllowedToStart") change(job.order.id, { state: stored });
    }
  };
  /** Stops what runs, at once and safely: ram up, heaters off. */
  const abort = (why: string): void => {
    if (running === null) return;
    end(running.id, { state: aborted, why });
    revoke();
    pack("Abort");
  };
  const hold = (sub: "Held" | "Suspended", why: string): void => {
    if (running === null || jobs.get(running.id)!.state.name !== "Running") return;
    change(running.id, { state: { name: "Interrupted", sub }, why });
    pack(sub === "Held" ? "Hold" : "Suspend");
  };
  const begin = (job: Job): void => {
    const cleared = checkStart(job.order, stand());
    const { id } = job.order;
    if (!cleared.ok) return end(id, { state: aborted, why: cleared.error.why });
    runs++;
    const setting: Setting = {
      plant,
      conditions: () => ({
        friction: faults.find("overforce")?.factor ?? 1,
        dryerRunaway_K: faults.find("dryer-runaway")?.kelvin ?? 0,
        gaugeOffset_mm: Object.fromEntries(faults.every("measurement-off").map((fault) => [fault.id, fault.mm])),
      }),
      noise: noiseFrom(seedOf(`run ${runs}`, options.seed)),
      part: noiseFrom(seedOf(`${job.order.partTag} ${job.order.workMaster}`, options.seed)),
    };
    change(id, { state: { name: "Running", sub: null }, startedAt: now, executedDigest: cleared.value.digest });
    running = { id, run: runOf(cleared.value.program, setting), partTag: job.order.partTag };
    beatAt = Math.max(beatAt, now);
    pack("Start");
  };
  const take = (progress: Progress): void => {
    if (running === null || progress.kind === "going") return;
    const { id } = running;
    const missing = faults.every("missing-result").map((fault) => fault.id);
    const findings = progress.findings.filter((finding) => !missing.includes(finding.id));
    if (progress.kind === "done") {
      end(id, { state: { name: "Ended", sub: "Completed" }, findings });
      pack("Complete");
      return;
    }
    tripped.set(progress.alarm, progress.why);
    change(id, { findings });
    abort(progress.why);
  };
  const watch = (): void => {
    lost = running !== null && now - beatAt > options.heartbeatMs;
    if (running === null) return;
    if (lost) return abort(`the controller's heartbeat stood still for more than ${options.heartbeatMs} ms`);
    if (tag !== running.partTag) {
      return abort(tag === null ? "the part was taken out" : `another part, ${tag}, is in the fixture`);
    }
    if (!doorClosed()) hold("Held", "the door was opened");
  };
  const advance = (dt_s: number): void => {
    unit = settle(unit);
    if (unit === "Complete" && options.resetsItself) pack("Reset");
    watch();
    if (running !== null && unit === "Execute") take(running.run.advance(dt_s));
    if (running === null || unit !== "Execute") cool(plant, dt_s);
    const next = running === null && unit === "Idle" ? nextToStart([...jobs.values()]) : null;
    if (next !== null) begin(next);
  };
  const act = (method: Method, id: string): void => {
    if (running?.id !== id) return;
    if (method === "Stop" || method === "Abort") {
      letGo();
      pack(method);
    } else if (method === "Pause") pack("Suspend");
    else if (method === "Resume") pack(unit === "Held" ? "Unhold" : "Unsuspend");
  };
  const command = (method: Method, id: string, order?: JobOrder): Result<bigint, Refusal> => {
    const job = jobs.get(id);
    if (job === undefined) return err({ bits: status.unknownJobOrder, why: `there is no job order ${id}` });
    const { from, to } = methods[method];
    if (!from.includes(job.state.name)) {
      return err({ bits: status.invalidState, why: `${method} is not legal: ${id} is ${job.state.name}` });
    }
    const cleared = method === "Start" ? checkStart(job.order, stand()) : null;
    if (cleared !== null && !cleared.ok) return cleared;
    if (method === "Update") {
      const read = order === undefined ? null : checkProgram(order, files.bytes);
      if (read !== null && !read.ok) return read;
      if (order !== undefined) change(id, { order });
    }
    if (method === "Resume" && !doorClosed()) {
      return err({ bits: status.unableToAccept | status.doorOpen, why: "the door is open" });
    }
    const ending =
      method === "Stop" || method === "Abort" ? { endedAt: now, why: `${verbs[method]} by the controller` } : {};
    if (to === "gone") jobs.delete(id);
    else if (to !== "same") change(id, { state: to, why: null, ...ending });
    act(method, id);
    return ok(status.noError);
  };
  return {
    files,
    faults,
    plant,
    jobs: () => [...jobs.values()],
    news: () => news.splice(0),
    heartbeatMs: options.heartbeatMs,
    heartbeatType: options.heartbeatType,
    ...strayBook(),
    ...commandBook(),
    unit: () => unit,
    mode: () => mode,
    alarms: () => alarmsOf(tripped, doorClosed(), faults),
    partTag: () => tag,
    doorClosed,
    heartbeatLost: () => lost,
    store: (order, andStart) => {
      if (jobs.has(order.id)) return err({ bits: status.unableToAccept, why: `${order.id} is in the list already` });
      if (jobs.size >= mostJobs) return err({ bits: status.unableToAccept, why: "the list is full" });
      const cleared = andStart ? checkStart(order, stand()) : checkProgram(order, files.bytes);
      if (!cleared.ok) return cleared;
      const job = jobOf(order);
      put(andStart ? { ...job, state: { name: "AllowedToStart", sub: "Ready" } } : job);
      return ok(status.noError);
    },
    command,
    pack: (order) => {
      if (commanded(unit, order) === null) return false;
      if (order === "Abort" || order === "Stop") revoke();
      if (running !== null && (order === "Abort" || order === "Stop")) {
        const state: JobState = order === "Abort" ? aborted : { name: "Ended", sub: "Completed" };
        end(running.id, { state, why: `the unit was told to ${order.toLowerCase()}` });
      }
      return pack(order);
    },
    beat: (nowMs) => {
      beatAt = nowMs;
    },
    putPart: (part) => {
      tag = part;
    },
    setDoor: (shut) => {
      closed = shut;
    },
    setMode: (to) => {
      mode = to;
    },
    tick: (dt_s, thenMs, nowMs) => {
      const steps = Math.max(1, Math.ceil(dt_s / step_s));
      for (let step = 1; step <= steps; step++) {
        now = thenMs + ((nowMs - thenMs) * step) / steps;
        advance(dt_s / steps);
      }
    },
    powerCycle: (nowMs) => {
      now = nowMs;
      for (const job of jobs.values()) {
        if (hasStation(job)) end(job.order.id, { state: aborted, why: "the station was restarted" });
      }
      revoke();
      unit = unit === "Idle" || packStates[unit] === packStates.Complete ? "Idle" : "Aborted";
    },
  };
}

function runOf(program: Program, setting: Setting): Run {
  switch (program.operation) {
    case "clean-dry":
      return cleanDry(program, setting);
    case "press-sleeves":
      return pressSleeves(program, setting);
    case "measure":
      return measurePoints(program, setting);
  }
}

/** Water and chamber lose their heat when nothing heats them. */
function cool(plant: Plant, dt_s: number): void {
  const rest = restingPlant();
  plant.washer_C += ((rest.washer_C - plant.washer_C) * dt_s) / 600;
  plant.dryer_C += ((rest.dryer_C - plant.dryer_C) * dt_s) / 300;
}

function alarmsOf(tripped: ReadonlyMap<AlarmName, string>, doorClosed: boolean, faults: FaultSet): Alarm[] {
  const alarms: Alarm[] = [...tripped].map(([name, message]) => ({ name, message }));
  if (!doorClosed) alarms.push({ name: "door-open", message: "The door is open." });
  if (faults.find("detergent-low") !== null) {
    alarms.push({ name: "detergent-low", message: "The detergent is low: fill the tank." });
  }
  return alarms;
}

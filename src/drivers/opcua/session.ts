/** The state of the driver's talk with one machine on OPC UA, and the small steps that its parts share. */
import type { Answer, Fault, MachineAlarm, MachineIdentity, Observation } from "../../equipment/machine.ts";
import type { AttemptId, Digest } from "../../kernel/names.ts";
import type { EpochMs, Milliseconds, MonotonicMs } from "../../kernel/units.ts";
import { type AlarmBook, newAlarmBook, note } from "./alarms.ts";
import type { JobEntry, Pause, Procedure, Reply, Request, Snapshot } from "./requests.ts";
import type { OwnReasons } from "./return-status.ts";
import type { Instant, Watch, WatchTimes } from "./watchdog.ts";

/** Times after which something is said or done; defaults in {@link defaultTimes}. */
export interface SessionTimes {
  /** Between two looks at the machine while a job is open, and while none is. */
  readonly follow: Milliseconds;
  readonly idle: Milliseconds;
  /** Between two looks while something is awaited. */
  readonly step: Milliseconds;
  /** A stored job order that has not begun by then is taken back. */
  readonly start: Milliseconds;
  /** After a lost answer to a start the machine is asked for so long. */
  readonly ask: Milliseconds;
  /** A pause or a resume has to show in the machine's state by then. */
  readonly change: Milliseconds;
  /** A connection over which nothing can be seen for so long is given up. */
  readonly blind: Milliseconds;
  /** An abort is answered by then. */
  readonly abort: Milliseconds;
  /** Out of sight for so long with a job open: the attempt is over. */
  readonly patience: Milliseconds;
  readonly watch: WatchTimes;
}

export const defaultTimes: Omit<SessionTimes, "patience" | "watch"> = {
  ...{ follow: 500, idle: 3000, step: 250, start: 5000, ask: 10_000, change: 5000, blind: 10_000, abort: 25_000 },
};

export interface SessionSetup {
  /** Stands in the name of every program of this cell, and of no other's. */
  readonly mark: string;
  readonly serial: string;
  readonly productInstanceUri: string;
  /** Words for the machine's own bits of ReturnStatus. */
  readonly reasons: OwnReasons;
  readonly times: SessionTimes;
}

/** Who answers at the address: nameplate, and the times of its server. */
export interface Arrival {
  readonly identity: MachineIdentity;
  readonly productInstanceUri: string;
  readonly startTime: EpochMs;
  readonly currentTime: EpochMs;
  /** When the machine's certificate and this cell's own end. */
  readonly certificatesEnd: { readonly machine: EpochMs; readonly cell: EpochMs };
}

/** What a step asks its surroundings to do. */
export type Output =
  | { readonly kind: "do"; readonly id: number; readonly request: Request }
  /** Read ServerStatus. */
  | { readonly kind: "heartbeat"; readonly id: number }
  /** Ask for all alarms anew (ConditionRefresh). */
  | { readonly kind: "refresh" }
  /** Give the connection up and build a new one. */
  | { readonly kind: "disconnect" }
  | { readonly kind: "answer"; readonly id: number; readonly answer: Answer }
  | { readonly kind: "observe"; readonly observation: Observation; readonly blobs: readonly Uint8Array[] }
  /** Nothing is left to do for a driver that was told to end. */
  | { readonly kind: "exit" };

/** One attempt at this machine. */
export interface Job {
  readonly attempt: AttemptId;
  readonly program: Digest;
  readonly file: string;
  /** Tag of the part that was confirmed at the machine; null where none was. */
  readonly part: string | null;
  /** The interlock that did not hold at some look since it began, or null. */
  broken: string | null;
  /** How often its report was asked for in vain after its end. */
  reportTries: number;
  /** What it was last told with success, so that another state is somebody else's doing; null where nobody knows. */
  told: "hold" | "proceed" | null;
}

export interface Running {
  readonly procedure: Procedure<void>;
  /** The request whose reply it awaits, or the time until which it pauses. */
  awaits: { readonly request: number } | { readonly until: MonotonicMs };
}

export interface Session {
  readonly setup: SessionSetup;
  now: Instant;
  connected: boolean;
  watch: Watch | null;
  /** When the certificates of the last connection end, and when that is looked at again. */
  ends: Arrival["certificatesEnd"] | null;
  nextWarning: MonotonicMs;
  /** StartTime of the server when it was last seen. */
  startTime: EpochMs | null;
  /** Since when the machine is not watched, why, and what stands in the way by now; null while it is. */
  unwatched: {
    readonly from: EpochMs;
    readonly since: MonotonicMs;
    readonly fault: Fault;
    readonly latest: Fault;
  } | null;
  /** Since when no look at the machine succeeded although it is connected; null while they do. */
  blindSince: Instant | null;
  identity: MachineIdentity | null;
  /** What was said of the connection last: `online`, or the code of the fault. */
  said: string | null;
  job: Job | null;
  /** The attempt whose start is under way: its abort stops it between two steps. */
  starting: { readonly attempt: AttemptId; aborted: boolean } | null;
  /** Attempts that ended here; what the machine still shows of them is ended there. */
  over: Set<AttemptId>;
  /** Those of them of which nobody knows whether they ever began. */
  doubtful: Set<AttemptId>;
  /** Files of ours that the machine still holds although their job is over. */
  leftovers: Set<string>;
  running: Running | null;
  waiting: (() => Procedure<void>)[];
  nextRequest: number;
  nextLook: MonotonicMs;
  readonly alarms: AlarmBook;
  /** Job orders of somebody else that were told of. */
  foreign: Set<string>;
  /** The driver was told to end: by then it does. */
  endBy: MonotonicMs | null;
  out: Output[];
}

/** `lost` names attempts that an earlier driver process was at when it died. */
export function newSession(setup: SessionSetup, lost: readonly AttemptId[] = []): Session {
  return {
    ...{
      setup,
      now: { mono: 0, utc: 0 },
      connected: false,
      watch: null,
      startTime: null,
      unwatched: null,
      blindSince: null,
    },
    ...{
      identity: null,
      said: null,
      job: null,
      starting: null,
      over: new Set(lost),
      doubtful: new Set(),
      ends: null,
      nextWarning: 0,
      leftovers: new Set(lost.map((attempt) => fileOf(setup, attempt))),
    },
    ...{
      running: null,
      waiting: [],
      nextRequest: 1,
      nextLook: 0,
      alarms: newAlarmBook(),
      foreign: new Set(),
      endBy: null,
      out: [],
    },
  };
}

export function answer(session: Session, id: number, given: Answer): void {
  session.out.push({ kind: "answer", id, answer: given });
}

export function refused(fault: Fault): Answer {
  return { kind: "refused", fault };
}

export function unknown(fault: Fault): Answer {
  return { kind: "unknown", fault };
}

export function observe(session: Session, observation: Observation, blobs: readonly Uint8Array[] = []): void {
  session.out.push({ kind: "observe", observation, blobs });
}

/** Says once that the machine cannot be used. */
export function sayOffline(session: Session, fault: Fault): void {
  if (session.said === fault.code) return;
  session.said = fault.code;
  observe(session, { kind: "offline", fault });
}

/** Raises an alarm of the driver's own. */
export function raise(session: Session, alarm: Pick<MachineAlarm, "id" | "severity" | "what">): void {
  note(session.alarms, { ...alarm, active: true, at: session.now.utc });
}

const rememberedAttempts = 1000;

/** Remembers that an attempt is over; the oldest are forgotten. */
export function close(session: Session, attempt: AttemptId): void {
  session.over.add(attempt);
  for (const oldest of session.over) {
    if (session.over.size <= rememberedAttempts) break;
    session.over.delete(oldest);
    session.doubtful.delete(oldest);
  }
  if (session.job?.attempt === attempt) session.job = null;
}

/** The open attempt ended before its end. */
export function fail(session: Session, fault: Fault, heaters: "off" | "unknown"): void {
  const { job } = session;
  if (job === null) return;
  observe(session, { kind: "failed", attempt: job.attempt, fault, heaters });
  session.leftovers.add(job.file);
  close(session, job.attempt);
}

/** Asks; a machine that is not connected is not asked. */
export function* ask(request: Request): Procedure<Reply> {
  return yield request;
}

export function* pause(ms: Milliseconds): Procedure<void> {
  yield { kind: "pause", ms } satisfies Pause;
}

/** Looks at the machine; null where it could not be seen. */
export function* lookAt(session: Session): Procedure<Snapshot | null> {
  const reply = yield* ask({ kind: "look" });
  if (reply.kind === "looked") {
    session.blindSince = null;
    // Told once by the machine, and whoever looked then may have had another question: it is kept for the job.
    if (session.job !== null)
      session.job.broken ??=
        reply.snapshot.interlocks.find(({ holds, startOnly }) => !holds && !startOnly)?.title ?? null;
    return reply.snapshot;
  }
  session.blindSince ??= session.now;
  return null;
}

/** The name under which an attempt's program lies at the machine; other cells have other names. */
export function fileOf({ mark }: Pick<SessionSetup, "mark">, attempt: AttemptId): string {
  return `${attempt}.${mark}.json`;
}

/** Whether a job order is one that this cell gave, also by an earlier driver. */
export function isOurs({ setup }: Session, { id, parameters }: JobEntry): boolean {
  return parameters.get("ProgramFile") === fileOf(setup, id as AttemptId);
}

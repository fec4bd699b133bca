/** The state of the driver's talk with one Moonraker, and the small steps that its parts share. */
import type { Answer, Fault, MachineIdentity, Observation, Range } from "../../equipment/machine.ts";
import type { Members } from "../../kernel/members.ts";
import type { AttemptId, Digest } from "../../kernel/names.ts";
import type { Result } from "../../kernel/result.ts";
import type { Celsius, EpochMs, Milliseconds, MonotonicMs } from "../../kernel/units.ts";
import type { PrintPlan } from "../marlin/plan.ts";
import type { ProgramSource } from "../marlin/session.ts";
import type { PrintCopy } from "./copy.ts";
import { request } from "./rpc.ts";
import { type Heaters, heaters, type Status } from "./status.ts";

/** Both clocks at one moment. */
export interface Instant {
  readonly mono: MonotonicMs;
  readonly utc: EpochMs;
}

/** Times after which something is said or done; defaults in {@link defaultTimes}. */
export interface SessionTimes {
  /** Its state is asked for so often. */
  readonly heartbeat: Milliseconds;
  /** A server that has sent nothing for so long is not there any more. */
  readonly silence: Milliseconds;
  /** A printer at work may be out of sight for so long. */
  readonly patience: Milliseconds;
  /** A call that is answered at once is given up after so long. */
  readonly call: Milliseconds;
  /** What makes the printer move is answered after its moves, or not at all: given up after so long. */
  readonly move: Milliseconds;
  /** A cancel that shows no effect after so long becomes an emergency stop. */
  readonly cancel: Milliseconds;
  /** An abort is answered after so long at the latest. */
  readonly safe: Milliseconds;
  /** A printer that is not ready or was refused is asked again after so long. */
  readonly retry: Milliseconds;
}

export const defaultTimes: SessionTimes = {
  ...{ heartbeat: 2000, silence: 6000, patience: 30_000, call: 5000, move: 30_000 },
  ...{ cancel: 8000, safe: 25_000, retry: 2000 },
};

/** What the protocol must know of its printer beforehand. */
export interface SessionSetup {
  readonly serial: string;
  readonly vendor: string;
  readonly apiKey: string | null;
  readonly times: SessionTimes;
  /** Judges a program as a whole; a program that is refused here is never begun. */
  prepare(program: ProgramSource): Result<PrintPlan, Fault>;
}

/** What a step asks its surroundings to do. A transfer is answered by its token, in bounded time. */
export type Output =
  | { readonly kind: "send"; readonly text: string }
  | { readonly kind: "store"; readonly token: number; readonly file: string; readonly copy: PrintCopy }
  /** Read the whole file and give its digest. */
  | { readonly kind: "read"; readonly token: number; readonly file: string }
  /** Delete the file and make sure that it is gone. */
  | { readonly kind: "remove"; readonly token: number; readonly file: string }
  | { readonly kind: "answer"; readonly id: number; readonly answer: Answer }
  | { readonly kind: "observe"; readonly observation: Observation }
  | { readonly kind: "telemetry"; readonly heat: Heaters; readonly utc: EpochMs }
  /** This connection is of no more use: build another. */
  | { readonly kind: "reconnect" }
  | { readonly kind: "exit" };

/** What a call was for. */
export type CallKind =
  | "identify"
  | "info"
  | "objects"
  | "settings"
  | "host"
  | "subscribe"
  | "files"
  | "look"
  | "queue"
  | "start"
  | "resume"
  | "cancel"
  | "cool"
  | "halt";

/** Where an attempt stands. Up to `starting` nothing can have moved. */
export type Step = "storing" | "reading" | "looking" | "queue" | "starting" | "printing" | "cooling" | "verifying";

export interface Job {
  readonly attempt: AttemptId;
  readonly file: string;
  readonly copy: PrintCopy;
  step: Step;
  /** Directives that wait for the begin. */
  waiters: number[];
  token: number | null;
  /** Since when the present step waits. */
  since: MonotonicMs;
  /** Words of a start that was refused, until the printer's state has been looked at. */
  startError: string | null;
  /** Index of the stop towards which it moves, or at which it stands. */
  next: number;
  stopped: boolean;
  /** Target temperatures when it stopped. */
  stoppedHeat: Heaters | null;
  /** It was told to go on, and has not yet. `lost`: nobody will say any more whether it was heard. */
  resuming: { readonly since: MonotonicMs; lost: boolean } | null;
  /** The printer stands where it should not: it is asked once more before anything is made of it. */
  doubted: boolean;
  released: number;
  held: boolean;
  tries: number;
  layer: { since: MonotonicMs; hotend: Range<Celsius> | null; bed: Range<Celsius> | null };
  /** Since when nobody has watched it. */
  unwatchedSince: EpochMs | null;
}

/** The printer is being made safe: print cancelled, heaters off, shown by its own state. */
export interface Safing {
  step: "cancel" | "halt";
  readonly escalateAt: MonotonicMs;
  readonly deadline: MonotonicMs;
  waiters: number[];
  failed: { readonly attempt: AttemptId; readonly fault: Fault } | null;
}

export type Phase = "closed" | "greeting" | "ready" | "refused";

export interface Session {
  readonly setup: SessionSetup;
  phase: Phase;
  status: Status;
  calls: Map<number, { readonly kind: CallKind; readonly deadline: MonotonicMs }>;
  nextId: number;
  nextToken: number;
  identity: MachineIdentity | null;
  job: Job | null;
  safing: Safing | null;
  /** Attempts that ended here. */
  over: Set<AttemptId>;
  /** Copies that lie at the printer and belong to no attempt any more, with how often their removal failed. */
  leftovers: Map<string, { token: number | null; tries: number; nextAt: MonotonicMs; alarmed: boolean }>;
  lastHeard: MonotonicMs;
  lastLook: MonotonicMs;
  /** Since when it is out of sight; null while it is seen. */
  lostSince: MonotonicMs | null;
  lostBy: Fault | null;
  retryAt: MonotonicMs | null;
  said: string | null;
  endBy: MonotonicMs | null;
  out: Output[];
}

/** `lost` names attempts that an earlier driver process was at when it died. */
export function newSession(setup: SessionSetup, lost: readonly AttemptId[] = []): Session {
  return {
    ...{ setup, phase: "closed", status: {}, calls: new Map(), nextId: 1, nextToken: 1, identity: null },
    ...{ job: null, safing: null, over: new Set(lost), leftovers: new Map(), lastHeard: 0, lastLook: 0 },
    ...{ lostSince: null, lostBy: null, retryAt: null, said: null, endBy: null, out: [] },
  };
}

/** Asks the server something; what comes of it is given to the protocol by its kind. */
export function call(session: Session, kind: CallKind, method: string, params: Members | null, now: Instant): void {
  const id = session.nextId++;
  const { call: soon, move } = session.setup.times;
  const slow = kind === "start" || kind === "resume" || kind === "cancel" || kind === "cool";
  session.calls.set(id, { kind, deadline: now.mono + (slow ? move : soon) });
  session.out.push({ kind: "send", text: request(id, method, params) });
}

/** True while a call of that kind is unanswered. */
export function isAsked(session: Session, kind: CallKind): boolean {
  return [...session.calls.values()].some((each) => each.kind === kind);
}

export function answer(session: Session, id: number, given: Answer): void {
  session.out.push({ kind: "answer", id, answer: given });
}

export function refuse(session: Session, id: number, fault: Fault): void {
  answer(session, id, { kind: "refused", fault });
}

export function observe(session: Session, observation: Observation): void {
  session.out.push({ kind: "observe", observation });
}

/** Says once that the printer cannot be used. */
export function sayOffline(session: Session, fault: Fault): void {
  if (session.said === fault.code) return;
  session.said = fault.code;
  observe(session, { kind: "offline", fault });
}

/** Remembers that an attempt is over, and that its copy has to go; the oldest are forgotten. */
export function close(session: Session, job: Pick<Job, "attempt" | "file">): void {
  session.over.add(job.attempt);
  for (const oldest of session.over) {
    if (session.over.size <= 1000) break;
    session.over.delete(oldest);
  }
  leave(session, job.file);
  session.job = null;
}

/** A copy at the printer that nobody needs any more. */
export function leave(session: Session, file: string): void {
  if (session.leftovers.size < mostLeftovers)
    session.leftovers.set(file, { token: null, tries: 0, nextAt: 0, alarmed: false });
}

const mostLeftovers = 1000;

/** The driver's folder among the printer's files. */
export const folder = "cellward/";

/** Name of an attempt's copy. */
export function fileOf(attempt: AttemptId): string {
  return `${folder}${attempt}.gcode`;
}

/** Widens the layer's ranges by the latest temperatures. */
export function noteHeat(session: Session): void {
  const { job } = session;
  const heat = heaters(session.status);
  if (job === null || heat === null) return;
  job.layer.hotend = widen(job.layer.hotend, heat.hotend.actual);
  job.layer.bed = widen(job.layer.bed, heat.bed.actual);
}

export function widen(range: Range<Celsius> | null, value: Celsius): Range<Celsius> {
  return range === null
    ? { min: value, max: value }
    : { min: Math.min(range.min, value), max: Math.max(range.max, value) };
}

/** What a transfer came to: the digest of what was read, or why it failed. */
export type Transferred =
  | { readonly ok: true; readonly digest: Digest | null }
  | { readonly ok: false; readonly why: string };

/** The state of the driver's talk with one printer, and the small steps that its parts share. */
import type { Answer, Fault, MachineIdentity, Observation } from "../../equipment/machine.ts";
import type { AttemptId, Digest } from "../../kernel/names.ts";
import type { Result } from "../../kernel/result.ts";
import type { Celsius, EpochMs, Milliseconds, MonotonicMs } from "../../kernel/units.ts";
import type { Dialect } from "./dialect.ts";
import { type Feed, isHomed } from "./feed.ts";
import { type Heat, type HeatWatch, newHeatWatch } from "./heat.ts";
import { type Link, type LinkLimits, newLink } from "./link.ts";
import type { PrintPlan } from "./plan.ts";
import type { Firmware, Position } from "./reply.ts";
import { newSetPoints, type SetPoints } from "./setpoints.ts";
import { createLineSplitter } from "./wire.ts";

/** Both clocks at one moment. */
export interface Instant {
  readonly mono: MonotonicMs;
  readonly utc: EpochMs;
}

/** Times after which something is said or done; defaults in {@link defaultTimes}. */
export interface SessionTimes {
  /** A printer that has not answered a greeting for so long is said to be offline. */
  readonly greet: Milliseconds;
  /** A printer that has sent nothing for so long is lost. */
  readonly liveness: Milliseconds;
  /** Temperatures older than this are asked for. */
  readonly poll: Milliseconds;
  /** Temperatures older than this are not known. */
  readonly stale: Milliseconds;
  /** An abort is answered after so long at the latest. */
  readonly safe: Milliseconds;
  /** After close or loss of the parent the driver ends after so long at the latest. */
  readonly end: Milliseconds;
  /** A mark that did not come back although all was confirmed is asked for again. */
  readonly mark: Milliseconds;
  /** A printer that was refused or is halted is greeted again after so long. */
  readonly retry: Milliseconds;
}

export const defaultTimes: SessionTimes = {
  ...{ greet: 10_000, liveness: 8000, poll: 2500, stale: 6000, safe: 25_000, end: 60_000, mark: 1500, retry: 10_000 },
};

/** What the protocol must know of its printer beforehand. */
export interface SessionSetup {
  /** Name of the port under /dev/serial/by-id: who a printer is whose firmware has no UUID of its own. */
  readonly port: string;
  /** The UUID that M115 must give (or the port's name), or null where none is configured (then none is checked). */
  readonly serial: string | null;
  /** The MACHINE_TYPE that M115 must give, or null where none is configured. */
  readonly machineType: string | null;
  readonly dialect: Dialect;
  /** Somebody proved the thermal protection of a firmware that does not tell of it. */
  readonly protectionProven: boolean;
  readonly vendor: string;
  /** Commands that move the tool away from the part after an abort; sent only when the printer was homed. */
  readonly park: readonly string[];
  readonly times: SessionTimes;
  readonly limits: LinkLimits;
  /** Judges a program as a whole; a program that is refused here is never begun. */
  prepare(program: ProgramSource): Result<PrintPlan, Fault>;
}

/** A program as it comes from the parent; `recipe` is opaque to everything but `prepare`. */
export interface ProgramSource {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly recipe: unknown;
}

/** What a step asks its surroundings to do. */
export type Output =
  | { readonly kind: "write"; readonly text: string }
  | { readonly kind: "answer"; readonly id: number; readonly answer: Answer }
  | { readonly kind: "observe"; readonly observation: Observation }
  | {
      readonly kind: "telemetry";
      readonly heat: Heat;
      /** Set points of the last confirmed commands; null while they are not known. */
      readonly commanded: { readonly hotend: Celsius | null; readonly bed: Celsius | null };
      readonly resends: number;
      readonly utc: EpochMs;
    }
  /** A line without a meaning, while a job runs. */
  | { readonly kind: "remark"; readonly text: string }
  /** Nothing is left to do for a driver that was told to end. */
  | { readonly kind: "exit" };

/** One attempt at this printer. */
export interface Job {
  readonly attempt: AttemptId;
  readonly feed: Feed;
  readonly resendsBefore: number;
  layer: { number: number; since: MonotonicMs; resends: number };
  /** The last M114 since the present layer's lines went out, and the last that was not where the program is. */
  place: { at: Position | null; wrong: Position | null; asked: number };
  /** Since when everything was confirmed while a mark was awaited, and how often it was asked for again. */
  idleSince: MonotonicMs | null;
  remarks: number;
}

/** The printer is being made safe: motion stopped, heaters off, confirmed by its own reports. */
export interface Safing {
  step: "stop" | "park" | "confirm";
  readonly deadline: MonotonicMs;
  readonly mayPark: boolean;
  homed: boolean;
  /** The numbered stream failed, and the heaters were switched off without numbers. */
  fellBack: boolean;
  /** Directives to answer at the end. */
  waiters: number[];
  /** An attempt that ends with this, once the heaters are known. */
  failed: { readonly attempt: AttemptId; readonly fault: Fault } | null;
}

export type Phase = "closed" | "greeting" | "ready" | "refused" | "halted";

export interface Session {
  readonly setup: SessionSetup;
  readonly link: Link;
  readonly heat: HeatWatch;
  readonly setPoints: SetPoints;
  split: (bytes: Uint8Array) => readonly string[];
  phase: Phase;
  greeting: { step: "quiet" | "hello" | "configure"; tries: number; since: MonotonicMs };
  capabilities: Map<string, boolean>;
  firmware: Firmware | null;
  /** M413 answered that power-loss recovery is on. */
  resumesByItself: boolean;
  /** Lines are repeated by the firmware as it takes them, since the wire was seen to do damage. */
  echoing: boolean;
  identity: MachineIdentity | null;
  /** Commands of the driver's own; they go before those of the job. */
  control: string[];
  job: Job | null;
  safing: Safing | null;
  /** Attempts that ended here. */
  over: Set<AttemptId>;
  /** The command that the next `ok` belongs to was echoed as unknown. */
  echoed: boolean;
  lastHeard: MonotonicMs;
  lastPolled: MonotonicMs;
  retryAt: MonotonicMs | null;
  /** The last thing said about the connection, so that nothing is said twice. */
  said: string | null;
  /** The driver was told to end: by then it does, whatever the printer says. */
  endBy: MonotonicMs | null;
  /** Until then an ending driver waits for a printer that is out of reach. */
  patientUntil: MonotonicMs;
  out: Output[];
}

/** `lost` names attempts that an earlier driver process was at when it died. */
export function newSession(setup: SessionSetup, lost: readonly AttemptId[] = []): Session {
  return {
    ...{
      setup,
      link: newLink(setup.limits),
      heat: newHeatWatch(),
      setPoints: newSetPoints(),
      split: createLineSplitter(),
      phase: "closed",
    },
    ...{ greeting: { step: "quiet", tries: 0, since: 0 }, capabilities: new Map(), firmware: null, identity: null },
    ...{ resumesByItself: false, echoing: false },
    ...{ control: [], job: null, safing: null, over: new Set(lost), echoed: false, lastHeard: 0, lastPolled: 0 },
    ...{ retryAt: null, said: null, endBy: null, patientUntil: 0, out: [] },
  };
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

/** Remembers that an attempt is over; the oldest are forgotten. */
export function close(session: Session, attempt: AttemptId): void {
  session.over.add(attempt);
  for (const oldest of session.over) {
    if (session.over.size <= 1000) break;
    session.over.delete(oldest);
  }
  session.job = null;
}

/** True when M108 and M410 act at once, past the queue. */
export function actsOutOfBand(session: Session): boolean {
  return session.capabilities.get("EMERGENCY_PARSER") === true;
}

export function jobIsHomed(session: Session): boolean {
  return session.job !== null && isHomed(session.job.feed, session.setup.limits);
}

/** Temperatures are known and recent. */
export function knownHeat(session: Session, now: Instant): Heat | null {
  const { latest } = session.heat;
  return latest !== null && now.mono - latest.at <= session.setup.times.stale ? latest : null;
}

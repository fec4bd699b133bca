/** What the screens remember of the ledger beyond the core's state: pictures and reports by layer, and who did what. */
import type { Fault } from "../equipment/machine.ts";
import type { Recorded } from "../jobs/controller.ts";
import { actorOf, type Event, jobOf } from "../jobs/event.ts";
import type { LayerReport } from "../jobs/report.ts";
import type { Digest, PersonId } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";

export interface LayerRecord {
  readonly layer: number;
  readonly take: number;
  readonly frame: Digest;
  readonly receivedAt: EpochMs;
  readonly report: LayerReport | null;
}

export interface Deed {
  readonly at: EpochMs;
  readonly person: PersonId | null;
  readonly what: string;
}

export interface AttemptRecord {
  readonly layers: ReadonlyMap<number, LayerRecord>;
  readonly deeds: readonly Deed[];
  readonly outcomeWhat: string | null;
}

export interface Journal {
  /** Takes the next entry; one that was taken before changes nothing. */
  take(recorded: Recorded): void;
  attempt(id: string): AttemptRecord | null;
  /** How a job ended, or null. */
  ended(job: string): Deed | null;
  /** Jobs in the order in which they ended. */
  endedJobs(): readonly string[];
  /** Why a label was not printed, or null. */
  labelFault(job: string, unit: number, label: number): Fault | null;
  /** Number of the last entry of a job; -1 where there is none. */
  lastEntry(job: string): number;
  /** And of the first. */
  firstEntry(job: string): number;
  /** Everything that it holds. */
  memory(): JournalMemory;
}

/** Attempts whose layers stay at hand; older ones are in the ledger only. */
const attemptsKept = 200;
const deedsKept = 200;

/** A journal as plain data, for a cache: what it took last, and everything that it holds. */
export interface JournalMemory {
  /** Number of the last entry taken; -1 where there is none. */
  readonly last: number;
  readonly attempts: readonly (readonly [
    string,
    { readonly layers: readonly LayerRecord[]; readonly deeds: readonly Deed[]; readonly outcomeWhat: string | null },
  ])[];
  readonly ended: readonly (readonly [string, Deed])[];
  readonly attemptOf: readonly (readonly [string, string])[];
  readonly lastOf: readonly (readonly [string, number])[];
  readonly firstOf: readonly (readonly [string, number])[];
  readonly labelFaults: readonly (readonly [string, Fault])[];
}

interface Growing {
  readonly layers: Map<number, LayerRecord>;
  readonly deeds: Deed[];
  outcomeWhat: string | null;
}

/** A journal with nothing in it, or with what another remembered. */
export function createJournal(memory: JournalMemory | null = null): Journal {
  const attempts = new Map(memory?.attempts.map(([id, record]) => [id, growing(record)]));
  const ended = new Map(memory?.ended);
  const attemptOf = new Map(memory?.attemptOf);
  const lastOf = new Map(memory?.lastOf);
  const firstOf = new Map(memory?.firstOf);
  const labelFaults = new Map(memory?.labelFaults);
  let last = memory?.last ?? -1;
  return {
    take({ seq, at, event }) {
      if (seq <= last) return;
      last = seq;
      const job = jobOf(event);
      if (job !== null) lastOf.set(job, seq);
      if (job !== null && !firstOf.has(job)) firstOf.set(job, seq);
      if (event.type === "LabelNotPrinted") labelFaults.set(nameOf(event.job, event.unit, event.label), event.fault);
      if (event.type === "JobEnded") ended.set(event.job, { at, person: event.person, what: event.what });
      if (event.type === "NonconformityRaised" && event.attempt !== null) {
        attemptOf.set(event.nonconformity, event.attempt);
      }
      if (event.type === "DispositionSigned")
        return signed(attempts.get(attemptOf.get(event.nonconformity) ?? ""), event, at);
      if (!("attempt" in event) || event.attempt === null) return;
      const record = attempts.get(event.attempt) ?? { layers: new Map(), deeds: [], outcomeWhat: null };
      attempts.set(event.attempt, record);
      if (attempts.size > attemptsKept) attempts.delete(attempts.keys().next().value ?? "");
      note(record, event, at);
    },
    attempt: (id) => attempts.get(id) ?? null,
    ended: (job) => ended.get(job) ?? null,
    endedJobs: () => [...ended.keys()],
    labelFault: (job, unit, label) => labelFaults.get(nameOf(job, unit, label)) ?? null,
    lastEntry: (job) => lastOf.get(job) ?? -1,
    firstEntry: (job) => firstOf.get(job) ?? -1,
    memory: () => ({
      last,
      attempts: [...attempts].map(([id, record]) => [id, { ...record, layers: [...record.layers.values()] }]),
      ended: [...ended],
      attemptOf: [...attemptOf],
      lastOf: [...lastOf],
      firstOf: [...firstOf],
      labelFaults: [...labelFaults],
    }),
  };
}

function growing({ layers, deeds, outcomeWhat }: JournalMemory["attempts"][number][1]): Growing {
  return { layers: new Map(layers.map((record) => [record.layer, record])), deeds: [...deeds], outcomeWhat };
}

const nameOf = (job: string, unit: number, label: number) => `${job}/${unit}/${label}`;

function note(record: Growing, event: Event, at: EpochMs): void {
  if (event.type === "LayerCaptured") {
    const { layer, take, frame, receivedAt } = event;
    record.layers.set(layer, { layer, take, frame, receivedAt, report: null });
  }
  if (event.type === "LayerInspected") {
    const before = record.layers.get(event.layer);
    if (before) record.layers.set(event.layer, { ...before, report: event.report });
  }
  if (event.type === "AttemptEnded") record.outcomeWhat = event.what;
  const what = deedOf(event);
  if (what !== null && record.deeds.length < deedsKept) record.deeds.push({ at, person: actorOf(event), what });
}

function signed(record: Growing | undefined, event: Extract<Event, { type: "DispositionSigned" }>, at: EpochMs): void {
  const what = `Signed the ${event.disposition} of ${event.nonconformity}: ${event.reason}`;
  record?.deeds.push({ at, person: event.approval.person, what });
}

/** The deeds and turns of an attempt that a person wants attributed; layers are told by the strip. */
function deedOf(event: Event): string | null {
  switch (event.type) {
    case "AttemptStarted":
      return "Started.";
    case "HoldRaised":
      return `Held: ${event.what}`;
    case "HoldConfirmed":
      return "The machine confirmed that it waits.";
    case "RetakeOrdered":
      return event.person === null ? null : `Ordered a new look at layer ${event.layer}.`;
    case "AttemptResumed":
      return "Resumed.";
    case "ForeignActionSeen":
      return `Somebody else acted at the machine. ${event.what}`;
    case "WindowLeft":
      return `A value left its window. ${event.what}`;
    case "NonconformityRaised":
      return `Nonconformity ${event.nonconformity}: ${event.what}`;
    case "AttemptEnded":
      return `${event.outcome}: ${event.what}`;
    case "MachineNotMadeSafe":
      return `The machine did not confirm that it is safe: ${event.fault.what}`;
    case "MachineMadeSafe":
      return "The machine confirmed that it stopped and cools.";
    default:
      return null;
  }
}

/** What the screens remember of the ledger beyond the core's state: where each layer's entries are, and who did what. */
import type { Fault } from "../equipment/machine.ts";
import type { Recorded } from "../jobs/controller.ts";
import { actorOf, type Event, jobOf } from "../jobs/event.ts";
import type { JobOrder } from "../jobs/order.ts";
import type { Digest, JobId, PersonId } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import type { LayerMark } from "./api-layers.ts";
import { concede, createIndex, type GrowingIndex, type LayerIndex, noteLayer } from "./layer-index.ts";

export interface Deed {
  readonly at: EpochMs;
  readonly person: PersonId | null;
  readonly what: string;
}

/** A deed at an attempt; `layer` where it was about one. */
export interface AttemptDeed extends Deed {
  readonly layer: number | null;
}

/** What a build was to make. */
export interface BuildPlan {
  readonly operation: string;
  /** The step's title. */
  readonly step: string;
  readonly program: Digest;
  readonly recipe: Digest;
  readonly planned: number;
}

export interface BuildFacts extends BuildPlan {
  readonly job: JobId;
  readonly startedAt: EpochMs;
  readonly simulated: boolean;
}

export interface AttemptRecord {
  /** Null for a step without layers. */
  readonly build: BuildFacts | null;
  readonly layers: LayerIndex;
  readonly deeds: readonly AttemptDeed[];
  readonly outcomeWhat: string | null;
}

export interface Journal {
  /** Takes the next entry; one that was taken before changes nothing. */
  take(recorded: Recorded): void;
  attempt(id: string): AttemptRecord | null;
  /** Other builds of the same program by the same recipe, the newest first. */
  alike(id: string): readonly (readonly [string, AttemptRecord])[];
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

/** Attempts whose layers stay at hand; where older ones are is read from the ledger when somebody asks. */
const attemptsKept = 200;
const deedsKept = 200;

/** A journal as plain data, for a cache: what it took last, and everything that it holds. */
export interface JournalMemory {
  /** Number of the last entry taken; -1 where there is none. */
  readonly last: number;
  readonly attempts: readonly (readonly [string, KeptAttempt])[];
  /** Builds of the orders that have not ended. */
  readonly plans: readonly (readonly [string, readonly BuildPlan[]])[];
  readonly ended: readonly (readonly [string, Deed])[];
  readonly placeOf: readonly (readonly [string, Place])[];
  readonly lastOf: readonly (readonly [string, number])[];
  readonly firstOf: readonly (readonly [string, number])[];
  readonly labelFaults: readonly (readonly [string, Fault])[];
}

interface KeptAttempt extends Omit<AttemptRecord, "layers"> {
  readonly layers: Omit<LayerIndex, "marks"> & { readonly marks: string };
}

/** Where a nonconformity was raised. */
type Place = readonly [attempt: string, layer: number | null];

interface Growing {
  readonly build: BuildFacts | null;
  readonly layers: GrowingIndex;
  readonly deeds: AttemptDeed[];
  outcomeWhat: string | null;
}

/** A journal with nothing in it, or with what another remembered. */
export function createJournal(memory: JournalMemory | null = null): Journal {
  const attempts = new Map(memory?.attempts.map(([id, record]) => [id, growing(record)]));
  const ended = new Map(memory?.ended);
  const plans = new Map(memory?.plans);
  const placeOf = new Map(memory?.placeOf);
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
      if (event.type === "JobOrderAccepted") plans.set(event.job, plansOf(event.order));
      if (event.type === "JobEnded") {
        ended.set(event.job, { at, person: event.person, what: event.what });
        plans.delete(event.job);
      }
      if (event.type === "NonconformityRaised" && event.attempt !== null) {
        placeOf.set(event.nonconformity, [event.attempt, event.layer]);
      }
      if (event.type === "DispositionSigned") {
        const [where, layer] = placeOf.get(event.nonconformity) ?? ["", null];
        return signed(attempts.get(where), layer, event, at);
      }
      if (!("attempt" in event) || event.attempt === null) return;
      const record = attempts.get(event.attempt) ?? begun(event, at, plans);
      attempts.set(event.attempt, record);
      if (attempts.size > attemptsKept) attempts.delete(attempts.keys().next().value ?? "");
      note(record, event, seq, at);
    },
    attempt: (id) => attempts.get(id) ?? null,
    alike(id) {
      const build = attempts.get(id)?.build;
      if (!build) return [];
      const same = (other: BuildFacts | null) => other?.program === build.program && other.recipe === build.recipe;
      return [...attempts].filter(([name, record]) => name !== id && same(record.build)).reverse();
    },
    ended: (job) => ended.get(job) ?? null,
    endedJobs: () => [...ended.keys()],
    labelFault: (job, unit, label) => labelFaults.get(nameOf(job, unit, label)) ?? null,
    lastEntry: (job) => lastOf.get(job) ?? -1,
    firstEntry: (job) => firstOf.get(job) ?? -1,
    memory: () => ({
      last,
      attempts: [...attempts].map(([id, record]) => [id, kept(record)]),
      plans: [...plans],
      ended: [...ended],
      placeOf: [...placeOf],
      lastOf: [...lastOf],
      firstOf: [...firstOf],
      labelFaults: [...labelFaults],
    }),
  };
}

function growing({ build, layers, deeds, outcomeWhat }: KeptAttempt): Growing {
  const marks = [...layers.marks] as LayerMark[];
  return { build, layers: createIndex({ ...layers, marks }), deeds: [...deeds], outcomeWhat };
}

function kept({ build, layers, deeds, outcomeWhat }: Growing): KeptAttempt {
  return { build, layers: { ...createIndex(layers), marks: layers.marks.join("") }, deeds: [...deeds], outcomeWhat };
}

const nameOf = (job: string, unit: number, label: number) => `${job}/${unit}/${label}`;

function plansOf({ route, recipe }: JobOrder): BuildPlan[] {
  return route.flatMap((each) =>
    each.kind === "build"
      ? [{ operation: each.id, step: each.title, program: each.program, recipe, planned: each.layersPlanned }]
      : [],
  );
}

function begun(event: Event, at: EpochMs, plans: ReadonlyMap<string, readonly BuildPlan[]>): Growing {
  const plan =
    event.type === "AttemptStarted" &&
    plans.get(event.job)?.find(({ operation }: BuildPlan) => operation === event.operation);
  const build = plan ? { ...plan, job: event.job, startedAt: at, simulated: event.simulated } : null;
  return { build, layers: createIndex(), deeds: [], outcomeWhat: null };
}

function note(record: Growing, event: Event, seq: number, at: EpochMs): void {
  noteLayer(record.layers, event, seq);
  if (event.type === "AttemptEnded") record.outcomeWhat = event.what;
  const what = deedOf(event);
  if (what === null || record.deeds.length >= deedsKept) return;
  const layer = "layer" in event ? event.layer : null;
  record.deeds.push({ at, person: actorOf(event), what, layer });
}

function signed(
  record: Growing | undefined,
  layer: number | null,
  event: Extract<Event, { type: "DispositionSigned" }>,
  at: EpochMs,
): void {
  if (!record) return;
  if (event.disposition === "concession" && layer !== null) concede(record.layers, layer);
  const what = `Signed the ${event.disposition} of ${event.nonconformity}: ${event.reason}`;
  record.deeds.push({ at, person: event.approval.person, what, layer });
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
    case "LayerFoundBad":
      return `Found layer ${event.layer} bad, which had passed.`;
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

/** What the views need besides the state, and names looked up late: none is ever kept. */
import type { Telemetry } from "../equipment/machine.ts";
import type { EvidenceStatus } from "../jobs/evidence-status.ts";
import { dayOf, erasureOf } from "../jobs/retention.ts";
import type { State } from "../jobs/state.ts";
import type { SyncStatus } from "../jobs/sync-status.ts";
import type { JobId, PersonId } from "../kernel/names.ts";
import type { EpochMs, Milliseconds } from "../kernel/units.ts";
import type { LogLine, PresenceView } from "./api.ts";
import type { Deed, Journal } from "./journal.ts";

export interface Looks {
  readonly at: EpochMs;
  /** Monotonic, of the same moment. */
  readonly mono: number;
  readonly site: string;
  readonly telemetry: readonly Telemetry[];
  readonly telemetryPeriodMs: Milliseconds;
  readonly presence: PresenceView;
  readonly sync: SyncStatus;
  readonly evidenceToQa: EvidenceStatus;
  readonly journal: Journal;
  /** The person who looks; gates are asked for them. */
  readonly person: PersonId | null;
  readonly nameOf: (person: PersonId) => string | null;
}

/** The person's name, or the pseudonym where no account has it any more. */
export function named(person: PersonId, looks: Looks): string {
  return looks.nameOf(person) ?? `unknown person ${person}`;
}

/** A deed with the name of who did it. */
export function logLine(deed: Deed, looks: Looks): LogLine {
  return { at: deed.at, who: deed.person === null ? null : named(deed.person, looks), what: deed.what };
}

/** Looks at a job whose personal texts were erased: nobody's name is told, also where the account still has one. */
export function withoutErased(state: State, job: JobId, looks: Looks): Looks {
  const erased = erasureOf(state.keeping, { kind: "job", id: job });
  if (!erased) return looks;
  return { ...looks, nameOf: (person) => `${person} (name erased on ${dayOf(erased.at)})` };
}

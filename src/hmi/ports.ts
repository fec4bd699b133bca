/** What the server is given by the composition root, and how it is set up. */
import type { Fault, Telemetry } from "../equipment/machine.ts";
import type { Controller, Recorded } from "../jobs/controller.ts";
import type { EvidenceStatus } from "../jobs/evidence-status.ts";
import type { TimeSupport } from "../jobs/keeping-event.ts";
import type { LimitSetFacts } from "../jobs/limit-event.ts";
import type { ModelFacts } from "../jobs/model-event.ts";
import type { SyncStatus } from "../jobs/sync-status.ts";
import type { Digest, JobId, LotId } from "../kernel/names.ts";
import type { Clock } from "../kernel/ports.ts";
import type { Result } from "../kernel/result.ts";
import type { Milliseconds } from "../kernel/units.ts";
import type { Artifacts } from "../ledger/artifacts.ts";
import type { ScrubProgress } from "../ledger/scrub.ts";
import type { recordKeeping, SealedText } from "../people/person.ts";
import type { SessionRules } from "../people/session.ts";
import type { PeopleStore } from "../people/store.ts";
import type { PresenceView, Problem, ReadCode } from "./api.ts";
import type { JournalMemory } from "./journal.ts";

/** Pictures, full reports and labels, by the digests that the ledger holds. */
export type EvidencePort = Pick<Artifacts, "get">;

/** Text about people, under the keys of a job or a lot. */
export interface SealingPort {
  /** Encrypts under the text key of the job or lot, so that it can be erased without touching the ledger. */
  seal(of: JobId | LotId | typeof recordKeeping, text: string): SealedText | Promise<SealedText>;
  /**
   * Lower-case hex HMAC-SHA-256 of an identifier under the order's own key; null where the cell has no key of that
   * order. The text comes as typed, trimmed; the port brings it into the form that the design authority hashed.
   */
  identifierHmac(job: JobId, text: string): string | null | Promise<string | null>;
}

/** Takes in whole packages, wherever they come from; nothing that it does starts anything. */
export interface PackagePort {
  /** The job that was accepted, or why nothing was. */
  take(bytes: Uint8Array): Promise<Result<{ readonly job: JobId }, Problem>>;
}

/** What is known of the record itself outside the core: whether the clock is borne out, and what a job names. */
export interface KeepingPort {
  /** What bears out that the clock is right now; null where nothing does. */
  timeSupport(): TimeSupport | null | Promise<TimeSupport | null>;
  /** Artifacts of a job that are still kept: pictures of layers that passed, and everything. */
  artifactsOf(job: JobId): Promise<{ readonly pictures: readonly Digest[]; readonly everything: readonly Digest[] }>;
}

/** The inspection models as they lie on the disk. */
export interface ModelPort {
  /** What the manifest of the configuration says now, read and checked with its file as the inspection does. */
  configured(): Promise<Result<ModelFacts, Fault>>;
  /** The same, once network, manifest and card are stored as artifacts. */
  keep(): Promise<Result<ModelFacts, Fault>>;
}

/** Limit sets as they are handed in: read against this cell's recipes. */
export interface LimitPort {
  read(set: unknown): Result<LimitSetFacts, Fault>;
  /** The same, once the set and its limits are stored as artifacts. */
  keep(set: unknown): Promise<Result<LimitSetFacts, Fault>>;
}

/** One reason why the cell is not ready, for /readyz: a code, no names, no job. */
export interface Unready {
  readonly code: string;
  readonly what: string;
}

export interface HmiPorts {
  readonly controller: Controller;
  readonly people: PeopleStore;
  readonly evidence: EvidencePort;
  readonly sealing: SealingPort;
  readonly packages: PackagePort;
  readonly keeping: KeepingPort;
  readonly models: ModelPort;
  readonly limits: LimitPort;
  readonly clock: Clock;
  /** What the journal remembers of an earlier start; null where it begins with nothing. */
  readonly remembered: JournalMemory | null;
  /** Every entry of the ledger from this number on, or up to another (not included). */
  readonly history: (from: number, to?: number) => AsyncIterable<Recorded>;
  /** The latest live values of every machine that has any. */
  readonly telemetry: () => readonly Telemetry[];
  /** What the presence device says of itself, and the code that its scanner read last. */
  readonly presence: () => PresenceView & { readonly read: ReadCode | null };
  /** How far the record is with central QA. */
  readonly sync: () => SyncStatus;
  /** How much evidence waits for central QA. */
  readonly evidenceToQa: () => EvidenceStatus;
  /** How far the reading again of the whole record is; null where there is none. */
  readonly scrub: () => ScrubProgress | null;
  /** Anything outside the core that keeps the cell from being ready; empty when all is well. */
  readonly unready: () => readonly Unready[];
  /** Something failed that should not: for the log; holds no request bodies. */
  readonly onProblem: (problem: unknown) => void;
}

export interface HmiConfig {
  /** 127.0.0.1 unless the owner of the network says otherwise. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly site: string;
  /** Folder of the built page (dist/web). */
  readonly webRoot: string;
  readonly sessions: SessionRules;
  readonly telemetryPeriodMs: Milliseconds;
  /** Requests a minute of one session; hold and stop are not counted, and never refused for it. */
  readonly requestsPerMinute: number;
  /** Requests a minute of one address where nobody is signed in: enough to load the page a few times. */
  readonly strangersPerMinute: number;
  /** Tries of a secret a minute, by session or, where nobody is signed in, by address. */
  readonly signInsPerMinute: number;
  /** Packages a minute of one session, and the largest in bytes. */
  readonly packagesPerMinute: number;
  readonly packageBytes: number;
  /** True behind TLS: the cookie is then never sent in the clear. */
  readonly secureCookie: boolean;
  /** Further host names under which the page is reached, besides loopback. */
  readonly hosts: readonly string[];
}

/** The settings of a panel on its own machine. */
export const defaultHmiConfig: Omit<HmiConfig, "webRoot" | "site"> = {
  host: "127.0.0.1",
  port: 8_080,
  sessions: { idleMs: 10 * 60 * 1000, longestMs: 12 * 60 * 60 * 1000, atOnce: 32 },
  telemetryPeriodMs: 1_000,
  requestsPerMinute: 3_000,
  strangersPerMinute: 240,
  signInsPerMinute: 30,
  packagesPerMinute: 12,
  packageBytes: 64 << 20,
  secureCookie: false,
  hosts: [],
};

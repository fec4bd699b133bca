/** How long what is kept: rules as data by pathway, legal holds, and why something may not be erased or dropped yet. */
import type { Digest, JobId, LotId, PersonId } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import { type Pathway, pathways } from "./pathway.ts";

/** Years that the record of a job is kept, counted from its end. */
export interface RetentionRule {
  readonly years: number;
  /** For a device that stays in the body, and where the order does not say. */
  readonly implantYears: number;
  /** For pictures of layers that passed; everything else of the job stays as long as its record. */
  readonly pictureYears: number;
}

export type RetentionRules = Readonly<Record<Pathway, RetentionRule>>;

/** The least that a configuration may say (Regulation (EU) 2017/745, Annex XIII section 4). */
export const leastYears = { years: 10, implantYears: 15, pictureYears: 2 } as const;

/** Nothing of a model or a demonstration stays in anybody. */
const neverInAnybody: ReadonlySet<Pathway> = new Set(["model-only", "demonstration"]);

/** The rules where the configuration says nothing: the least for records, and pictures as long as those. */
export const defaultRetention: RetentionRules = Object.fromEntries(
  pathways.map((pathway) => {
    const implantYears = neverInAnybody.has(pathway) ? leastYears.years : leastYears.implantYears;
    return [pathway, { years: leastYears.years, implantYears, pictureYears: implantYears }];
  }),
) as unknown as RetentionRules;

/** Why something is held, as a code: text that somebody typed never enters the ledger. Codes are never reused. */
export const holdReasons = {
  litigation: "A court case or a claim is to be expected.",
  authority: "An authority has asked for the record.",
  complaint: "A complaint about the device is open.",
  recall: "A recall is under way.",
  audit: "An audit is under way.",
} as const;
export type HoldReason = keyof typeof holdReasons;

/** Why a hold is lifted. */
export const liftReasons = {
  closed: "The matter for which it was held is closed.",
  mistaken: "It was held by mistake.",
} as const;
export type LiftReason = keyof typeof liftReasons;

/** A legal hold that stands: of one job, or of everything in the cell where `job` is null. */
export interface LegalHold {
  readonly job: JobId | null;
  readonly reason: HoldReason;
  readonly since: EpochMs;
}

/** Whose personal texts: those of a job's signatures, or of a lot's. */
export type TextsOf = { readonly kind: "job"; readonly id: JobId } | { readonly kind: "lot"; readonly id: LotId };

/** Texts that were erased; `destroyed` once their key is. */
export interface Erasure {
  readonly of: TextsOf;
  readonly at: EpochMs;
  /** Who signed it. */
  readonly by: PersonId;
  readonly destroyed: boolean;
}

/** What is kept of the keeping: holds, erasures, and artifacts that are owed their removal. */
export interface Keeping {
  readonly holds: readonly LegalHold[];
  /** By `textsName`. */
  readonly erasures: Readonly<Record<string, Erasure>>;
  /** By job: how many artifacts were dropped, and those whose files are still to be removed. */
  readonly drops: Readonly<Record<string, { readonly count: number; readonly owed: readonly Digest[] }>>;
}

/** Nothing was held, erased or dropped. */
export const noKeeping: Keeping = { holds: [], erasures: {}, drops: {} };

/** One name for texts of jobs and of lots. */
export function textsName({ kind, id }: TextsOf): string {
  return `${kind}/${id}`;
}

/** The erasure of these texts, or undefined. */
export function erasureOf({ erasures }: Keeping, of: TextsOf): Erasure | undefined {
  const name = textsName(of);
  return Object.hasOwn(erasures, name) ? erasures[name] : undefined;
}

/** The hold that a job is under: its own, or the cell's. */
export function holdOn({ holds }: Keeping, job: JobId | null): LegalHold | undefined {
  return holds.find((hold) => hold.job === job) ?? holds.find((hold) => hold.job === null);
}

/** The same day so many years later (the 29th of February becomes the 1st of March). */
export function yearsAfter(at: EpochMs, years: number): EpochMs {
  const date = new Date(at);
  return date.setUTCFullYear(date.getUTCFullYear() + years);
}

/** A day as it is said: 2036-11-26. */
export function dayOf(at: EpochMs): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** What a year's archive is to hold, read off the whole log in one pass, and whether the year is closed. */
import type { Json } from "../../kernel/json.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { type ArchiveLine, isInYear, yearStart } from "../archive.ts";
import { type ArtifactAccount, createArtifactAccount } from "../artifact-account.ts";
import { type CheckedPrefix, createChainCheck, isFinding, type Row, readBody } from "../chain-check.ts";
import { openCosignatures } from "../cosignature.ts";
import { type Entry, parseEntry } from "../entry.ts";
import type { LedgerFault } from "../ledger.ts";
import type { VerifyingKey } from "../signer.ts";
import { isSuccession } from "../succession.ts";
import type { CheckpointRow } from "../verify.ts";
import { checkSignature } from "./crypto.ts";
import {
  alteredSchema,
  checkpointRows,
  cosignatureRows,
  type Db,
  entryCount,
  readOrigin,
  rowsFrom,
} from "./database.ts";
import { schemaProblem } from "./schema.ts";

/** Why there is no archive of that year. */
export interface SurveyFault {
  readonly code: "year-open" | "year-empty" | "job-open" | "not-countersigned" | "not-signed-yet" | LedgerFault["code"];
  readonly what: string;
  readonly remedy: string;
}

/** What goes into the archive. */
export interface ArchiveSurvey {
  readonly origin: string;
  /** The first entry of the year, one above the last, and how many entries the checkpoint covers that covers them. */
  readonly from: number;
  readonly to: number;
  readonly size: number;
  /** Where the log stood before the first entry. */
  readonly beginning: CheckedPrefix;
  /** Jobs with entries inside. */
  readonly going: ReadonlySet<string>;
  readonly notes: readonly ArchiveLine[];
  /** Artifacts that must be inside, each with the first entry that names it, and those that were dropped by policy. */
  readonly artifacts: ReadonlyMap<Digest, number>;
  readonly dropped: ReadonlySet<Digest>;
}

export interface SurveyOptions {
  readonly year: number;
  readonly witnesses: readonly VerifyingKey[];
  readonly now: number;
  readonly onProgress: (sentence: string) => void;
}

/** A job that was accepted is open until one of these stands in it. */
const acceptType = "JobOrderAccepted";
const endTypes: readonly string[] = ["JobEnded", "AncestorJobClosed"];
const progressEvery = 10_000;

/** What a pass over the whole log has found. */
interface Found {
  from: number;
  last: number;
  beginning: CheckedPrefix | null;
  /** Sizes at which both keys signed that the key was handed on. */
  readonly successions: number[];
  readonly open: Set<string>;
  readonly account: ArtifactAccount;
}

/** Reads the log, in pages, and says what a year's archive is to hold; a year that is not closed is refused. Throws SqliteError. */
export function surveyYear(db: Db, options: SurveyOptions): Result<ArchiveSurvey, SurveyFault> {
  const { year, now } = options;
  if (now < yearStart(year + 1)) {
    const what = `The year ${year} is not over.`;
    return err({ code: "year-open", what, remedy: "A year is archived once it is closed (UTC)." });
  }
  const altered = schemaProblem(db);
  if (altered !== null) return err(alteredSchema(altered));
  const origin = readOrigin(db);
  if (origin === null) {
    const what = "There is no ledger in this folder.";
    return err({ code: "ledger-absent", what, remedy: "Name the cell's data folder." });
  }
  // Notes first, entries after: every note is then over entries that are read.
  const notes = { own: checkpointRows(db, false), cosigned: cosignatureRows(db, false) };
  const found = readWhole(db, origin, options);
  if (!found.ok) return found;
  const { from, last, beginning } = found.value;
  if (beginning === null) {
    const what = `The log has no entry of ${year}.`;
    return err({ code: "year-empty", what, remedy: "Name another year; years are counted by UTC." });
  }
  if (found.value.open.size > 0) return err(stillOpen(year, [...found.value.open]));
  const cover = coverOf(notes, last + 1, options.witnesses);
  if (!cover.ok) return cover;
  const { size } = cover.value;
  const kept = notes.own.filter((row) => row.size === size || found.value.successions.includes(row.size));
  const lines = kept.filter((row) => row.size > from && row.size <= size).map(({ note }) => ({ note }));
  const inside = readRange(db, from, size);
  const dropped = found.value.account.dropped();
  const named = [...inside.account.kept()];
  return ok({
    ...{ origin, from, to: last + 1, size, beginning, going: inside.jobs },
    notes: [...lines, ...cover.value.lines],
    artifacts: new Map(named.filter(([digest]) => !dropped.has(digest))),
    dropped: new Set(named.map(([digest]) => digest).filter((digest) => dropped.has(digest))),
  });
}

function readWhole(db: Db, origin: string, { year, onProgress }: SurveyOptions): Result<Found, SurveyFault> {
  const check = createChainCheck(origin, () => false);
  const found: Found = {
    ...{ from: -1, last: -1, beginning: null, successions: [], open: new Set() },
    account: createArtifactAccount(),
  };
  const begun = new Set<string>();
  for (const row of rowsFrom(db, 0, entryCount(db))) {
    const before = { chain: check.chain(), jobHeads: check.jobHeads };
    const entry = parseEntry(Buffer.from(row.entry).toString("utf8"));
    const isOfYear = entry !== null && isInYear(entry.at, year);
    if (isOfYear && found.beginning === null) {
      found.from = row.seq;
      found.beginning = { ...before, jobHeads: new Map(before.jobHeads) };
    }
    const body = readBody(row.body, row.seq);
    const wrong = check.step(row) ?? (isFinding(body) ? body : null);
    if (wrong !== null) return err(brokenAt(wrong));
    if (entry === null || isFinding(body)) continue;
    if (isOfYear) found.last = row.seq;
    if (isOfYear && entry.type === acceptType) begun.add(entry.job ?? "");
    take(found, begun, row, entry, body.value);
    if ((row.seq + 1) % progressEvery === 0) onProgress(`${row.seq + 1} entries read`);
  }
  const wrong = check.end();
  return wrong === null ? ok(found) : err(brokenAt(wrong));
}

function take(found: Found, begun: Set<string>, row: Row, { type, job }: Entry, body: Json): void {
  found.account.take(row.seq, job, type, body);
  if (isSuccession(type)) found.successions.push(row.seq + 1);
  if (job === null) return;
  if (type === acceptType && begun.has(job)) found.open.add(job);
  if (endTypes.includes(type)) found.open.delete(job);
}

function readRange(db: Db, from: number, size: number) {
  const account = createArtifactAccount();
  const jobs = new Set<string>();
  for (const row of rowsFrom(db, from, size)) {
    const entry = parseEntry(Buffer.from(row.entry).toString("utf8"));
    const body = readBody(row.body, row.seq);
    if (entry === null || isFinding(body)) continue;
    account.take(row.seq, row.job, entry.type, body.value);
    if (row.job !== null) jobs.add(row.job);
  }
  return { account, jobs };
}

interface Notes {
  readonly own: readonly CheckpointRow[];
  readonly cosigned: readonly CheckpointRow[];
}

interface Cover {
  readonly size: number;
  /** The countersigned checkpoint over it. */
  readonly lines: readonly ArchiveLine[];
}

/** The smallest checkpoint over at least `count` entries that a witness has countersigned; without witnesses the cell's own. */
function coverOf(
  { own, cosigned }: Notes,
  count: number,
  witnesses: readonly VerifyingKey[],
): Result<Cover, SurveyFault> {
  const isBorneOut = ({ note }: CheckpointRow): boolean => {
    const opened = openCosignatures(note, witnesses, checkSignature);
    return opened.ok && opened.value.length > 0;
  };
  if (witnesses.length > 0) {
    const row = cosigned.find((each) => each.size >= count && isBorneOut(each));
    if (row !== undefined) {
      const lines = own.some(({ size }) => size === row.size) ? [] : [{ note: row.note }];
      return ok({ size: row.size, lines: [...lines, { cosigned: row.note }] });
    }
    const reach = cosigned.findLast(isBorneOut)?.size ?? 0;
    const what = `The year has entries up to entry ${count - 1}; central QA has countersigned ${reach} entries.`;
    const remedy = "Let the cell sync and archive then; --uncosigned makes an archive that only the cell's key proves.";
    return err({ code: "not-countersigned", what, remedy });
  }
  const row = own.find(({ size }) => size >= count);
  if (row !== undefined) return ok({ size: row.size, lines: [] });
  const what = "The year's last entries are not covered by a checkpoint yet.";
  return err({ code: "not-signed-yet", what, remedy: "Start and stop the cell once, then archive again." });
}

function stillOpen(year: number, jobs: readonly string[]): SurveyFault {
  const more = jobs.length > 5 ? ` and ${jobs.length - 5} more` : "";
  const what = `Jobs that were begun in ${year} have not ended: ${jobs.slice(0, 5).join(", ")}${more}.`;
  return { code: "job-open", what, remedy: "Bring them to their end; the year is closed then." };
}

function brokenAt({ what, remedy, seq }: { what: string; remedy: string; seq: number | null }): SurveyFault {
  return {
    code: "ledger-broken",
    what: `The record does not verify${seq === null ? "" : ` at entry ${seq}`}: ${what}`,
    remedy,
  };
}

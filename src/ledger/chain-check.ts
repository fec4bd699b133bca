/** The chain check: takes stored rows one by one and names the first entry that is not what was written. */
import { digestOf } from "../kernel/hash.ts";
import { type Json, parseCanonical } from "../kernel/json.ts";
import type { Digest } from "../kernel/names.ts";
import { artifactDigests } from "./artifacts.ts";
import { textOf } from "./bytes.ts";
import type { Chain, JobHeads } from "./chain.ts";
import { emptyChain } from "./chain.ts";
import { type Entry, maxBodyBytes, maxEntryBytes, parseEntry } from "./entry.ts";
import { type Finding, finding } from "./finding.ts";
import { grow, leafHash } from "./tree.ts";

/** An entry as the database holds it. */
export interface Row {
  readonly seq: number;
  readonly job: string | null;
  readonly entry: Uint8Array;
  readonly body: Uint8Array;
}

/** What a body check found: its artifacts, or why it is not a body. */
export interface CheckedEntry {
  readonly entry: Entry;
  /** SHA-256 of the entry bytes. */
  readonly digest: Digest;
}

/** Progress of a check over a growing prefix of the log. */
export interface ChainCheck {
  /** Takes the next row; null while all is well. After a finding the check is over. */
  step(row: Row): Finding | null;
  /** What is left to say when there are no more rows. */
  end(): Finding | null;
  /** Takes an entry that nobody can read by its bytes alone: what comes after it may link to it. */
  pass(entry: Uint8Array): void;
  /** The end of the prefix found good. */
  chain(): Chain;
  readonly jobHeads: JobHeads;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads entry bytes by themselves, with the body they name: format and body digest. `place` is where they stand; where
 * the place does not give an entry its number, the number that it bears itself names it.
 */
export function checkEntry(
  bytes: Uint8Array,
  body: Uint8Array,
  place: number,
  named: "by-place" | "by-itself" = "by-place",
): CheckedEntry | Finding {
  const entry = bytes.length > maxEntryBytes ? null : parseEntry(decoder.decode(bytes));
  if (entry === null) return finding("entry-format", place, `Entry ${place} is not an entry in format version 1.`);
  if (body.length > maxBodyBytes || digestOf(body) !== entry.bodyDigest) {
    const seq = named === "by-place" ? place : entry.seq;
    return finding("body-changed", seq, `The body of entry ${seq} (${entry.type}) is not the one it was written with.`);
  }
  return { entry, digest: digestOf(bytes) };
}

/** What a body says, or a finding where it is not a canonical JSON object. */
export function readBody(body: Uint8Array, seq: number): { readonly value: Json } | Finding {
  const parsed = parseCanonical(body);
  if (!parsed.ok) return finding("body-format", seq, `The body of entry ${seq} is ${parsed.error}.`);
  if (textOf(body)?.startsWith("{") !== true) {
    return finding("body-format", seq, `The body of entry ${seq} is not a JSON object.`);
  }
  return { value: parsed.value };
}

/** The digests of artifacts that a body names, or a finding where it is not a canonical JSON object. */
export function checkBody(body: Uint8Array, seq: number): readonly Digest[] | Finding {
  const read = readBody(body, seq);
  return isFinding(read) ? read : artifactDigests(read.value);
}

/** True where a check gave a finding instead of a value. */
export function isFinding(value: unknown): value is Finding {
  return typeof value === "object" && value !== null && "rule" in value;
}

/** Where a check begins: the end of a prefix that was found good before, and the last entries of the jobs in it. */
export interface CheckedPrefix {
  readonly chain: Chain;
  readonly jobHeads: JobHeads;
  /** Digests of entries in it that nobody can read and that the rows to come may link to. */
  readonly unread?: ReadonlySet<Digest>;
}

/**
 * A check over the log `origin`, from its first entry or from a prefix known to be good. `signedAt(size)` answers
 * whether a trusted signature covers exactly the first `size` entries as they stand; it decides which of two neighbours
 * was changed.
 */
export function createChainCheck(
  origin: string,
  signedAt: (size: number) => boolean,
  known: CheckedPrefix = { chain: emptyChain(origin), jobHeads: new Map() },
): ChainCheck {
  let chain = known.chain;
  const jobHeads: JobHeads = new Map(known.jobHeads);
  const unread = new Set<Digest>(known.unread);
  let suspect: { readonly seq: number; readonly digest: Digest } | null = null;

  function step(row: Row): Finding | null {
    if (suspect !== null) return judge(suspect, row);
    const seq = chain.frontier.size;
    if (row.seq !== seq) return finding("entry-missing", seq, `Entry ${seq} is missing: the next one is ${row.seq}.`);
    const checked = checkEntry(row.entry, row.body, seq);
    if (isFinding(checked)) return checked;
    const { entry, digest } = checked;
    if (entry.seq !== seq)
      return finding("entry-order", seq, `In place ${seq} stands the entry numbered ${entry.seq}.`);
    if (entry.prev !== chain.prev) return doubt(seq, digest);
    const own = ownLinks(entry, chain, { jobHeads, unread }, row.job);
    if (own !== null) return own;
    if (entry.job !== null) jobHeads.set(entry.job, digest);
    chain = { origin, frontier: grow(chain.frontier, leafHash(row.entry)), prev: digest, boot: entry.boot };
    return null;
  }

  function doubt(seq: number, digest: Digest): Finding | null {
    if (seq === 0) return finding("entry-changed", 0, `Entry 0 does not begin the log ${origin}.`);
    if (signedAt(seq)) return changed(seq);
    suspect = { seq, digest };
    return null;
  }

  return {
    step,
    end: () =>
      suspect === null
        ? null
        : finding(
            "entry-changed",
            suspect.seq - 1,
            `Entry ${suspect.seq - 1} or ${suspect.seq} was changed: the link between them does not hold.`,
          ),
    pass(bytes) {
      const prev = digestOf(bytes);
      unread.add(prev);
      chain = { ...chain, frontier: grow(chain.frontier, leafHash(bytes)), prev };
    },
    chain: () => chain,
    jobHeads,
  };
}

/** The entry after a broken link tells which side of it was changed: it was chained to the suspect, or it was not. */
function judge(suspect: { readonly seq: number; readonly digest: Digest }, next: Row): Finding {
  const entry = parseEntry(decoder.decode(next.entry));
  return changed(entry?.prev === suspect.digest ? suspect.seq - 1 : suspect.seq);
}

function changed(seq: number): Finding {
  return finding("entry-changed", seq, `Entry ${seq} was changed after it was written.`);
}

interface Links {
  readonly jobHeads: JobHeads;
  readonly unread: ReadonlySet<Digest>;
}

function ownLinks(entry: Entry, { boot, prev }: Chain, links: Links, job: string | null): Finding | null {
  const { seq } = entry;
  if (entry.boot < boot) {
    return finding("boot-order", seq, `Entry ${seq} is of start ${entry.boot}, after entries of start ${boot}.`);
  }
  // What nobody can read may have been the first of this start, or of this job.
  if (entry.boot !== boot && entry.job !== null && !links.unread.has(prev)) {
    return finding("boot-order", seq, `Entry ${seq} is the first of start ${entry.boot} but belongs to a job.`);
  }
  const jobPrev = entry.job === null ? null : (links.jobHeads.get(entry.job) ?? null);
  const linksToUnread = entry.job !== null && entry.jobPrev !== null && links.unread.has(entry.jobPrev);
  if (entry.jobPrev !== jobPrev && !linksToUnread) {
    return finding("job-link", seq, `Entry ${seq} does not continue the record of job ${entry.job ?? "(none)"}.`);
  }
  if (entry.job !== job) return finding("index", seq, `Entry ${seq} is filed under job ${job}, it is of ${entry.job}.`);
  return null;
}

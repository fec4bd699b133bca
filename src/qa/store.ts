/** The store of central QA: what cells have handed over, what was cosigned, what was wrong, what was decided. */
import type { Digest, JobId, PersonId } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import { toHex } from "../ledger/bytes.ts";
import { type Chain, emptyChain, type JobHeads } from "../ledger/chain.ts";
import type { SignedNote } from "../ledger/note.ts";
import { type Frontier, grow, rootOf } from "../ledger/tree.ts";
import type { TraceStore } from "./traces.ts";
import type { WatchStore } from "./watch.ts";

/** Entries from `from` up to, not including, `to`; the jobs are those that the entries name. */
export interface Reach {
  readonly from: number;
  readonly to: number;
  readonly jobs: readonly JobId[];
  /** Digests that the entries link to, of which some may be entries that nobody can read. */
  readonly links?: readonly Digest[];
}

/** What is held of one log, as far as a batch can touch it; read under the log's lock. */
export interface Held {
  /** The end of what is held. */
  readonly chain: Chain;
  /** The tree of the first `from` entries; null where fewer are held, or where rows that it is made from are lost. */
  readonly base: Frontier | null;
  /** Leaf hashes held from `from` on, up to `to`; null in the place of a row that is lost. */
  readonly leaves: readonly (Uint8Array | null)[];
  /** Digest of the last entry of each job that the reach names, where one is held. */
  readonly jobHeads: JobHeads;
  /** Those of the reach's links that are entries nobody can read. */
  readonly unread: ReadonlySet<Digest>;
  /** The newest checkpoint accepted; null before the first. */
  readonly checkpoint: SignedNote | null;
  /** A cosignature of central's that is larger than all that it holds itself: it has lost records, and the cell has this. */
  readonly vouched: Receipt | null;
  /** True once two histories of this log were seen: nothing more is taken. */
  readonly frozen: boolean;
}

/** An entry to be kept: its exact bytes and what it is found by. */
export interface NewEntry {
  readonly seq: number;
  /** RFC 6962 leaf hash, 32 bytes. */
  readonly leaf: Uint8Array;
  /** SHA-256 of the entry's bytes: what the next one links to. */
  readonly digest: Digest;
  readonly job: JobId | null;
  /** `unreadType` where the entry cannot be read; no entry's own type has that form. */
  readonly type: string;
  readonly at: EpochMs;
  readonly entry: Uint8Array;
  readonly body: Uint8Array;
}

/** An entry as it is held, with its log and the time at which it came. */
export interface KeptEntry extends NewEntry {
  readonly receivedAt: EpochMs;
}

/** Two statements of one cell that cannot both be true. */
export interface Fork {
  readonly origin: string;
  /** The first place where they differ, as far as it is known. */
  readonly size: number;
  /** The checkpoint held, and the one that came. */
  readonly held: SignedNote | null;
  readonly other: SignedNote;
  readonly what: string;
  readonly at: EpochMs;
}

/** The type under which an entry is filed that is no entry by its form. */
export const unreadType = "(unread)";

/** A message that was not taken, by the digest of its bytes; or an entry that is kept in its place and not interpreted. */
export interface Quarantined {
  readonly cell: string;
  /** The entry's number in its log; null for a message that was not taken. */
  readonly seq: number | null;
  readonly digest: Digest;
  readonly bytes: number;
  readonly code: string;
  readonly what: string;
  readonly at: EpochMs;
}

/** How much of what a cell sent and central did not take is not kept: the honest count behind the bounds. */
export interface Dropped {
  readonly cell: string;
  readonly messages: number;
  readonly bytes: number;
}

/** What a judgement wants written, all of it or nothing. */
export type Writing =
  | { readonly kind: "nothing" }
  | {
      readonly kind: "entries";
      /** From the end of what is held on, without a gap. */
      readonly entries: readonly NewEntry[];
      /** The chain after them, and the cell's checkpoint over it. */
      readonly chain: Chain;
      readonly checkpoint: SignedNote;
      readonly at: EpochMs;
      /** Those of them that the cell has signed and that are not well-formed. */
      readonly spoiled: readonly Quarantined[];
    }
  | { readonly kind: "fork"; readonly fork: Fork }
  /** The message itself is kept for the first few of a cell, the digest of all. */
  | { readonly kind: "quarantine"; readonly quarantined: Quarantined; readonly message: Uint8Array };

/** A judgement: what to write, and what to tell the caller once that is durable. */
export interface Settlement<T> {
  readonly writing: Writing;
  readonly value: T;
}

/** A checkpoint accepted from a cell, and the same with central's cosignature once there is one. */
export interface AcceptedHead {
  readonly size: number;
  readonly checkpoint: SignedNote;
  readonly cosigned: SignedNote | null;
}

/** A checkpoint with the cell's signature and central's cosignature. */
export interface Receipt {
  readonly size: number;
  readonly note: SignedNote;
}

/** How far one log has come. */
export interface LogState {
  readonly origin: string;
  readonly size: number;
  readonly root: Digest;
  readonly newest: AcceptedHead | null;
  /** The largest that was cosigned; null where none was. */
  readonly receipt: Receipt | null;
  /** The largest cosignature that a cell has shown and that is larger than `receipt`. */
  readonly vouched: Receipt | null;
  readonly frozen: boolean;
}

/** Entries from `from` up to, not including, `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A signed decision, kept for ever. */
export interface KeptDecision {
  readonly id: string;
  readonly origin: string;
  readonly envelope: string;
  readonly person: PersonId | null;
  readonly at: EpochMs;
}

/** A person's word that an item of the inbox was looked at. */
export interface Review {
  readonly item: string;
  readonly person: PersonId;
  readonly reason: string;
  readonly at: EpochMs;
}

/**
 * The store. Entries, heads, cosignatures, forks, quarantine, decisions, reviews and alarms are only ever added. Every method
 * rejects with StoreFailed where the database could not do it; nothing of that call is then durable.
 */
export interface QaStore extends TraceStore, WatchStore {
  /**
   * Reads what is held of `origin`, judges, and writes what the judgement wants, in one transaction under the log's
   * lock: whoever else settles the same log, in this process or another, does it before or after.
   */
  settle<T>(origin: string, reach: Reach, judge: (held: Held) => Settlement<T>): Promise<T>;
  /** The log's state; size 0 where nothing is held. */
  log(origin: string): Promise<LogState>;
  /**
   * Keeps a cosigned checkpoint over an accepted head, unless one of that size or larger is kept already, or a larger one
   * was vouched for: central never cosigns a smaller size after a larger. Resolves with the largest that is kept.
   */
  keepCosigned(origin: string, size: number, cosigned: SignedNote): Promise<Receipt | null>;
  /** Keeps a cosignature of central's own that it has lost and a cell has shown, found right by the caller. */
  vouch(origin: string, receipt: Receipt): Promise<void>;
  /** The first rows that are lost from `from` up to `to`, at most `limit` stretches. */
  missing(origin: string, range: Range, limit: number): Promise<readonly Range[]>;
  /** The tree at the smallest accepted head that has `size` entries or more; null where there is none. */
  treeFrom(origin: string, size: number): Promise<Frontier | null>;
  /** Puts rows back that were lost, as proved by the caller; what is there stays. Resolves with how many were put back. */
  putBack(origin: string, entries: readonly NewEntry[], at: EpochMs): Promise<number>;
  /** The accepted heads in order of size. */
  heads(origin: string): Promise<readonly AcceptedHead[]>;
  /** At most `limit` entries from `from` on. */
  entries(origin: string, from: number, limit: number): Promise<readonly KeptEntry[]>;
  /** The entries of one job, in order: all, or at most `limit` from the entry number `from` on. */
  jobEntries(origin: string, job: JobId, from?: number, limit?: number): Promise<readonly KeptEntry[]>;
  forks(): Promise<readonly Fork[]>;
  /** The newest that were not taken or are kept in their place uninterpreted, at most `limit`. */
  quarantined(limit: number): Promise<readonly Quarantined[]>;
  /** What was refused of each cell beyond the bounds of the list. */
  dropped(): Promise<readonly Dropped[]>;
  /** Adds to the count of what was refused and not even listed. */
  countDropped(dropped: Dropped): Promise<void>;
  /** The bytes of one of them, where they were kept. */
  quarantinedMessage(cell: string, digest: Digest): Promise<Uint8Array | null>;
  /** Keeps a decision; one with the same id is not kept twice. */
  keepDecision(decision: KeptDecision): Promise<void>;
  decisions(): Promise<readonly KeptDecision[]>;
  keepReview(review: Review): Promise<void>;
  reviews(): Promise<readonly Review[]>;
  /** Notes that a cell was heard, by something that it alone can say; the latest time counts. */
  heard(cell: string, at: EpochMs): Promise<void>;
  lastHeard(): Promise<ReadonlyMap<string, EpochMs>>;
  close(): Promise<void>;
}

/** What ingest asks of the store. */
export type IngestStore = Pick<
  QaStore,
  | "settle"
  | "log"
  | "keepCosigned"
  | "heard"
  | "settleStatus"
  | "raise"
  | "vouch"
  | "missing"
  | "treeFrom"
  | "putBack"
  | "countDropped"
>;

/** Thrown by every method of a store whose database could not do what was asked. */
export class StoreFailed extends Error {
  override name = "StoreFailed";
  /** The database's own code; never a connection string. */
  readonly code: string;

  constructor(code: string) {
    super(`The store of central QA could not do this (${code}).`);
    this.code = code;
  }
}

/** How many messages not taken are kept whole for one cell. */
const mostKeptWhole = 50;
/** How many messages not taken are kept for one cell; later ones are only counted in the log. */
const mostQuarantined = 1_000;
/** The name under which whatever came for names that are not registered is listed; no cell's id has this form. */
export const unregistered = "(unregistered)";
/** How many such messages are listed in all, by their digests alone: anybody can make up names. */
export const mostUnregistered = 200;
/** Bytes of messages not taken that are kept whole for all cells together. */
export const mostKeptBytes = 256 * 1024 * 1024;

/** How many messages that were not taken are listed under this name. */
export function mostListedOf(cell: string): number {
  return cell === unregistered ? mostUnregistered : mostQuarantined;
}

/** Whether a message is kept whole: `count` of its cell are listed, and `keptBytes` of all are kept whole. */
export function isKeptWhole(cell: string, bytes: number, count: number, keptBytes: number): boolean {
  return cell !== unregistered && count < mostKeptWhole && keptBytes + bytes <= mostKeptBytes;
}

/** How many forks of one log are kept as evidence. */
export const mostForks = 100;

/** The nodes of a frontier one after the other, as the databases hold them. */
export function packFrontier(frontier: Frontier): Uint8Array {
  const bytes = new Uint8Array(frontier.nodes.length * 32);
  frontier.nodes.forEach((node, index) => {
    bytes.set(node, index * 32);
  });
  return bytes;
}

/** The frontier of `size` leaves from its packed nodes. */
export function unpackFrontier(size: number, bytes: Uint8Array): Frontier {
  const node = (index: number) => new Uint8Array(bytes.subarray(index * 32, index * 32 + 32));
  const nodes = Array.from({ length: bytes.length / 32 }, (_, index) => node(index));
  return { size, nodes };
}

/** A head row as the databases hold it. */
export interface HeadRow {
  readonly size: number;
  readonly frontier: Uint8Array;
  readonly prev: string;
  readonly boot: number;
}

/** The chain at a head row; without one the chain of an empty log. */
export function chainAt(origin: string, row: HeadRow | undefined): Chain {
  if (row === undefined) return emptyChain(origin);
  const { size, frontier, prev, boot } = row;
  return { origin, frontier: unpackFrontier(size, frontier), prev: prev as Digest, boot };
}

/** The tree of `size` leaves: of `row.size`, grown by those that follow; null where one of them is lost. */
export function grownFrom(
  origin: string,
  row: HeadRow | undefined,
  size: number,
  leaves: readonly (Uint8Array | null)[],
): Frontier | null {
  let edge = chainAt(origin, row).frontier;
  for (const leaf of leaves) {
    if (leaf === null) return null;
    edge = grow(edge, leaf);
  }
  return edge.size === size ? edge : null;
}

/** The leaves of `from` up to the last of these rows, null where one is missing. */
export function leavesFrom(
  from: number,
  rows: readonly { readonly seq: number; readonly leaf: Uint8Array }[],
): (Uint8Array | null)[] {
  const leaves = new Array<Uint8Array | null>((rows.at(-1)?.seq ?? from - 1) + 1 - from).fill(null);
  for (const { seq, leaf } of rows) leaves[seq - from] = new Uint8Array(leaf);
  return leaves;
}

/** A log's state from its newest head row. */
export function stateOf(
  origin: string,
  row: HeadRow | undefined,
  newest: AcceptedHead | null,
  { receipt, vouched, frozen }: Pick<LogState, "receipt" | "vouched" | "frozen">,
): LogState {
  const { frontier } = chainAt(origin, row);
  const root = toHex(rootOf(frontier)) as Digest;
  return { origin, size: frontier.size, root, newest, receipt, vouched: above(receipt, vouched), frozen };
}

/** The shown cosignature where it is larger than the one that is kept. */
export function above(receipt: Receipt | null, vouched: Receipt | null): Receipt | null {
  return vouched !== null && vouched.size > (receipt?.size ?? 0) ? vouched : null;
}

/** The Ledger port: append, read, head, checkpoint, close; nothing is true before `append` has resolved. */
import type { Digest } from "../kernel/names.ts";
import type { Entry, EntryDraft, JsonObject } from "./entry.ts";
import type { Rule } from "./finding.ts";
import type { SignedNote } from "./note.ts";
import type { Frontier } from "./tree.ts";

/** An entry with its body, and both as the exact text that is hashed. */
export interface Recorded {
  readonly entry: Entry;
  readonly body: JsonObject;
  readonly entryText: string;
  readonly bodyText: string;
}

/** How many entries are durable, and the RFC 6962 root over them. */
export interface Head {
  readonly size: number;
  readonly root: Digest;
}

/** The cell's one memory. */
export interface Ledger {
  /** The log's name: the first line of its checkpoints and the name of its key. */
  readonly origin: string;
  /**
   * Writes all drafts in one transaction, in order, and resolves with their entries only when they are durable.
   * Rejects with LedgerFailed where the write failed: the ledger then refuses everything, and the process ends.
   */
  append(drafts: readonly EntryDraft[]): Promise<readonly Entry[]>;
  /** Every durable entry from `fromSeq` on, in order, up to the head at the time of the call, or to `toSeq` (not included). */
  read(fromSeq: number, toSeq?: number): AsyncIterable<Recorded>;
  /** What is durable now. */
  head(): Head;
  /** Signs the head and stores the checkpoint; the stored one where the head has not moved since. */
  checkpoint(): Promise<SignedNote>;
  /** Size and root of the first `size` entries (0 to the head's size). */
  headAt(size: number): Promise<Head>;
  /** A signed checkpoint over the first `size` entries (1 to the head's size): the stored one where there is one; stored where that is the head. */
  checkpointAt(size: number): Promise<SignedNote>;
  /** The proof that the first `from` entries are a prefix of the first `to` (RFC 6962 2.1.2; 1 <= from <= to). */
  proofBetween(from: number, to: number): Promise<readonly Uint8Array[]>;
  /** The right edge of the tree of the first `size` entries (0 to the head's size). */
  edgeAt(size: number): Promise<Frontier>;
  /** The largest head of which a cosigned checkpoint is stored; size 0 where there is none. */
  cosigned(): Head;
  /** The cosigned checkpoint over that head; null where there is none. */
  receipt(): Promise<SignedNote | null>;
  /**
   * Stores a checkpoint of the first `size` entries that the caller has found cosigned; nothing where a larger one is
   * stored. AssertionFailed where it is not over this log's entries: nobody may bring one here unjudged.
   */
  putCosignature(size: number, note: SignedNote): Promise<void>;
  /** Signs a last checkpoint where the head has moved, and lets go of the files; rejects with LedgerFailed where that fails. */
  close(): Promise<void>;
}

export type LedgerFaultCode =
  /** Another process has this folder open. */
  | "ledger-in-use"
  /** No ledger in the folder, or not one of this format. */
  | "ledger-absent"
  /** What is in the folder does not verify. */
  | "ledger-broken"
  /** SQLite says the file is damaged or is none of its own. */
  | "ledger-damaged"
  /** No space left; the fact itself was still recorded where `recorded` is true. */
  | "disk-full"
  /** The disk refused a read, a write or a flush: what was being written may or may not be there. */
  | "disk-error"
  /** A foreign program holds one long read: the write-ahead log is at its bound and cannot start over. */
  | "log-pinned"
  /** This is a restored or cloned image: it can be read, not continued. */
  | "view-only"
  /** The key folder is missing, readable by others, or inside the data folder. */
  | "keys-refused"
  /** The signing key could not be used, or the floor beside it not be written. */
  | "signing-failed"
  /** The ledger was closed, or its writer ended. */
  | "ledger-closed";

/** Something that keeps the ledger from working, in words for a technician. */
export interface LedgerFault {
  readonly code: LedgerFaultCode;
  /** What happened and why, one sentence. */
  readonly what: string;
  /** What to do about it, and who can, one sentence. */
  readonly remedy: string;
  /** The first bad entry, where one can be named, and the rule that it breaks. */
  readonly seq?: number;
  readonly rule?: Rule;
}

/** Thrown (as a rejection) by every call on a ledger that has failed. */
export class LedgerFailed extends Error {
  override name = "LedgerFailed";
  readonly fault: LedgerFault;

  constructor(fault: LedgerFault) {
    super(fault.what);
    this.fault = fault;
  }
}

/** Type of the entry that the ledger itself writes, from its reserve, when there is no space left for the caller's. */
export const storageExhausted = "StorageExhausted";

/**
 * Whose ledger this is: `current` goes on from where this cell left it; the others are readable and refuse to append.
 * `behind`: fewer entries than this cell has signed; `forked`: other entries than it has signed; `unknown`: this key
 * folder has never seen this log; `copied`: this key folder is a copy of the one in which the cell ran; `restored`: made by a restore; `continued`: it goes on under another name.
 */
export type Standing =
  | { readonly kind: "current" }
  | { readonly kind: "behind" | "forked" | "unknown" | "copied" | "restored" | "continued"; readonly what: string };

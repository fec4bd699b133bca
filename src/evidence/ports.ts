/** What the evidence courier stands on: the index of what is owed, the spool of sealed pieces, and central's endpoint. */
import type { Digest } from "../kernel/names.ts";
import type { Result } from "../kernel/result.ts";
import type { EpochMs } from "../kernel/units.ts";
import type { ArtifactProblem } from "../ledger/artifacts.ts";
import type { EvidenceReceipt } from "../ledger/evidence.ts";

/** A piece that is owed, with the first entry that names it. */
export interface OwedPiece {
  readonly digest: Digest;
  readonly seq: number;
}

/** An entry of the ledger as it is folded into the index. */
export interface FoldedEntry {
  readonly seq: number;
  readonly entryText: string;
  readonly bodyText: string;
}

/**
 * What is owed, read off the ledger entry by entry: a projection with its place in the log beside it. Deleting it costs
 * reading the log once more and asking central what it has, and changes nothing else.
 */
export interface OwedIndex {
  /** Number of the next entry to be folded. */
  next(): number;
  /** Digest of the entry before that; null before the first. */
  lastDigest(): Digest | null;
  /** Folds entries that follow, all or none. */
  fold(entries: readonly FoldedEntry[]): void;
  /** Forgets everything but receipts: what was folded is not this log, or another policy's. */
  reset(): void;
  /** At most `limit` owed pieces that an entry below `belowSeq` names, asked for first, then the oldest. */
  owed(belowSeq: number, limit: number): readonly OwedPiece[];
  isOwed(digest: Digest): boolean;
  counts(): { readonly waiting: number; readonly oldestAt: EpochMs | null; readonly received: number };
  /** Central holds it whole. */
  received(receipt: EvidenceReceipt, envelope: string): void;
  close(): void;
}

/** A piece sealed for central QA, whole in the spool. */
export interface SealedPiece {
  /** SHA-256 of the ciphertext. */
  readonly sealed: Digest;
  readonly bytes: number;
}

/** Ciphertext that waits to be sent, so that an upload that was cut goes on with the same bytes. A cache. */
export interface Spool {
  /** The piece, sealed now where it is not in the spool yet; `no-room` where the disk or the bound leaves none. */
  ready(digest: Digest): Promise<Result<SealedPiece, ArtifactProblem | "no-room">>;
  read(digest: Digest, piece: SealedPiece, from: number, bytes: number): Promise<Uint8Array>;
  drop(digest: Digest): Promise<void>;
  /** Drops everything that is not owed. */
  sweep(isOwed: (digest: Digest) => boolean): Promise<void>;
}

/** Central does not take a piece, or anything, now. */
export type Trouble =
  /** Not reached, or not answered in time. */
  | { readonly kind: "away"; readonly code: string }
  /** Central says no: `whole` where it is about this cell or the endpoint as a whole, else about this piece. */
  | { readonly kind: "refused"; readonly code: string; readonly what: string; readonly whole: boolean };

/** How central stands with a piece. */
export type Standing =
  | { readonly kind: "nothing" }
  | { readonly kind: "part"; readonly offset: number; readonly sealed: Digest; readonly length: number }
  | { readonly kind: "whole"; readonly envelope: string };

export type Said =
  | { readonly kind: "more"; readonly offset: number }
  | { readonly kind: "whole"; readonly envelope: string }
  /** Central stands elsewhere: look again. */
  | { readonly kind: "conflict" }
  /** The bytes that central has do not make the stated digest; it has dropped them. */
  | { readonly kind: "differs" };

export interface Part {
  readonly owed: OwedPiece;
  readonly piece: SealedPiece;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Central's evidence endpoint as the cell meets it. Nothing rejects. */
export interface Endpoint {
  look(digest: Digest): Promise<Result<Standing, Trouble>>;
  send(part: Part): Promise<Result<Said, Trouble>>;
  /** Tells that the cell cannot give the piece. */
  absent(owed: OwedPiece, problem: ArtifactProblem): Promise<Result<null, Trouble>>;
  close(): void;
}

/** When the next part of a piece may go: never while records wait, and never faster than the configured rate. Pure. */
import type { Milliseconds, MonotonicMs } from "../kernel/units.ts";
import { mostPieceBytes } from "../ledger/evidence.ts";

/** A token bucket: `bytes` may go at once, as of `at`. */
export interface Bucket {
  readonly bytes: number;
  readonly at: MonotonicMs;
}

const leastPartBytes = 16 * 1024;

/** A part takes about a second of the rate, so that a record that comes waits no longer for the wire. */
export function partBytes(bytesPerSecond: number): number {
  return Math.max(leastPartBytes, Math.min(mostPieceBytes, bytesPerSecond));
}

/** A full bucket: one part may go at once. */
export function fullBucket(bytesPerSecond: number, at: MonotonicMs): Bucket {
  return { bytes: partBytes(bytesPerSecond), at };
}

export type Move =
  | { readonly kind: "send"; readonly bytes: number; readonly bucket: Bucket }
  | { readonly kind: "wait"; readonly why: "records" | "rate"; readonly ms: Milliseconds };

/** How often it is looked whether records still wait, where nobody says so first. */
export const lookAgainMs: Milliseconds = 250;

/** What may be done with `rest` bytes (1 or more) of a piece now. */
export function nextMove(
  {
    recordsWait,
    rest,
    bytesPerSecond,
    now,
  }: { recordsWait: boolean; rest: number; bytesPerSecond: number; now: MonotonicMs },
  bucket: Bucket,
): Move {
  if (recordsWait) return { kind: "wait", why: "records", ms: lookAgainMs };
  const most = partBytes(bytesPerSecond);
  const bytes = Math.min(most, rest);
  const filled = Math.min(most, bucket.bytes + (Math.max(0, now - bucket.at) * bytesPerSecond) / 1000);
  if (filled >= bytes) return { kind: "send", bytes, bucket: { bytes: filled - bytes, at: now } };
  return { kind: "wait", why: "rate", ms: Math.ceil(((bytes - filled) * 1000) / bytesPerSecond) };
}

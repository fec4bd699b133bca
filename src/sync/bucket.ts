/** A bound on the bytes that sync sends a second: a bucket that fills by the clock and is emptied by what is sent. Pure. */
import type { Milliseconds, MonotonicMs } from "../kernel/units.ts";

/** What may be sent: `bytes` below zero is what was sent ahead, since a message is never cut apart. */
export interface Bucket {
  /** Bytes a second; null is no bound. */
  readonly rate: number | null;
  readonly bytes: number;
  readonly at: MonotonicMs;
}

/** So long a silence may be made up for: a second's worth. */
const burstMs: Milliseconds = 1_000;

/** A full bucket. */
export function fullBucket(rate: number | null, at: MonotonicMs): Bucket {
  return { rate, bytes: rate === null ? 0 : (rate * burstMs) / 1_000, at };
}

/** The bucket at a later moment; a clock that stands or goes back fills nothing. */
export function filled(bucket: Bucket, now: MonotonicMs): Bucket {
  if (bucket.rate === null || now <= bucket.at) return bucket;
  const most = (bucket.rate * burstMs) / 1_000;
  return { ...bucket, bytes: Math.min(most, bucket.bytes + (bucket.rate * (now - bucket.at)) / 1_000), at: now };
}

/** The bucket after so many bytes were sent. */
export function emptied(bucket: Bucket, bytes: number): Bucket {
  return bucket.rate === null ? bucket : { ...bucket, bytes: bucket.bytes - bytes };
}

/** When something may be sent again; null where that is now. */
export function openAt({ rate, bytes, at }: Bucket): MonotonicMs | null {
  return rate === null || bytes > 0 ? null : at + Math.floor((-bytes * 1_000) / rate) + 1;
}

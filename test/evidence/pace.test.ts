/** Pace: twenty gigabytes of pictures never delay a record by more than one part, and no second carries more than the rate. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bucket, fullBucket, type Move, nextMove, partBytes } from "../../src/evidence/pace.ts";

const mib = 2 ** 20;
type Next = typeof nextMove;

interface Line {
  /** Bytes a second of the line that both share. */
  readonly lineRate: number;
  readonly cap: number;
  /** When records (batches) come into being, ms, and their bytes. */
  readonly records: readonly { readonly at: number; readonly bytes: number }[];
  readonly evidenceBytes: number;
}

/** A line that carries one thing at a time, record batches in order and evidence as `next` lets it. */
function carry({ lineRate, cap, records, evidenceBytes }: Line, next: Next) {
  const ms = (bytes: number) => (bytes * 1000) / lineRate;
  let [now, done, rest] = [0, 0, evidenceBytes];
  let bucket: Bucket = fullBucket(cap, 0);
  let worst = 0;
  const parts: { readonly at: number; readonly bytes: number }[] = [];
  const sendRecord = () => {
    const { at, bytes } = records[done]!;
    worst = Math.max(worst, Math.max(now, at) - at);
    now = Math.max(now, at) + ms(bytes);
    done += 1;
  };
  while (done < records.length || rest > 0) {
    const due = done < records.length && records[done]!.at <= now;
    const move: Move | null = rest > 0 ? next({ recordsWait: due, rest, bytesPerSecond: cap, now }, bucket) : null;
    if (move?.kind === "send") {
      bucket = move.bucket;
      rest -= move.bytes;
      parts.push({ at: now, bytes: move.bytes });
      now += ms(move.bytes);
    }
    if (done < records.length && records[done]!.at <= now) {
      sendRecord();
    } else if (move?.kind !== "send") {
      const soon = [
        move === null ? Number.POSITIVE_INFINITY : now + move.ms,
        records[done]?.at ?? Number.POSITIVE_INFINITY,
      ];
      now = Math.max(now, Math.min(...soon));
    }
  }
  return { worst, end: now, parts };
}

/** A wrong program: evidence that does not care for records. */
const careless: Next = (asked, bucket) => nextMove({ ...asked, recordsWait: false }, bucket);

describe("[F83] records ahead of evidence", () => {
  const lineRate = 12.5 * mib;
  const busy = Array.from({ length: 20_000 }, (_, n) => ({ at: n * 100 + ((n * 37) % 90), bytes: 2_000 }));

  test("20 GB of frames never delay a record by more than the part that is on the line", () => {
    const line = { lineRate, cap: 10 * mib, records: busy, evidenceBytes: 20 * 2 ** 30 };
    const { worst, parts } = carry(line, nextMove);
    const partMs = (partBytes(line.cap) * 1000) / lineRate;
    expect(partMs).toBeLessThanOrEqual(80);
    expect(worst).toBeLessThanOrEqual(partMs + 1);
    expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(line.evidenceBytes);
  });

  test("what waited for a week goes as if there were no evidence; a program that does not care is convicted", () => {
    const records = Array.from({ length: 5_000 }, () => ({ at: 0, bytes: 100_000 }));
    const line = { lineRate, cap: 1024 * mib, records, evidenceBytes: 2 * 2 ** 30 };
    const alone = carry({ ...line, evidenceBytes: 0 }, nextMove).worst;
    const partMs = (partBytes(line.cap) * 1000) / lineRate;
    expect(carry(line, nextMove).worst).toBeLessThanOrEqual(alone + partMs);
    expect(carry(line, careless).worst).toBeGreaterThan(2 * alone);
  });

  test("no evidence moves while a record waits, whatever the bucket holds", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 30), fc.nat(2 ** 30), fc.integer({ min: 1, max: 2 ** 31 }), (bytes, now, rest) => {
        const asked = { recordsWait: true, rest, bytesPerSecond: mib, now };
        expect(nextMove(asked, { bytes, at: 0 }).kind).toBe("wait");
      }),
    );
  });
});

test("[F83] no stretch of time carries more than the rate and one part", () => {
  fc.assert(
    fc.property(fc.integer({ min: 16, max: 4096 }), fc.integer({ min: 1, max: 40 }), (kibPerSecond, pieces) => {
      const cap = kibPerSecond * 1024;
      const { parts } = carry({ lineRate: 2 ** 40, cap, records: [], evidenceBytes: pieces * cap }, nextMove);
      let from = 0;
      let sum = 0;
      for (const { at, bytes } of parts) {
        sum += bytes;
        while (at - parts[from]!.at > 5_000) sum -= parts[from++]!.bytes;
        expect(sum).toBeLessThanOrEqual((cap * (at - parts[from]!.at)) / 1000 + partBytes(cap) + parts[from]!.bytes);
      }
    }),
    { numRuns: 40 },
  );
});

/** Messages between cell and central QA: printed one way, read back as they were, and anything else refused. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AssertionFailed } from "../../src/kernel/assert.ts";
import {
  type DownMessage,
  downTopic,
  maxMessageBytes,
  messageBytes,
  readDown,
  readUp,
  type UpMessage,
  upTopic,
} from "../../src/ledger/batch.ts";
import { toBase64, utf8 } from "../../src/ledger/bytes.ts";
import { origin } from "./plain-drafts.ts";

const size = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 });
const node = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toBase64);
const entry = fc.record({
  entry: fc.string({ maxLength: 300 }),
  body: fc.string({ unit: "grapheme", maxLength: 300 }),
});

const up: fc.Arbitrary<UpMessage> = fc.oneof(
  fc.record({
    kind: fc.constant("batch" as const),
    origin: fc.constant(origin),
    from: size,
    entries: fc.array(entry, { minLength: 1, maxLength: 5 }),
    checkpoint: text,
    proof: fc.array(node, { maxLength: 5 }),
  }),
  fc.record({ kind: fc.constant("hello" as const), origin: fc.constant(origin), size, id: name }),
);
const down: fc.Arbitrary<DownMessage> = fc.oneof(
  fc.record({
    kind: fc.constant("at" as const),
    origin: fc.constant(origin),
    size,
    root: fc.stringMatching(/^[0-9a-f]{64}$/),
    id: name,
  }),
  fc.record({ kind: fc.constant("receipt" as const), origin: fc.constant(origin), size, note: text }),
  fc.record({ kind: fc.constant("conflict" as const), origin: fc.constant(origin), size }),
  fc.record({ kind: fc.constant("fork" as const), origin: fc.constant(origin), size, what: text }),
  fc.record({
    kind: fc.constant("refused" as const),
    origin: fc.constant(origin),
    from: size,
    to: size,
    code: name,
    what: text,
  }),
  fc.record({ kind: fc.constant("decision" as const), envelope: fc.string({ minLength: 2, maxLength: 100 }) }),
);

describe("[F79] messages of record sync", () => {
  test("what is printed is read back, by the side that it is for and by no other", () => {
    fc.assert(
      fc.property(up, down, (said, answered) => {
        expect(readUp(messageBytes(said))).toEqual({ ok: true, value: said });
        expect(readDown(messageBytes(answered))).toEqual({ ok: true, value: answered });
        expect(readDown(messageBytes(said)).ok).toBe(false);
        expect(readUp(messageBytes(answered)).ok).toBe(false);
      }),
    );
  });

  test("a message with a member more or less, of another type, or printed another way is none", () => {
    fc.assert(
      fc.property(fc.oneof(up, down), fc.nat(), (message, at) => {
        const keys = Object.keys(message);
        const key = keys[at % keys.length] ?? "kind";
        const without = Object.fromEntries(Object.entries(message).filter(([one]) => one !== key));
        const variants = [{ ...message, more: 1 }, without, { ...message, [key]: [null] }, { ...message, [key]: -1 }];
        const bytes = [
          ...variants.map((variant) => messageBytes(variant as unknown as UpMessage)),
          utf8(` ${new TextDecoder().decode(messageBytes(message))}`),
          utf8(JSON.stringify(message, null, 1)),
        ];
        for (const one of bytes) expect([readUp(one).ok, readDown(one).ok]).toEqual([false, false]);
      }),
    );
  });

  test("none is longer than its bound, neither written nor read", () => {
    const long = { kind: "batch" as const, origin, from: 0, checkpoint: "x", proof: [] };
    const entries = [{ entry: "e", body: "y".repeat(maxMessageBytes) }];
    expect(() => messageBytes({ ...long, entries })).toThrow(AssertionFailed);
    expect(readUp(utf8(JSON.stringify({ ...long, entries })))).toMatchObject({ ok: false });
  });

  test("topics hold the cell's id and nothing else", () => {
    expect(upTopic("cell-1")).toBe("cellward/1/cell-1/up");
    expect(downTopic("cell-1")).toBe("cellward/1/cell-1/down");
  });
});

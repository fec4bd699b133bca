/** Several keys of one log, as their user writes them down: which signatures count, and what is said where one does not. */
import { describe, expect, it } from "vitest";
import { toBase64 } from "../../src/ledger/bytes.ts";
import { formatCheckpoint, openCheckpoint } from "../../src/ledger/checkpoint.ts";
import { cosign, openCosignatures } from "../../src/ledger/cosignature.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { formatKey, signatureLine, signNote } from "../../src/ledger/note.ts";
import type { VerifyingKey } from "../../src/ledger/signer.ts";
import { formatTrustedKey, parseTrustedKey } from "../../src/ledger/trusted-key.ts";
import { ed25519Signer } from "./witness.ts";

const origin = "test.example/cell-1";
const [old, next] = [ed25519Signer(origin, 1), ed25519Signer(origin, 1)];
const trusting = (line: string): VerifyingKey => {
  const read = parseTrustedKey(line);
  if (!read.ok) throw new Error(read.error);
  return read.value;
};
const over = (size: number) => formatCheckpoint({ origin, size, root: new Uint8Array(32).fill(size) });
const open = (note: string, ...lines: string[]) => openCheckpoint(note, origin, lines.map(trusting), checkSignature);

describe("a trusted key's line", () => {
  it("[F67] reads back as it is printed, with and without bounds", () => {
    for (const tail of ["", " until=12", " from=3 until=12 revoked=7"]) {
      const line = formatKey(old.key) + tail;
      expect(formatTrustedKey(trusting(line))).toBe(line);
    }
    const witness = ed25519Signer("qa.example/w", 4);
    const line = `${formatKey(witness.key)} from=2026-01-31T08:00:00Z revoked=2027-01-31T08:00:00Z`;
    expect(formatTrustedKey(trusting(line))).toBe(line);
  });

  it.each([
    "until=",
    "until=-1",
    "until=01",
    "until=9e9",
    "until=5 from=2",
    "until=5 until=6",
    "till=5",
    "from=6 until=5",
    "until=2026-01-31T08:00:00Z",
  ])("with %s is refused", (tail) => {
    expect(parseTrustedKey(`${formatKey(old.key)} ${tail}`).ok).toBe(false);
  });

  it.each(["until=12", "from=2026-02-31T08:00:00Z", "from=2026-01-31"])("of a witness with %s is refused", (tail) => {
    expect(parseTrustedKey(`${formatKey(ed25519Signer("qa.example/w", 4).key)} ${tail}`).ok).toBe(false);
  });
});

describe("a checkpoint under several keys", () => {
  const line = formatKey(old.key);

  it("[F67][L7] of a revoked key counts up to its size and is refused above, in words of its own", async () => {
    const [at, above] = [await signNote(over(7), old), await signNote(over(8), old)];
    expect(open(at, `${line} revoked=7`).ok).toBe(true);
    const refused = open(above, `${line} revoked=7`);
    expect(refused).toEqual({
      ok: false,
      error: expect.stringMatching(/was revoked at 7 entries: .* over 8 does not/),
    });
  });

  it("[F67] of an old key is refused after its end, of a new one before its beginning", async () => {
    expect(open(await signNote(over(8), old), `${line} until=7`)).toMatchObject({
      error: expect.stringContaining("ended at 7"),
    });
    expect(open(await signNote(over(2), old), `${line} from=3`)).toMatchObject({
      error: expect.stringContaining("from 3"),
    });
  });

  it("[F67] counts by the key that is in effect, and is refused where any trusted key's line is wrong", async () => {
    const alone = await signNote(over(9), old);
    const both = alone + signatureLine(next.key, await next.sign(new TextEncoder().encode(over(9))));
    const keys = [`${line} until=7`, formatKey(next.key)];
    expect(open(both, ...keys).ok).toBe(true);
    const spoilt = alone + signatureLine(next.key, new Uint8Array(64));
    expect(open(spoilt, line, formatKey(next.key)).ok).toBe(false);
  });
});

describe("a witness's keys", () => {
  const text = `${origin}\n1\n${toBase64(new Uint8Array(32))}\n`;
  const [before, after] = [ed25519Signer("qa.example/w", 4), ed25519Signer("qa.example/w", 4)];
  const [t1, t2] = ["2026-01-31T08:00:00Z", "2027-01-31T08:00:00Z"];
  const lines = [`${formatKey(before.key)} until=${t1}`, `${formatKey(after.key)} from=${t1}`];
  const opened = (note: string) => openCosignatures(note, lines.map(trusting), checkSignature);
  const seconds = (time: string) => Date.parse(time) / 1000;

  it("[F81] count each in its time", async () => {
    const note = await signNote(text, old);
    expect(opened(await cosign(note, before, seconds(t1)))).toMatchObject({ ok: true, value: [{ time: seconds(t1) }] });
    expect(opened(await cosign(note, after, seconds(t2)))).toMatchObject({ ok: true, value: [{ time: seconds(t2) }] });
    const late = opened(await cosign(note, before, seconds(t2)));
    expect(late).toEqual({ ok: false, error: expect.stringContaining(`ended at ${t1}`) });
    // Beside one that counts, a line that does not is nothing.
    const two = await cosign(await cosign(note, before, seconds(t2)), after, seconds(t2));
    expect(opened(two)).toMatchObject({ ok: true, value: [{ time: seconds(t2) }] });
  });
});

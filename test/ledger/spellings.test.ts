/** One spelling each: what could be written otherwise and mean the same is refused, so that nobody can change a byte of a record. */
import { generateKeyPairSync, sign, verify } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonical, parseCanonical } from "../../src/kernel/json.ts";
import { utf8 } from "../../src/ledger/bytes.ts";
import { decisionBytes, decisionPayloadType, openDecision } from "../../src/ledger/decision.ts";
import { printEnvelope, signPayload } from "../../src/ledger/dsse.ts";
import { isLowS, lowS } from "../../src/ledger/ecdsa.ts";
import { checkSignature, publicHalf } from "../../src/ledger/io/crypto.ts";
import { formatKey, openNote, parseKey, signNote } from "../../src/ledger/note.ts";
import type { Signer } from "../../src/ledger/signer.ts";
import { openStatement } from "../../src/ledger/statement.ts";
import { origin } from "./plain-drafts.ts";
import { ed25519Signer } from "./witness.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const p256: Signer = {
  key: publicHalf(origin, privateKey),
  sign: async (message) => new Uint8Array(sign("sha256", message, privateKey)),
};

describe("[F67] ECDSA", () => {
  test("of the two signatures that verify only the one with the smaller s is right", () => {
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (message) => {
        const made = new Uint8Array(sign("sha256", message, privateKey));
        const right = lowS(made)!;
        seen.add(isLowS(made));
        expect([isLowS(right), checkSignature(p256.key, message, right)]).toEqual([true, true]);
        // What the library itself takes: both are the key's.
        expect([verify("sha256", message, publicKey, made), verify("sha256", message, publicKey, right)]).toEqual([
          true,
          true,
        ]);
        expect(checkSignature(p256.key, message, made)).toBe(isLowS(made));
      }),
    );
    expect(seen).toEqual(new Set([true, false]));
  });

  test("whatever a token gives, what is written is the right one", async () => {
    for (let round = 0; round < 20; round++) {
      const note = await signNote(`text ${round}\n`, p256);
      expect(openNote(note, [p256.key], checkSignature).ok).toBe(true);
    }
    const broken: Signer = { ...p256, sign: async () => new Uint8Array(64) };
    await expect(signNote("text\n", broken)).rejects.toThrow("no signature in DER");
  });

  test("a key in another form than the uncompressed one is no key", () => {
    const line = formatKey(p256.key);
    expect(parseKey(line).ok).toBe(true);
    const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey.export({ format: "der", type: "spki" });
    expect(parseKey(formatKey({ ...p256.key, publicKey: new Uint8Array(p384) })).ok).toBe(false);
  });
});

describe("[F67] other spellings", () => {
  test("JSON that is nested deeper than 64 is neither written nor read", () => {
    const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
    expect(parseCanonical(utf8(nested(64))).ok).toBe(true);
    expect(parseCanonical(utf8(nested(65))).ok).toBe(false);
    expect(() => canonical(JSON.parse(nested(65)))).toThrow("64 deep");
  });

  test("a statement's number below zero", async () => {
    const cell = ed25519Signer(origin, 1);
    const digest = "0".repeat(64);
    const lines = ["cellward-job-statement/2", origin, "J1", "4", "7", digest, digest, "8", digest, "2", digest];
    const opened = async (list: readonly string[]) =>
      openStatement(await signNote(`${list.join("\n")}\n`, cell), origin, [cell.key], checkSignature).ok;
    expect(await opened(lines)).toBe(true);
    for (const at of [3, 4, 7, 9]) expect(await opened(lines.with(at, `-${lines[at]}`))).toBe(false);
  });

  test("a decision with a signature more", async () => {
    const central = ed25519Signer("qa.example/decisions", 1);
    const payload = decisionBytes({
      ...{ format: "cellward-decision/1", id: "D-1", nonce: "n-1", origin, action: "hold", reason: "audit" },
      ...{
        target: { kind: "cell", id: origin },
        issuedAt: "2026-01-01T00:00:00.000Z",
        expires: "2026-02-01T00:00:00.000Z",
      },
    });
    const signature = await signPayload(decisionPayloadType, payload, central);
    const foreign = await signPayload(decisionPayloadType, payload, ed25519Signer("stranger.example", 1));
    const trust = { keys: [central.key], origin, now: 0 as never, used: () => false };
    const open = (...signatures: (typeof signature)[]) => {
      const text = Buffer.from(printEnvelope({ payloadType: decisionPayloadType, payload, signatures })).toString();
      const opened = openDecision(text, trust, checkSignature);
      return opened.ok ? null : opened.error.code;
    };
    expect([open(signature), open(signature, foreign), open(signature, signature)]).toEqual([
      null,
      "envelope",
      "envelope",
    ]);
  });
});

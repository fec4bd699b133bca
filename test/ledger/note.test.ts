/** Signed notes, keys and checkpoints against published notes, and DSSE against its specification's example. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../src/ledger/bytes.ts";
import { formatCheckpoint, openCheckpoint, parseCheckpoint } from "../../src/ledger/checkpoint.ts";
import { preAuthenticationEncoding } from "../../src/ledger/dsse.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { formatKey, openNote, parseKey, signNote } from "../../src/ledger/note.ts";
import type { Signer, VerifyingKey } from "../../src/ledger/signer.ts";
import { peterKey, peterNote, peterText, rekorKey, rekorNote, rekorText } from "./published.ts";

function key(line: string): VerifyingKey {
  const parsed = parseKey(line);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

describe("[F67] C2SP signed notes", () => {
  test.each([peterKey, rekorKey])("a key line is read and printed back, and every change of it refused: %s", (line) => {
    expect(formatKey(key(line))).toBe(line);
    for (let at = 0; at < line.length; at++) {
      const other = line.slice(0, at) + String.fromCharCode(line.charCodeAt(at) + 1) + line.slice(at + 1);
      const parsed = parseKey(other);
      // ECDSA key ids do not cover the name (as transparency-dev has it), so a renamed key is another valid one.
      if (parsed.ok) expect(parsed.value.type === 2 && parsed.value.name !== key(line).name).toBe(true);
    }
  });

  test.each([
    [peterKey, peterNote, peterText],
    [rekorKey, rekorNote, rekorText],
  ])("a published note opens: %s", (line, note, text) => {
    expect(openNote(note, [key(line)], checkSignature)).toMatchObject({ ok: true, value: { text } });
  });

  test.each([
    [peterKey, peterNote],
    [rekorKey, rekorNote],
  ])("any changed character closes it: %s", (line, note) => {
    for (let at = 0; at < note.length; at++) {
      const other = note.slice(0, at) + String.fromCharCode(note.charCodeAt(at) ^ 1) + note.slice(at + 1);
      expect(openNote(other, [key(line)], checkSignature).ok).toBe(false);
    }
  });

  test("lines of unknown keys are ignored, and without a known one the note is refused", () => {
    const foreign = rekorNote.split("\n\n")[1];
    const both = `${peterNote}${foreign}`;
    expect(openNote(both, [key(peterKey)], checkSignature)).toMatchObject({ ok: true });
    expect(openNote(both, [key(peterKey), key(rekorKey)], checkSignature)).toMatchObject({ ok: false });
    expect(openNote(peterNote, [key(rekorKey)], checkSignature)).toMatchObject({ ok: false });
    expect(openNote(peterNote, [], checkSignature)).toMatchObject({ ok: false });
  });

  test("signing is what the reference implementation does, to the byte", async () => {
    const seed = Buffer.from("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz", "base64").subarray(1);
    const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
    const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    const signer: Signer = {
      key: key(peterKey),
      sign: async (message) => new Uint8Array(sign(null, message, privateKey)),
    };
    expect(await signNote(peterText, signer)).toBe(peterNote);
  });
});

describe("[F67] C2SP checkpoints", () => {
  const example = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

  test("the specification's example is read and printed back", () => {
    const parsed = parseCheckpoint(example);
    expect(parsed.ok && parsed.value).toMatchObject({ origin: "example.com/behind-the-sofa", size: 20852163 });
    expect(parsed.ok && formatCheckpoint(parsed.value)).toBe(example);
  });

  test.each(["\n", "extension\n", "x"])("anything after the third line is refused: %j", (tail) => {
    expect(parseCheckpoint(example + tail).ok).toBe(false);
  });

  test("leading zeros, short roots and unsafe sizes are refused", () => {
    expect(parseCheckpoint(example.replace("20852163", "020852163")).ok).toBe(false);
    expect(parseCheckpoint(example.replace("CsUY", "")).ok).toBe(false);
    expect(parseCheckpoint(example.replace("20852163", "9007199254740993")).ok).toBe(false);
  });

  test("a checkpoint counts only for the log that its key is named after", () => {
    expect(openCheckpoint(rekorNote, "Rekor", [key(rekorKey)], checkSignature).ok).toBe(false);
    expect(openCheckpoint(rekorNote, "rekor.sigstore.dev", [key(rekorKey)], checkSignature)).toMatchObject({
      ok: false,
      error: expect.stringContaining("another log"),
    });
  });
});

describe("DSSE", () => {
  /** Example of secure-systems-lab/dsse, protocol.md, "Test Vectors" (ECDSA P-256, raw r and s). */
  const x = 46950820868899156662930047687818585632848591499744589407958293238635476079160n;
  const y = 5640078356564379163099075877009565129882514886557779369047442380624545832820n;
  const signature = "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==";

  test("the example's encoding and signature", () => {
    const encoded = preAuthenticationEncoding("http://example.com/HelloWorld", utf8("hello world"));
    expect(new TextDecoder().decode(encoded)).toBe("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    const coordinate = (value: bigint): string =>
      Buffer.from(value.toString(16).padStart(64, "0"), "hex").toString("base64url");
    const publicKey: KeyObject = createPublicKey({
      key: { kty: "EC", crv: "P-256", x: coordinate(x), y: coordinate(y) },
      format: "jwk",
    });
    const raw = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
    expect(verify("sha256", encoded, raw, Buffer.from(signature, "base64"))).toBe(true);
  });

  test("lengths are of bytes, not of characters", () => {
    const encoded = preAuthenticationEncoding("é", utf8("ü"));
    expect(new TextDecoder().decode(encoded)).toBe("DSSEv1 2 é 2 ü");
  });
});

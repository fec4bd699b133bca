/** DSSE envelopes: one form for each, every signature tried with every key, hints that have to be true. */
import { generateKeyPairSync, sign } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../src/ledger/bytes.ts";
import { keyHintOf, parseEnvelope, printEnvelope, signersOf, signPayload } from "../../src/ledger/dsse.ts";
import { checkSignature, publicHalf } from "../../src/ledger/io/crypto.ts";
import type { Signer } from "../../src/ledger/signer.ts";

function makeSigner(name: string): Signer {
  const { privateKey } = generateKeyPairSync("ed25519");
  const signing = async (message: Uint8Array) => new Uint8Array(sign(null, message, privateKey));
  return { key: publicHalf(name, privateKey), sign: signing };
}

const [one, two, three] = ["a.example/one", "a.example/two", "a.example/three"].map(makeSigner) as [
  Signer,
  Signer,
  Signer,
];
const type = "application/vnd.in-toto+json";
const payload = utf8('{"a":1}');
const signatures = [await signPayload(type, payload, one), await signPayload(type, payload, two)];
const envelope = { payloadType: type, payload, signatures };

describe("[F1] DSSE envelopes", () => {
  test("what is printed is read back, for any payload", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const other = { ...envelope, payload: bytes };
        expect(parseEnvelope(printEnvelope(other))).toEqual({ ok: true, value: other });
      }),
    );
  });

  const text = new TextDecoder().decode(printEnvelope(envelope));
  const more = '{"keyid":"b.example/x+00000000","sig":"AAAA"},';
  test.each<[string, string]>([
    ["a space", text.replace(":", ": ")],
    ["a line break at its end", `${text}\n`],
    ["a doubled member", text.replace('"payloadType"', '"payload":"","payloadType"')],
    ["a member too many", text.replace('"payloadType"', '"payloadHash":"","payloadType"')],
    ["members in another order", `{"payloadType":"${type}",${text.slice(1).replace(`"payloadType":"${type}",`, "")}`],
    ["base64 of another alphabet", text.replace(/"payload":"[^"]*"/, '"payload":"e-_h"')],
    ["base64 with bits that nobody needs", text.replace(/"payload":"[^"]*"/, '"payload":"YR=="')],
    ["base64 without its padding", text.replace(/"payload":"[^"]*"/, '"payload":"YQ"')],
    ["no signature", text.replace(/"signatures":\[.*\]/, '"signatures":[]')],
    ["seventeen signatures", text.replace('"signatures":[', `"signatures":[${more.repeat(15)}`)],
    ["a hint with a line break", text.replace("a.example/one", "a.example/one\\n")],
  ])("with %s it is refused", (_, other) => {
    expect(other).not.toBe(text);
    expect(parseEnvelope(utf8(other)).ok).toBe(false);
  });

  test("each signature is told by the trusted key that made it, and by no other", () => {
    const made = (...trusted: Signer[]) =>
      signersOf(
        envelope,
        trusted.map(({ key }) => key),
        checkSignature,
      ).map((key) => key?.name ?? null);
    expect(made(one, two, three)).toEqual([one.key.name, two.key.name]);
    expect(made(two, one)).toEqual([one.key.name, two.key.name]);
    expect(made(three, two)).toEqual([null, two.key.name]);
    expect(made()).toEqual([null, null]);
  });

  test("a hint decides nothing, and a false one is as bad as none", () => {
    const [first, second] = signatures;
    const lying = { ...envelope, signatures: [{ ...first!, keyid: keyHintOf(two.key) }, second!] };
    expect(signersOf(lying, [one.key, two.key], checkSignature)).toEqual([null, two.key]);
  });

  test("a signature holds for one type and one payload", () => {
    for (const other of [
      { ...envelope, payloadType: "text/plain" },
      { ...envelope, payload: utf8('{"a":2}') },
    ]) {
      expect(signersOf(other, [one.key, two.key], checkSignature)).toEqual([null, null]);
    }
  });
});

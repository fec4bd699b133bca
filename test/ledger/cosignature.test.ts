/** Cosignatures against the specification's example and a cosigned checkpoint of a public log with its witnesses' published keys. */
import { describe, expect, test } from "vitest";
import { toBase64 } from "../../src/ledger/bytes.ts";
import { openCheckpoint } from "../../src/ledger/checkpoint.ts";
import { cosign, cosignedMessage, openCosignatures } from "../../src/ledger/cosignature.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { formatKey, openNote, parseKey, signNote, splitNote, verifyingKey } from "../../src/ledger/note.ts";
import type { VerifyingKey } from "../../src/ledger/signer.ts";
import { publicLog, publicNote, publicWitnesses } from "./published.ts";
import { ed25519Signer } from "./witness.ts";

function key(line: string): VerifyingKey {
  const parsed = parseKey(line);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** The example of https://c2sp.org/tlog-cosignature ("Ed25519 signed message" has its time). */
const exampleNote = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
`;

describe("[F81] C2SP cosignature/v1", () => {
  test.each(publicWitnesses)("a published cosigner's key is read and printed back: %s", (line) => {
    expect(formatKey(key(line))).toBe(line);
    expect(key(line).type).toBe(4);
  });

  test("a public log's checkpoint opens with the log's key, and each of its witnesses is found with the time it signed", () => {
    const origin = "arche2025h1.staging.ct.transparency.dev";
    expect(openCheckpoint(publicNote, origin, [key(publicLog)], checkSignature)).toMatchObject({
      ok: true,
      value: { size: 1432088532 },
    });
    const opened = openCosignatures(publicNote, publicWitnesses.map(key), checkSignature);
    expect(opened.ok && opened.value.map(({ by, time }) => [formatKey(by), time])).toEqual(
      publicWitnesses.map((line) => [line, 0x6a122120]),
    );
  });

  test("the specification's example has the time that its text states", () => {
    const split = splitNote(exampleNote);
    const line = split.ok ? split.value.lines[1] : undefined;
    expect(line?.name).toBe("witness.example.com/w1");
    expect(line?.signature.length).toBe(72);
    expect(new DataView(line!.signature.buffer, line!.signature.byteOffset).getBigUint64(0)).toBe(1679315147n);
    const text = split.ok ? split.value.text : "";
    expect(new TextDecoder().decode(cosignedMessage(1679315147, text))).toBe(
      "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
    );
  });

  test("any changed character of a cosigned checkpoint leaves no cosignature standing", () => {
    const remora = publicWitnesses.slice(2, 3).map(key);
    const only = publicNote
      .split("\n")
      .filter((line) => !line.startsWith("— ") || line.includes("remora"))
      .join("\n");
    expect(openCosignatures(only, remora, checkSignature)).toMatchObject({ ok: true, value: [{ time: 0x6a122120 }] });
    for (let at = 0; at < only.length; at++) {
      const other = only.slice(0, at) + String.fromCharCode(only.charCodeAt(at) ^ 1) + only.slice(at + 1);
      const opened = openCosignatures(other, remora, checkSignature);
      expect(opened.ok && opened.value.length > 0).toBe(false);
    }
  });

  test("what is made here opens here, covers the log's own signature by nothing, and a log's key never passes for a witness's", async () => {
    const [log, witness] = [ed25519Signer("hospital.example/cell-1", 1), ed25519Signer("qa.hospital.example", 4)];
    const text = `hospital.example/cell-1\n8\n${toBase64(new Uint8Array(32))}\n`;
    const note = await signNote(text, log);
    const cosigned = await cosign(note, witness, 1_790_000_000);
    expect(cosigned.startsWith(note)).toBe(true);
    expect(openCosignatures(cosigned, [witness.key], checkSignature)).toEqual({
      ok: true,
      value: [{ by: witness.key, time: 1_790_000_000 }],
    });
    expect(openCosignatures(note, [witness.key], checkSignature)).toEqual({ ok: true, value: [] });
    expect(openNote(cosigned, [witness.key], checkSignature).ok).toBe(false);
    expect(openNote(cosigned, [log.key, witness.key], checkSignature)).toMatchObject({ ok: true });
    const asLog = verifyingKey(witness.key.name, 1, witness.key.publicKey);
    expect(asLog.id).not.toBe(witness.key.id);
    expect(openCosignatures(cosigned, [asLog], checkSignature)).toEqual({ ok: true, value: [] });
  });

  test("a witness's line that is cut short, or signs another time, spoils the note", async () => {
    const witness = ed25519Signer("qa.hospital.example", 4);
    const note = await signNote(`a.example/1\n1\n${toBase64(new Uint8Array(32))}\n`, ed25519Signer("a.example/1", 1));
    const bare = await signNote(`a.example/1\n1\n${toBase64(new Uint8Array(32))}\n`, witness);
    const raw = `${note}${bare.split("\n\n")[1]}`;
    expect(openCosignatures(raw, [witness.key], checkSignature)).toMatchObject({
      ok: false,
      error: expect.stringContaining("malformed"),
    });
    const cosigned = await cosign(note, witness, 1_790_000_000);
    const line = cosigned.split("\n").at(-2) ?? "";
    const blob = Buffer.from(line.split(" ")[2] ?? "", "base64");
    blob.writeBigUInt64BE(1_790_000_001n, 4);
    const moved = cosigned.replace(line, `— ${witness.key.name} ${blob.toString("base64")}`);
    expect(openCosignatures(moved, [witness.key], checkSignature)).toMatchObject({
      ok: false,
      error: expect.stringContaining("wrong"),
    });
  });
});

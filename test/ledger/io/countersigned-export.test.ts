/** An export that central QA has countersigned, one of the first release's format, and what a verifier says of each. */
import { describe, expect, test } from "vitest";
import { digestOf } from "../../../src/kernel/hash.ts";
import { canonicalBytes, type Json } from "../../../src/kernel/json.ts";
import { utf8 } from "../../../src/ledger/bytes.ts";
import { cosign } from "../../../src/ledger/cosignature.ts";
import { exportVerdict } from "../../../src/ledger/headline.ts";
import { checkSignature } from "../../../src/ledger/io/crypto.ts";
import { signNote } from "../../../src/ledger/note.ts";
import { verifyExport } from "../../../src/ledger/verify-export.ts";
import { mustOpen } from "../drafts.ts";
import { draft, started } from "../plain-drafts.ts";
import { ed25519Signer } from "../witness.ts";
import { exportRecord, type MadeRecord, makeRecord } from "./record.ts";

const witness = ed25519Signer("qa.hospital.example", 4);

/** A record of which central QA has countersigned the first `size` entries. */
async function countersigned(size: number, more = 0): Promise<MadeRecord> {
  const record = await makeRecord();
  const { ledger } = await mustOpen(record.folders);
  if (more > 0) await ledger.append([started(1), ...Array.from({ length: more }, () => draft("Noted", {}, null, 1))]);
  await ledger.putCosignature(size, await cosign(await ledger.checkpointAt(size), witness, 1_790_000_000));
  await ledger.close();
  return record;
}

function headline(record: MadeRecord, bytes: Uint8Array, witnesses = [witness.key]): string {
  return exportVerdict(verifyExport(bytes, record.keys.trusted, checkSignature, witnesses).report).headline;
}

interface File {
  format: string;
  checkpoint: string;
  statement: string;
  [name: string]: unknown;
}

const fileOf = (bytes: Uint8Array): File => JSON.parse(new TextDecoder().decode(bytes)) as File;

describe("[F71][F81] a countersigned export", () => {
  test("says by whom, to whoever brings central's key; to others nothing, and to those with another key that it is not", async () => {
    const record = await countersigned(8);
    const bytes = await exportRecord(record, true);
    expect(headline(record, bytes)).toBe("GENUINE AND COMPLETE, COUNTERSIGNED BY qa.hospital.example");
    expect(headline(record, bytes, [])).toBe("GENUINE AND COMPLETE");
    expect(headline(record, bytes, [ed25519Signer("qa.hospital.example", 4).key])).toBe(
      "GENUINE AND COMPLETE, NOT COUNTERSIGNED",
    );
    const { report } = verifyExport(bytes, record.keys.trusted, checkSignature, [witness.key]);
    expect(report).toMatchObject({ countersignedBy: ["qa.hospital.example"], lastCheckpoint: { size: 8 } });
  });

  test("is made under the newest countersignature that covers the job, though the cell has written more since", async () => {
    const record = await countersigned(9, 5);
    const bytes = await exportRecord(record, true);
    expect(headline(record, bytes)).toBe("GENUINE AND COMPLETE, COUNTERSIGNED BY qa.hospital.example");
    expect(verifyExport(bytes, record.keys.trusted, checkSignature).report.lastCheckpoint?.size).toBe(9);
  });

  test("is made under the cell's own checkpoint where central has not got so far", async () => {
    const record = await countersigned(7);
    const bytes = await exportRecord(record, true);
    expect(headline(record, bytes)).toBe("GENUINE AND COMPLETE, NOT COUNTERSIGNED");
    expect(verifyExport(bytes, record.keys.trusted, checkSignature).report.lastCheckpoint?.size).toBe(8);
  });

  test("any byte of the countersignature changed, or the line taken out or put in, is refused without central's key too", async () => {
    const record = await countersigned(8);
    const file = fileOf(await exportRecord(record, false));
    const refused = (checkpoint: string, witnesses = [witness.key]) => {
      const bytes = canonicalBytes({ ...file, checkpoint } as unknown as Json);
      for (const given of [[], witnesses]) {
        expect(verifyExport(bytes, record.keys.trusted, checkSignature, given).report.ok, checkpoint).toBe(false);
      }
    };
    const { checkpoint } = file;
    for (let at = 0; at < checkpoint.length; at++) {
      refused(checkpoint.slice(0, at) + String.fromCharCode(checkpoint.charCodeAt(at) ^ 1) + checkpoint.slice(at + 1));
    }
    const lines = checkpoint.split("\n");
    refused(`${lines.slice(0, -2).join("\n")}\n`);
    refused(await cosign(checkpoint, ed25519Signer("other.example", 4), 1));
  });
});

describe("[F76] an export of the first release (format 2)", () => {
  /** The same record as the first release would have written it. */
  async function older(record: MadeRecord): Promise<File> {
    const file = fileOf(await exportRecord(record, true));
    const [, origin, job, entries, lastSeq, lastDigest, , size, , artifacts, list] = file.statement.split("\n");
    const lines = ["cellward-job-statement/1", origin, job, entries, lastSeq, lastDigest, size, artifacts, list];
    const statement = await signNote(`${lines.join("\n")}\n`, record.keys.signer);
    return { ...file, format: "cellward-job-export/2", statement };
  }

  const bytesOf = (file: File): Uint8Array => canonicalBytes(file as unknown as Json);

  test("verifies as it did", async () => {
    const record = await makeRecord();
    const bytes = bytesOf(await older(record));
    expect(headline(record, bytes, [])).toBe("GENUINE AND COMPLETE");
    expect(headline(record, bytes)).toBe("GENUINE AND COMPLETE, NOT COUNTERSIGNED");
  });

  test("does not pass for one of format 3, nor the other way round, and a cut one is still refused", async () => {
    const record = await makeRecord();
    const [old, now] = [await older(record), fileOf(await exportRecord(record, true))];
    const judged = (file: File) => verifyExport(bytesOf(file), record.keys.trusted, checkSignature).report;
    expect(judged({ ...old, format: now.format })).toMatchObject({ ok: false, findings: [{ rule: "statement" }] });
    expect(judged({ ...now, format: old.format })).toMatchObject({ ok: false, findings: [{ rule: "statement" }] });
    expect(judged({ ...now, format: "cellward-job-export/4" })).toMatchObject({
      ok: false,
      findings: [{ rule: "export-format" }],
    });
    const entries = (old["entries"] as unknown[]).slice(0, -1);
    expect(judged({ ...old, entries })).toMatchObject({ ok: false, findings: [{ rule: "truncated" }] });
  });

  test("the statement of format 3 covers the checkpoint's whole note", async () => {
    const record = await countersigned(8);
    const file = fileOf(await exportRecord(record, false));
    expect(file.statement.split("\n")[8]).toBe(digestOf(utf8(file.checkpoint)));
  });
});

/** Every byte of a small record matters, in the exported file and in the ledger's rows: whatever is changed is refused. */
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/kernel/hash.ts";
import { canonicalBytes, type Json } from "../../src/kernel/json.ts";
import { concat } from "../../src/ledger/bytes.ts";
import type { Row } from "../../src/ledger/chain-check.ts";
import { cosign } from "../../src/ledger/cosignature.ts";
import { backupFolder } from "../../src/ledger/io/backup.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import {
  checkpointRows,
  cosignatureRows,
  databaseFile,
  openForReading,
  rowsFrom,
} from "../../src/ledger/io/database.ts";
import type { SignatureCheck } from "../../src/ledger/signer.ts";
import { type LogUnderTest, verifyLog } from "../../src/ledger/verify.ts";
import { verifyExport } from "../../src/ledger/verify-export.ts";
import { mustOpen } from "./drafts.ts";
import { exportRecord, forge, type MadeRecord, makeRecord, verifyRecord } from "./io/record.ts";
import { origin } from "./plain-drafts.ts";
import { ed25519Signer } from "./witness.ts";

const witness = ed25519Signer("qa.hospital.example", 4);

/** The real check, asked once for each question: nearly every mutant has the same signatures. */
const answers = new Map<string, boolean>();
const check: SignatureCheck = (key, message, signature) => {
  const question = digestOf(concat(key.publicKey, message, signature));
  const answer = answers.get(question) ?? checkSignature(key, message, signature);
  answers.set(question, answer);
  return answer;
};

/** The file's members as JSON has them, for edits that keep it canonical. */
interface ExportFile {
  checkpoint: string;
  statement: string;
  keys: string[];
  entries: { entry: string; body: string; proof: string[] }[];
  artifacts: Record<string, string>;
}

describe("[F67][F71] the exported record", () => {
  /** With central QA's countersignature inside; the mutants are judged without its key, which is the harder way. */
  async function made() {
    const record = await countersigned();
    const verify = (file: Uint8Array) => verifyExport(file, record.keys.trusted, check).report;
    const bytes = await exportRecord(record, true);
    expect(verify(bytes)).toMatchObject({ ok: true, complete: true, findings: [] });
    const { report } = verifyExport(bytes, record.keys.trusted, check, [witness.key]);
    expect(report).toMatchObject({ ok: true, countersignedBy: [witness.key.name], findings: [] });
    return { bytes, verify };
  }

  test("is refused with a finding when any byte is changed, and when one is missing, doubled, or swapped with the next", async () => {
    const { bytes, verify } = await made();
    const accepted: string[] = [];
    const refuse = (what: string, file: Uint8Array) => {
      const report = verify(file);
      if (report.ok || report.findings.length === 0) accepted.push(what);
    };
    for (let at = 0; at < bytes.length; at++) {
      const [byte, next] = [bytes[at]!, bytes[at + 1]];
      // A letter becomes its other case, which hex and base64 confuse most easily.
      const bit = /[A-Za-z]/.test(String.fromCharCode(byte)) ? 0x20 : 1 << (at % 8);
      refuse(`byte ${at} changed by ${bit}`, bytes.with(at, byte ^ bit));
      // Bytes that move others along are found by the form alone: every fifth of them will do.
      if (at % 5 !== 0) continue;
      refuse(`byte ${at} missing`, Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]));
      refuse(`byte ${at} doubled`, Buffer.concat([bytes.subarray(0, at + 1), bytes.subarray(at)]));
      if (next !== undefined && next !== byte)
        refuse(`bytes ${at} and ${at + 1} swapped`, bytes.with(at, next).with(at + 1, byte));
    }
    expect(accepted).toEqual([]);
  });

  test("is refused when any entry, proof node, line, key or artifact is missing, doubled or swapped", async () => {
    const { bytes, verify } = await made();
    const whole = Buffer.from(bytes).toString();
    const accepted: string[] = [];
    let tried = 0;
    const lists: [string, (file: ExportFile) => unknown[], (file: ExportFile, list: unknown[]) => void][] = [
      ["entry", (file) => file.entries, (file, list) => Object.assign(file, { entries: list })],
      ["key", (file) => file.keys, (file, list) => Object.assign(file, { keys: list })],
      ...(["checkpoint", "statement"] as const).map((note): (typeof lists)[0] => [
        `line of the ${note}`,
        (file) => file[note].split("\n"),
        (file, list) => Object.assign(file, { [note]: list.join("\n") }),
      ]),
      ...(JSON.parse(whole) as ExportFile).entries.map((_, index): (typeof lists)[0] => [
        `node of the proof of entry ${index}`,
        (file) => file.entries[index]!.proof,
        (file, list) => Object.assign(file.entries[index]!, { proof: list }),
      ]),
    ];
    for (const [what, read, write] of lists) {
      for (const [how, list] of disturbed(read(JSON.parse(whole) as ExportFile))) {
        const file = JSON.parse(whole) as ExportFile;
        write(file, list);
        tried++;
        if (verify(canonicalBytes(file as unknown as Json)).ok) accepted.push(`${what} ${how}`);
      }
    }
    expect(accepted).toEqual([]);
    expect(tried).toBeGreaterThan(100);
  });
});

/** The list with each item missing, doubled, and swapped with each other item that differs. */
function disturbed(list: readonly unknown[]): [string, unknown[]][] {
  return list.flatMap((item, at) => [
    [`${at} missing`, list.toSpliced(at, 1)],
    [`${at} doubled`, list.toSpliced(at, 0, item)],
    ...list
      .slice(at + 1)
      .map((other, on): [string, unknown[]] => [
        `${at} swapped with ${at + 1 + on}`,
        list.with(at, other).with(at + 1 + on, item),
      ])
      .filter(([, swapped]) => JSON.stringify(swapped) !== JSON.stringify(list)),
  ]) as [string, unknown[]][];
}

type Rows = Required<Pick<LogUnderTest, "checkpoints" | "cosignatures">> & { readonly rows: readonly Row[] };

/** A record whose first four, then whose eight entries central QA has countersigned. */
async function countersigned(): Promise<MadeRecord> {
  const record = await makeRecord();
  const { ledger } = await mustOpen(record.folders);
  for (const size of [4, 8]) {
    await ledger.putCosignature(size, await cosign(await ledger.checkpointAt(size), witness, 1_790_000_000 + size));
  }
  await ledger.close();
  return record;
}

/** A backup of a countersigned record, and its rows as the verifier reads them. */
async function backup() {
  const record = await countersigned();
  const dataDir = join(dirname(record.folders.dataDir), "backup");
  const made = await backupFolder(record.folders.dataDir, dataDir, record.keys.trusted);
  if (!made.ok) throw new Error(made.error.what);
  const db = openForReading(join(dataDir, databaseFile));
  const [checkpoints, cosignatures] = [checkpointRows(db, false), cosignatureRows(db, false)];
  const rows: Rows = { rows: [...rowsFrom(db)], checkpoints, cosignatures };
  db.close();
  const { trusted } = record.keys;
  const verify = (stored: Rows) =>
    verifyLog({ origin, ...stored, trusted, witnesses: [witness.key], check, parseBodies: true }).report;
  expect(verify(rows)).toMatchObject({ ok: true, cosigned: { size: 8, by: [witness.key.name] }, findings: [] });
  return { record: { ...record, folders: { ...record.folders, dataDir } }, rows, verify };
}

/** The text with the character at `at` another one. */
function retyped(text: string, at: number): string {
  return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
}

describe("[F67][F96] the rows of a backup", () => {
  test("no byte of an entry, of a body or of the column beside them can be changed", async () => {
    const { rows, verify } = await backup();
    const accepted: string[] = [];
    const refuse = (what: string, seq: number, change: Partial<Row>) => {
      const { ok, findings } = verify({
        ...rows,
        rows: rows.rows.map((row) => (row.seq === seq ? { ...row, ...change } : row)),
      });
      if (ok || findings.length === 0) accepted.push(`${what} of entry ${seq}`);
    };
    for (const row of rows.rows) {
      for (const column of ["entry", "body"] as const) {
        const bytes = new Uint8Array(row[column]);
        for (let at = 0; at < bytes.length; at++) {
          for (const bit of [0x20, 1 << (at % 5)])
            refuse(`byte ${at} of the ${column}`, row.seq, { [column]: bytes.with(at, bytes[at]! ^ bit) });
        }
      }
      refuse("the number", row.seq, { seq: row.seq + 1 });
      refuse("the job", row.seq, { job: row.job === null ? "J1" : null });
    }
    expect(accepted).toEqual([]);
  });

  test("no character of a checkpoint can be changed, and none of a countersignature so that it still counts", async () => {
    const { rows, verify } = await backup();
    const accepted: string[] = [];
    for (const table of ["checkpoints", "cosignatures"] as const) {
      for (const [index, { size, note }] of rows[table].entries()) {
        for (let at = 0; at < note.length; at++) {
          const changed = { size, note: retyped(note, at) };
          const report = verify({
            ...rows,
            ...(table === "checkpoints" ? { checkpoints: rows.checkpoints.with(index, changed) } : {}),
            // By itself, so that the other one does not count in its place.
            cosignatures: table === "cosignatures" ? [changed] : [],
          });
          // A line that names another witness is nobody's whom the verifier knows, as if it were not there.
          const counts = table === "checkpoints" || report.cosigned?.by.length !== 0;
          if (report.ok && counts) accepted.push(`character ${at} of ${table} ${size}`);
        }
      }
    }
    expect(accepted).toEqual([]);
  });

  test("the same holds on the disk, for a byte of every entry and of every body", async () => {
    const { record, rows } = await backup();
    const accepted: string[] = [];
    for (const { seq, entry, body } of rows.rows) {
      for (const [column, bytes] of Object.entries({ entry: new Uint8Array(entry), body: new Uint8Array(body) })) {
        const at = (37 * (seq + 1)) % bytes.length;
        const write = (written: Uint8Array) =>
          forge(record.folders, (db) => db.prepare(`UPDATE entry SET ${column} = ? WHERE seq = ?`).run(written, seq));
        write(bytes.with(at, bytes[at]! ^ 1));
        if ((await verifyRecord(record)).ok) accepted.push(`byte ${at} of the ${column} of entry ${seq}`);
        write(bytes);
      }
    }
    expect(accepted).toEqual([]);
    expect(await verifyRecord(record)).toMatchObject({ ok: true });
  });
});

/** Bits that turn over on the disk: each flip is found, with the range named, or changes nothing that is read; nothing crashes. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cosign } from "../../src/ledger/cosignature.ts";
import {
  checkpointRows,
  cosignatureRows,
  databaseFile,
  openForReading,
  readOrigin,
  rowsFrom,
} from "../../src/ledger/io/database.ts";
import { createLedger, openLedger } from "../../src/ledger/io/ledger.ts";
import { openStore } from "../../src/ledger/io/store.ts";
import { verifyFolder } from "../../src/ledger/io/verify.ts";
import type { VerifyingKey } from "../../src/ledger/signer.ts";
import { draft, origin, started } from "../ledger/plain-drafts.ts";
import { ed25519Signer } from "../ledger/witness.ts";
import { seeded } from "../simulation/time.ts";

/** A closed ledger as bytes, what is read from it, and who signed it. */
export interface Sound {
  readonly bytes: Uint8Array;
  readonly read: string;
  readonly trusted: readonly VerifyingKey[];
  readonly witness: VerifyingKey;
}

export interface FlipVerdict {
  readonly flips: number;
  /** Found by the start, or by the verification of everything. */
  readonly found: number;
  /** Found, and the entry or the range was named. */
  readonly named: number;
  /** Not found, because all that is read is as it was: free space, counters. */
  readonly harmless: number;
  /** Not found although something else is read, or an exception. */
  readonly violations: readonly string[];
}

/** Makes a small ledger with bodies of some size, checkpoints and a countersignature, and closes it. */
export async function makeSound(place: string): Promise<Sound> {
  const folders = { dataDir: join(place, "data"), keysDir: join(place, "keys") };
  const witness = ed25519Signer("qa.hospital.example", 4);
  const made = await createLedger(folders, origin);
  if (!made.ok) throw new Error(made.error.what);
  const opened = await openLedger({ ...folders, checkpointEveryMs: 0, witnesses: [witness.key] });
  if (!opened.ok) throw new Error(opened.error.what);
  const { ledger } = opened.value;
  await ledger.append([started()]);
  for (let n = 0; n < 24; n++) {
    await ledger.append([draft("A", { n, filler: "x".repeat(n * 60) }, `J${n % 3}`)]);
    if (n % 8 === 7) await ledger.checkpoint();
    if (n === 15) {
      const { size } = ledger.head();
      await ledger.putCosignature(size, await cosign(await ledger.checkpointAt(size), witness, 1_790_000_000));
    }
  }
  await ledger.close();
  const bytes = new Uint8Array(readFileSync(join(folders.dataDir, databaseFile)));
  return { bytes, read: readAll(folders.dataDir), trusted: made.value.trusted, witness: witness.key };
}

/** Everything that means something in a ledger's file, as one text. Throws where it cannot be read. */
function readAll(dataDir: string): string {
  const db = openForReading(join(dataDir, databaseFile));
  try {
    const entries = [...rowsFrom(db)].map((row) => [row.seq, row.job, textOf(row.entry), textOf(row.body)]);
    return JSON.stringify([readOrigin(db), entries, checkpointRows(db, false), cosignatureRows(db, false)]);
  } finally {
    db.close();
  }
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

/** Turns over one bit of each of `places` bytes of the file, one after the other. */
export async function flipBits(
  sound: Sound,
  where: string,
  places: readonly number[],
  progress: (done: number, of: number) => void = () => undefined,
): Promise<FlipVerdict> {
  const chance = seeded(1);
  const place = mkdtempSync(join(where, "cellward-flips-"));
  const counts = { found: 0, named: 0, harmless: 0 };
  const violations: string[] = [];
  try {
    for (const [index, at] of places.entries()) {
      const bit = 1 << Math.floor(chance() * 8);
      const verdict = await flipOne(sound, place, at, bit).catch(
        (problem: unknown) => `a crash: ${problem instanceof Error ? problem.message : problem}`,
      );
      if (verdict === "named") counts.named += 1;
      if (verdict === "named" || verdict === "found") counts.found += 1;
      else if (verdict === "harmless") counts.harmless += 1;
      else violations.push(`byte ${at} changed by ${bit}: ${verdict}`);
      if (index % 500 === 499) progress(index + 1, places.length);
    }
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  return { flips: places.length, ...counts, violations };
}

async function flipOne(sound: Sound, place: string, at: number, bit: number): Promise<string> {
  const dataDir = join(place, "data");
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir);
  const { bytes, trusted, witness, read } = sound;
  writeFileSync(join(dataDir, databaseFile), bytes.with(at, (bytes[at] ?? 0) ^ bit));
  const report = await verifyFolder(dataDir, { trusted, witnesses: [witness] });
  const witnesses = [witness];
  const opened = openStore({ dataDir, trusted, witnesses, origin, floor: null, quotaBytes: null, upgrade: false });
  if (opened.ok) opened.value.close();
  if (!report.ok) {
    const first = report.findings[0];
    return first !== undefined && (first.seq !== null || /\d/.test(first.what)) ? "named" : "found";
  }
  // What the start refuses and the verifier lets pass is still found, before anything is done on it.
  if (!opened.ok) return "found";
  return readAll(dataDir) === read ? "harmless" : "something else is read, and nothing was found";
}

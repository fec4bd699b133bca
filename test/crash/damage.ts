/** Bits that turn over on the disk: each flip is found, with the range named, or changes nothing that is read; nothing crashes. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JobId } from "../../src/kernel/names.ts";
import { type CopyLine, copyHeader } from "../../src/ledger/copy.ts";
import { cosign } from "../../src/ledger/cosignature.ts";
import { openCaches, provenCache } from "../../src/ledger/io/cache.ts";
import { writeCopy } from "../../src/ledger/io/copy-file.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import {
  checkpointRows,
  cosignatureRows,
  databaseFile,
  openForReading,
  readOrigin,
  rowsFrom,
} from "../../src/ledger/io/database.ts";
import type { Keys } from "../../src/ledger/io/keys.ts";
import { createLedger, type Folders, openLedger } from "../../src/ledger/io/ledger.ts";
import { repairFolder } from "../../src/ledger/io/repair.ts";
import { startScrub } from "../../src/ledger/io/scrub.ts";
import { openStore } from "../../src/ledger/io/store.ts";
import { verifyFolder } from "../../src/ledger/io/verify.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { readPrefix } from "../../src/ledger/prefix.ts";
import type { VerifyingKey } from "../../src/ledger/signer.ts";
import { verifyExport } from "../../src/ledger/verify-export.ts";
import { exportedBytes } from "../ledger/io/exported.ts";
import { draft, origin, started } from "../ledger/plain-drafts.ts";
import { ed25519Signer } from "../ledger/witness.ts";
import { seeded } from "../simulation/time.ts";

/** A closed ledger with its caches as bytes, what is read from it, who signed it, and central QA's copy of it. */
export interface Sound {
  readonly bytes: Uint8Array;
  readonly read: string;
  readonly trusted: readonly VerifyingKey[];
  readonly witness: VerifyingKey;
  /** The folders that it was made in; the damaged ledger stands in one of its own. */
  readonly folders: Folders;
  readonly keys: Keys;
  readonly copy: string;
  /** The export of each job, as it was before the damage. */
  readonly exports: ReadonlyMap<JobId, readonly string[]>;
}

const jobs = ["J0", "J1", "J2"] as JobId[];
const program = "the program of this test";

export interface FlipVerdict {
  readonly flips: number;
  /** Found by the start, or by the verification of everything. */
  readonly found: number;
  /** Found, and the entry or the range was named. */
  readonly named: number;
  /** Not found, because all that is read is as it was: free space, counters. */
  readonly harmless: number;
  /** Exports of jobs after a found flip: made and right, and refused with the entry named or the remedy. */
  readonly exported: number;
  readonly refused: number;
  /** Found flips after which the ledger was brought back from central QA's copy, and was as before. */
  readonly repaired: number;
  /** Not found although something else is read, an export that is other than it was, a repair that failed, or an exception. */
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
  const { size } = ledger.head();
  await ledger.putCosignature(size, await cosign(await ledger.checkpoint(), witness, 1_790_000_100));
  const data = { dataDir: folders.dataDir, origin, trusted: made.value.trusted, witnesses: [witness.key] };
  const scrub = startScrub(
    { ...data, dataKey: made.value.dataKey, program, tickMs: 3_600_000, restMs: 3_600_000 },
    { onRound: () => undefined, onTrouble: () => undefined },
  );
  await scrub.keep();
  await scrub.close();
  const copy = join(place, "qa.copy");
  await writeCopy(copy, await copyOf(ledger));
  await ledger.close();
  const bytes = new Uint8Array(readFileSync(join(folders.dataDir, databaseFile)));
  const base = { bytes, trusted: made.value.trusted, witness: witness.key, folders, keys: made.value, copy };
  const sound = { ...base, read: readAll(folders.dataDir), exports: new Map<JobId, readonly string[]>() };
  for (const job of jobs) {
    const entries = await entriesExported(sound, folders.dataDir, job);
    if (entries === null || "refused" in entries) throw new Error("a sound ledger exports every job");
    sound.exports.set(job, entries);
  }
  return sound;
}

/** What central QA would give back: everything, with its newest receipt. */
async function copyOf(ledger: Ledger): Promise<CopyLine[]> {
  const lines: CopyLine[] = [copyHeader(origin, ledger.head().size), { note: (await ledger.receipt()) ?? "" }];
  for await (const { entryText, bodyText } of ledger.read(0)) lines.push({ entry: entryText, body: bodyText });
  return lines;
}

/** The entries in a job's export; null where it does not verify, the words where there is none. */
async function entriesExported(
  { keys, witness }: Pick<Sound, "keys" | "witness">,
  dataDir: string,
  job: JobId,
): Promise<readonly string[] | { readonly refused: string } | null> {
  const prefix = readPrefix(await openCaches(dataDir, keys.dataKey, program).read(provenCache));
  const options = { signer: keys.signer, keys: keys.trusted, witnesses: [witness], prefix };
  const file = await exportedBytes(dataDir, job, options);
  if (!file.ok) return { refused: `${file.error.code}: ${file.error.what} ${file.error.remedy}` };
  const { report, content } = verifyExport(file.value, keys.trusted, checkSignature, [witness]);
  return report.ok && content !== null ? content.entries.map(({ entry, body }) => `${entry}${body}`) : null;
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
  const counts: Counts = { found: 0, named: 0, harmless: 0, exported: 0, refused: 0, repaired: 0 };
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
      if (verdict === "named" || verdict === "found") {
        const wrong = await restOf(sound, place, counts).catch((problem: unknown) => [`a crash: ${String(problem)}`]);
        violations.push(...wrong.map((one) => `byte ${at} changed by ${bit}: ${one}`));
      }
      if (index % 500 === 499) progress(index + 1, places.length);
    }
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  return { flips: places.length, ...counts, violations };
}

interface Counts {
  found: number;
  named: number;
  harmless: number;
  exported: number;
  refused: number;
  repaired: number;
}

/** After a flip was found: each job is exported as it was, or refused in words; central QA's copy brings all of it back. */
async function restOf(sound: Sound, place: string, counts: Counts): Promise<string[]> {
  const dataDir = join(place, "data");
  const wrong: string[] = [];
  cpSync(join(sound.folders.dataDir, "cache"), join(dataDir, "cache"), { recursive: true });
  for (const job of jobs) {
    const got = await entriesExported(sound, dataDir, job);
    if (got !== null && "refused" in got) {
      counts.refused += 1;
      if (!/repair|checkpoint yet|number/.test(got.refused))
        wrong.push(`${job} is refused without a remedy: ${got.refused}`);
    } else if (JSON.stringify(got) === JSON.stringify(sound.exports.get(job))) counts.exported += 1;
    else wrong.push(`the export of ${job} is not what it was`);
  }
  const options = { dataDir, keysDir: sound.folders.keysDir, copy: sound.copy, witnesses: [sound.witness] };
  const repaired = await repairFolder({ ...options, drafts: () => [] });
  if (!repaired.ok) return [...wrong, `not repaired: ${repaired.error.what}`];
  const report = await verifyFolder(dataDir, { trusted: sound.trusted, witnesses: [sound.witness] });
  const [before, after] = [sound.read, readAll(dataDir)].map((text) => (JSON.parse(text) as unknown[]).slice(0, 2));
  const isBack = report.ok && JSON.stringify(before) === JSON.stringify(after) && repaired.value.viewOnly === null;
  if (isBack) counts.repaired += 1;
  else wrong.push(`the repair gave something else: ${report.findings[0]?.what ?? repaired.value.viewOnly}`);
  return wrong;
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

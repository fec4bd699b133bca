/** What has rotted in one place costs what stands there, and nothing else: the other jobs are exported, and it is named. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { JobId } from "../../../src/kernel/names.ts";
import { cosign } from "../../../src/ledger/cosignature.ts";
import { openCaches, provenCache } from "../../../src/ledger/io/cache.ts";
import { checkSignature } from "../../../src/ledger/io/crypto.ts";
import type { Keys } from "../../../src/ledger/io/keys.ts";
import { createLedger, type Folders } from "../../../src/ledger/io/ledger.ts";
import { startScrub } from "../../../src/ledger/io/scrub.ts";
import { readPrefix } from "../../../src/ledger/prefix.ts";
import { verifyExport } from "../../../src/ledger/verify-export.ts";
import { mustOpen } from "../drafts.ts";
import { draft, origin, started } from "../plain-drafts.ts";
import { ed25519Signer } from "../witness.ts";
import { exportedBytes } from "./exported.ts";
import { forge } from "./record.ts";

const qa = ed25519Signer("qa.hospital.example", 4);
const program = "this program";

const root = mkdtempSync(join(tmpdir(), "cellward-rot-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let making: Promise<Made> | null = null;

interface Made {
  readonly folders: Folders;
  readonly keys: Keys;
}

/** 301 entries: 0 a start, then J1, J2, J3 in turn, ended by 298, 299, 297; 300 the cell's. Countersigned, scrubbed, closed. */
async function made(): Promise<Made> {
  const folders = { dataDir: join(root, "data"), keysDir: join(root, "keys") };
  const created = await createLedger(folders, origin);
  if (!created.ok) throw new Error(created.error.what);
  const { ledger, keys } = await mustOpen({ ...folders, witnesses: [qa.key], program });
  await ledger.append([started()]);
  const told = (n: number) => draft(n > 296 ? "JobEnded" : "Told", { n }, `J${((n - 1) % 3) + 1}`);
  await ledger.append(Array.from({ length: 299 }, (_, n) => told(n + 1)));
  await ledger.append([draft("Told", {})]);
  await ledger.putCosignature(301, await cosign(await ledger.checkpoint(), qa, 1_700_000_000));
  const data = { ...folders, origin, trusted: keys.trusted, witnesses: [qa.key], dataKey: keys.dataKey, program };
  const scrub = startScrub({ ...data, tickMs: 3_600_000, restMs: 3_600_000 }, { onRound() {}, onTrouble: expect.fail });
  expect(await scrub.keep()).toMatchObject({ kept: 301 });
  await scrub.close();
  await ledger.close();
  return { folders, keys };
}

const jobs = ["J1", "J2", "J3"] as JobId[];

/** `good` or what is said, for each job. */
async function judged({ folders, keys }: Made): Promise<string[]> {
  const prefix = readPrefix(await openCaches(folders.dataDir, keys.dataKey, program).read(provenCache));
  return Promise.all(
    jobs.map(async (job) => {
      const options = { signer: keys.signer, keys: keys.trusted, witnesses: [qa.key], prefix };
      const file = await exportedBytes(folders.dataDir, job, options);
      if (!file.ok) return `${file.error.code} ${file.error.seq}: ${file.error.what} ${file.error.remedy}`;
      const { report } = verifyExport(file.value, keys.trusted, checkSignature, [qa.key]);
      return report.complete && report.countersignedBy?.length === 1 ? "good" : JSON.stringify(report.findings);
    }),
  );
}

/** One row of the closed database as damage has left it, put back afterwards. */
function rot(folders: Folders, seq: number, column: "entry" | "body" | "seq" | "job", to?: unknown): void {
  const file = join(folders.dataDir, "ledger.db");
  const before = readFileSync(file);
  onTestFinished(() => writeFileSync(file, before));
  forge(folders, (db) => {
    const flip = `CAST('[' || substr(CAST(${column} AS TEXT), 2) AS BLOB)`;
    db.prepare(`UPDATE entry SET ${column} = ${to === undefined ? flip : "?"} WHERE seq = ?`).run(
      ...(to === undefined ? [seq] : [to, seq]),
    );
  });
}

describe("[F67][F71] a record of three jobs", () => {
  let record: Made;
  beforeEach(async () => {
    making ??= made();
    record = await making;
  });

  test("is exported whole where nothing has rotted", async () => {
    expect(await judged(record)).toEqual(["good", "good", "good"]);
  });

  test("[L8] with a rotted entry of one job: the others are exported, and that entry is named with what to do", async () => {
    rot(record.folders, 151, "entry");
    const [one, two, three] = await judged(record);
    expect([two, three]).toEqual(["good", "good"]);
    expect(one).toMatch(/^ledger-broken 151: What J1 was recorded with .* entry 151,.*`cellward repair`/);
  });

  test("with the last entry of a job rotted, and its column saying another's: the job is not passed off as shorter", async () => {
    rot(record.folders, 299, "entry");
    rot(record.folders, 299, "job", "J1");
    const [one, two, three] = await judged(record);
    expect([one, three]).toEqual(["good", "good"]);
    expect(two).toMatch(/^ledger-broken 299: /);
  });

  test("with the start rotted: no job can say what it was written with", async () => {
    rot(record.folders, 0, "entry");
    for (const said of await judged(record)) expect(said).toMatch(/^ledger-broken 0: /);
  });

  test("with a rotted body: only that job is refused", async () => {
    rot(record.folders, 100, "body");
    const [one, two, three] = await judged(record);
    expect([two, three]).toEqual(["good", "good"]);
    expect(one).toMatch(/the body of entry 100/);
  });

  test("with a number or a job's column rotted: what that damage hides is found all the same", async () => {
    rot(record.folders, 50, "seq", 2 ** 40);
    expect(await judged(record)).toEqual(["good", expect.stringMatching(/^ledger-broken 50: /), "good"]);
  });

  test("with a job's column rotted: the signed entry says whose it is", async () => {
    rot(record.folders, 50, "job", "J3");
    expect(await judged(record)).toEqual(["good", "good", "good"]);
  });

  test("with nothing kept beside it: says so, names from where, and passes off nothing", async () => {
    rot(record.folders, 151, "entry");
    const kept = join(record.folders.dataDir, "cache");
    const leaves = readFileSync(join(kept, "leaves"));
    onTestFinished(() => writeFileSync(join(kept, "leaves"), leaves));
    rmSync(join(kept, "leaves"));
    for (const said of await judged(record))
      expect(said).toMatch(/^ledger-broken 0: .*no kept hashes .*`cellward repair`/);
    // Kept hashes that were changed are no better: they do not lead to what was signed.
    writeFileSync(join(kept, "leaves"), leaves.with(700, (leaves[700] ?? 0) ^ 1));
    for (const said of await judged(record)) expect(said).toMatch(/^ledger-broken 0: /);
  });

  test("with any one entry rotted: each other job is exported, and no export is other than it was", async () => {
    const file = join(record.folders.dataDir, "ledger.db");
    const before = readFileSync(file);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 299 }), async (seq) => {
        forge(record.folders, (db) => {
          const flip = "CAST('[' || substr(CAST(entry AS TEXT), 2) AS BLOB)";
          db.prepare(`UPDATE entry SET entry = ${flip} WHERE seq = ?`).run(seq);
        });
        const said = await judged(record);
        writeFileSync(file, before);
        const whose = (seq - 1) % 3;
        expect(said.map((one, index) => (index === whose ? one.startsWith(`ledger-broken ${seq}:`) : one))).toEqual(
          jobs.map((_, index) => (index === whose ? true : "good")),
        );
      }),
      { numRuns: 10 },
    );
  });
});

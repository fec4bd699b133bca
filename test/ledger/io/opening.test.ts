/** A start verifies from the last cosigned head; the rest is the scrub's, and no cache can make a bad record look good. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, onTestFinished, test } from "vitest";
import type { JobId } from "../../../src/kernel/names.ts";
import { cosign } from "../../../src/ledger/cosignature.ts";
import { openCaches, provenCache } from "../../../src/ledger/io/cache.ts";
import { createLedger, type Folders, type OpenOptions, openLedger } from "../../../src/ledger/io/ledger.ts";
import { openingCache } from "../../../src/ledger/io/opening.ts";
import { startScrub } from "../../../src/ledger/io/scrub.ts";
import { verifyFolder } from "../../../src/ledger/io/verify.ts";
import { type Ledger, LedgerFailed } from "../../../src/ledger/ledger.ts";
import { type Prefix, printPrefix, readPrefix } from "../../../src/ledger/prefix.ts";
import type { RecordDamage, Scrub } from "../../../src/ledger/scrub.ts";
import { freshFolders, mustOpen } from "../drafts.ts";
import { imageKeys } from "../home.ts";
import { draft, origin, started } from "../plain-drafts.ts";
import { ed25519Signer } from "../witness.ts";
import { forge } from "./record.ts";

const qa = ed25519Signer("qa.hospital.example", 4);
const program = "this program";
/** Cosigned in the middle of a block, and further entries of old and new jobs after it. */
const [cosigned, size] = [1100, 1300];

const jobOf = (n: number): string => `J${n % 7}`;

async function fill(ledger: Ledger, to: number): Promise<void> {
  for (let n = ledger.head().size; n < to; n += 50) {
    await ledger.append(Array.from({ length: Math.min(50, to - n) }, (_, at) => draft("Told", { n }, jobOf(n + at))));
  }
}

async function countersign(ledger: Ledger): Promise<void> {
  await ledger.putCosignature(ledger.head().size, await cosign(await ledger.checkpoint(), qa, 1_700_000_000));
}

/** A scrub of a folder that goes by hand alone; what its rounds say is in `said`. */
function scrubOf(folders: Folders, keys: { trusted: OpenKeys["trusted"]; dataKey: Uint8Array }, witnesses = [qa.key]) {
  const said: (RecordDamage | null)[] = [];
  const paces = { tickMs: 3_600_000, restMs: 3_600_000 };
  const { dataDir } = folders;
  const { trusted, dataKey } = keys;
  const data = { dataDir, origin, trusted, witnesses, dataKey, program, ...paces };
  const scrub: Scrub = startScrub(data, {
    onRound: (damage) => void said.push(damage),
    onTrouble: (what) => expect.fail(what),
  });
  onTestFinished(() => scrub.close());
  return { ...scrub, said };
}
type OpenKeys = Awaited<ReturnType<typeof mustOpen>>["keys"];

/** A record of `size` entries, cosigned at `cosigned`, with the prefix of that head kept; closed. */
async function record(): Promise<{ folders: Folders; options: OpenOptions; keys: OpenKeys }> {
  template ??= write({ dataDir: join(root, "data"), keysDir: join(root, "keys") });
  const { keys, folders: from } = await template;
  const folders = freshFolders();
  cpSync(from.dataDir, folders.dataDir, { recursive: true });
  await imageKeys(from.keysDir, folders.keysDir, origin);
  return { folders, options: { ...folders, witnesses: [qa.key], program }, keys };
}

const root = mkdtempSync(join(tmpdir(), "cellward-opening-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let template: Promise<{ folders: Folders; keys: OpenKeys }> | null = null;

async function write(folders: Folders): Promise<{ folders: Folders; keys: OpenKeys }> {
  const made = await createLedger(folders, origin);
  if (!made.ok) throw new Error(made.error.what);
  const options = { ...folders, witnesses: [qa.key], program };
  const { ledger, keys } = await mustOpen(options);
  await ledger.append([started()]);
  await fill(ledger, cosigned);
  await countersign(ledger);
  await fill(ledger, size);
  const scrub = scrubOf(folders, keys);
  expect(await scrub.keep()).toMatchObject({ kept: cosigned, damage: null });
  await scrub.close();
  await ledger.close();
  return { folders, keys };
}

async function readAll(ledger: Ledger): Promise<string[]> {
  const texts: string[] = [];
  for await (const { entryText } of ledger.read(0)) texts.push(entryText);
  return texts;
}

/** The first character of a stored entry or body is another; the row's number stays. */
function rot(folders: Folders, seq: number, column: "entry" | "body"): void {
  forge(folders, (db) => {
    const sql = `UPDATE entry SET ${column} = CAST('[' || substr(CAST(${column} AS TEXT), 2) AS BLOB) WHERE seq = ?`;
    expect(db.prepare(sql).run(seq).changes).toBe(1);
  });
}

async function faultOf(options: OpenOptions): Promise<unknown> {
  const opened = await openLedger(options);
  if (opened.ok) await opened.value.ledger.close();
  return opened.ok ? null : opened.error;
}

test("[F67] a start reads from the cosigned head on, goes on as if it had read everything, and what it wrote verifies", async () => {
  const { folders, options, keys } = await record();
  const { ledger, verifiedFrom, report } = await mustOpen(options);
  expect(verifiedFrom).toBe(cosigned);
  expect(report).toMatchObject({ ok: true, entries: size, jobs: 7, cosigned: { size: cosigned } });
  await fill(ledger, size + 14);
  expect((await ledger.headAt(700)).size).toBe(700);
  expect((await readAll(ledger)).length).toBe(size + 14);
  await ledger.close();
  const verified = await verifyFolder(folders.dataDir, { trusted: keys.trusted, witnesses: [qa.key] });
  expect(verified.findings).toEqual([]);
});

test("[F67] where nobody has cosigned, or no witness is configured, everything is verified", async () => {
  const { options } = await record();
  const alone = await mustOpen({ ...options, witnesses: [] });
  expect(alone.verifiedFrom).toBe(0);
  await alone.ledger.close();
  const other = ed25519Signer("qa.hospital.example", 4);
  expect((await mustOpen({ ...options, witnesses: [other.key] })).verifiedFrom).toBe(0);
});

test("[L2] a cache that is gone, damaged, another's or another program's changes nothing but the time", async () => {
  const { folders, options } = await record();
  const path = join(folders.dataDir, "cache", openingCache);
  const good = readFileSync(path);
  const open = async (): Promise<[number, string]> => {
    const { ledger, verifiedFrom } = await mustOpen(options);
    const { root } = ledger.head();
    await ledger.close();
    return [verifiedFrom, root];
  };
  const [from, root] = await open();
  expect(from).toBe(cosigned);
  const broken = fc.record({ at: fc.nat(good.length - 1), bit: fc.nat(7), cut: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(broken, async ({ at, bit, cut }) => {
      const bytes = Buffer.from(good);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      writeFileSync(path, cut ? good.subarray(0, at) : bytes);
      expect(await open()).toEqual([0, root]);
    }),
    { numRuns: 6 },
  );
  await openCaches(folders.dataDir, new Uint8Array(32), program).write(openingCache, good.toString().slice(65));
  expect(await open()).toEqual([0, root]);
  writeFileSync(path, good);
  const other = await mustOpen({ ...options, program: "another program" });
  expect(other.verifiedFrom).toBe(0);
  await other.ledger.close();
  expect(await open()).toEqual([cosigned, root]);
  rmSync(join(folders.dataDir, "cache"), { recursive: true });
  expect(await open()).toEqual([0, root]);
});

test("[L2] even a cache under the cell's own key is believed only where it leads to the cosigned root", async () => {
  const { folders, options, keys } = await record();
  const caches = openCaches(folders.dataDir, keys.dataKey, program);
  const good = readPrefix(await caches.read(openingCache));
  if (good === null) throw new Error("the cache is readable");
  const swapped = good.blocks.slice();
  swapped.set(good.blocks.subarray(0, 32), 32);
  swapped.set(good.blocks.subarray(32, 64), 0);
  const wrong: Partial<Prefix>[] = [
    { blocks: swapped },
    { blocks: good.blocks.slice(32) },
    { size: cosigned - 1 },
    { size: size - 1 },
    { root: "0".repeat(64) as Prefix["root"] },
    { origin: "hospital.example/cell-2" },
    { jobHeads: new Map([...good.jobHeads].map(([job]) => [job, good.root])) },
    { jobHeads: new Map<JobId, Prefix["root"]>() },
  ];
  for (const change of wrong) {
    await caches.write(openingCache, printPrefix({ ...good, ...change }));
    const { ledger, verifiedFrom, report } = await mustOpen(options);
    expect([verifiedFrom, report.ok]).toEqual([0, true]);
    await ledger.close();
  }
});

test("[L2] a prefix above what central QA has cosigned is not believed, though it is true", async () => {
  const { folders, options, keys } = await record();
  const { ledger } = await mustOpen(options);
  await ledger.checkpoint();
  await ledger.close();
  const scrub = scrubOf(folders, keys);
  expect(await scrub.round()).toMatchObject({ whole: size });
  await scrub.close();
  const caches = openCaches(folders.dataDir, keys.dataKey, program);
  const proven = readPrefix(await caches.read(provenCache));
  if (proven === null) throw new Error("the scrub keeps what it has proven");
  expect(proven.size).toBe(size);
  await caches.write(openingCache, printPrefix(proven));
  expect((await mustOpen(options)).verifiedFrom).toBe(0);
});

test("[F67][F72] rot before the cosigned head: the start passes it, no read gives it out, the scrub finds it and how far it goes", async () => {
  const { folders, options, keys } = await record();
  rot(folders, 300, "body");
  rot(folders, 302, "body");
  const { ledger, verifiedFrom } = await mustOpen(options);
  expect(verifiedFrom).toBe(cosigned);
  await expect(readAll(ledger)).rejects.toMatchObject({ fault: { code: "ledger-broken", seq: 300 } });
  expect((await ledger.headAt(310)).size).toBe(310);
  const rest: number[] = [];
  for await (const { entry } of ledger.read(512)) rest.push(entry.seq);
  expect([rest[0], rest.at(-1)]).toEqual([512, size - 1]);
  await ledger.append([draft("Told", {}, "J1")]);
  const scrub = scrubOf(folders, keys);
  const { damage } = await scrub.round();
  expect(damage).toMatchObject({ rule: "body-changed", seq: 300, from: 300, to: 512 });
  expect(damage?.what).toMatch(/entry 300 .* is not the one it was written with\.$/);
  expect(scrub.said).toEqual([damage]);
});

test("[F67] a rotted entry is given to nobody, and what rests on the tree alone goes on by its kept hash, or not at all", async () => {
  const whole = await record();
  const roots = await Promise.all([mustOpen(whole.options)].map(async (one) => (await one).ledger.headAt(700)));
  const { folders, options } = await record();
  rot(folders, 600, "entry");
  const { ledger } = await mustOpen(options);
  expect(await ledger.headAt(700)).toEqual(roots[0]);
  expect(await ledger.proofBetween(590, 1200)).not.toEqual([]);
  await expect(readAll(ledger)).rejects.toMatchObject({ fault: { code: "ledger-broken", seq: 600 } });
  await ledger.close();
  rmSync(join(folders.dataDir, "cache/leaves"));
  const without = await mustOpen(options);
  await expect(without.ledger.headAt(700)).rejects.toThrow(LedgerFailed);
});

test("[F67][F81] a rotted checkpoint or countersignature is found by the scrub, and the entries are read to the end all the same", async () => {
  for (const [table, rule, at] of [
    ["checkpoint", "checkpoint-signature", cosigned],
    ["cosignature", "cosignature", cosigned],
  ] as const) {
    const { folders, keys } = await record();
    const change = "substr(note, 1, length(note) - 9) || CASE substr(note, -9, 1) WHEN 'A' THEN 'B' ELSE 'A' END";
    const sql = `UPDATE ${table} SET note = ${change} || substr(note, -8) WHERE size = ${at}`;
    forge(folders, (db) => expect(db.prepare(sql).run().changes).toBe(1));
    const { damage } = await scrubOf(folders, keys).round();
    expect(damage).toMatchObject({ rule, seq: null, from: at - 1, to: at });
    expect(damage?.what).toContain(`over ${at} entries does not hold`);
    forge(folders, (db) => void db.prepare(`UPDATE ${table} SET size = 1000000 WHERE size = ${at}`).run());
    expect((await scrubOf(folders, keys).round()).damage).toMatchObject({ from: 999_999 });
    rot(folders, 1250, "body");
    expect((await scrubOf(folders, keys).round()).damage).toMatchObject({ seq: 1250 });
  }
});

test("[F67] rot in an entry itself is found by the scrub too, and a mended record is found whole again", async () => {
  const { folders, options, keys } = await record();
  rot(folders, 600, "entry");
  const { ledger } = await mustOpen(options);
  const scrub = scrubOf(folders, keys);
  expect((await scrub.round()).damage).toMatchObject({ rule: "entry-format", seq: 600, from: 512, to: 768 });
  await ledger.close();
  forge(folders, (db) => {
    const sql = "UPDATE entry SET entry = CAST('{' || substr(CAST(entry AS TEXT), 2) AS BLOB) WHERE seq = 600";
    db.prepare(sql).run();
  });
  expect(await scrub.round()).toMatchObject({ damage: null, whole: size, rounds: 1 });
  expect(scrub.said.map((one) => one?.seq ?? null)).toEqual([600, null]);
});

test("[F67] rot after the cosigned head keeps the cell from starting, and is named", async () => {
  const { folders, options } = await record();
  rot(folders, 1200, "body");
  expect(await faultOf(options)).toMatchObject({ code: "ledger-broken", seq: 1200 });
});

test("[F67] what is taken away from the old part is found by the scrub, from the end by the start", async () => {
  const { folders, options, keys } = await record();
  forge(folders, (db) => void db.prepare("DELETE FROM entry WHERE seq BETWEEN 10 AND 20").run());
  expect((await mustOpen(options)).verifiedFrom).toBe(cosigned);
  expect((await scrubOf(folders, keys).round()).damage).toMatchObject({ rule: "entry-missing", seq: 10, from: 0 });
  const { folders: cut, options: opened } = await record();
  forge(cut, (db) => void db.prepare("DELETE FROM entry WHERE seq >= 1050").run());
  expect(await faultOf(opened)).toMatchObject({ code: "ledger-broken", seq: 1050 });
});

test("[F67] a round that goes on where an earlier start was never says that all is whole; one from the first entry follows it", async () => {
  const { folders, options, keys } = await record();
  const { ledger } = await mustOpen(options);
  const first = scrubOf(folders, keys, []);
  expect(await first.round()).toMatchObject({ whole: size, rounds: 1, damage: null });
  const caches = openCaches(folders.dataDir, keys.dataKey, program);
  const opening = readFileSync(join(folders.dataDir, "cache", openingCache), "utf8").slice(65);
  await caches.write("scrub-round", opening);
  await first.close();
  await ledger.close();
  rot(folders, 5, "body");
  const again = scrubOf(folders, keys, []);
  // What is left of the interrupted round is whole, and the entries before may have rotted since they were read.
  expect(await again.keep()).toMatchObject({ whole: null, rounds: 0 });
  expect((await again.round()).damage).toMatchObject({ seq: 5 });
  expect([...new Set(again.said.map((one) => one?.seq ?? null))]).toEqual([5]);
  await again.close();
  // The same again with damage in what is left: that is told at once.
  await caches.write("scrub-round", opening);
  rot(folders, 1200, "body");
  const rest = scrubOf(folders, keys, []);
  await rest.keep();
  await expect.poll(() => rest.said).toMatchObject([{ seq: 1200 }]);
});

/** Makes a fixture of this release, once: a whole record with its exports, packages and public keys. `node test/releases/make.ts FOLDER`. */
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { summarise, tellWith } from "../../src/commands/describe.ts";
import { addIdentity } from "../../src/commands/io/identity.ts";
import { makeIdentity, readIdentity } from "../../src/intake/io/age.ts";
import { actorOf, type Event, jobOf } from "../../src/jobs/event.ts";
import { canonicalBytes, type Json } from "../../src/kernel/json.ts";
import type { Digest, JobId } from "../../src/kernel/names.ts";
import { artifactDigests } from "../../src/ledger/artifacts.ts";
import { cosign } from "../../src/ledger/cosignature.ts";
import type { EntryDraft, JsonObject } from "../../src/ledger/entry.ts";
import { openArtifacts } from "../../src/ledger/io/artifacts.ts";
import { copyDatabase } from "../../src/ledger/io/copy.ts";
import { writeExport } from "../../src/ledger/io/export-files.ts";
import { openKeys } from "../../src/ledger/io/keys.ts";
import { createLedger, openLedger } from "../../src/ledger/io/ledger.ts";
import { createSchema } from "../../src/ledger/io/schema.ts";
import { formatKey, signNote } from "../../src/ledger/note.ts";
import { createSealing } from "../../src/people/io/sealing.ts";
import type { Approval } from "../../src/people/person.ts";
import { designer, orderText, packed, released as releasedPackage, releaser } from "../intake/packages.ts";
import { ed25519Signer } from "../ledger/witness.ts";
import { stateDigest, stateOf } from "./state.ts";
import { artifactTexts, names, tell } from "./story.ts";

const origin = "fixture.example/cell-1";
const witness = ed25519Signer("qa.fixture.example", 4);

function must<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

const out = process.argv[2];
if (out === undefined) throw new Error("Name the folder to be made.");
if (existsSync(out)) throw new Error(`${out} is there already. A fixture is made once and never again.`);
const work = mkdtempSync(join(tmpdir(), "cellward-release-"));
const folders = { dataDir: join(work, "data"), keysDir: join(work, "keys") };

must(await createLedger(folders, origin));
await addIdentity(folders.keysDir, "x25519");
const sealing = createSealing(folders.keysDir);
const opened = must(await openLedger({ ...folders, witnesses: [witness.key], checkpointEveryMs: 0 }));
const store = openArtifacts(folders.dataDir, opened.keys.dataKey);

/** The names of the story, sealed as a cell seals them. */
function withSealedName(event: Event): Event {
  if (!("approval" in event)) return event;
  const approval: Approval = event.approval;
  const of = "lot" in event ? event.lot : (event as { job: JobId }).job;
  return { ...event, approval: { ...approval, name: sealing.seal(of, names[approval.person] ?? "Nobody") } } as Event;
}

function draftOf(event: Event, at: number, boot: number): EntryDraft {
  const { type, ...body } = event;
  return {
    ...{ job: jobOf(event), actorId: actorOf(event), type, body: body as unknown as JsonObject },
    ...{ at, mono: at, clockState: boot === 1 ? "synchronised" : "unsynchronised", boot },
  };
}

const story = tell();
let boots = 0;
const drafts = story.events.map((plain, index) => {
  const event = withSealedName(plain);
  if (event.type === "CellBooted") boots += 1;
  return draftOf(event, story.times[index]!, boots);
});
for (const digest of new Set(drafts.flatMap(({ body }) => artifactDigests(body as Json)))) {
  const text = artifactTexts.get(digest);
  if (text === undefined) throw new Error(`no artifact for ${digest}`);
  const put: Digest = await store.put(text);
  if (put !== digest) throw new Error(`${put} is not ${digest}`);
}
const third = Math.floor(drafts.length / 3);
for (const [from, to] of [
  [0, third],
  [third, 2 * third],
  [2 * third, drafts.length - 4],
] as const) {
  await opened.ledger.append(drafts.slice(from, to));
  await opened.ledger.checkpoint();
}
const { size } = opened.ledger.head();
await opened.ledger.putCosignature(size, await cosign(await opened.ledger.checkpointAt(size), witness, 1_790_000_000));
await opened.ledger.append(drafts.slice(drafts.length - 4));
await opened.ledger.close();

mkdirSync(join(out, "data"), { recursive: true });
mkdirSync(join(out, "exports"));
mkdirSync(join(out, "packages"));
mkdirSync(join(out, "keys"));
await copyDatabase(join(folders.dataDir, "ledger.db"), join(out, "data/ledger.db"));
cpSync(join(folders.dataDir, "artifacts"), join(out, "data/artifacts"), { recursive: true });

const keys = must(await openKeys(folders.keysDir, folders.dataDir));
const describe = tellWith(sealing.open);
const telling = { describe, summarise };
for (const job of ["J0", "J1", "J2"] as const) {
  const base = join(work, job);
  const options = { signer: keys.signer, keys: keys.trusted, artifacts: store, ...telling };
  must(await writeExport(folders.dataDir, job as JobId, base, options));
  for (const suffix of ["json", "html"]) copyFileSync(`${base}.${suffix}`, join(out, "exports", `${job}.${suffix}`));
}
const bare = { signer: keys.signer, keys: keys.trusted, ...telling };
must(await writeExport(folders.dataDir, "J2" as JobId, join(work, "J2"), bare));
copyFileSync(join(work, "J2.json"), join(out, "exports/J2-without-pictures.json"));
await olderExport("J1");
await olderLedger();

const identity = must(await readIdentity(readFileSync(join(folders.keysDir, "age.identity"), "utf8")));
const order = { ...orderText, cell: origin };
const other = must(await readIdentity((await makeIdentity("x25519")).file));
writeFileSync(join(out, "packages/released.cwp"), await releasedPackage(identity.recipient, { order }));
writeFileSync(join(out, "packages/unreleased.cwp"), await packed(identity.recipient, { order }));
writeFileSync(join(out, "packages/other-cell.cwp"), await releasedPackage(other.recipient, { order }));

const lines = {
  cell: keys.signer.key,
  witness: witness.key,
  "design-authority": designer.key,
  "clinical-release": releaser.key,
};
for (const [name, key] of Object.entries(lines))
  writeFileSync(join(out, "keys", `${name}.vkey`), `${formatKey(key)}\n`);
// What opens, never what signs: with these two nobody can write a line of this record.
copyFileSync(join(folders.keysDir, "data.key"), join(out, "keys/data.key"));
copyFileSync(join(folders.keysDir, "age.identity"), join(out, "keys/age.identity"));
cpSync(join(folders.keysDir, "texts"), join(out, "keys/texts"), { recursive: true });

const replayed = await stateOf(join(out, "data"));
writeFileSync(join(out, "state.json"), canonicalBytes(replayed.state));
const expected = {
  origin,
  ...{ entries: replayed.entries, head: replayed.head, cosigned: size, state: stateDigest(replayed.state) },
  madeBy: (JSON.parse(readFileSync("package.json", "utf8")) as { version: string }).version,
};
writeFileSync(join(out, "expected.json"), `${JSON.stringify(expected, null, 2)}\n`);
rmSync(work, { recursive: true, force: true });

/** The export as the first release would have written it: format 2, with its shorter statement. */
async function olderExport(job: string): Promise<void> {
  const file = JSON.parse(readFileSync(join(out!, `exports/${job}.json`), "utf8")) as Record<string, string>;
  const bare = file["checkpoint"]!.split("\n")
    .filter((line) => !line.includes(witness.key.name))
    .join("\n");
  const [, log, name, entries, lastSeq, lastDigest, , size, , artifacts, list] = file["statement"]!.split("\n");
  const text = ["cellward-job-statement/1", log, name, entries, lastSeq, lastDigest, size, artifacts, list, ""].join(
    "\n",
  );
  const older = {
    ...file,
    format: "cellward-job-export/2",
    checkpoint: bare,
    statement: await signNote(text, keys.signer),
  };
  writeFileSync(join(out!, `exports/${job}-format-2.json`), canonicalBytes(older));
}

/** The same rows in a data folder of format 1, which has no cosignatures. */
async function olderLedger(): Promise<void> {
  mkdirSync(join(out!, "data-format-1"));
  const newer = new Database(join(out!, "data/ledger.db"), { readonly: true });
  const older = new Database(join(out!, "data-format-1/ledger.db"));
  createSchema(older, origin, 1);
  for (const table of ["entry", "checkpoint"]) {
    for (const row of newer.prepare<[], Record<string, unknown>>(`SELECT * FROM ${table}`).iterate()) {
      const values = Object.values(row);
      older.prepare(`INSERT INTO ${table} VALUES (${values.map(() => "?").join(", ")})`).run(...values);
    }
  }
  newer.close();
  older.close();
  cpSync(join(out!, "data/artifacts"), join(out!, "data-format-1/artifacts"), { recursive: true });
}

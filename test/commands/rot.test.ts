/** A cell whose disk has rotted in several places, with the real commands: what is found, what is exported all the same, and the way back. */
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { softwareDigest } from "../../src/commands/io/versions.ts";
import { jobOf } from "../../src/jobs/event.ts";
import { type OpenedLedger, openLedger } from "../../src/ledger/io/ledger.ts";
import type { RecordDamage } from "../../src/ledger/scrub.ts";
import { begin, cellWithOrder, job, prepare, type Story } from "../jobs/story.ts";
import { makePlace, type Place, typed } from "./lost-cell.ts";

let place: Place;
let story: Story;
const at = (name: string) => place.path(name);
const witness = () => at("qa-keys/witness.vkey");

async function open(): Promise<OpenedLedger> {
  const folders = { dataDir: at("data"), keysDir: at("keys") };
  const opened = await openLedger({ ...folders, witnesses: [place.witness], program: softwareDigest() });
  if (!opened.ok) throw new Error(opened.error.what);
  return opened.value;
}

/** One round of the scrub over what stands there. */
async function scrubbed(opened: OpenedLedger): Promise<RecordDamage | null> {
  const scrub = opened.scrub({ onRound: () => undefined, onTrouble: expect.fail });
  await scrub.keep();
  const { damage } = await scrub.round();
  await scrub.close();
  return damage;
}

beforeAll(async () => {
  place = await makePlace();
  story = cellWithOrder();
  prepare(story);
  begin(story);
  const cell = await open();
  await place.write(cell, story, 0);
  await place.sync(cell);
  expect(await scrubbed(cell)).toBe(null);
  await cell.ledger.close();
}, 60_000);
afterAll(() => place.remove());

/** Turns over the lowest bit of a character in the middle of a value, past the triggers, as a disk would. */
function flip(table: "entry" | "checkpoint" | "cosignature", column: "entry" | "body" | "note", key: number): void {
  const db = new Database(at("data/ledger.db"));
  const name = table === "entry" ? "seq" : "size";
  const read = db.prepare<[number], { value: Uint8Array | string }>(
    `SELECT ${column} AS value FROM ${table} WHERE ${name} = ?`,
  );
  const { value } = read.get(key) ?? { value: "" };
  const bytes = Buffer.from(value);
  const middle = Math.floor(bytes.length * (column === "note" ? 0.9 : 0.5));
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  const { sql } = db
    .prepare<[string], { sql: string }>("SELECT sql FROM sqlite_schema WHERE name = ?")
    .get(`${table}_no_update`) ?? { sql: "" };
  db.exec(`DROP TRIGGER ${table}_no_update`);
  db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${name} = ?`).run(
    typeof value === "string" ? bytes.toString("utf8") : bytes,
    key,
  );
  db.exec(sql);
  db.close();
}

describe("[F67][F71][F96] a cell whose disk has rotted in entries that its job does not need, in a body, a checkpoint and a countersignature", () => {
  it("is found by the verifier and at the start, by its first bad entry; the job is exported; the repair gives everything back", async () => {
    const others = story.events.flatMap((event, seq) => (seq > 1 && jobOf(event) === null ? [seq] : []));
    const [entry = -1, body = -1] = others;
    expect(body).toBeGreaterThan(entry);
    const size = story.events.length;
    flip("entry", "entry", entry);
    flip("entry", "body", body);
    flip("checkpoint", "note", size);
    flip("cosignature", "note", size);
    const verified = await place.cellward(["verify", at("data"), "--keys", at("keys"), "--witness", witness()]);
    expect([verified.code, verified.out]).toEqual([4, expect.stringContaining(`entry ${entry}`)]);
    // Its only checkpoint and its only countersignature do not hold, so the start reads everything, and does not begin on it.
    const opened = await openLedger({ dataDir: at("data"), keysDir: at("keys"), witnesses: [place.witness] });
    expect(opened).toMatchObject({ ok: false, error: { code: "ledger-broken", seq: entry } });
    // One signed head has to be left for anything to be proven.
    flip("cosignature", "note", size);
    const out = at("job.json");
    const exported = await place.cellward([
      "export",
      job,
      "--data",
      at("data"),
      "--keys",
      at("keys"),
      "--out",
      out,
      "--witness",
      witness(),
      "--no-pictures",
    ]);
    expect([exported.code, exported.err]).toEqual([0, expect.anything()]);
    const proven = await place.cellward(["verify", out, "--key", at("keys/cell.vkey"), "--witness", witness()]);
    expect([proven.code, proven.out]).toEqual([0, expect.stringContaining("GENUINE")]);

    const qa = ["--config", at("qa.toml"), "--data", at("."), "--keys", at("qa-keys"), "--cell", "cell-1"];
    expect((await place.cellward(["qa", "copy", ...qa, "--out", at("qa-copy")])).code).toBe(0);
    const folders = ["--data", at("data"), "--keys", at("keys")];
    const repair = ["repair", ...folders, "--copy", at("qa-copy"), "--witness", witness()];
    const repaired = await place.cellward(repair, ...typed("engineer"));
    expect([repaired.code, repaired.out]).toEqual([0, expect.stringContaining("goes on under its name")]);
    const again = await open();
    const types: string[] = [];
    for await (const { entry: one } of again.ledger.read(0)) types.push(one.type);
    expect(types).toEqual([...story.events.map(({ type }) => type), "RecordRepaired"]);
    expect(await scrubbed(again)).toBe(null);
    await again.ledger.close();
  }, 60_000);
});

/** `cellward where-used` never gives a short list for a whole one: rot, a log before and a slip of the pen are named. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { whereUsed } from "../../src/commands/io/where-used.ts";
import type { EntryDraft } from "../../src/ledger/entry.ts";
import { createLedger, type Folders, openLedger } from "../../src/ledger/io/ledger.ts";
import { draft, origin, started } from "../ledger/plain-drafts.ts";
import { ran } from "../qa/installation.ts";
import { tracedStory } from "../qa/store-more-conformance.ts";

const root = mkdtempSync(join(tmpdir(), "cellward-where-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (name: string) => join(root, name);
const living = "hospital.example/cell-1b";

async function lay(name: string, log: string, drafts: readonly EntryDraft[]): Promise<void> {
  const folders: Folders = { dataDir: at(name), keysDir: at(`${name}-keys`) };
  await createLedger(folders, log);
  const opened = await openLedger({ ...folders, checkpointEveryMs: 0 });
  if (!opened.ok) throw new Error(opened.error.what);
  await opened.value.ledger.append(drafts);
  await opened.value.ledger.checkpoint();
  await opened.value.ledger.close();
}

beforeAll(async () => {
  await lay("old", origin, tracedStory());
  const continued = draft("LogContinued", { ancestor: { origin }, reason: "key-lost" }, null, 1);
  const made = { unit: 1, attempt: "A1", materials: [{ lot: "L6" }], equipment: "printer-1" };
  await lay("new", living, [continued, draft("AttemptStarted", made, "J2", 1)]);
});

const asked = (folder: string, what: Record<string, unknown>) =>
  ran((terminal) => whereUsed(terminal, { data: at(folder), ...what }));

/** A copy of the old log with one row as `sql` leaves it. */
function spoiled(name: string, sql: string): string {
  cpSync(at("old"), at(name), { recursive: true });
  const db = new Database(at(`${name}/ledger.db`));
  for (const verb of ["update", "delete"]) db.exec(`DROP TRIGGER entry_no_${verb}`);
  db.exec(sql);
  db.close();
  return name;
}

test("[F45][L7] a list from a record of which an entry has rotted says so, names it, and exits with 4", async () => {
  const whole = await asked("old", { equipment: "printer-1" });
  expect(whole).toMatchObject({ code: 0, value: { ok: true, total: 2, unreadInAll: 0 } });
  const count = tracedStory().length;
  for (let seq = 0; seq < count; seq += 1) {
    const rots = {
      body: `UPDATE entry SET body = CAST('x' || substr(CAST(body AS TEXT), 2) AS BLOB) WHERE seq = ${seq}`,
      entry: `UPDATE entry SET entry = CAST(replace(CAST(entry AS TEXT), '"mono":', '"mono":1') AS BLOB) WHERE seq = ${seq}`,
      gone: `DELETE FROM entry WHERE seq = ${seq}`,
    };
    for (const [kind, sql] of Object.entries(rots)) {
      const { code, value } = await asked(spoiled(`${kind}-${seq}`, sql), { equipment: "printer-1" });
      // A changed last entry links to nothing after it: signatures tell it, which `verify` checks.
      if (kind === "entry" && seq === count - 1) continue;
      expect([code, value["ok"], value["unreadInAll"]], `${kind} ${seq}`).toEqual([4, false, 1]);
      expect(value["unread"], `${kind} ${seq}`).toMatchObject([{ seq, origin, remedy: expect.any(String) }]);
    }
  }
});

test("[F45][L7] a whole damaged page is named too, with a list of what is left", async () => {
  const { code, value } = await asked(spoiled("words", "UPDATE entry SET entry = x'00', body = x'00'"), { lot: "L6" });
  expect([code, value["total"], value["unreadInAll"]]).toEqual([4, 0, tracedStory().length]);
});

test("[F45][F96] a log that continues another says which it did not read, and reads it where it is named", async () => {
  const alone = await asked("new", { equipment: "printer-1" });
  expect(alone).toMatchObject({ code: 3, value: { ok: false, total: 1, ancestors: [origin] } });
  expect(await asked("new", { operator: "P-1" })).toMatchObject({ code: 3, value: { ok: false, total: 0 } });
  const both = await asked("new", { equipment: "printer-1", ancestor: [at("old")] });
  expect(both).toMatchObject({ code: 0, value: { ok: true, total: 3, ancestors: [] } });
  const parts = (await asked("new", { device: "J1/1", ancestor: [at("old")] })).value["parts"];
  expect(parts).toContain("machine - SN-7");
});

test("[F45] what no record names is no list of nothing, and capitals alone are no other lot", async () => {
  expect(await asked("old", { lot: "L66" })).toMatchObject({ code: 5, value: { code: "never-named" } });
  expect(await asked("old", { device: "J9/1" })).toMatchObject({ code: 5 });
  expect(await asked("old", { lot: "  " })).toMatchObject({ code: 2, value: { what: "No lot was named." } });
  expect(await asked("old", { lot: "l6" })).toMatchObject({ code: 0, value: { total: 1, thing: { name: "L6" } } });
  await lay("alike", origin, [started(), ...["La", "LA"].map((lot) => draft("LotReceived", { lot }, null, 1))]);
  expect(await asked("alike", { lot: "LA" })).toMatchObject({ code: 0, value: { total: 0 } });
  expect(await asked("alike", { lot: "la" })).toMatchObject({ code: 2, value: { remedy: "Ask for one of La, LA." } });
});

test("[F45] a folder without a ledger is said to be one, and nothing is made in it", async () => {
  for (const folder of ["nowhere", "old-keys"]) {
    const { code, value } = await asked(folder, { lot: "L6" });
    expect([code, value["code"]]).toEqual([3, "ledger-absent"]);
    expect(value["what"]).toContain(at(folder));
  }
});

/** The scrub as the daemon runs it: damage of the real file becomes an entry of the same record. */

import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { createCell } from "../../src/cell.ts";
import { openScrub } from "../../src/commands/io/scrub.ts";
import { systemClock, systemIds } from "../../src/commands/io/system.ts";
import type { Event } from "../../src/jobs/event.ts";
import type { Digest } from "../../src/kernel/names.ts";
import { mustOpen, newFolders } from "../ledger/drafts.ts";

const none = "0".repeat(64) as Digest;
const versions = { software: "x", softwareDigest: none, configDigest: none, modelDigest: none, cameraDigest: none };
const setup = {
  cell: "Cell",
  equipment: [],
  presenceValidMs: 1,
  takesAllowed: 1,
  demonstration: false,
  materials: [],
};

test("[F67][F72] what the scrub finds stands in the record itself, in the log, and shuts the gate", async () => {
  const folders = await newFolders();
  const { ledger, scrub } = await mustOpen(folders);
  const cell = await createCell({
    ledger,
    clock: systemClock,
    ids: systemIds,
    clockState: () => "unknown",
    perform: () => Promise.reject(new Error("nothing is owed here")),
    onFatal: (problem) => expect.fail(String(problem)),
  });
  onTestFinished(() => cell.stop());
  await cell.submit({ kind: "boot", boot: "b1", versions: { ...versions, runtime: "node" }, setup });
  for (let n = 0; n < 3; n++) await cell.submit({ kind: "inspection-status", ready: n % 2 === 0, what: `look ${n}` });
  await ledger.checkpoint();
  const recorded = new Promise<Event>((resolve) => cell.subscribe(({ event }) => resolve(event)));
  // Another program with rights on the file, while the cell is running: the ledger's own triggers are not its concern.
  const vandal = new Database(join(folders.dataDir, "ledger.db"));
  const triggers = vandal
    .prepare<[], { sql: string }>("SELECT sql FROM sqlite_schema WHERE name = 'entry_no_update'")
    .all();
  vandal.exec("DROP TRIGGER entry_no_update; UPDATE entry SET body = CAST('{}' AS BLOB) WHERE seq = 1;");
  for (const { sql } of triggers) vandal.exec(sql);
  vandal.close();
  const logged: string[] = [];
  const running = openScrub({ scrub }, cell, (message) => void logged.push(message));
  onTestFinished(() => running.close());
  expect((await running.round()).damage).toMatchObject({ rule: "body-changed", seq: 1 });
  expect(await recorded).toMatchObject({ type: "RecordDamaged", rule: "body-changed", entry: 1, from: 1 });
  expect(cell.state().recordDamage).toMatchObject({ entry: 1 });
  expect(logged[0]).toMatch(/body of entry 1 \(InspectionStatusChanged\) is not the one it was written with/);
});

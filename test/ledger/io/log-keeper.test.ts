/** The write-ahead log is bounded: moved when long, pressed while a reader stays, and stopped at rather than let grow. */
import { statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { copyDatabase } from "../../../src/ledger/io/copy.ts";
import { openForReading, rowsFrom } from "../../../src/ledger/io/database.ts";
import { boundBytes, moveEveryBytes } from "../../../src/ledger/io/log-keeper.ts";
import { type Ledger, LedgerFailed, type LedgerFault } from "../../../src/ledger/ledger.ts";
import { mustOpen, newFolders } from "../drafts.ts";
import { draft, started } from "../plain-drafts.ts";

/** About 4 MB of entries in one append. */
const heap = Array.from({ length: 24 }, () => draft("Filled", { x: "y".repeat(170_000) }, "J1"));

async function opened() {
  const folders = await newFolders();
  const troubles: LedgerFault[] = [];
  const { ledger, keys } = await mustOpen({ ...folders, onTrouble: (fault) => void troubles.push(fault) });
  await ledger.append([started()]);
  const path = join(folders.dataDir, "ledger.db");
  const logBytes = () => statSync(`${path}-wal`).size;
  return { folders, keys, ledger, troubles, path, logBytes };
}

async function write(ledger: Ledger, bytes: number): Promise<void> {
  for (let written = 0; written < bytes; written += 4 << 20) await ledger.append(heap);
}

test("[F67] while nobody reads, the log stays within twice what it is moved at", async () => {
  const { ledger, logBytes, troubles } = await opened();
  for (let round = 0; round < 8; round++) {
    await write(ledger, moveEveryBytes);
    expect(logBytes()).toBeLessThan(2 * moveEveryBytes + (4 << 20));
  }
  expect(troubles).toEqual([]);
});

test("[F67] our own readers read in pages: one in the middle of the record does not hold the log", async () => {
  const { ledger, path, logBytes, troubles } = await opened();
  await write(ledger, moveEveryBytes);
  const reader = openForReading(path);
  onTestFinished(() => void reader.close());
  const rows = rowsFrom(reader);
  rows.next();
  await write(ledger, 5 * moveEveryBytes);
  expect(logBytes()).toBeLessThan(2 * moveEveryBytes + (4 << 20));
  expect(troubles).toEqual([]);
  expect([...rows].length).toBe(ledger.head().size - 1);
});

test("[L1] a foreign reader that never lets go is told early, and at the bound the writer stops: nothing acknowledged is lost", async () => {
  const { folders, ledger, path, logBytes, troubles } = await opened();
  const reader = new Database(path, { readonly: true });
  onTestFinished(() => void reader.close());
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM entry").get();
  let acknowledged = 0;
  const stopped = await (async () => {
    for (;;) {
      try {
        const entries = await ledger.append(heap);
        acknowledged = (entries.at(-1)?.seq ?? 0) + 1;
        if (acknowledged > 2000) return null;
      } catch (problem) {
        return problem;
      }
    }
  })();
  expect(stopped).toBeInstanceOf(LedgerFailed);
  expect(stopped).toMatchObject({ fault: { code: "log-pinned", remedy: expect.stringContaining("lsof") } });
  expect(troubles[0]).toMatchObject({ code: "log-pinned", what: expect.stringMatching(/has grown to \d+ MiB\.$/) });
  expect(logBytes()).toBeLessThan(boundBytes + moveEveryBytes + (8 << 20));
  await ledger.close().catch(() => undefined);
  reader.close();
  const again = await mustOpen(folders);
  expect(again.ledger.head().size).toBeGreaterThanOrEqual(acknowledged);
});

test("[F72] a copy of a database that is being written is whole, and no note in it is over entries that it lacks", async () => {
  const { ledger, folders, path } = await opened();
  await write(ledger, 8 << 20);
  await ledger.checkpoint();
  const to = join(folders.dataDir, "..", "copy.db");
  const [size] = [ledger.head().size, ledger.append(heap)];
  await copyDatabase(path, to);
  const copy = new Database(to, { readonly: true });
  onTestFinished(() => void copy.close());
  const count = copy.prepare<[], { n: number; top: number }>("SELECT count(*) n, max(seq) + 1 top FROM entry").get();
  const note = copy.prepare<[], { size: number }>("SELECT max(size) size FROM checkpoint").get();
  expect(count?.n).toBe(count?.top);
  expect(count?.n).toBeGreaterThanOrEqual(size);
  expect(note?.size).toBe(size);
  expect(copy.pragma("journal_mode", { simple: true })).toBe("delete");
});

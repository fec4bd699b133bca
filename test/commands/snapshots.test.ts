/** What the daemon keeps for its next start, on real files: believed it saves the replay, gone or damaged it changes nothing. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createCell } from "../../src/cell.ts";
import { createKeeper, readSnapshots } from "../../src/commands/io/snapshots.ts";
import { systemClock, systemIds } from "../../src/commands/io/system.ts";
import { createJournal } from "../../src/hmi/journal.ts";
import type { State } from "../../src/jobs/state.ts";
import type { Digest } from "../../src/kernel/names.ts";
import type { OpenedLedger, OpenOptions } from "../../src/ledger/io/ledger.ts";
import { mustOpen, newFolders } from "../ledger/drafts.ts";
import { setup } from "../simulation/orders.ts";

const none = "0".repeat(64) as Digest;
const digests = { softwareDigest: none, configDigest: none, modelDigest: none, cameraDigest: none };
const versions = { software: "x", runtime: "node", ...digests };

function cellOn({ ledger }: OpenedLedger, from: State | null) {
  return createCell({
    ledger,
    from,
    clock: systemClock,
    ids: systemIds,
    clockState: () => "unknown",
    perform: () => Promise.reject(new Error("nothing is owed here")),
    onFatal: (problem) => expect.fail(String(problem)),
  });
}

/** Opens as a daemon does, and says from which entry on the core had to read. */
async function start(options: OpenOptions): Promise<{ from: number; state: State; journal: number }> {
  const opened = await mustOpen(options);
  const { state, journal } = await readSnapshots(opened);
  const cell = await cellOn(opened, state);
  cell.stop();
  await opened.ledger.close();
  return { from: state?.clock.entries ?? 0, state: cell.state(), journal: journal?.last ?? -1 };
}

test("[L2] a start goes on from what was kept; deleted, damaged, swapped or another program's, all of it is replayed to the same", async () => {
  const folders = await newFolders();
  const options = { ...folders, program: "this program" };
  const first = await mustOpen(options);
  const cell = await cellOn(first, null);
  const journal = createJournal();
  cell.subscribe(journal.take);
  const said: string[] = [];
  const keeper = createKeeper(first, cell.state, journal.memory, (message) => void said.push(message));
  await cell.submit({ kind: "boot", boot: "b1", versions, setup });
  for (let n = 0; n < 6; n++) await cell.submit({ kind: "inspection-status", ready: n % 2 === 0, what: `look ${n}` });
  await keeper.keep();
  const kept = cell.state().clock.entries;
  await cell.submit({ kind: "inspection-status", ready: true, what: "after it was kept" });
  cell.stop();
  await first.ledger.close();
  expect(said).toEqual([]);
  expect(await start(options)).toEqual({ from: kept, state: cell.state(), journal: kept - 1 });

  const path = join(folders.dataDir, "cache", "state");
  const [good, other] = [readFileSync(path), readFileSync(join(folders.dataDir, "cache", "journal"))];
  const damaged = Buffer.from(good);
  damaged[good.length >> 1] = (damaged[good.length >> 1] ?? 0) ^ 1;
  for (const bytes of [damaged, other, good.subarray(0, 100), Buffer.alloc(0)]) {
    writeFileSync(path, bytes);
    expect(await start(options)).toEqual({ from: 0, state: cell.state(), journal: kept - 1 });
  }
  writeFileSync(path, good);
  const afterUpdate = await start({ ...options, program: "the next program" });
  expect(afterUpdate).toEqual({ from: 0, state: cell.state(), journal: -1 });
  rmSync(join(folders.dataDir, "cache"), { recursive: true });
  expect(await start(options)).toEqual({ from: 0, state: cell.state(), journal: -1 });
});

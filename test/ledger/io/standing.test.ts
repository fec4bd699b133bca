/** Backups, restored images, copies and forks: found good as records, and known for what they are. */
import { chmodSync, cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Digest } from "../../../src/kernel/names.ts";
import { artifactPath, openArtifacts } from "../../../src/ledger/io/artifacts.ts";
import { backupFolder, restoreFolder } from "../../../src/ledger/io/backup.ts";
import { verifyPath } from "../../../src/ledger/io/export-files.ts";
import { readFloor, writeFloor } from "../../../src/ledger/io/floor.ts";
import { openLedger } from "../../../src/ledger/io/ledger.ts";
import { verifyFolder } from "../../../src/ledger/io/verify.ts";
import { LedgerFailed } from "../../../src/ledger/ledger.ts";
import { all } from "../conformance.ts";
import { freshFolders, mustOpen } from "../drafts.ts";
import { draft, origin, started } from "../plain-drafts.ts";
import { forge, makeRecord } from "./record.ts";

test("[L2] the floor says closed after an end, and no more once the cell runs again", async () => {
  const { folders } = await makeRecord();
  const floor = () => readFloor(folders.keysDir, origin);
  await (await mustOpen(folders)).ledger.close();
  expect((await floor())?.closed).toBe(true);
  const running = await mustOpen(folders);
  expect((await floor())?.closed).toBe(false);
  await running.ledger.close();
  expect((await floor())?.closed).toBe(true);
});

describe("[F96] backup and restore", () => {
  test("a backup of a running cell verifies, and restored it is readable, says what it is, and refuses to go on", async () => {
    const record = await makeRecord();
    const { dataDir, keysDir } = record.folders;
    const running = await mustOpen(record.folders);
    await running.ledger.append([started(1)]);
    await running.ledger.checkpoint();
    const copy = join(dirname(dataDir), "backup");
    const made = await backupFolder(dataDir, copy, record.keys.trusted);
    expect(made).toMatchObject({ ok: true, value: { entries: 9, artifacts: 2, uncovered: 0 } });
    await running.ledger.append([draft("After", {}, null, 1)]);
    await running.ledger.close();

    const restored = join(dirname(dataDir), "restored");
    expect(await restoreFolder(copy, restored, record.keys.trusted)).toMatchObject({ ok: true });
    expect(await verifyFolder(restored, { trusted: record.keys.trusted, dataKey: record.keys.dataKey })).toMatchObject({
      ok: true,
      restored: expect.stringContaining("restored from a backup"),
    });
    const opened = await mustOpen({ dataDir: restored, keysDir });
    expect(opened.standing.kind).toBe("restored");
    expect(await all(opened.ledger)).toHaveLength(9);
    await expect(opened.ledger.append([started(2)])).rejects.toMatchObject({ fault: { code: "view-only" } });
    await expect(opened.ledger.checkpoint()).rejects.toThrow(LedgerFailed);
    const store = openArtifacts(restored, record.keys.dataKey);
    for (const picture of record.pictures) expect(await store.get(picture)).toMatchObject({ ok: true });
  });

  test("nothing is written over, and a broken record is neither backed up nor restored", async () => {
    const record = await makeRecord();
    const copy = join(dirname(record.folders.dataDir), "backup");
    expect(await backupFolder(record.folders.dataDir, record.folders.keysDir, record.keys.trusted)).toMatchObject({
      ok: false,
      error: { code: "not-empty" },
    });
    expect(await backupFolder(join(copy, "nowhere"), copy, record.keys.trusted)).toMatchObject({
      ok: false,
      error: { code: "ledger-absent" },
    });
    expect(await backupFolder(record.folders.dataDir, copy, record.keys.trusted)).toMatchObject({ ok: true });
    rmSync(artifactPath(copy, record.pictures[0] ?? ("" as Digest)));
    const restored = join(dirname(record.folders.dataDir), "restored");
    const refused = await restoreFolder(copy, restored, record.keys.trusted);
    expect(refused).toMatchObject({ ok: false, error: { code: "backup-broken" } });
    expect(await verifyFolder(restored, { trusted: record.keys.trusted })).toMatchObject({ ok: false });
  });
});

describe("[F67] the boot floor", () => {
  test("an older image put back without a word is behind what the cell has signed", async () => {
    const record = await makeRecord();
    forge(record.folders, (db) => db.exec("DELETE FROM entry WHERE seq >= 4; DELETE FROM checkpoint WHERE size = 8"));
    const opened = await mustOpen(record.folders);
    expect(opened.standing).toMatchObject({ kind: "behind", what: expect.stringContaining("signed 8 entries") });
    const { trusted } = record.keys;
    expect(await verifyPath(record.folders.dataDir, { trusted })).toMatchObject({
      ok: true,
      complete: false,
      headline: expect.stringMatching(/^GENUINE, as far as this key shows \(up to entry 3; .*nothing came later\)$/),
    });
    const floor = (await readFloor(record.folders.keysDir, origin)) ?? undefined;
    expect(floor?.size).toBe(8);
    expect(await verifyPath(record.folders.dataDir, { trusted, floor })).toMatchObject({
      headline: "NOT VERIFIED",
      findings: [{ rule: "truncated", seq: 4 }],
    });
    await expect(opened.ledger.append([started(1)])).rejects.toMatchObject({ fault: { code: "view-only" } });
  });

  test("other entries than the cell has signed are a fork, unknown keys a copy", async () => {
    const forked = await makeRecord();
    await writeFloor(forked.folders.keysDir, origin, { size: 4, root: "0".repeat(64) as Digest });
    expect((await mustOpen(forked.folders)).standing.kind).toBe("forked");

    const copied = await makeRecord();
    rmSync(join(copied.folders.keysDir, floorName(copied.folders.keysDir)));
    expect((await mustOpen(copied.folders)).standing.kind).toBe("unknown");
  });

  test("[L4] a copy of both folders, and an older floor that was put back in its place, are for reading alone", async () => {
    const record = await makeRecord();
    const { dataDir, keysDir } = record.folders;
    const copy = freshFolders();
    cpSync(dataDir, copy.dataDir, { recursive: true, filter: (path) => !path.endsWith("reserve.bin") });
    cpSync(keysDir, copy.keysDir, { recursive: true, preserveTimestamps: true });
    chmodSync(copy.keysDir, 0o700);
    const copied = await mustOpen(copy);
    expect(copied.standing).toMatchObject({ kind: "copied", what: expect.stringContaining("is a copy") });
    await expect(copied.ledger.append([started(1)])).rejects.toMatchObject({ fault: { code: "view-only" } });

    const path = join(keysDir, floorName(keysDir));
    const yesterdays = readFileSync(path);
    // Often enough for a file's number to be given out again.
    for (const boot of [1, 2, 3, 4]) {
      const opened = await mustOpen(record.folders);
      expect(opened.standing.kind).toBe("current");
      await opened.ledger.append([started(boot)]);
      await opened.ledger.close();
    }
    const whole = readFileSync(path);
    for (const put of [() => writeFileSync(path, yesterdays), () => putAside(path, yesterdays)]) {
      put();
      const opened = await mustOpen(record.folders);
      expect(opened.standing.kind).toBe("copied");
      await opened.ledger.close();
    }
    expect(readFileSync(path).equals(whole)).toBe(false);
  });

  test("a floor that does not say which file it is goes on, and says so from then on", async () => {
    const { folders } = await makeRecord();
    const path = join(folders.keysDir, floorName(folders.keysDir));
    const { place: _, ...older } = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify(older));
    expect(await readFloor(folders.keysDir, origin)).toMatchObject({ isHome: null });
    expect((await mustOpen(folders)).standing.kind).toBe("current");
    expect(await readFloor(folders.keysDir, origin)).toMatchObject({ isHome: true });
  });

  test("a floor that cannot be read stops the start", async () => {
    const record = await makeRecord();
    writeFileSync(join(record.folders.keysDir, floorName(record.folders.keysDir)), "{}");
    expect(await openLedger(record.folders)).toMatchObject({ ok: false, error: { code: "keys-refused" } });
  });

  test("a verifier that knows the floor sees a cut that took the checkpoints along", async () => {
    const record = await makeRecord();
    forge(record.folders, (db) => db.exec("DELETE FROM entry WHERE seq >= 4; DELETE FROM checkpoint WHERE size = 8"));
    const { trusted } = record.keys;
    expect((await verifyFolder(record.folders.dataDir, { trusted })).findings.map((one) => one.rule)).toEqual([]);
    const floor = { size: 8, root: "0".repeat(64) as Digest };
    expect((await verifyFolder(record.folders.dataDir, { trusted, floor })).findings[0]).toMatchObject({
      rule: "truncated",
      seq: 4,
    });
  });
});

/** As a restore does that writes beside and renames. */
function putAside(path: string, bytes: Uint8Array): void {
  writeFileSync(`${path}.new`, bytes);
  renameSync(`${path}.new`, path);
}

function floorName(keysDir: string): string {
  const name = readdirSync(keysDir).find((file) => file.startsWith("floor-"));
  if (name === undefined) throw new Error("no floor");
  return name;
}

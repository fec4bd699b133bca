/** The cell's key handed on: recorded under both keys, refused with one, taken up again after a cut, and over at central as well. */
import { copyFileSync, existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Digest } from "../../../src/kernel/names.ts";
import { fromHex } from "../../../src/ledger/bytes.ts";
import { formatCheckpoint } from "../../../src/ledger/checkpoint.ts";
import type { EntryDraft } from "../../../src/ledger/entry.ts";
import { checkSignature } from "../../../src/ledger/io/crypto.ts";
import { openKeys } from "../../../src/ledger/io/keys.ts";
import type { Folders } from "../../../src/ledger/io/ledger.ts";
import { handKeyOn } from "../../../src/ledger/io/succession.ts";
import { verifyFolder } from "../../../src/ledger/io/verify.ts";
import { formatKey, signNote, splitNote } from "../../../src/ledger/note.ts";
import type { VerifyingKey } from "../../../src/ledger/signer.ts";
import { parseTrustedKey } from "../../../src/ledger/trusted-key.ts";
import { verifyExport } from "../../../src/ledger/verify-export.ts";
import { createIngest } from "../../../src/qa/ingest.ts";
import type { RegisteredCell } from "../../../src/qa/judge.ts";
import { verifyHeld } from "../../../src/qa/verify.ts";
import { createCentral } from "../../qa/central.ts";
import { handOver } from "../../qa/hand-over.ts";
import { mustOpen } from "../drafts.ts";
import { draft, origin, started } from "../plain-drafts.ts";
import { ed25519Signer } from "../witness.ts";
import { exportRecord, forge, makeRecord } from "./record.ts";

const rotated = (boot: number): EntryDraft => ({
  ...draft("KeyRotated", { reason: "scheduled", person: "P-1" }, null, boot),
});

async function handOn(folders: Folders, revoked = false) {
  const type = revoked ? "KeyRevoked" : "KeyRotated";
  const done = await handKeyOn(folders, { source: "ed25519", revoked, draft: (boot) => ({ ...rotated(boot), type }) });
  if (!done.ok) throw new Error(done.error.what);
  return done.value;
}

const trusting = (lines: readonly string[]): VerifyingKey[] =>
  lines.map((line) => {
    const key = parseTrustedKey(line);
    if (!key.ok) throw new Error(key.error);
    return key.value;
  });

const findings = async (dataDir: string, trusted: readonly VerifyingKey[]) =>
  (await verifyFolder(dataDir, { trusted })).findings.map(({ rule, what }) => `${rule}: ${what}`);

describe("[F67][F90] a key handed on", () => {
  test("both keys sign up to the entry that says so, then the new one alone; the record verifies with both lines", async () => {
    const { folders } = await makeRecord();
    const { size, lines } = await handOn(folders);
    expect([size, lines.length, lines[0]?.endsWith(" until=9")]).toEqual([9, 2, true]);
    const { ledger, keys } = await mustOpen(folders);
    expect(splitNote(await ledger.checkpointAt(9))).toMatchObject({ ok: true, value: { lines: [{}, {}] } });
    await ledger.append([started(3)]);
    expect(splitNote(await ledger.checkpoint())).toMatchObject({
      ok: true,
      value: { lines: [{ id: keys.signer.key.id }] },
    });
    await ledger.close();
    const [old, next] = trusting(lines);
    expect(await findings(folders.dataDir, trusting(lines))).toEqual([]);
    expect((await findings(folders.dataDir, [old!]))[0]).toContain("do not trust the key");
    expect((await findings(folders.dataDir, [next!])).join()).toContain("no key that you trust");
    // What is exported now, the new key states; what the old key stated before stays good.
    const again = await openKeys(folders.keysDir, folders.dataDir);
    expect(again).toMatchObject({ ok: true, value: { next: null, trusted: [{ effect: { until: 9 } }, {}] } });
  });

  test("after its end the old key signs nothing more, also where somebody kept it", async () => {
    const { folders, keys: before } = await makeRecord();
    const { lines } = await handOn(folders);
    const { ledger } = await mustOpen(folders);
    await ledger.append([started(3)]);
    const { size, root } = ledger.head();
    await ledger.close();
    const forged = await signNote(formatCheckpoint({ origin, size, root: fromHex(root)! }), before.signer);
    forge(folders, (db) => db.prepare("UPDATE checkpoint SET note = ? WHERE size = ?").run(forged, size));
    expect((await findings(folders.dataDir, trusting(lines)))[0]).toMatch(/checkpoint-signature: .*ended at 9 entries/);
  });

  test("one key alone hands nothing on: neither the verifier nor central takes it", async () => {
    const { folders, keys } = await makeRecord();
    const thief = ed25519Signer(origin, 1);
    const { ledger } = await mustOpen(folders);
    const named = { old: formatKey(keys.signer.key), new: formatKey(thief.key) };
    await ledger.append([draft("KeyRotated", { ...named, reason: "scheduled", person: "P-1" }, null, 1)]);
    await ledger.checkpoint();
    const both = [keys.signer.key, thief.key];
    expect((await findings(folders.dataDir, both))[0]).toMatch(
      /key-succession: .*has not signed the checkpoint over it/,
    );
    expect((await findings(folders.dataDir, [keys.signer.key]))[0]).toMatch(/key-succession: .*do not trust the key/);
    const central = createCentral([]);
    const cell: RegisteredCell = {
      id: "cell-1",
      title: "C",
      origin,
      keys: both,
      ancestors: [],
      demonstration: false,
      silentAfterMs: 1,
    };
    const ingest = createIngest({ ...central.ports, cells: new Map([["cell-1", cell]]) });
    const handed = await handOver(ledger, ingest, "cell-1", keys.trusted, [central.witness.key]);
    expect(handed.others).toMatchObject([{ kind: "refused", code: "key-succession" }]);
    expect((await central.store.log(origin)).size).toBe(0);
  });

  test("a refusal, since the cell is running, changes nothing: no key waits, and the next start is as before", async () => {
    const { folders } = await makeRecord();
    const running = await mustOpen(folders);
    const body = { source: "ed25519", revoked: false, draft: rotated } as const;
    const refused = await handKeyOn(folders, body);
    expect(!refused.ok && refused.error.code).toBe("ledger-in-use");
    await running.ledger.close();
    const keys = await openKeys(folders.keysDir, folders.dataDir);
    expect(keys.ok && keys.value.next).toBe(null);
    expect((await handOn(folders)).lines).toHaveLength(2);
  });

  test("cut off anywhere it is taken up again, and hands on once", async () => {
    const { folders } = await makeRecord();
    const file = (name: string) => join(folders.keysDir, name);
    copyFileSync(file("signing.key.pem"), file("kept.pem"));
    copyFileSync(file("cell.vkey"), file("kept.vkey"));
    const { lines } = await handOn(folders);
    // Before the new key took its place: the entry is there and signed, the lines are new or old.
    for (const vkey of ["cell.vkey", "kept.vkey"]) {
      renameSync(file("signing.key.pem"), file("next.key.pem"));
      copyFileSync(file("kept.pem"), file("signing.key.pem"));
      if (vkey === "kept.vkey") copyFileSync(file(vkey), file("cell.vkey"));
      expect((await openKeys(folders.keysDir, folders.dataDir)).ok).toBe(true);
      expect((await handOn(folders)).lines).toEqual(lines);
      expect(existsSync(file("next.key.pem"))).toBe(false);
    }
    expect(readFileSync(file("cell.vkey"), "utf8")).toBe(`${lines.join("\n")}\n`);
    expect(await findings(folders.dataDir, trusting(lines))).toEqual([]);
    const { ledger } = await mustOpen(folders);
    expect(ledger.head().size).toBe(9);
  });

  test("an old key that has ended opens no ledger", async () => {
    const { folders } = await makeRecord();
    copyFileSync(join(folders.keysDir, "signing.key.pem"), join(folders.keysDir, "kept.pem"));
    await handOn(folders);
    copyFileSync(join(folders.keysDir, "kept.pem"), join(folders.keysDir, "signing.key.pem"));
    const opened = await openKeys(folders.keysDir, folders.dataDir);
    expect(opened).toMatchObject({ ok: false, error: { what: expect.stringContaining("was replaced or revoked") } });
  });
});

describe("[F67][L7] a revoked key", () => {
  test("is good below, refused above, and where it alone signed last only a witness can say that it was the cell", async () => {
    const record = await makeRecord();
    const { folders, keys } = record;
    const file = await exportRecord(record, true);
    const line = formatKey(keys.signer.key);
    expect((await findings(folders.dataDir, trusting([`${line} revoked=7`])))[0]).toMatch(/was revoked at 7 entries/);
    const [suspect] = trusting([`${line} revoked=8`]);
    expect((await findings(folders.dataDir, [suspect!]))[0]).toMatch(/Only a revoked key has signed the newest/);
    expect(verifyExport(file, [suspect!], checkSignature).report.findings[0]?.what).toMatch(
      /without a countersignature/,
    );
    const { lines } = await handOn(folders, true);
    expect(lines[0]).toBe(`${line} revoked=9`);
    const { ledger } = await mustOpen(folders);
    await ledger.append([started(3)]);
    await ledger.close();
    expect(await findings(folders.dataDir, trusting(lines))).toEqual([]);
    // A user may know that it was in other hands earlier: what the new key has signed bears out the rest.
    expect(await findings(folders.dataDir, trusting([`${line} revoked=4`, lines[1]!]))).toEqual([]);
  });
});

test("[F79][F81] sync goes on over a rotation: what was written before it, under it and after it", async () => {
  const { folders, keys } = await makeRecord();
  const central = createCentral([]);
  const witnesses = [central.witness.key];
  const knowing = (trusted: readonly VerifyingKey[]) => {
    const cell: RegisteredCell = {
      id: "cell-1",
      title: "C",
      origin,
      keys: trusted,
      ancestors: [],
      demonstration: false,
      silentAfterMs: 1,
    };
    return { cell, ingest: createIngest({ ...central.ports, cells: new Map([["cell-1", cell]]) }) };
  };
  // The first five are with QA, three wait while the key is handed on.
  const first = await mustOpen(folders);
  await first.ledger.close();
  const { lines } = await handOn(folders);
  const { ledger } = await mustOpen(folders);
  await ledger.append([started(3), draft("After", {}, null, 3)]);
  const before = await handOver(ledger, knowing(keys.trusted).ingest, "cell-1", trusting(lines), witnesses);
  // Central that has not been told of the new key takes nothing under it, and says why.
  expect(before).toMatchObject({ size: 0, others: [{ kind: "refused", code: "key-succession" }] });
  const { cell, ingest } = knowing(trusting(lines));
  expect(await handOver(ledger, ingest, "cell-1", trusting(lines), witnesses)).toEqual({ size: 11, others: [] });
  const report = await verifyHeld(central.store, cell, { witnesses, check: checkSignature });
  expect(report).toMatchObject({ ok: true, entries: 11, cosigned: 11 });
  await ledger.close();
  const folder = await verifyFolder(folders.dataDir, { trusted: trusting(lines), witnesses });
  expect(folder).toMatchObject({ ok: true, cosigned: { size: 11 as number, root: expect.any(String) as Digest } });
});

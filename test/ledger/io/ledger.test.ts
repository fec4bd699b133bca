/** The ledger on disk: the conformance suite, and what only a real folder can show. */
import { expect, test } from "vitest";
import { checkSignature } from "../../../src/ledger/io/crypto.ts";
import { openKeys } from "../../../src/ledger/io/keys.ts";
import { createLedger, openLedger } from "../../../src/ledger/io/ledger.ts";
import { LedgerFailed } from "../../../src/ledger/ledger.ts";
import { all, ledgerConformance, witness } from "../conformance.ts";
import { mustOpen, newFolders } from "../drafts.ts";
import { draft, origin, started } from "../plain-drafts.ts";

ledgerConformance("The ledger on disk", async () => {
  const folders = await newFolders();
  const keys = await openKeys(folders.keysDir, folders.dataDir);
  if (!keys.ok) throw new Error(keys.error.what);
  return {
    open: async () => (await mustOpen({ ...folders, witnesses: [witness.key] })).ledger,
    key: keys.value.signer.key,
    check: checkSignature,
  };
});

test("a second writer is refused in words, and may come once the first has gone", async () => {
  const folders = await newFolders();
  const first = await mustOpen(folders);
  const second = await openLedger(folders);
  expect(second).toMatchObject({ ok: false, error: { code: "ledger-in-use" } });
  await first.ledger.close();
  await mustOpen(folders);
});

test("a ledger is created once", async () => {
  const folders = await newFolders();
  expect(await createLedger(folders, origin)).toMatchObject({ ok: false, error: { code: "keys-refused" } });
});

test("the last start's number is told, so that the next start can take the one above", async () => {
  const folders = await newFolders();
  const first = await mustOpen(folders);
  expect(first.lastBoot).toBe(null);
  await first.ledger.append([started(7)]);
  await first.ledger.close();
  expect((await mustOpen(folders)).lastBoot).toBe(7);
});

test("[L1] a full disk is recorded from the reserve, the write is refused, and the ledger then refuses everything", async () => {
  const folders = await newFolders();
  const { ledger } = await mustOpen({ ...folders, quotaBytes: 1 << 20 });
  await ledger.append([started()]);
  const fill = async (): Promise<void> => {
    for (let n = 0; n < 40; n++) await ledger.append([draft("Filled", { x: "y".repeat(60_000) }, "J1")]);
  };
  const refusal = await fill().then(
    () => null,
    (problem: unknown) => problem,
  );
  expect(refusal).toBeInstanceOf(LedgerFailed);
  expect(refusal).toMatchObject({
    fault: { code: "disk-full", what: expect.stringContaining("That fact is recorded") },
  });
  await expect(ledger.append([draft("A")])).rejects.toThrow(LedgerFailed);
  await ledger.close();
  const entries = await all((await mustOpen(folders)).ledger);
  expect(entries.at(-1)?.entry).toMatchObject({ type: "StorageExhausted", job: null });
  expect(entries.at(-1)?.body).toMatchObject({ lostEntries: 1 });
});

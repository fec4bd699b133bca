/** Handing the cell's key on, on disk: each step can be cut off anywhere and is taken up again by doing it once more. */
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { assert } from "../../kernel/assert.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { EntryDraft, JsonObject } from "../entry.ts";
import type { LedgerFault } from "../ledger.ts";
import { formatKey } from "../note.ts";
import type { VerifyingKey } from "../signer.ts";
import { isSuccession, wrongSuccession } from "../succession.ts";
import { formatTrustedKey } from "../trusted-key.ts";
import { checkSignature } from "./crypto.ts";
import { flushFolder } from "./files.ts";
import { formOf, type KeySource, keyFiles, openKeys, placeNextKey, writePublicKeys } from "./keys.ts";
import { type Folders, type OpenedLedger, openLedger } from "./ledger.ts";

/** How the key is handed on; the draft's body is given both keys. */
export interface Handover {
  readonly source: KeySource;
  /** True where the old key may be in other hands. */
  readonly revoked: boolean;
  /** The entry, but for its body's keys and, where it is revoked, the size up to which the old key is good. */
  readonly draft: (boot: number) => EntryDraft;
}

/** What came of it. */
export interface HandedOn {
  /** The entries up to the one that handed the key on: both keys have signed exactly these. */
  readonly size: number;
  /** All key lines of the log with their bounds, the present one last. */
  readonly lines: readonly string[];
}

/** Hands the key on while the cell stands still. Run again after a crash it goes on where it was. */
export async function handKeyOn(folders: Folders, handover: Handover): Promise<Result<HandedOn, LedgerFault>> {
  const before = await openKeys(folders.keysDir, folders.dataDir);
  if (!before.ok) return before;
  const refusal = await whyNot(folders);
  if (refusal !== null) return err(refusal);
  const placed = await placeNextKey(folders.keysDir, before.value.signer.key.name, handover.source);
  if (!placed.ok) return placed;
  const opened = await openLedger({ ...folders, checkpointEveryMs: 0 });
  if (!opened.ok) return opened;
  const { ledger, standing } = opened.value;
  let size: number;
  try {
    assert(standing.kind === "current", "the ledger is the cell's own, as it was a moment ago");
    size = await record(opened.value, handover);
  } finally {
    await ledger.close();
  }
  return ok({ size, lines: await swap(folders.keysDir, opened.value, size, handover.revoked) });
}

/** Why the key cannot be handed on here; asked before anything is placed, because a key that waits stops the next start. */
async function whyNot(folders: Folders): Promise<LedgerFault | null> {
  const opened = await openLedger({ ...folders, checkpointEveryMs: 0 });
  if (!opened.ok) return opened.error;
  const { ledger, standing } = opened.value;
  await ledger.close();
  if (standing.kind === "current") return null;
  const remedy = "A key is handed on by the cell's own ledger alone; see docs/restore.md.";
  return { code: "view-only", what: standing.what, remedy };
}

/** Writes the entry, unless it is there from a run before, and has both keys sign up to it. */
async function record({ ledger, keys, lastBoot }: OpenedLedger, { draft, revoked }: Handover): Promise<number> {
  const next = keys.next;
  assert(next !== null, "the key that is to follow is in its place");
  const named = { old: formatKey(keys.signer.key), new: formatKey(next.key) };
  const { size } = ledger.head();
  let there = false;
  for await (const { entry, body } of ledger.read(Math.max(0, size - 1))) {
    there = isSuccession(entry.type) && body["new"] === named.new;
  }
  const seq = there ? size - 1 : size;
  if (!there) {
    const one = draft((lastBoot ?? 0) + 1);
    const body: JsonObject = { ...one.body, ...named, ...(revoked && { until: seq + 1 }) };
    await ledger.append([{ ...one, body }]);
  }
  const note = await ledger.checkpoint();
  const wrong = wrongSuccession({ seq, ...named }, note, [keys.signer.key, next.key], checkSignature);
  assert(wrong === null, wrong?.what ?? "");
  return seq + 1;
}

/** The new key takes the old one's place; the lines come first, since the folder is read by them. */
async function swap(
  folder: string,
  { keys }: OpenedLedger,
  size: number,
  revoked: boolean,
): Promise<readonly string[]> {
  const next = keys.next;
  assert(next !== null, "the key that is to follow is in its place");
  const ended = (key: VerifyingKey): VerifyingKey =>
    key.id === keys.signer.key.id
      ? { ...key, effect: { ...key.effect, ...(revoked ? { revoked: size } : { until: size }) } }
      : key;
  const others = keys.trusted.filter(({ id }) => id !== next.key.id);
  const lines = [...others.map(ended), next.key].map(formatTrustedKey);
  await writePublicKeys(folder, lines);
  const [old, coming] = [await formOf(folder, "signing"), await formOf(folder, "next")];
  assert(coming !== null, "the key that is to follow is in its place");
  await rename(join(folder, keyFiles("next")[coming]), join(folder, keyFiles("signing")[coming]));
  if (old !== null && old !== coming) await rm(join(folder, keyFiles("signing")[old]), { force: true });
  await flushFolder(folder);
  return lines;
}

/** The whole store verified again, offline: every entry, every checkpoint, every cosignature, against configured keys. */
import { sameBytes } from "../ledger/bytes.ts";
import { type ChainCheck, checkBody, createChainCheck, isFinding } from "../ledger/chain-check.ts";
import { openCheckpoint } from "../ledger/checkpoint.ts";
import { openCosignatures } from "../ledger/cosignature.ts";
import { type Finding, finding } from "../ledger/finding.ts";
import { splitNote } from "../ledger/note.ts";
import type { SignatureCheck, VerifyingKey } from "../ledger/signer.ts";
import { leafHash, rootOf } from "../ledger/tree.ts";
import type { RegisteredCell } from "./judge.ts";
import { type AcceptedHead, type KeptEntry, type QaStore, unreadType } from "./store.ts";

/** What verification of one log says. */
export interface HeldReport {
  readonly cell: string;
  readonly origin: string;
  readonly ok: boolean;
  readonly entries: number;
  readonly heads: number;
  /** Size of the largest cosigned head. */
  readonly cosigned: number;
  readonly frozen: boolean;
  readonly findings: readonly Finding[];
}

/** A log of a cell: the one that it keeps, or one that is over. */
export type HeldLog = Pick<RegisteredCell, "id" | "origin" | "keys"> & Partial<RegisteredCell>;

export interface Judges {
  /** Central's cosigning keys, those of earlier years included. */
  readonly witnesses: readonly VerifyingKey[];
  readonly check: SignatureCheck;
}

const pageSize = 1_000;

/** Verifies what is held of one cell's log; the first finding ends it. Rejects with StoreFailed. */
export async function verifyHeld(store: QaStore, cell: HeldLog, judges: Judges): Promise<HeldReport> {
  const { origin, id } = cell;
  const heads = await store.heads(origin);
  const roots = new Map<number, Uint8Array>();
  const wrong = (await walk(store, cell, new Set(heads.map(({ size }) => size)), roots)) ?? null;
  const { size, frozen } = await store.log(origin);
  let cosigned = 0;
  let found = wrong;
  for (const head of heads) {
    if (found !== null) break;
    found = judgeHead(head, cell, roots.get(head.size), judges);
    if (found === null && head.cosigned !== null) cosigned = head.size;
  }
  const findings = found === null ? [] : [found];
  return { cell: id, origin, ok: found === null, entries: size, heads: heads.length, cosigned, frozen, findings };
}

/** Steps through every entry and keeps the roots at the wanted sizes. */
async function walk(
  store: QaStore,
  { origin }: HeldLog,
  sizes: ReadonlySet<number>,
  roots: Map<number, Uint8Array>,
): Promise<Finding | null> {
  const check = createChainCheck(origin, () => false);
  for (let from = 0; ; ) {
    const page = await store.entries(origin, from, pageSize);
    for (const kept of page) {
      const found = stepOver(check, kept);
      if (found !== null) return found;
      const { frontier } = check.chain();
      if (sizes.has(frontier.size)) roots.set(frontier.size, rootOf(frontier));
    }
    from += page.length;
    if (page.length === 0) return check.end();
  }
}

/** What the cell has signed and nobody can read is held to the byte all the same: that is not central's fault. */
function stepOver(check: ChainCheck, kept: KeptEntry): Finding | null {
  const found = check.step(kept) ?? misfiled(kept);
  if (found?.rule === "entry-format" && kept.type === unreadType) {
    check.pass(kept.entry);
    return misplaced(kept);
  }
  return found?.rule === "body-format" ? misplaced(kept) : found;
}

/** What an entry is found by must be what it says; its body must be one. */
function misfiled(kept: KeptEntry): Finding | null {
  const { seq } = kept;
  const body = checkBody(kept.body, seq);
  return isFinding(body) ? body : misplaced(kept);
}

function misplaced(kept: KeptEntry): Finding | null {
  const { seq } = kept;
  if (!sameBytes(kept.leaf, leafHash(kept.entry))) {
    return finding("index", seq, `Entry ${seq} is filed under a leaf that is not its own.`);
  }
  return null;
}

function judgeHead(
  { size, checkpoint, cosigned }: AcceptedHead,
  { origin, keys }: HeldLog,
  root: Uint8Array | undefined,
  { witnesses, check }: Judges,
): Finding | null {
  const opened = openCheckpoint(checkpoint, origin, keys, check);
  if (!opened.ok) {
    const what = `The checkpoint over ${size} entries does not hold: ${opened.error}.`;
    return finding("checkpoint-signature", null, what);
  }
  if (root === undefined) {
    return finding("truncated", size - 1, `The cell has signed ${size} entries, fewer are here.`);
  }
  if (opened.value.size !== size || !sameBytes(opened.value.root, root)) {
    return finding("checkpoint-root", null, `The first ${size} entries are not those that the cell signed.`);
  }
  if (cosigned === null) return null;
  const lines = openCosignatures(cosigned, witnesses, check);
  const [held, given] = [splitNote(checkpoint), splitNote(cosigned)];
  const same = held.ok && given.ok && held.value.text === given.value.text;
  if (lines.ok && lines.value.length > 0 && same) return null;
  const why = lines.ok ? "it is not central's over this checkpoint" : lines.error;
  return finding("checkpoint-signature", null, `The cosignature over ${size} entries does not hold: ${why}.`);
}

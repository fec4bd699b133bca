/** Putting a batch together from the ledger: as many whole entries as fit, the checkpoint over them, the proof that they follow. */
import { digestOf } from "../kernel/hash.ts";
import { type Batch, maxMessageBytes, messageBytes } from "../ledger/batch.ts";
import { toBase64, utf8 } from "../ledger/bytes.ts";
import { bodyChanged } from "../ledger/damage.ts";
import { type Ledger, LedgerFailed } from "../ledger/ledger.ts";
import { isSuccession } from "../ledger/succession.ts";
import type { Wanted } from "./courier.ts";

/** What sync needs of the ledger. */
export type SyncLedger = Pick<
  Ledger,
  | "origin"
  | "head"
  | "headAt"
  | "edgeAt"
  | "read"
  | "checkpointAt"
  | "proofBetween"
  | "cosigned"
  | "receipt"
  | "putCosignature"
>;

export type Composed =
  | { readonly kind: "batch"; readonly to: number; readonly bytes: Uint8Array }
  /** Not even the first entry fits. */
  | { readonly kind: "too-large" };

/** Kept free for checkpoint (note), proof (at most 128 nodes) and what stands around. */
const frameBytes = 32 * 1024;

/** A batch of at most `limit` entries (1 or more) from `from` on, which the ledger has. Rejects where the ledger does. */
export async function composeBatch(ledger: SyncLedger, from: number, limit: number): Promise<Composed> {
  const entries = await whatFits(ledger, from, limit);
  const to = from + entries.length;
  if (to === from) return { kind: "too-large" };
  const [proof, checkpoint] = await Promise.all([
    from === 0 ? [] : ledger.proofBetween(from, to),
    ledger.checkpointAt(to),
  ]);
  const { origin } = ledger;
  const bytes = messageBytes({ kind: "batch", origin, from, entries, checkpoint, proof: proof.map(toBase64) });
  return { kind: "batch", to, bytes };
}

/**
 * Entries that central has lost, from `from` up to at most `to`, with the edge of the tree before them and the proof that
 * they stand in the tree of `size` entries. Rejects where the ledger does; the range is within the log.
 */
export async function composeFill(ledger: SyncLedger, { from, to, size }: Wanted): Promise<Uint8Array> {
  const entries = await whatFits(ledger, from, to - from);
  const end = from + entries.length;
  const [edge, proof] = await Promise.all([ledger.edgeAt(from), ledger.proofBetween(end, size)]);
  const { origin } = ledger;
  const nodes = { edge: edge.nodes.map(toBase64), proof: proof.map(toBase64) };
  return messageBytes({ kind: "fill", origin, from, entries, size, ...nodes });
}

/** As many whole entries from `from` on as fit into a message. */
async function whatFits(ledger: SyncLedger, from: number, limit: number): Promise<Batch["entries"]> {
  const entries: Batch["entries"] = [];
  let room = maxMessageBytes - frameBytes;
  for await (const {
    entryText: entry,
    bodyText: body,
    entry: { seq, type, bodyDigest },
  } of ledger.read(from, from + limit)) {
    // A character is at most three bytes as it is and two when it is escaped; only large entries are measured exactly.
    const most = 2 * entry.length + 3 * body.length + 24;
    room -= most < room / limit ? most : printedBytes(entry) + printedBytes(body) + 24;
    if (room < 0) break;
    // Central QA refuses what does not fit its digest, and cannot know that it was damaged here.
    if (digestOf(utf8(body)) !== bodyDigest) throw new LedgerFailed(bodyChanged(seq));
    entries.push({ entry, body });
    // What hands the key on ends its batch: the checkpoint over exactly so many entries is the one that both keys signed.
    if (isSuccession(type)) break;
  }
  return entries;
}

/** Bytes of a text as a JSON string. */
function printedBytes(text: string): number {
  return utf8(JSON.stringify(text)).length;
}

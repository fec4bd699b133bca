/** A real ledger handed over to central's own ingest, batch by batch as sync composes them, without a wire between. */

import { type DownMessage, readUp } from "../../src/ledger/batch.ts";
import { fromHex } from "../../src/ledger/bytes.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import type { VerifyingKey } from "../../src/ledger/signer.ts";
import type { Ingest } from "../../src/qa/ingest.ts";
import { composeBatch } from "../../src/sync/compose.ts";
import { judgeReceipt } from "../../src/sync/judge.ts";

/** What came of it: how many entries are with QA, and the answers that were no receipt. */
export interface Handed {
  readonly size: number;
  readonly others: readonly DownMessage[];
}

/** Sends from what is countersigned up to the head; ends at the first answer that is no good receipt. */
export async function handOver(
  ledger: Ledger,
  ingest: Ingest,
  cell: string,
  own: readonly VerifyingKey[],
  witnesses: readonly VerifyingKey[],
): Promise<Handed> {
  while (ledger.cosigned().size < ledger.head().size) {
    const composed = await composeBatch(ledger, ledger.cosigned().size, 256);
    if (composed.kind !== "batch" || !readUp(composed.bytes).ok) throw new Error("the batch is no message");
    const { answers } = await ingest.hear(cell, composed.bytes);
    for (const answer of answers) {
      if (answer.kind !== "receipt") return { size: ledger.cosigned().size, others: answers };
      const { root } = await ledger.headAt(answer.size);
      const trust = { origin: ledger.origin, own, witnesses, decisions: [], check: checkSignature };
      const verdict = judgeReceipt(answer, { root, at: 0 }, Date.now() * 10, trust);
      if (verdict.kind !== "good" || fromHex(root) === null) throw new Error(`the receipt is ${verdict.kind}`);
      await ledger.putCosignature(answer.size, answer.note);
    }
    if (answers.length === 0) return { size: ledger.cosigned().size, others: [] };
  }
  return { size: ledger.cosigned().size, others: [] };
}

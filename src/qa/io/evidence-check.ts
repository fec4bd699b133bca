/** The evidence folder looked at again: every piece hashed and held against the receipt beside it, by key alone. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, isDigest } from "../../kernel/names.ts";
import { openReceipt, type ReceiptTrust, receiptIn } from "../../ledger/evidence.ts";
import { hashFile, partsOf, piecePath, receiptPath } from "./evidence-folder.ts";

/** Something wrong with one piece, in words. */
export interface PieceFinding {
  readonly cell: string;
  readonly digest: string;
  readonly code: "lost" | "changed" | "receipt" | "no-receipt";
  readonly what: string;
  readonly remedy: string;
}

export interface FolderReport {
  readonly pieces: number;
  readonly bytes: number;
  readonly findings: readonly PieceFinding[];
}

const again = "Restore it from a backup, or ask the cell for it again (fetch-evidence).";

/** By what receipts of one cell are judged: they are of any log that it has or had. */
export interface PieceTrust extends Omit<ReceiptTrust, "origin"> {
  readonly origins: readonly string[];
}

/** Verifies one cell's folder; nothing in it is changed. */
export async function verifyPieces(folder: string, cell: string, trust: PieceTrust): Promise<FolderReport> {
  const names = await readdir(join(folder, cell)).catch(() => []);
  const digests = new Set<Digest>();
  for (const name of names) {
    const [digest = "", ending] = name.split(".");
    if (isDigest(digest) && (ending === "age" || ending === "receipt")) digests.add(digest);
  }
  const findings: PieceFinding[] = [];
  let [pieces, bytes] = [0, 0];
  for (const digest of [...digests].sort()) {
    const place = { cell, digest };
    const wrong = await verifyPiece(folder, place, trust);
    const size = await stat(piecePath(folder, place)).then(
      ({ size: found }) => found,
      () => 0,
    );
    if (size > 0) pieces += 1;
    bytes += size;
    if (wrong !== null) findings.push({ cell, digest, ...wrong });
  }
  return { pieces, bytes, findings };
}

type Wrong = Pick<PieceFinding, "code" | "what" | "remedy">;

async function verifyPiece(
  folder: string,
  place: { cell: string; digest: Digest },
  trust: PieceTrust,
): Promise<Wrong | null> {
  const text = await readFile(receiptPath(folder, place), "utf8").catch(() => null);
  if (text === null) return { code: "no-receipt", what: "It has no receipt beside it.", remedy: again };
  const origin = trust.origins.find((each) => each === receiptIn(text)?.origin) ?? trust.origins.at(-1) ?? "";
  const receipt = openReceipt(text, { ...trust, origin });
  if (!receipt.ok) return { code: "receipt", what: `Its receipt does not count: ${receipt.error}.`, remedy: again };
  if (receipt.value.digest !== place.digest)
    return { code: "receipt", what: "Its receipt is of another piece.", remedy: again };
  const sealed = await hashFile(piecePath(folder, place)).catch(() => null);
  const parts = sealed === null ? await partsOf(folder, place.cell, place.digest) : [];
  // The receipt is written first: the last moment before a piece is whole.
  if (parts.some((part) => part.sealed === receipt.value.sealed && part.size === part.length)) return null;
  if (sealed === null) return { code: "lost", what: "Central has signed for it, and it is not here.", remedy: again };
  if (sealed !== receipt.value.sealed)
    return { code: "changed", what: "It is not what central has signed for.", remedy: again };
  return null;
}

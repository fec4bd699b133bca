/** What is left of a log that is to be continued: verified with keys from outside it, and locked against whoever still runs it. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { err, ok, type Result } from "../../kernel/result.ts";
import { headOf } from "../chain.ts";
import type { Continuation } from "../continuation.ts";
import type { LedgerFault } from "../ledger.ts";
import type { VerifyingKey } from "../signer.ts";
import { verifyLog } from "../verify.ts";
import { checkSignature } from "./crypto.ts";
import {
  checkpointRows,
  cosignatureRows,
  databaseFile,
  faultOf,
  lockFolder,
  openForReading,
  readOrigin,
  rowsFrom,
  sqliteCode,
} from "./database.ts";
import { readFloor } from "./floor.ts";
import { readTrusted } from "./keys.ts";
import type { Folders } from "./ledger.ts";
import { readRestoredMarker } from "./marker.ts";
import { schemaProblem } from "./schema.ts";

/** An entry of the ancestor, as it is folded. */
export interface AncestorEntry {
  readonly at: number;
  readonly type: string;
  readonly body: object;
}

export interface Ancestor {
  readonly facts: Continuation["ancestor"];
  /** True where nothing is missing as far as its key folder knows: such a log needs no continuation for its entries' sake. */
  readonly whole: boolean;
  entries(): Iterable<AncestorEntry>;
  /** Lets the folder go. */
  close(): void;
}

/** Opens and verifies it; it stays locked until `close`. Its signing key need not be there any more. */
export async function openAncestor(
  { dataDir, keysDir }: Folders,
  witnesses: readonly VerifyingKey[],
): Promise<Result<Ancestor, LedgerFault>> {
  const trusted = await readTrusted(keysDir);
  if (!trusted.ok) return trusted;
  if ((await stat(join(dataDir, databaseFile)).catch(() => null)) === null) {
    const remedy = "Name the cell's data folder, or one into which a backup was restored.";
    return err({ code: "ledger-absent", what: `There is no ledger in ${dataDir}.`, remedy });
  }
  let unlock: (() => void) | null = null;
  try {
    const floor = await readFloor(keysDir, trusted.value[0]?.name ?? "");
    const marked = (await readRestoredMarker(dataDir)) !== null;
    const locked = lockFolder((file) => join(dataDir, file));
    if (locked === null) {
      const remedy = "Stop the cell controller: a log that is still written needs no continuation.";
      return err({ code: "ledger-in-use", what: `Another process has the ledger in ${dataDir} open.`, remedy });
    }
    unlock = locked;
    const db = openForReading(join(dataDir, databaseFile));
    const refused = (what: string): Result<never, LedgerFault> => {
      db.close();
      locked();
      const remedy = "Bring it together first: restore a backup that verifies, or `cellward repair`.";
      return err({ code: "ledger-broken", what, remedy });
    };
    const origin = readOrigin(db);
    const altered = schemaProblem(db);
    if (altered !== null || origin === null) return refused(altered ?? "It is no ledger of a known format.");
    if (origin !== trusted.value[0]?.name) return refused(`It is the log ${origin}; the keys are of another.`);
    const cosignatures = cosignatureRows(db, false);
    const verified = verifyLog({
      ...{ origin, trusted: trusted.value, witnesses, check: checkSignature, parseBodies: true },
      checkpoints: checkpointRows(db, false),
      cosignatures,
      rows: rowsFrom(db),
      floor: floor ?? undefined,
    });
    const [first] = verified.report.findings;
    if (first !== undefined) return refused(first.what);
    const { cosigned } = verified.report;
    const note = cosignatures.find(({ size }) => size === cosigned?.size)?.note;
    const proven = cosigned !== null && cosigned.by.length > 0 && note !== undefined;
    return ok({
      facts: {
        origin,
        head: headOf(verified.chain),
        cosigned: proven ? { size: cosigned.size, root: cosigned.root, note } : null,
        floor: floor === null ? null : { size: floor.size, root: floor.root },
      },
      whole: verified.floor === "held" && floor?.isHome !== false && !marked,
      *entries() {
        for (const { entry, body } of rowsFrom(db)) {
          const { at, type } = JSON.parse(Buffer.from(entry).toString("utf8")) as { at: number; type: string };
          yield { at, type, body: JSON.parse(Buffer.from(body).toString("utf8")) as object };
        }
      },
      close() {
        db.close();
        locked();
      },
    });
  } catch (problem) {
    unlock?.();
    if (sqliteCode(problem) !== "") return err(faultOf(problem));
    const what = `What is left in ${dataDir} cannot be continued as it is: ${String(problem)}.`;
    return err({ code: "keys-refused", what, remedy: "Restore the key folder and the data folder." });
  }
}

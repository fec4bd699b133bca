/** Verification at a start: from the last head that central QA has cosigned where that can be proven, else of everything. */
import { newestWitnessed } from "../cosigned.ts";
import { endOf, endRowsFrom, type Prefix, type PrefixEnd } from "../prefix.ts";
import { type VerifiedLog, verifyLog } from "../verify.ts";
import { checkSignature } from "./crypto.ts";
import { checkpointRows, cosignatureRows, cosignaturesDown, type Db, rowsFrom } from "./database.ts";
import type { WriterData } from "./protocol.ts";

/** Name of the cache that holds the prefix. */
export const openingCache = "opening";

/** A verified log, and from which entry on it was read. */
export interface OpenedLog {
  readonly verified: VerifiedLog;
  /** The prefix that was not read but for its last rows; null where everything was. */
  readonly prefix: Prefix | null;
}

/**
 * Verifies a log for a writer. The prefix is believed only where it leads to the root that central QA has signed, and
 * nothing at all is wrong after it; otherwise everything is read, and the report is that of the whole log.
 */
export function verifyForStart(db: Db, data: WriterData): OpenedLog {
  const counted = newestCounted(db, data);
  const { prefix = null } = data;
  if (prefix !== null && counted !== null && prefix.origin === data.origin && prefix.size <= counted.head.size) {
    const rows = [...rowsFrom(db, endRowsFrom(prefix.size), prefix.size)];
    const end = endOf(prefix, rows);
    const verified = end && verifyWith(db, data, counted, true, end);
    if (verified?.report.ok && verified.floor === "held") return { verified, prefix };
  }
  const verified = verifyWith(db, data, counted, true);
  // With every checkpoint at hand, the first bad entry can be named more closely.
  return { verified: verified.report.ok ? verified : verifyWith(db, data, counted, false), prefix: null };
}

type Counted = ReturnType<typeof newestWitnessed>;

function newestCounted(db: Db, { origin, trusted, witnesses }: WriterData): Counted {
  return newestWitnessed({ origin, trusted, witnesses, check: checkSignature }, cosignaturesDown(db));
}

/**
 * What is told as countersigned is only what a configured witness has signed. The newest row is held against the entries
 * all the same: central may have a new key, and a row over entries that are gone says that the end was cut off.
 */
function verifyWith(db: Db, data: WriterData, counted: Counted, newestOnly: boolean, known?: PrefixEnd): VerifiedLog {
  const stored = cosignatureRows(db, newestOnly);
  const judged = verifyLog({
    origin: data.origin,
    checkpoints: checkpointRows(db, newestOnly),
    cosignatures:
      counted === null || stored.some(({ size }) => size === counted.row.size) ? stored : [counted.row, ...stored],
    rows: rowsFrom(db, known?.chain.frontier.size ?? 0),
    known,
    trusted: data.trusted,
    check: checkSignature,
    floor: data.floor ?? undefined,
    parseBodies: false,
  });
  return { ...judged, report: { ...judged.report, cosigned: counted?.head ?? null } };
}

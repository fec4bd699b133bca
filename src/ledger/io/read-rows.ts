/** Reading every entry of a data folder in order, also while the cell is running on it: what has rotted is named, never left out in silence. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "../../kernel/hash.ts";
import { parseCanonical } from "../../kernel/json.ts";
import { type Members, memberOf, membersOf, textIn } from "../../kernel/members.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { textOf } from "../bytes.ts";
import { emptyChain } from "../chain.ts";
import { checkEntry, isFinding, type Row, readBody } from "../chain-check.ts";
import { continuationType } from "../continuation.ts";
import { type Entry, parseEntry } from "../entry.ts";
import { type Finding, finding } from "../finding.ts";
import type { LedgerFault } from "../ledger.ts";
import {
  bodyOf,
  checkpointRows,
  type Db,
  databaseFile,
  entryCount,
  faultOf,
  openForReading,
  readableEntries,
  readOrigin,
  rowsFrom,
  whatIsReadable,
} from "./database.ts";

/** An entry as it can be read; it may have been changed, which is then among what was found. */
export interface ReadEntry {
  readonly origin: string;
  readonly entry: Entry;
  readonly body: Members;
}

/** What came of reading a log. */
export interface RowsRead {
  readonly origin: string;
  /** Entries that were handed on. */
  readonly entries: number;
  /** The log that this one says it continues; null where it is the first of its cell. */
  readonly ancestor: string | null;
  /** What cannot be read or is not what was written, in order; at most `mostNamed`. */
  readonly unread: readonly Finding[];
  /** How many there are in all. */
  readonly unreadInAll: number;
}

/** Places that are named one by one. */
const mostNamed = 100;

/**
 * Hands on each entry that can be read, with its body's members, and says what could not. Form, body and links are
 * checked, signatures are not: `verify` does that. Or says why the folder cannot be read at all.
 */
export function readRows(dataDir: string, take: (read: ReadEntry) => void): Result<RowsRead, LedgerFault> {
  const file = join(dataDir, databaseFile);
  if (!existsSync(file)) return err(absent(`There is no ledger in ${dataDir}.`));
  try {
    const db = openForReading(file);
    try {
      const origin = whatIsReadable(() => readOrigin(db));
      if (origin === null) return err(absent("There is no ledger of a known format in this folder."));
      const reading = createReading(origin, take);
      // Asked before: a cell that runs writes on while this reads.
      const signed = whatIsReadable(() => checkpointRows(db, true))?.[0]?.size ?? 0;
      const size = Math.max(whatIsReadable(() => entryCount(db)) ?? 0, signed);
      for (const row of rowsStillThere(db)) reading.step(row);
      return ok(reading.end(size));
    } finally {
      db.close();
    }
  } catch (problem) {
    return err(faultOf(problem));
  }
}

/** Page by page where the file is sound, and from the first damaged page on row by row. */
function* rowsStillThere(db: Db): Iterable<Row> {
  const pages = rowsFrom(db);
  for (let next = 0; ; ) {
    const step = whatIsReadable(() => pages.next());
    if (step === null) {
      for (const row of readableEntries(db, next)) yield { ...row, body: bodyOf(db, row.seq) };
      return;
    }
    if (step.done) return;
    yield step.value;
    next = step.value.seq + 1;
  }
}

function absent(what: string): LedgerFault {
  return { code: "ledger-absent", what, remedy: "Name the cell's data folder." };
}

function createReading(origin: string, take: (read: ReadEntry) => void) {
  const unread: Finding[] = [];
  let [next, entries, unreadInAll] = [0, 0, 0];
  let ancestor: string | null = null;
  /** Digest of the entry before; null where that one is not known. */
  let prev: Digest | null = emptyChain(origin).prev;

  const note = (found: Finding, count = 1) => {
    unreadInAll += count;
    if (unread.length < mostNamed) unread.push(found);
  };

  function passTo(seq: number): void {
    if (seq <= next) return;
    const [last, one] = [seq - 1, seq - next === 1];
    note(
      finding("entry-missing", next, `${one ? `Entry ${next} is` : `Entries ${next} to ${last} are`} missing.`),
      seq - next,
    );
    prev = null;
    next = seq;
  }

  function linkOf({ seq }: Row, parsed: Entry | null): Finding | null {
    if (parsed === null) return null;
    if (parsed.seq !== seq)
      return finding("entry-order", seq, `In place ${seq} stands the entry numbered ${parsed.seq}.`);
    if (prev === null || parsed.prev === prev) return null;
    if (seq === 0) return finding("entry-changed", 0, `Entry 0 does not begin the log ${origin}.`);
    const what = `Entry ${seq - 1} or ${seq} was changed: the link between them does not hold.`;
    return finding("entry-changed", seq - 1, what);
  }

  return {
    step(row: Row): void {
      passTo(row.seq);
      next = row.seq + 1;
      const parsed = parseEntry(textOf(row.entry) ?? "");
      const checked = checkEntry(row.entry, row.body, row.seq);
      const body = readBody(row.body, row.seq);
      const wrong = (isFinding(checked) ? checked : null) ?? linkOf(row, parsed) ?? (isFinding(body) ? body : null);
      if (wrong !== null) note(wrong);
      prev = digestOf(row.entry);
      const value = parseCanonical(row.body);
      const members = value.ok ? membersOf(value.value) : null;
      // What was changed may still say what was made with what: rather one device too many.
      if (parsed === null || members === null) return;
      entries += 1;
      if (row.seq === 0 && parsed.type === continuationType) ancestor = textIn(memberOf(members, "ancestor"), "origin");
      take({ origin, entry: parsed, body: members });
    },
    end(size: number): RowsRead {
      passTo(size);
      return { origin, entries, ancestor, unread, unreadInAll };
    },
  };
}

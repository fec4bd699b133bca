/** A ledger file built anew: entries of central QA's copy up to the head that it has countersigned, then what is good here beyond it. */
import { rm } from "node:fs/promises";
import { assert } from "../../kernel/assert.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { sameBytes, toHex, utf8 } from "../bytes.ts";
import { seal, type TextDraft } from "../chain.ts";
import { type ChainCheck, checkBody, createChainCheck, isFinding, type Row } from "../chain-check.ts";
import { type Checkpoint, openCheckpoint } from "../checkpoint.ts";
import type { CopyLine } from "../copy.ts";
import { openCosignatures } from "../cosignature.ts";
import { parseEntry } from "../entry.ts";
import type { Finding } from "../finding.ts";
import type { Head, LedgerFault } from "../ledger.ts";
import type { SignedNote } from "../note.ts";
import type { VerifyingKey } from "../signer.ts";
import { rootOf } from "../tree.ts";
import { verifyLog } from "../verify.ts";
import { CopyBroken, readCopy } from "./copy-file.ts";
import { checkSignature } from "./crypto.ts";
import {
  checkpointRows,
  cosignatureRows,
  type Db,
  openForReading,
  openForWriting,
  readOrigin,
  rowsFrom,
  sqliteCode,
} from "./database.ts";
import { createSchema, schemaProblem } from "./schema.ts";

/** Why nothing was brought together; nothing was changed then. */
export interface RepairFault {
  readonly code: "copy-refused" | "two-histories" | LedgerFault["code"];
  readonly what: string;
  readonly remedy: string;
}

/** What was brought together. */
export interface Rebuilt {
  /** Entries, without the one that records the repair. */
  readonly size: number;
  readonly from: number;
  readonly to: number;
  /** The countersigned head. */
  readonly head: Head;
  /** Number of the start that wrote the last entry. */
  readonly boot: number;
  /** Root (hex) over the first entries, for the sizes that were asked for: the floor and every checkpoint. */
  rootAt(size: number): Digest | null;
}

export interface RebuildOptions {
  readonly origin: string;
  readonly copy: string;
  /** The damaged or older ledger, and the file to be made. */
  readonly from: string;
  readonly to: string;
  readonly trusted: readonly VerifyingKey[];
  readonly witnesses: readonly VerifyingKey[];
  readonly floor: Head | null;
  readonly onProgress?: (entries: number) => void;
  /** The entries to be written after all others, given those that were brought together. */
  readonly last: (rebuilt: Rebuilt, entries: Iterable<Row>) => Promise<readonly TextDraft[]>;
}

/** A note that the cell's key has signed, and whether a witness has countersigned it. */
interface Known {
  readonly checkpoint: Checkpoint;
  readonly note: SignedNote;
  readonly cosigned: boolean;
}

/** What is left of the ledger that stood there; damage ends it early and is no error here. */
interface Left {
  readonly known: readonly Known[];
  row(seq: number): Row | null;
  close(): void;
}

const progressEvery = 10_000;

/** Builds and verifies the file. Throws CopyBroken and SqliteError. */
export async function rebuild(options: RebuildOptions): Promise<Result<Rebuilt, RepairFault>> {
  await removeAll(options.to);
  const left = openLeft(options);
  const db = openForWriting(options.to, true);
  try {
    createSchema(db, options.origin);
    db.exec("BEGIN");
    const built = await fill(db, left, options);
    if (!built.ok) return built;
    const wrong = verifyBuilt(db, options);
    if (wrong !== null) {
      return err({
        code: "ledger-broken",
        what: `What was brought together does not verify: ${wrong.what}`,
        remedy: wrong.remedy,
      });
    }
    let chain = built.value.check.chain();
    const jobHeads = new Map(built.value.check.jobHeads);
    for (const draft of await options.last(built.value.rebuilt, rowsFrom(db))) {
      const next = seal(chain, jobHeads, draft);
      chain = next.chain;
      const { entry, entryBytes, bodyBytes } = next.sealed;
      insertRow(db, { seq: entry.seq, job: entry.job, entry: entryBytes, body: bodyBytes });
    }
    db.exec("COMMIT");
    // One file, whole by itself: the next writer gives it a log again.
    assert(db.pragma("journal_mode = DELETE", { simple: true }) === "delete", "a rebuilt ledger is one file");
    return ok(built.value.rebuilt);
  } finally {
    db.close();
    left.close();
  }
}

async function removeAll(path: string): Promise<void> {
  for (const tail of ["", "-wal", "-shm", "-journal"]) await rm(`${path}${tail}`, { force: true });
}

/** A rebuild under way. */
interface Filling {
  readonly check: ChainCheck;
  /** Roots over the first entries, at the sizes that somebody will ask for. */
  readonly roots: Map<number, Digest | null>;
  readonly known: Known[];
  /** The first entry that was not here as the copy has it. */
  from: number | null;
  /** How many entries the copy says it holds; -1 before its first line. */
  size: number;
  /** Checks the next row and writes it; the finding where it is not the next. */
  take(row: Row): Finding | null;
}

async function fill(
  db: Db,
  left: Left,
  options: RebuildOptions,
): Promise<Result<{ readonly rebuilt: Rebuilt; readonly check: ChainCheck }, RepairFault>> {
  const filling = beginFilling(db, left, options);
  for await (const line of readCopy(options.copy)) takeLine(filling, line, left, options);
  const { check, roots, known, size } = filling;
  const head = known.findLast(({ cosigned, checkpoint }) => cosigned && checkpoint.size === size);
  if (head === undefined) throw new CopyBroken("no witness that you trust has countersigned its end");
  if (check.chain().frontier.size !== size) throw new CopyBroken(`it ends before the ${size} entries that it says`);
  const parted = [...known, ...left.known].find(
    ({ checkpoint }) => checkpoint.size <= size && roots.get(checkpoint.size) !== toHex(checkpoint.root),
  );
  if (parted !== undefined) return err(twoHistories(parted.checkpoint.size));
  for (let seq = size; ; seq++) {
    const row = left.row(seq);
    // The first that does not hold ends what can be kept: whether that is too early the floor says.
    if (row === null || filling.take(row) !== null) break;
  }
  for (const one of [...known, ...left.known]) keepNote(db, one, roots);
  const { frontier, boot } = check.chain();
  const root = roots.get(size) ?? ("" as Digest);
  const rootAt = (at: number): Digest | null => roots.get(at) ?? null;
  const reach = { size: frontier.size, from: filling.from ?? size, to: size };
  return ok({ rebuilt: { ...reach, head: { size, root }, boot, rootAt }, check });
}

function beginFilling(db: Db, left: Left, { origin, floor, onProgress }: RebuildOptions): Filling {
  const check = createChainCheck(origin, () => true);
  const roots = new Map<number, Digest | null>([[0, null]]);
  for (const { checkpoint } of left.known) roots.set(checkpoint.size, null);
  if (floor !== null) roots.set(floor.size, null);
  const note = (): void => {
    const { frontier } = check.chain();
    if (roots.has(frontier.size)) roots.set(frontier.size, toHex(rootOf(frontier)) as Digest);
  };
  note();
  return {
    ...{ check, roots, known: [], from: null, size: -1 },
    take(row) {
      const body = checkBody(row.body, row.seq);
      const wrong = isFinding(body) ? body : check.step(row);
      if (wrong !== null) return wrong;
      insertRow(db, row);
      note();
      if ((row.seq + 1) % progressEvery === 0) onProgress?.(row.seq + 1);
      return null;
    },
  };
}

function takeLine(filling: Filling, line: CopyLine, left: Left, options: RebuildOptions): void {
  const seq = filling.check.chain().frontier.size;
  if ("format" in line) {
    const { origin } = options;
    if (filling.size >= 0 || line.origin !== origin) {
      throw new CopyBroken(`it is of the log ${line.origin}, this cell's is ${origin}`);
    }
    filling.size = line.size;
  } else if ("note" in line) {
    const one = readNote(line.note, options);
    if (one === null || seq > 0) throw new CopyBroken("a checkpoint in it is not this cell's, or stands after entries");
    filling.known.push(one);
    filling.roots.set(one.checkpoint.size, null);
  } else {
    if (seq >= filling.size) throw new CopyBroken(`it holds more than the ${filling.size} entries that it says`);
    const job = parseEntry(line.entry)?.job ?? null;
    const row = { seq, job, entry: utf8(line.entry), body: utf8(line.body) };
    if (filling.from === null && !sameRow(left.row(seq), row)) filling.from = seq;
    const wrong = filling.take(row);
    if (wrong !== null) throw new CopyBroken(wrong.what);
  }
}

function readNote(note: SignedNote, { origin, trusted, witnesses }: RebuildOptions): Known | null {
  const opened = openCheckpoint(note, origin, trusted, checkSignature);
  const cosigned = openCosignatures(note, witnesses, checkSignature);
  if (!opened.ok) return null;
  return { checkpoint: opened.value, note, cosigned: cosigned.ok && cosigned.value.length > 0 };
}

/** A note is kept where the entries are those that it is over. */
function keepNote(db: Db, { checkpoint, note, cosigned }: Known, roots: ReadonlyMap<number, Digest | null>): void {
  const { size, root } = checkpoint;
  if (size < 1 || roots.get(size) !== toHex(root)) return;
  db.prepare<[number, string]>("INSERT OR IGNORE INTO checkpoint VALUES (?, ?)").run(size, note);
  if (cosigned) db.prepare<[number, string]>("INSERT OR IGNORE INTO cosignature VALUES (?, ?)").run(size, note);
}

function insertRow(db: Db, { seq, job, entry, body }: Row): void {
  db.prepare<[number, string | null, Uint8Array, Uint8Array]>("INSERT INTO entry VALUES (?, ?, ?, ?)").run(
    seq,
    job,
    entry,
    body,
  );
}

function sameRow(a: Row | null, b: Row): boolean {
  return a !== null && a.job === b.job && sameBytes(a.entry, b.entry) && sameBytes(a.body, b.body);
}

function verifyBuilt(db: Db, { origin, trusted, witnesses }: RebuildOptions): Finding | null {
  const { report } = verifyLog({
    ...{ origin, trusted, witnesses, check: checkSignature, parseBodies: true },
    checkpoints: checkpointRows(db, false),
    cosignatures: cosignatureRows(db, false),
    rows: rowsFrom(db),
  });
  return report.findings[0] ?? null;
}

function openLeft(options: RebuildOptions): Left {
  const nothing: Left = { known: [], row: () => null, close: () => undefined };
  const guarded = <T>(read: () => T, otherwise: T): T => {
    try {
      return read();
    } catch (problem) {
      if (sqliteCode(problem) === "") throw problem;
      return otherwise;
    }
  };
  const db = guarded(() => openForReading(options.from), null);
  if (db === null) return nothing;
  const whole = guarded(() => schemaProblem(db) === null && readOrigin(db) === options.origin, false);
  if (!whole) {
    db.close();
    return nothing;
  }
  const select = guarded(
    () => db.prepare<[number], Row>("SELECT seq, job, entry, body FROM entry WHERE seq = ?"),
    null,
  );
  const notes = [...guarded(() => cosignatureRows(db, false), []), ...guarded(() => checkpointRows(db, false), [])];
  const known = notes.flatMap(({ note }) => readNote(note, options) ?? []);
  return {
    known,
    row: (seq) => guarded(() => select?.get(seq) ?? null, null),
    close: () => db.close(),
  };
}

function twoHistories(size: number): RepairFault {
  return {
    code: "two-histories",
    what: `The cell's key has signed two histories: the first ${size} entries here are not those that central QA holds.`,
    remedy:
      "Keep both; call QA and the engineer. The cell goes on under a new origin (`cellward continue`), never under this one.",
  };
}

/** The writer's hold on the data folder: opened and verified, then entries and checkpoints in, pages out, space kept back. */
import { dirname, join } from "node:path";
import { canonical } from "../../kernel/json.ts";
import { errorCode } from "../../kernel/problem.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { type Chain, headOf, type JobHeads, type Sealed, seal, type TextDraft } from "../chain.ts";
import { brokenAt } from "../damage.ts";
import { type Head, type LedgerFault, storageExhausted } from "../ledger.ts";
import { frontierAt, leavesFrom, mark } from "../marks.ts";
import type { Prefix } from "../prefix.ts";
import type { Frontier } from "../tree.ts";
import type { VerifiedLog } from "../verify.ts";
import {
  alteredSchema,
  assertDurable,
  checkpointRows,
  type Db,
  databaseFile,
  faultOf,
  lockFolder,
  openForWriting,
  readOrigin,
  sqliteCode,
} from "./database.ts";
import { readLeaves } from "./leaves.ts";
import { createLogKeeper, type LogKeeper } from "./log-keeper.ts";
import { verifyForStart } from "./opening.ts";
import type { StoredText, WriterData } from "./protocol.ts";
import { createProver, type Prover } from "./prover.ts";
import { keepReserve, releaseReserve, reserveBytes } from "./reserve.ts";
import { formatOf, schemaProblem, upgradeSchema } from "./schema.ts";

/** An open data folder. */
export interface Store {
  readonly verified: VerifiedLog;
  /** Entries below this were not read at the start: they are held against the cosigned root when they are asked for. */
  readonly verifiedFrom: number;
  readonly lastNote: string | null;
  head(): Head;
  /** Moves the write-ahead log when it is long; what kept it from that, and whether the writer has to stop for it. */
  tidy(): { readonly fault: LedgerFault; readonly stops: boolean } | null;
  /** One transaction for all groups: their entries, durable, or the fault (then nothing of them is there, or nobody can say). */
  append(groups: readonly (readonly TextDraft[])[]): Result<readonly Sealed[][], LedgerFault>;
  page(from: number, to: number): readonly StoredText[];
  /** Of what was not read at the start: it is held against what was cosigned. */
  readonly prover: Prover;
  /** The tree's right edge at `size`. */
  frontier(size: number): Frontier;
  /** The stored checkpoint over exactly so many entries. */
  note(size: number): string | null;
  /** The stored cosigned checkpoint over `size` entries. */
  receipt(size: number): string | null;
  putCheckpoint(size: number, note: string): LedgerFault | null;
  putCosignature(size: number, note: string): LedgerFault | null;
  /** Lets go of the files; the fault says that the log could not be moved into the database: the next start has it. */
  close(): LedgerFault | null;
}

/**
 * Locks, opens and verifies a folder; the fault says why it cannot be worked with. `failing` is told that the disk is
 * full before that is recorded from the reserve: whoever has a machine to hold does not wait for the disk.
 */
export function openStore(
  data: WriterData,
  failing: (fault: LedgerFault) => void = () => undefined,
): Result<Store, LedgerFault> {
  const path = (file: string): string => join(data.dataDir, file);
  let unlock: (() => void) | null = null;
  let db: Db | null = null;
  try {
    unlock = lockFolder(path);
    if (unlock === null) return err(inUse(data.dataDir));
    db = openForWriting(path(databaseFile), false);
    const opened = openVerified(db, data, path, { unlock, failing });
    if (opened.ok) [db, unlock] = [null, null];
    return opened;
  } catch (problem) {
    return err(openFault(problem, data.dataDir));
  } finally {
    db?.close();
    unlock?.();
  }
}

function openVerified(
  db: Db,
  data: WriterData,
  path: (file: string) => string,
  around: Around,
): Result<Store, LedgerFault> {
  const altered = schemaProblem(db);
  if (altered !== null) return err(alteredSchema(altered));
  const origin = readOrigin(db);
  if (origin !== data.origin) return err(otherLog(data, origin));
  const newest = checkpointRows(db, true);
  const { verified, prefix } = verifyForStart(db, data);
  const first = verified.report.findings.find((finding) => finding.rule !== "unsigned");
  if (first !== undefined) {
    return err(brokenAt(first));
  }
  keepReserve(path("reserve.bin"));
  assertDurable(db);
  if (data.upgrade && verified.floor === "held") upgradeSchema(db);
  if (data.quotaBytes !== null) limitPages(db, data.quotaBytes);
  return ok(createStore(db, verified, prefix, newest[0]?.note ?? null, path("reserve.bin"), around));
}

/** What an open store needs of its surroundings. */
interface Around {
  readonly unlock: () => void;
  readonly failing: (fault: LedgerFault) => void;
}

/** What the writing functions share. */
interface Held {
  readonly db: Db;
  readonly begin: () => void;
  readonly commit: () => void;
  readonly insert: (sealed: Sealed) => void;
  readonly jobHeads: JobHeads;
  readonly marks: Frontier[];
  readonly reserve: string;
  readonly failing: (fault: LedgerFault) => void;
  readonly log: LogKeeper;
  chain: Chain;
  /** The last draft written: the place in time of a record that the disk is full. */
  last: TextDraft | null;
}

function createStore(
  db: Db,
  verified: VerifiedLog,
  prefix: Prefix | null,
  lastNote: string | null,
  reserve: string,
  { unlock, failing }: Around,
): Store {
  const insert = db.prepare<[number, string | null, Uint8Array, Uint8Array]>("INSERT INTO entry VALUES (?, ?, ?, ?)");
  const select = db.prepare<[number, number], { entry: Buffer; body: Buffer }>(
    "SELECT entry, body FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq",
  );
  const held: Held = {
    db,
    begin: prepared(db, "BEGIN IMMEDIATE"),
    commit: prepared(db, "COMMIT"),
    insert: ({ entry, entryBytes, bodyBytes }) => insert.run(entry.seq, entry.job, entryBytes, bodyBytes),
    jobHeads: verified.jobHeads,
    marks: [...verified.marks],
    reserve,
    failing,
    chain: verified.chain,
    log: createLogKeeper(db),
    last: null,
  };
  const selectNote = db.prepare<[number], { note: string }>("SELECT note FROM checkpoint WHERE size = ?");
  // An image of format 1 stays as it is, and has no such table.
  const selectReceipt =
    formatOf(db) === 2 ? db.prepare<[number], { note: string }>("SELECT note FROM cosignature WHERE size = ?") : null;
  const prover = createProver(db, prefix, () => readLeaves(dirname(reserve)));
  return {
    verified,
    verifiedFrom: prefix?.size ?? 0,
    lastNote,
    head: () => headOf(held.chain),
    append(groups) {
      try {
        return ok(write(held, groups));
      } catch (problem) {
        rollback(db);
        const fault = faultOf(problem);
        return err(fault.code === "disk-full" ? recordFull(held, fault, groups.flat()) : fault);
      }
    },
    tidy() {
      try {
        const log = held.log.tidy();
        if (log.kind === "fine") return null;
        return { fault: readerHolds(log.bytes), stops: log.kind === "pinned" };
      } catch (problem) {
        const fault = faultOf(problem);
        return { fault: fault.code === "disk-full" ? recordFull(held, fault, []) : fault, stops: true };
      }
    },
    page: (from, to) =>
      select
        .all(from, to)
        .map((row) => ({ entryText: row.entry.toString("utf8"), bodyText: row.body.toString("utf8") })),
    prover,
    frontier: (size) => frontierAt(held.marks, size, prover.leaves(leavesFrom(size), size)),
    note: (size) => selectNote.get(size)?.note ?? null,
    receipt: (size) => selectReceipt?.get(size)?.note ?? null,
    putCheckpoint: (size, note) => putNote(held, "checkpoint", size, note),
    // A row that stands there without central's line cannot be edited away, and must not stop the cell.
    putCosignature: (size, note) => putNote(held, "cosignature", size, note),
    close() {
      try {
        held.log.end();
        return null;
      } catch (problem) {
        return faultOf(problem);
      } finally {
        db.close();
        unlock();
      }
    },
  };
}

function prepared(db: Db, sql: string): () => void {
  const statement = db.prepare(sql);
  return () => void statement.run();
}

function putNote(held: Held, table: "checkpoint" | "cosignature", size: number, note: string): LedgerFault | null {
  const verb = table === "cosignature" ? "INSERT OR IGNORE" : "INSERT";
  try {
    held.db.prepare<[number, string]>(`${verb} INTO ${table} VALUES (?, ?)`).run(size, note);
    return null;
  } catch (problem) {
    const fault = faultOf(problem);
    return fault.code === "disk-full" ? recordFull(held, fault, []) : fault;
  }
}

function write(held: Held, groups: readonly (readonly TextDraft[])[]): Sealed[][] {
  held.begin();
  let chain = held.chain;
  const passed: Frontier[] = [];
  const all = groups.map((drafts) =>
    drafts.map((draft) => {
      const next = seal(chain, held.jobHeads, draft);
      held.insert(next.sealed);
      chain = next.chain;
      passed.push(chain.frontier);
      held.last = draft;
      return next.sealed;
    }),
  );
  held.commit();
  held.chain = chain;
  for (const frontier of passed) mark(held.marks, frontier);
  // A commit writes whole pages; this is about what one costs beyond its payload.
  const payload = all.flat().reduce((sum, { entryBytes, bodyBytes }) => sum + entryBytes.length + bodyBytes.length, 0);
  held.log.wrote(payload + 8192);
  return all;
}

/** A foreign program that holds one read open keeps the log from starting over; it would fill the disk. */
function readerHolds(bytes: number): LedgerFault {
  return {
    code: "log-pinned",
    what: `A program has the ledger open for reading and does not let go; the write-ahead log has grown to ${bytes >> 20} MiB.`,
    remedy:
      "End the program that has ledger.db open (lsof or fuser names it), then start the cell again if it has stopped.",
  };
}

/** Frees the reserve and records from it that the disk was full; what the caller wanted to record stays lost. */
function recordFull(held: Held, fault: LedgerFault, lost: readonly TextDraft[]): LedgerFault {
  held.failing(fault);
  const last = lost.at(-1) ?? held.last;
  if (last === null) return fault;
  const bodyText = canonical({ lostEntries: lost.length, what: fault.what });
  try {
    releaseReserve(held.reserve);
    limitPages(held.db, null);
    write(held, [[{ ...last, job: null, actorId: null, type: storageExhausted, bodyText }]]);
    return { ...fault, what: `${fault.what} That fact is recorded.` };
  } catch (problem) {
    rollback(held.db);
    return sqliteCode(problem) === "" ? fault : { ...fault, what: `${fault.what} Not even that could be recorded.` };
  }
}

/** Bounds the database's size; null lifts the bound. Never below what is there already. */
function limitPages(db: Db, bytes: number | null): void {
  const pageSize = Number(db.pragma("page_size", { simple: true }));
  db.pragma(`max_page_count = ${bytes === null ? 4294967294 : Math.max(1, Math.floor(bytes / pageSize))}`);
}

function rollback(db: Db): void {
  try {
    if (db.inTransaction) db.exec("ROLLBACK");
  } catch {
    // The transaction's end is SQLite's business on the next start; the first error is the one to report.
  }
}

function inUse(dataDir: string): LedgerFault {
  return {
    code: "ledger-in-use",
    what: `Another process has the ledger in ${dataDir} open for writing.`,
    remedy: "Stop the other cell controller; two must never write one record.",
  };
}

function otherLog(data: WriterData, origin: string | null): LedgerFault {
  return {
    code: "ledger-absent",
    what:
      origin === null
        ? `There is no ledger of this format in ${data.dataDir}.`
        : `The ledger in ${data.dataDir} is that of ${origin}, the keys are those of ${data.origin}.`,
    remedy: "Check which data folder and which key folder the configuration names, or set the cell up.",
  };
}

/** What a failure while opening means: SQLite's words, the file system's, or a defect (thrown on). */
function openFault(problem: unknown, dataDir: string): LedgerFault {
  const code = errorCode(problem);
  if (sqliteCode(problem) === "SQLITE_CANTOPEN" || code === "ENOENT") {
    return {
      code: "ledger-absent",
      what: `There is no ledger in ${dataDir}.`,
      remedy: "Check which data folder the configuration names, or set the cell up.",
    };
  }
  if (code === "ENOSPC" || code === "EDQUOT") {
    return {
      code: "disk-full",
      what: `The data disk is too full to keep a reserve of ${reserveBytes >> 20} MiB in ${dataDir}.`,
      remedy: "Free space on the data disk, then start the cell again.",
    };
  }
  if (sqliteCode(problem) === "" && code.startsWith("E") && !code.startsWith("ERR_")) {
    return {
      code: "disk-error",
      what: `The data folder ${dataDir} cannot be used (${code}).`,
      remedy: "Check the disk and the rights on the folder, then start the cell again.",
    };
  }
  return faultOf(problem);
}

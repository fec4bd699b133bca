/** What the scrub reads: signed heads to hold the entries against, the trail on from a cache, and how far damage goes. */

import type { Digest } from "../../kernel/names.ts";
import { sameBytes, toHex } from "../bytes.ts";
import { openCheckpoint, readSigned } from "../checkpoint.ts";
import { openCosignatures } from "../cosignature.ts";
import { newestWitnessed } from "../cosigned.ts";
import { type Finding, finding, type Rule } from "../finding.ts";
import type { Head } from "../ledger.ts";
import { markEvery } from "../marks.ts";
import { createTrail, endOf, endRowsFrom, type Prefix, type Trail } from "../prefix.ts";
import { blockFinding, blocksAround, edgeRoot } from "../proven.ts";
import type { RecordDamage } from "../scrub.ts";
import type { CheckpointRow } from "../verify.ts";
import { checkSignature } from "./crypto.ts";
import {
  checkpointsDown,
  cosignaturesDown,
  type Db,
  notesBetween,
  rowsFrom,
  sqliteCode,
  whatIsReadable,
} from "./database.ts";
import type { ScrubData } from "./scrub-protocol.ts";

/** The newest heads that the cell and central QA have signed; null where there is none. */
export interface SignedHeads {
  readonly own: Head | null;
  readonly cosigned: Head | null;
}

/** Reads both. Throws SqliteError. */
export function signedHeads(db: Db, { origin, trusted, witnesses }: ScrubData): SignedHeads {
  const own = newestOwn(db, origin, trusted);
  const counted = newestWitnessed({ origin, trusted, witnesses, check: checkSignature }, cosignaturesDown(db));
  return {
    own,
    cosigned: counted?.head ?? null,
  };
}

function newestOwn(db: Db, origin: string, trusted: ScrubData["trusted"]): Head | null {
  for (const { size, note } of checkpointsDown(db)) {
    const opened = openCheckpoint(note, origin, trusted, checkSignature);
    if (opened.ok && opened.value.size === size) return { size, root: toHex(opened.value.root) as Digest };
  }
  return null;
}

/** The trail on from a prefix, or from the first entry where the prefix does not fit what is there. Throws SqliteError. */
export function trailFrom(db: Db, origin: string, prefix: Prefix | null): Trail {
  if (prefix === null || prefix.origin !== origin) return createTrail(origin);
  const end = endOf(prefix, [...rowsFrom(db, endRowsFrom(prefix.size), prefix.size)]);
  return end === null ? createTrail(origin) : createTrail(origin, { prefix, end });
}

/** What is wrong with a note that stands beside the entries: it costs nothing but what it says. */
export interface WrongNote {
  readonly finding: Finding;
  /** The size under which it is filed. */
  readonly size: number;
}

/** Takes the next page of rows, up to `to`; what is wrong, or null. Does not throw on a damaged file. */
export function readPage(
  db: Db,
  trail: Trail,
  to: number,
  heads: SignedHeads,
  notes: NoteRoots | null = null,
): Finding | null {
  const from = trail.size();
  try {
    for (const row of rowsFrom(db, from, Math.min(to, from + markEvery))) {
      const wrong = trail.step(row) ?? wrongRoot(trail, heads);
      if (wrong !== null) return wrong;
      if (notes?.sizes.has(trail.size())) notes.roots.set(trail.size(), trail.root());
    }
  } catch (problem) {
    const code = sqliteCode(problem);
    if (code === "") throw problem;
    return finding("database", trail.size(), `From entry ${trail.size()} on the database cannot be read (${code}).`);
  }
  if (trail.size() > from) return null;
  const ended = trail.end();
  return ended ?? finding("truncated", from, `Entry ${from} is missing, and it was signed.`);
}

/** The notes of a stretch, and the roots found at their sizes. */
export interface NoteRoots {
  readonly rows: readonly { readonly row: CheckpointRow; readonly cosigned: boolean }[];
  readonly sizes: ReadonlySet<number>;
  readonly roots: Map<number, Uint8Array>;
}

/** The notes filed above `above`, up to `to`; those that can be read. */
export function notesFrom(db: Db, above: number, to = Number.MAX_SAFE_INTEGER): NoteRoots {
  const rows = (["checkpoint", "cosignature"] as const).flatMap((table) =>
    (whatIsReadable(() => notesBetween(db, table, above, to)) ?? [{ size: above + 1, note: "" }]).map((row) => ({
      row,
      cosigned: table === "cosignature",
    })),
  );
  return { rows, sizes: new Set(rows.map(({ row }) => row.size)), roots: new Map() };
}

/** The first note that does not hold, by itself or against the entries. */
export function wrongNote({ rows, roots }: NoteRoots, { origin, trusted, witnesses }: ScrubData): WrongNote | null {
  for (const { row, cosigned } of rows) {
    const { size, note } = row;
    const told = cosigned ? "countersigned checkpoint" : "checkpoint";
    const wrong = (rule: Rule, why: string): WrongNote => ({
      size,
      finding: finding(rule, null, `The ${told} over ${size} entries does not hold: ${why}.`),
    });
    const read = readSigned(note, origin, trusted, checkSignature);
    if (!read.ok) return wrong(cosigned ? "cosignature" : "checkpoint-signature", read.error);
    if (read.value.checkpoint.size !== size) {
      return wrong(cosigned ? "cosignature" : "checkpoint-format", `it is over ${read.value.checkpoint.size} entries`);
    }
    const root = roots.get(size);
    if (root !== undefined && !sameBytes(root, read.value.checkpoint.root)) {
      return wrong(cosigned ? "cosignature" : "checkpoint-root", "the entries are not those that it was made over");
    }
    if (!cosigned || witnesses.length === 0) continue;
    const by = openCosignatures(note, witnesses, checkSignature);
    if (!by.ok || by.value.length === 0) return wrong("cosignature", by.ok ? "central QA has not signed it" : by.error);
  }
  return null;
}

function wrongRoot(trail: Trail, { own, cosigned }: SignedHeads): Finding | null {
  const size = trail.size();
  if (size !== own?.size && size !== cosigned?.size) return null;
  const root = toHex(trail.root());
  if (size === cosigned?.size && root !== cosigned.root) {
    return finding("cosignature", 0, `The first ${size} entries are not those that central QA has countersigned.`);
  }
  if (size === own?.size && root !== own.root) {
    return finding("checkpoint-root", 0, `The first ${size} entries are not those that the cell has signed.`);
  }
  return null;
}

/**
 * How far damage goes: every block from the first finding on is held against a prefix that was proven before, if there
 * is one, and `pause` is awaited between them. Without a prefix nothing after the finding can be relied on.
 */
export async function damageOf(
  db: Db,
  first: Finding,
  prefix: Prefix | null,
  to: number,
  pause: () => Promise<void>,
): Promise<RecordDamage> {
  const { rule, seq, what, remedy } = first;
  const from = seq ?? 0;
  if (prefix === null || from >= prefix.size) return { rule, seq, from, to: Math.max(to, from + 1), what, remedy };
  const span: { seq: number | null; from: number; to: number } = { seq, from: prefix.size, to: 0 };
  const edge = edgeRoot([...rowsOf(db, prefix.size - (prefix.size % markEvery), prefix.size)]);
  for (const block of blocksAround(prefix, from, prefix.size)) {
    await pause();
    const wrong = blockFinding(prefix, edge, block, rowsOf(db, block.from, block.to));
    if (wrong === null) continue;
    if (wrong.rule === "body-changed" && wrong.seq !== null) span.from = Math.min(span.from, wrong.seq);
    else span.from = Math.min(span.from, block.from);
    span.to = block.to;
  }
  if (span.to === 0) return { rule, seq, from, to: from + 1, what, remedy };
  return { rule, seq, from: Math.min(span.from, from), to: span.to, what, remedy };
}

/** Rows of one block; those that can be read where the file is damaged. */
function rowsOf(db: Db, from: number, to: number) {
  try {
    return [...rowsFrom(db, from, to)];
  } catch (problem) {
    if (sqliteCode(problem) === "") throw problem;
    return [];
  }
}

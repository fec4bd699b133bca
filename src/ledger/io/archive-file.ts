/** Reading an archive's record line by line, however long it is; what is read is hashed as it passes. */
import { closeSync, openSync, readSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { digestOf, startHashing } from "../../kernel/hash.ts";
import type { Digest } from "../../kernel/names.ts";
import {
  type ArchiveHeader,
  type ArchiveLine,
  archiveRecordFile,
  beginningOf,
  readArchiveHeader,
  readArchiveLine,
} from "../archive.ts";
import { concat, utf8 } from "../bytes.ts";
import type { CheckedPrefix, Row } from "../chain-check.ts";
import { parseCheckpoint } from "../checkpoint.ts";
import { maxLineBytes } from "../copy.ts";
import { parseEntry } from "../entry.ts";
import { splitNote } from "../note.ts";
import type { CheckpointRow } from "../verify.ts";

const newline = 0x0a;

/** The lines of a file, without their ends, and the digest of all of it once they are read. */
interface LineReader {
  readonly lines: IterableIterator<Uint8Array>;
  /** To be asked once, after the last line. */
  digest(): Digest;
  close(): void;
}

/**
 * Opens a file of lines. A line that is too long, or has no end, is given as one of no bytes, which no format has, and is
 * the last. Throws the system's errors.
 */
function openLines(path: string): LineReader {
  const file = openSync(path, "r");
  const hashing = startHashing();
  function* read(): IterableIterator<Uint8Array> {
    const piece = Buffer.alloc(1 << 18);
    let rest: Buffer = Buffer.alloc(0);
    for (let got = readSync(file, piece); got > 0; got = readSync(file, piece)) {
      const bytes = piece.subarray(0, got);
      hashing.add(bytes);
      rest = Buffer.concat([rest, bytes]);
      let start = 0;
      for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline, start)) {
        const line = rest.subarray(start, end);
        const isTooLong = line.length > maxLineBytes;
        yield isTooLong ? Buffer.alloc(0) : line;
        if (isTooLong) return;
        start = end + 1;
      }
      rest = rest.subarray(start);
      if (rest.length > maxLineBytes) break;
    }
    if (rest.length > 0) yield Buffer.alloc(0);
  }
  return { lines: read(), digest: () => hashing.digest(), close: () => closeSync(file) };
}

/** A verified archive's content beside its entries. */
export interface ArchiveContent {
  readonly header: ArchiveHeader;
  readonly checkpoints: readonly CheckpointRow[];
  readonly cosignatures: readonly CheckpointRow[];
  /** Digest of each artifact's file. */
  readonly artifacts: ReadonlyMap<Digest, Digest>;
  readonly dropped: ReadonlySet<Digest>;
}

/** The record as it is read: checkpoints first, then the entries one by one, then what stands after them. */
export interface ArchiveReading {
  readonly header: ArchiveHeader;
  readonly headerDigest: Digest;
  readonly beginning: CheckedPrefix;
  readonly checkpoints: readonly CheckpointRow[];
  readonly cosignatures: readonly CheckpointRow[];
  readonly rows: IterableIterator<Row>;
  /** The rest, after the rows; null where a line there is none of an archive. */
  rest(): Pick<ArchiveContent, "artifacts" | "dropped"> | null;
  digest(): Digest;
  close(): void;
}

/** Whether a folder has an archive's record in it. */
export function isArchive(folder: string): Promise<boolean> {
  return stat(join(folder, archiveRecordFile)).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Opens an archive's record; null where its beginning is none. Throws the system's errors. */
export function readArchive(folder: string): ArchiveReading | null {
  const reader = openLines(join(folder, archiveRecordFile));
  const reading = readBeginning(reader);
  if (reading === null) reader.close();
  return reading;
}

function readBeginning(reader: LineReader): ArchiveReading | null {
  const first = reader.lines.next();
  const header = first.done ? null : readArchiveHeader(first.value);
  const beginning = header && beginningOf(header);
  if (first.done || header === null || beginning === null) return null;
  const headerDigest = digestOf(concat(first.value, utf8("\n")));
  const checkpoints: CheckpointRow[] = [];
  const cosignatures: CheckpointRow[] = [];
  let next = nextLine(reader);
  for (; next !== null && next.line !== null; next = nextLine(reader)) {
    if ("note" in next.line) checkpoints.push(filed(next.line.note, header.size));
    else if ("cosigned" in next.line) cosignatures.push(filed(next.line.cosigned, header.size));
    else break;
  }
  function* rows(): IterableIterator<Row> {
    for (let place = header?.from ?? 0; next !== null; next = nextLine(reader), place++) {
      if (next.line !== null && !("entry" in next.line)) return;
      yield next.line === null ? noEntry(place) : rowOf(next.line, place);
    }
  }
  return {
    ...{ header, headerDigest, beginning, checkpoints, cosignatures },
    rows: rows(),
    rest: () => readRest(reader, next),
    digest: () => reader.digest(),
    close: () => reader.close(),
  };
}

/** The next line, itself null where it is none of an archive; null after the last. */
function nextLine(reader: LineReader): { readonly line: ArchiveLine | null } | null {
  const next = reader.lines.next();
  return next.done ? null : { line: readArchiveLine(next.value) };
}

/** A checkpoint under the size that it states; whatever is none is found by its signature. */
function filed(note: string, otherwise: number): CheckpointRow {
  const split = splitNote(note);
  const parsed = split.ok ? parseCheckpoint(split.value.text) : split;
  return { size: parsed.ok ? parsed.value.size : otherwise, note };
}

function rowOf({ entry, body }: { readonly entry: string; readonly body: string }, place: number): Row {
  const read = parseEntry(entry);
  return { seq: read?.seq ?? place, job: read?.job ?? null, entry: utf8(entry), body: utf8(body) };
}

const noEntry = (seq: number): Row => ({ seq, job: null, entry: new Uint8Array(), body: new Uint8Array() });

function readRest(reader: LineReader, from: { readonly line: ArchiveLine | null } | null) {
  const artifacts = new Map<Digest, Digest>();
  const dropped = new Set<Digest>();
  for (let next = from; next !== null; next = nextLine(reader)) {
    const { line } = next;
    if (line === null) return null;
    const digest = "artifact" in line ? line.artifact : "dropped" in line ? line.dropped : null;
    if (digest === null || artifacts.has(digest) || dropped.has(digest)) return null;
    if ("artifact" in line) artifacts.set(digest, line.file);
    else dropped.add(digest);
  }
  return { artifacts, dropped };
}

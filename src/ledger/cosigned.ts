/** Verification of stored cosignatures: what central QA has countersigned has to be what stands in the log. */
import type { Digest } from "../kernel/names.ts";
import { sameBytes, toHex } from "./bytes.ts";
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import { openCosignatures } from "./cosignature.ts";
import { type Finding, finding } from "./finding.ts";
import type { Head } from "./ledger.ts";
import type { SignedNote } from "./note.ts";
import type { SignatureCheck, VerifyingKey } from "./signer.ts";

/** The largest head that a stored cosignature covers. */
export interface CosignedHead extends Head {
  /** Names of the witnesses whose keys were given and whose cosignatures were found right; empty where none was given. */
  readonly by: readonly string[];
}

/** A stored cosigned checkpoint that is well-formed and signed by the cell, before it is held against the entries. */
export interface ReadCosigned {
  readonly checkpoint: Checkpoint;
  readonly by: readonly string[];
}

/** A stored row; `size` is where the database files it. */
export interface CosignedRow {
  readonly size: number;
  readonly note: SignedNote;
}

/** Keys and rows by which cosignatures are judged. */
export interface CosignedUnderTest {
  readonly origin: string;
  readonly rows: readonly CosignedRow[];
  readonly trusted: readonly VerifyingKey[];
  readonly witnesses: readonly VerifyingKey[];
  readonly check: SignatureCheck;
}

/**
 * Opens every stored row: those that hold by themselves, and findings for the others. A row proves nothing without
 * central's line, since whoever can write the folder can write rows: where keys are given, one of them has to have signed.
 */
export function readCosigned(test: CosignedUnderTest): { read: ReadCosigned[]; findings: Finding[] } {
  const read: ReadCosigned[] = [];
  const findings: Finding[] = [];
  for (const { size, note } of test.rows) {
    const wrong = (why: string): void => {
      findings.push(
        finding("cosignature", null, `The countersigned checkpoint over ${size} entries does not hold: ${why}.`),
      );
    };
    const opened = openCheckpoint(note, test.origin, test.trusted, test.check);
    const cosigned = openCosignatures(note, test.witnesses, test.check);
    if (!opened.ok) wrong(opened.error);
    else if (!cosigned.ok) wrong(cosigned.error);
    else if (opened.value.size !== size) wrong(`it is over ${opened.value.size} entries`);
    else if (test.witnesses.length > 0 && cosigned.value.length === 0) wrong("central QA has not signed it");
    else read.push({ checkpoint: opened.value, by: [...new Set(cosigned.value.map(({ by }) => by.name))] });
  }
  return { read, findings };
}

/** The largest row that a witness has signed, of rows given largest first; null without witnesses or without such a row. */
export function newestWitnessed(
  test: Omit<CosignedUnderTest, "rows">,
  rows: Iterable<CosignedRow>,
): { readonly row: CosignedRow; readonly head: CosignedHead } | null {
  if (test.witnesses.length === 0) return null;
  for (const row of rows) {
    const [read] = readCosigned({ ...test, rows: [row] }).read;
    if (read) return { row, head: { size: row.size, root: toHex(read.checkpoint.root) as Digest, by: read.by } };
  }
  return null;
}

/** Holds them, smallest first, against the roots found; `broken` is the log's first bad entry, if there is one. */
export function judgeCosigned(
  all: readonly ReadCosigned[],
  roots: ReadonlyMap<number, Uint8Array>,
  [first, entries]: readonly [number, number],
  broken: Finding | null,
): { last: CosignedHead | null; findings: Finding[] } {
  let last: CosignedHead | null = null;
  for (const { checkpoint, by } of all) {
    const { size } = checkpoint;
    const root = roots.get(size);
    if (root === undefined) {
      if (broken !== null) break;
      const what = `Central QA has countersigned ${size} entries, ${entries} are here: entry ${entries} is the first missing.`;
      return { last, findings: [finding("truncated", entries, what)] };
    }
    if (!sameBytes(root, checkpoint.root)) {
      const from: number = last?.size ?? first;
      const explained = broken !== null && broken.seq !== null && broken.seq >= from && broken.seq < size;
      const what = `Entries ${from} to ${size - 1} are not those that central QA has countersigned.`;
      return { last, findings: explained ? [] : [finding("cosignature", from, what)] };
    }
    last = { size, root: toHex(root) as Digest, by };
  }
  return { last, findings: [] };
}

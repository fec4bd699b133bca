/** Verification of a whole log: every entry, every checkpoint, what is missing at the end; keys come from the caller. */
import type { Json } from "../kernel/json.ts";
import type { Digest } from "../kernel/names.ts";
import { sameBytes, toHex } from "./bytes.ts";
import type { Chain, JobHeads } from "./chain.ts";
import { type ChainCheck, type CheckedPrefix, createChainCheck, isFinding, type Row, readBody } from "./chain-check.ts";
import { type Checkpoint, readSigned } from "./checkpoint.ts";
import { readContinuation } from "./continuation.ts";
import { type CosignedHead, judgeCosigned, readCosigned } from "./cosigned.ts";
import { type Finding, finding } from "./finding.ts";
import type { Head } from "./ledger.ts";
import { type Marks, mark, noMarks } from "./marks.ts";
import type { SignedNote } from "./note.ts";
import type { SignatureCheck, VerifyingKey } from "./signer.ts";
import { readSuccession, type Succession, wrongSuccession } from "./succession.ts";
import { type Frontier, rootOf } from "./tree.ts";

/** A stored checkpoint; `size` is where the database files it. */
export interface CheckpointRow {
  readonly size: number;
  readonly note: SignedNote;
}

/** What is to be verified, and by what it is judged. */
export interface LogUnderTest {
  readonly origin: string;
  readonly rows: Iterable<Row>;
  /** The end of a prefix whose root is compared here with a signed one; `rows` then begin after it. */
  readonly known?: (CheckedPrefix & { readonly marks?: Marks }) | undefined;
  /** In order of size. */
  readonly checkpoints: readonly CheckpointRow[];
  /** Checkpoints with central QA's cosignature, in order of size. */
  readonly cosignatures: readonly CheckpointRow[];
  /** Keys of central QA from elsewhere; without one a cosignature's own line is not judged. */
  readonly witnesses?: readonly VerifyingKey[];
  readonly trusted: readonly VerifyingKey[];
  readonly check: SignatureCheck;
  /** A head known from elsewhere (the boot floor, a receipt) that the log must contain. */
  readonly floor?: Head | undefined;
  /** False: bodies are only hashed (a start of the cell), true: parsed as well. */
  readonly parseBodies: boolean;
  /** Told each body, when bodies are parsed. */
  readonly onBody?: (row: Row, body: Json) => void;
}

/** A signed head with the keys whose signatures count. */
interface SignedHead extends Checkpoint {
  readonly by: readonly VerifyingKey[];
}

/** What verification says. */
export interface Report {
  readonly ok: boolean;
  readonly origin: string;
  /** Entries read before the first bad one, or all. */
  readonly entries: number;
  readonly jobs: number;
  /** The largest checkpoint that is signed and agrees with the entries. */
  readonly lastCheckpoint: Head | null;
  /** Entries at the end that no checkpoint covers yet. */
  readonly uncovered: number;
  /** The largest head with a stored cosignature that agrees with the entries. */
  readonly cosigned: CosignedHead | null;
  readonly findings: readonly Finding[];
}

/** The report with the state from which the log can be continued. */
export interface VerifiedLog {
  readonly report: Report;
  readonly chain: Chain;
  readonly jobHeads: JobHeads;
  readonly marks: Marks;
  /** Whether the floor, if one was given, is a prefix of the log; null where none was given. */
  readonly floor: "held" | "behind" | "forked" | null;
}

/** Verifies a log in one pass; the findings start with the first bad entry, if there is one. */
export function verifyLog(log: LogUnderTest): VerifiedLog {
  const heads = readHeads(log);
  const cosigned = readCosigned({ ...log, rows: log.cosignatures, witnesses: log.witnesses ?? [] });
  const roots = new Map<number, Uint8Array>();
  // A prefix without marks is one that nobody goes on from.
  const keepsMarks = log.known === undefined || log.known.marks !== undefined;
  const marks: Frontier[] = [...(log.known?.marks ?? noMarks)];
  const sizes = new Set(heads.signed.map((head) => head.size));
  for (const { checkpoint } of cosigned.read) sizes.add(checkpoint.size);
  if (log.floor !== undefined) sizes.add(log.floor.size);
  const atSize = new Map(heads.signed.map((head) => [head.size, head]));
  const signedAt = (size: number): boolean => {
    const head = atSize.get(size);
    const root = roots.get(size);
    return head !== undefined && root !== undefined && sameBytes(head.root, root);
  };
  const check = createChainCheck(log.origin, signedAt, log.known);
  const { frontier: first } = check.chain();
  if (sizes.has(first.size)) roots.set(first.size, rootOf(first));
  const successions: Succession[] = [];
  const broken = walk(log, check, successions, (frontier) => {
    if (keepsMarks) mark(marks, frontier);
    if (sizes.has(frontier.size)) roots.set(frontier.size, rootOf(frontier));
  });
  const { frontier } = check.chain();
  const judged = judgeHeads(heads.signed, roots, [first.size, frontier.size], broken);
  const witnessed = judgeCosigned(cosigned.read, roots, [first.size, frontier.size], broken);
  const findings = [
    ...(broken === null ? [] : [broken]),
    ...judged.findings,
    ...heads.findings,
    ...witnessed.findings,
    ...cosigned.findings,
    ...judgeSuccessions(log, successions, judged.last?.size ?? 0),
    ...judgeRevoked(heads.signed, judged.last, witnessed.last),
  ];
  findings.sort((a, b) => (a.seq ?? Number.MAX_SAFE_INTEGER) - (b.seq ?? Number.MAX_SAFE_INTEGER));
  if (broken === null && judged.last === null && frontier.size > 0 && findings.length === 0) {
    findings.push(finding("unsigned", null, `None of the ${frontier.size} entries is covered by a signed checkpoint.`));
  }
  const report = {
    ok: findings.length === 0,
    origin: log.origin,
    entries: frontier.size,
    jobs: check.jobHeads.size,
    lastCheckpoint: judged.last,
    uncovered: frontier.size - (judged.last?.size ?? 0),
    cosigned: witnessed.last,
    findings,
  };
  const floor = judgeFloor(log.floor, roots, frontier.size);
  return { report, chain: check.chain(), jobHeads: check.jobHeads, marks, floor };
}

/** Opens every stored checkpoint: those that a trusted key has signed, and findings for the others. */
function readHeads(log: LogUnderTest): { signed: SignedHead[]; findings: Finding[] } {
  const signed: SignedHead[] = [];
  const ended: { readonly size: number; readonly doubt: string }[] = [];
  const findings: Finding[] = [];
  for (const row of log.checkpoints) {
    const opened = readSigned(row.note, log.origin, log.trusted, log.check);
    if (!opened.ok) {
      findings.push(
        finding(
          "checkpoint-signature",
          null,
          `The checkpoint over ${row.size} entries does not hold: ${opened.error}.`,
        ),
      );
    } else if (opened.value.checkpoint.size !== row.size) {
      findings.push(
        finding(
          "checkpoint-format",
          null,
          `A checkpoint over ${opened.value.checkpoint.size} entries is filed under ${row.size}.`,
        ),
      );
    } else {
      const { checkpoint, by, doubt } = opened.value;
      if (by.length > 0) signed.push({ ...checkpoint, by });
      else ended.push({ size: checkpoint.size, doubt: doubt ?? "" });
    }
  }
  // Below a checkpoint that counts, one that does not is not needed; above, it would make more of the log than is proven.
  const counted = signed.at(-1)?.size ?? 0;
  for (const { size, doubt } of ended) {
    if (size <= counted) continue;
    findings.push(
      finding("checkpoint-signature", null, `The checkpoint over ${size} entries does not hold: ${doubt}.`),
    );
  }
  return { signed, findings };
}

/** Steps through the rows, tells each frontier, and gives the first bad entry. */
function walk(
  log: LogUnderTest,
  check: ChainCheck,
  successions: Succession[],
  onFrontier: (frontier: Frontier) => void,
): Finding | null {
  for (const row of log.rows) {
    const wrong = check.step(row);
    if (wrong !== null) return wrong;
    const { frontier } = check.chain();
    // Where a link is in doubt the chain does not grow until the next row has decided.
    if (frontier.size !== row.seq + 1) continue;
    onFrontier(frontier);
    if (!log.parseBodies) continue;
    const read = readBody(row.body, row.seq);
    if (isFinding(read)) return read;
    log.onBody?.(row, read.value);
    const succession = readSuccession(row.seq, row.entry, row.body);
    if (isFinding(succession)) return succession;
    const continuation = readContinuation(log.origin, row.seq, row.entry, row.body);
    if (isFinding(continuation)) return continuation;
    if (succession !== null) successions.push(succession);
  }
  return check.end();
}

/** Where the key was handed on, both keys have signed; what no checkpoint covers yet is not judged yet. */
function judgeSuccessions(log: LogUnderTest, successions: readonly Succession[], signed: number): Finding[] {
  return successions.flatMap((one) => {
    if (one.seq >= signed) return [];
    const note = log.checkpoints.find(({ size }) => size === one.seq + 1)?.note ?? null;
    return wrongSuccession(one, note, log.trusted, log.check) ?? [];
  });
}

/** A log that ends under a key which was revoked: whoever has that key may have made it up, unless a witness was there. */
function judgeRevoked(signed: readonly SignedHead[], last: Head | null, witnessed: CosignedHead | null): Finding[] {
  const by = signed.find(({ size }) => size === last?.size)?.by ?? [];
  if (last === null || !by.every((key) => key.effect?.revoked !== undefined)) return [];
  if (witnessed !== null && witnessed.by.length > 0 && witnessed.size >= last.size) return [];
  const what = `Only a revoked key has signed the newest checkpoint (${last.size} entries), and no witness that you trust has countersigned it.`;
  return [finding("checkpoint-signature", null, what)];
}

/**
 * Compares signed heads, smallest first, with the roots found. Where the walk ended early at a bad entry, a head that
 * covers that entry cannot agree and says nothing more.
 */
function judgeHeads(
  signed: readonly Checkpoint[],
  roots: ReadonlyMap<number, Uint8Array>,
  [first, entries]: readonly [number, number],
  broken: Finding | null,
): { last: Head | null; findings: Finding[] } {
  let last: Head | null = null;
  for (const head of signed) {
    const root = roots.get(head.size);
    if (root === undefined) {
      if (broken !== null) break;
      const what = `The cell has signed ${head.size} entries, ${entries} are here: entry ${entries} is the first missing.`;
      return { last, findings: [finding("truncated", entries, what)] };
    }
    if (!sameBytes(root, head.root)) {
      const from: number = last?.size ?? first;
      const explained = broken !== null && broken.seq !== null && broken.seq >= from && broken.seq < head.size;
      const what = `Entries ${from} to ${head.size - 1} are not those that the cell signed.`;
      return { last, findings: explained ? [] : [finding("checkpoint-root", from, what)] };
    }
    last = { size: head.size, root: toHex(head.root) as Digest };
  }
  return { last, findings: [] };
}

function judgeFloor(
  floor: Head | undefined,
  roots: ReadonlyMap<number, Uint8Array>,
  entries: number,
): VerifiedLog["floor"] {
  if (floor === undefined) return null;
  if (floor.size > entries) return "behind";
  const root = roots.get(floor.size);
  return root !== undefined && toHex(root) === floor.root ? "held" : "forked";
}

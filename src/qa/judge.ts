/** The witness's judgement of one batch (docs/sync-format.md): taken, known, ahead, refused, or proof of two histories. */
import { assert } from "../kernel/assert.ts";
import { digestOf } from "../kernel/hash.ts";
import type { Digest, JobId } from "../kernel/names.ts";
import type { Batch } from "../ledger/batch.ts";
import { fromBase64, sameBytes, utf8 } from "../ledger/bytes.ts";
import type { Chain } from "../ledger/chain.ts";
import { checkBody, checkEntry, createChainCheck, isFinding } from "../ledger/chain-check.ts";
import { openCheckpoint, parseCheckpoint } from "../ledger/checkpoint.ts";
import { type Continuation, readContinuation, wrongAncestor } from "../ledger/continuation.ts";
import { parseEntry } from "../ledger/entry.ts";
import type { Finding, Rule } from "../ledger/finding.ts";
import type { Head } from "../ledger/ledger.ts";
import { type SignedNote, signatureLine, splitNote } from "../ledger/note.ts";
import { consistencyRoots } from "../ledger/proofs.ts";
import type { SignatureCheck, VerifyingKey } from "../ledger/signer.ts";
import { readSuccession, wrongSuccession } from "../ledger/succession.ts";
import { emptyFrontier, type Frontier, grow, leafHash, rootOf } from "../ledger/tree.ts";
import { wrongHistory } from "./ancestry.ts";
import { type Held, type NewEntry, type Reach, type Receipt, unreadType } from "./store.ts";

/** A cell as central's own configuration knows it; nothing of this is ever taken from a message. */
export interface RegisteredCell {
  /** The name in its topics. */
  readonly id: string;
  readonly title: string;
  readonly origin: string;
  readonly keys: readonly VerifyingKey[];
  /** Logs of this cell that are over, the oldest first; the last was continued under `origin`. */
  readonly ancestors: readonly PastLog[];
  /** True where simulated devices may be released. */
  readonly demonstration: boolean;
  readonly silentAfterMs: number;
}

/** A log that was continued under another name: verified for ever, and nothing more is taken of it. */
export interface PastLog {
  readonly origin: string;
  readonly keys: readonly VerifyingKey[];
}

/** What is to be done with a batch. */
export type Verdict =
  /** Store the new entries and the checkpoint, then cosign. */
  | {
      readonly kind: "taken";
      readonly entries: readonly NewEntry[];
      readonly chain: Chain;
      /** Entries that the cell has signed and that are not well-formed: kept in their place, never interpreted. */
      readonly spoiled: readonly Finding[];
    }
  /** All of it is held already. */
  | { readonly kind: "known" }
  /** It begins after what is held. */
  | { readonly kind: "conflict"; readonly size: number }
  /** The cell's key has signed what cannot be true beside what is held; `size` is where they part, as far as is known. */
  | {
      readonly kind: "fork";
      readonly size: number;
      readonly what: string;
      /** Only where no row is lost here: a job's last entry that is missing would look the same. */
      readonly ifWhole: boolean;
    }
  /** It can never be taken; `code` is a rule of the verifier or one of this file's own. */
  | { readonly kind: "refused"; readonly code: Rule | OwnCode; readonly what: string };

/**
 * `origin`: another log's. `checkpoint`: not signed by the cell, or of another size. `differs`: not what was signed.
 * `ancestor`: it does not begin as what is registered here does.
 */
type OwnCode = "origin" | "checkpoint" | "differs" | "proof" | "ancestor";

/** What of the store a batch touches. */
export function reachOf(batch: Batch): Reach {
  const jobs = new Set<JobId>();
  const links = new Set<Digest>();
  let boot: number | undefined;
  for (const { entry } of batch.entries) {
    const read = parseEntry(entry);
    if (read?.job) jobs.add(read.job);
    if (read?.jobPrev) links.add(read.jobPrev);
    // The first of a start may follow on one that nobody can read.
    if (read?.job && read.boot !== boot) links.add(read.prev);
    boot = read?.boot;
  }
  return { from: batch.from, to: batch.from + batch.entries.length, jobs: [...jobs], links: [...links] };
}

/**
 * A verified checkpoint with the cell's own signatures alone, one line a key: what is kept and cosigned holds nothing
 * that somebody else has written under it.
 */
export function ownCheckpoint(note: SignedNote, cell: RegisteredCell): SignedNote {
  const split = splitNote(note);
  assert(split.ok, "a verified checkpoint is a note");
  const { text, lines } = split.value;
  const own = cell.keys.flatMap((key) => {
    const line = lines.find(({ name, id }) => name === key.name && id === key.id);
    return line === undefined ? [] : [signatureLine(key, line.signature)];
  });
  return `${text}\n${own.join("")}`;
}

/** Judges a batch against what is held, of its log and of the log before (`past`), under the cell's configured keys. Pure: the same answer for the same words. */
export function judgeBatch(
  held: Held,
  batch: Batch,
  cell: RegisteredCell,
  check: SignatureCheck,
  past: Head | null = null,
): Verdict {
  if (batch.origin !== cell.origin) return refused("origin", notKept(cell, batch.origin));
  const opened = openCheckpoint(batch.checkpoint, cell.origin, cell.keys, check);
  if (!opened.ok) return refused("checkpoint", `Its checkpoint does not hold: ${opened.error}.`);
  const { size, root } = opened.value;
  if (size !== batch.from + batch.entries.length) {
    return refused(
      "checkpoint",
      `Its checkpoint is over ${size} entries, it ends at ${batch.from + batch.entries.length}.`,
    );
  }
  const heldSize = held.chain.frontier.size;
  if (held.frozen) {
    const what = "This log is frozen: two histories of it were seen before.";
    return { kind: "fork", size: heldSize, what, ifWhole: false };
  }
  // Nothing can be said of what begins among rows that are lost: only what comes after all of them is judged.
  if (batch.from > heldSize || held.base === null) return { kind: "conflict", size: heldSize };
  const leaves = batch.entries.map(({ entry }) => leafHash(utf8(entry)));
  const signed = sameBytes(rootOf(grown(held.base, leaves)), root);
  if (!signed) return notAsSigned(held, held.base, batch, root);
  return (
    overlap(held, batch, leaves) ??
    changedBody(held, batch) ??
    wrongProof(held.base, batch, root) ??
    againstVouched(held.vouched, held.base, batch, leaves) ??
    judgeEntries(held, batch, leaves, cell, check, past)
  );
}

/** Why nothing is taken of a log that the cell does not keep, or keeps no more. */
export function notKept({ id, origin, ancestors }: RegisteredCell, named: string): string {
  return ancestors.some((past) => past.origin === named)
    ? `The log ${named} of the cell ${id} is over: it was continued under ${origin}, and nothing more is taken of it.`
    : `It is of the log ${named}; the cell ${id} keeps the log ${origin}.`;
}

/** The entries on top of what is held do not give the signed root: was something changed on the way, or are there two histories? */
function notAsSigned(held: Held, base: Frontier, batch: Batch, root: Uint8Array): Verdict {
  const size = batch.from + batch.entries.length;
  const differs = refused(
    "differs",
    `Entries ${batch.from} to ${size - 1} are not what the cell has signed on top of what central holds.`,
  );
  if (size <= held.chain.frontier.size) {
    const known = held.leaves.filter((leaf) => leaf !== null);
    if (known.length < held.leaves.length) return differs;
    const own = rootOf(grown(base, known));
    return sameBytes(own, root) ? differs : fork(size, `its first ${size} entries are not those that central holds`);
  }
  // The signed tree itself may show, by the cell's own proof, that it does not begin with what is held.
  const roots = consistencyRoots(batch.from, rootOf(base), size, proofOf(batch));
  const parted = roots !== null && sameBytes(roots.to, root) && !sameBytes(roots.from, rootOf(base));
  return parted ? fork(batch.from, `its first ${batch.from} entries are not those that central holds`) : differs;
}

/** Entries that are held already must be the same ones: the cell has signed the others too. */
function overlap(held: Held, batch: Batch, leaves: readonly Uint8Array[]): Verdict | null {
  const count = held.chain.frontier.size - batch.from;
  const at = held.leaves.findIndex(
    (leaf, index) => leaf !== null && index < count && !sameBytes(leaf, leaves[index] ?? leaf),
  );
  return at < 0 ? null : fork(batch.from + at, `entry ${batch.from + at} is not the one that central holds`);
}

/** What is held already is not stored again, but a batch whose bodies a carrier has changed is not taken in part. */
function changedBody(held: Held, batch: Batch): Verdict | null {
  for (const [index, { entry, body }] of batch.entries.entries()) {
    const seq = batch.from + index;
    if (seq >= held.chain.frontier.size) return null;
    const found = checkEntry(utf8(entry), utf8(body), seq);
    if (isFinding(found) && found.rule === "body-changed") return refused(found.rule, found.what);
  }
  return null;
}

/** What central has sworn to and lost must come back as it was: a cosignature of its own over another tree proves a fork. */
function againstVouched(
  vouched: Receipt | null,
  base: Frontier,
  batch: Batch,
  leaves: readonly Uint8Array[],
): Verdict | null {
  if (vouched === null || vouched.size <= batch.from || vouched.size > batch.from + leaves.length) return null;
  const root = rootOf(grown(base, leaves.slice(0, vouched.size - batch.from)));
  return sameBytes(root, rootIn(vouched.note))
    ? null
    : fork(vouched.size, `its first ${vouched.size} entries are not those that central has cosigned`);
}

/** The root that a note of central's own is over. */
export function rootIn(note: SignedNote): Uint8Array {
  const split = splitNote(note);
  const checkpoint = split.ok ? parseCheckpoint(split.value.text) : split;
  assert(checkpoint.ok, "what central has cosigned is a checkpoint");
  return checkpoint.value.root;
}

function wrongProof(base: Frontier, batch: Batch, root: Uint8Array): Verdict | null {
  const proof = proofOf(batch);
  const size = batch.from + batch.entries.length;
  const roots = batch.from === 0 ? null : consistencyRoots(batch.from, rootOf(base), size, proof);
  const holds =
    batch.from === 0
      ? proof.length === 0
      : roots !== null && sameBytes(roots.from, rootOf(base)) && sameBytes(roots.to, root);
  return holds
    ? null
    : refused("proof", "Its consistency proof does not lead from what central holds to what was signed.");
}

/** Rules that an entry breaks by what it is, signed as it is: it is kept in its place, marked and never interpreted. */
export const contentRules: ReadonlySet<Rule> = new Set<Rule>(["entry-format", "body-format"]);

function judgeEntries(
  held: Held,
  batch: Batch,
  leaves: readonly Uint8Array[],
  cell: RegisteredCell,
  check: SignatureCheck,
  past: Head | null,
): Verdict {
  const start = held.chain.frontier.size;
  const fresh = batch.entries.slice(Math.max(0, start - batch.from));
  if (fresh.length === 0) return { kind: "known" };
  const { chain, jobHeads, unread } = held;
  const walk = createChainCheck(chain.origin, () => true, { chain, jobHeads, unread });
  const entries: NewEntry[] = [];
  const spoiled: Finding[] = [];
  for (const [index, texts] of fresh.entries()) {
    const seq = start + index;
    const one = filed(seq, texts, leaves[seq - batch.from]);
    const wrong = walk.step(one) ?? badBody(one.body, seq);
    if (wrong !== null && !contentRules.has(wrong.rule)) return judgeFinding(wrong, seq);
    if (wrong !== null) spoiled.push(wrong);
    if (wrong?.rule === "entry-format") walk.pass(one.entry);
    entries.push(one);
  }
  const wrong = walk.end();
  if (wrong !== null) return judgeFinding(wrong, start);
  return judgeTurns(entries, batch, cell, check, past) ?? { kind: "taken", entries, chain: walk.chain(), spoiled };
}

/**
 * Turns in a log's life are taken only as they are registered here: a log that continues another, and a key that is handed
 * on, for which the batch ends with the entry, under a checkpoint that both keys have signed.
 */
function judgeTurns(
  entries: readonly NewEntry[],
  batch: Batch,
  cell: RegisteredCell,
  check: SignatureCheck,
  held: Head | null,
): Verdict | null {
  for (const { seq, type, entry, body } of entries) {
    if (type === unreadType) continue;
    const succession = readSuccession(seq, entry, body);
    if (isFinding(succession)) return refused(succession.rule, succession.what);
    if (succession !== null) {
      const last = seq + 1 === batch.from + batch.entries.length;
      const wrong = wrongSuccession(succession, last ? batch.checkpoint : null, cell.keys, check);
      if (wrong !== null) return refused(wrong.rule, wrong.what);
    }
    const continuation = readContinuation(cell.origin, seq, entry, body);
    if (isFinding(continuation)) return refused(continuation.rule, continuation.what);
    const wrong = seq === 0 || continuation !== null ? wrongBeginning(continuation, cell, check, held) : null;
    if (wrong !== null) return refused("ancestor", wrong);
  }
  return null;
}

function wrongBeginning(
  continuation: Continuation | null,
  cell: RegisteredCell,
  check: SignatureCheck,
  held: Head | null,
): string | null {
  const past = cell.ancestors.at(-1);
  const named = continuation?.ancestor.origin;
  if (continuation === null || past === undefined || named !== past.origin) {
    if (named === past?.origin) return null;
    const registered =
      past === undefined ? "no ancestor of it is registered here" : `its ancestor here is ${past.origin}`;
    return `The log says that it continues ${named ?? "none"}; ${registered}.`;
  }
  const wrong = wrongAncestor(continuation, past.keys, check) ?? wrongHistory(continuation, held);
  return wrong === null ? null : `The log continues ${past.origin}, but ${wrong}.`;
}

/** An entry as it is kept: found by what it says, or by nothing where nobody can read it. */
export function filed(seq: number, texts: Batch["entries"][number], leaf?: Uint8Array): NewEntry {
  const [entry, body] = [utf8(texts.entry), utf8(texts.body)];
  const read = parseEntry(texts.entry);
  const { job, type, at } = read ?? { job: null, type: unreadType, at: 0 };
  return { seq, leaf: leaf ?? leafHash(entry), digest: digestOf(entry), job, type, at, entry, body };
}

function badBody(body: Uint8Array, seq: number): Finding | null {
  const found = checkBody(body, seq);
  return isFinding(found) ? found : null;
}

/**
 * Under a root that the cell has signed, an entry that does not follow was signed all the same. A body is under the root
 * only by the digest in its entry: another one is a carrier's doing.
 */
function judgeFinding({ rule, seq, what }: Finding, size: number): Verdict {
  if (rule === "body-changed") return refused(rule, what);
  const said = `The cell's key has signed a history that does not hold: ${what}`;
  return { kind: "fork", size: seq ?? size, what: said, ifWhole: rule === "job-link" };
}

function fork(size: number, which: string): Verdict {
  return {
    kind: "fork",
    size,
    what: `The cell's key has signed two histories: ${which}.`,
    ifWhole: false,
  };
}

function refused(code: Rule | OwnCode, what: string): Verdict {
  return { kind: "refused", code, what };
}

function proofOf(batch: Batch): Uint8Array[] {
  return batch.proof.map((node) => fromBase64(node) ?? new Uint8Array());
}

function grown(base: Frontier, leaves: readonly Uint8Array[]): Frontier {
  return leaves.reduce((edge, leaf) => grow(edge, leaf), base.size === 0 ? emptyFrontier : base);
}

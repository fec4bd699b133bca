/** A ledger in memory that can lose power before, during and after a write: the simulator's, under the same conformance suite. */
import { assert } from "../kernel/assert.ts";
import { sha256 } from "../kernel/hash.ts";
import { concat, fromHex, sameBytes, textOf } from "./bytes.ts";
import {
  type Chain,
  emptyChain,
  headOf,
  type JobHeads,
  type Sealed,
  seal,
  type TextDraft,
  textDraft,
} from "./chain.ts";
import type { Row } from "./chain-check.ts";
import { assertOver, formatCheckpoint, headOfNote } from "./checkpoint.ts";
import { recordedOf } from "./damage.ts";
import type { Entry, EntryDraft } from "./entry.ts";
import { type Head, type Ledger, LedgerFailed, type LedgerFault, type Recorded, storageExhausted } from "./ledger.ts";
import { frontierAt, leavesFrom, mark } from "./marks.ts";
import { type SignedNote, signNote, verifyingKey } from "./note.ts";
import { consistencyFrom } from "./proofs.ts";
import type { Signer } from "./signer.ts";
import { type Frontier, leafHash, rootOf } from "./tree.ts";
import { type CheckpointRow, type Report, type VerifiedLog, verifyLog } from "./verify.ts";

/** What survives a power cut. With a signer of one's own, verify with its key instead of `verifyDisk`. */
export interface MemoryDisk {
  readonly origin: string;
  readonly rows: Row[];
  readonly checkpoints: CheckpointRow[];
  /** Checkpoints with central QA's cosignature, in order of size. */
  readonly cosignatures: CheckpointRow[];
  /** Where the rows end, so that starting again need not go through them all; anything else is worked out anew. */
  end: End | null;
}

interface End {
  readonly chain: Chain;
  readonly jobHeads: JobHeads;
  readonly marks: readonly Frontier[];
}

/**
 * What happens to a write: `written`; power lost before it reached the disk, in the middle (SQLite rolls a torn
 * transaction back, so nothing of it is found), or after it was durable and before anyone was told; or no space.
 */
export type Fate = "written" | "cut-before" | "cut-during" | "cut-after" | "disk-full";

export interface MemoryOptions {
  /** Default: `simulatedSigner`. */
  readonly signer?: Signer;
  /** Decides each write, and by when it resolves how long it takes; default: at once, `written`. */
  readonly fate?: (drafts: readonly EntryDraft[]) => Fate | Promise<Fate>;
}

/** A blank disk for the log `origin`. */
export function createMemoryDisk(origin: string): MemoryDisk {
  return { origin, rows: [], checkpoints: [], cosignatures: [], end: null };
}

/** A signer for virtual time: deterministic, and proof of nothing. */
export function simulatedSigner(origin: string): Signer {
  return {
    key: verifyingKey(origin, 1, new Uint8Array(32)),
    sign: async (message) => simulatedSignature(message),
  };
}

/** What `simulatedSigner` gives for a message. */
export function simulatedSignature(message: Uint8Array): Uint8Array {
  const digest = sha256(message);
  return concat(digest, digest);
}

/**
 * Opens what is on the disk. Several may be opened on one disk one after the other, as a machine starts again and
 * again; `verifyDisk` says whether the log verifies.
 */
export function openMemoryLedger(disk: MemoryDisk, options: MemoryOptions = {}): Ledger {
  const signer = options.signer ?? simulatedSigner(disk.origin);
  const found = disk.end?.chain.frontier.size === disk.rows.length ? disk.end : recover(disk);
  const state: State = { disk, ...found, failed: null, tail: Promise.resolve() };
  const refuseIfFailed = (): void => {
    if (state.failed !== null) throw new LedgerFailed(state.failed);
  };

  return {
    origin: disk.origin,
    append(drafts) {
      const result = state.tail.then(() => {
        refuseIfFailed();
        return write(state, drafts, options.fate);
      });
      state.tail = result.catch(() => undefined);
      return result;
    },
    async *read(fromSeq, toSeq = Number.POSITIVE_INFINITY) {
      refuseIfFailed();
      for (const row of disk.rows.slice(fromSeq, Math.min(toSeq, headOf(state.chain).size))) yield recordedIn(row);
    },
    head: () => headOf(state.chain),
    async checkpoint() {
      await state.tail;
      refuseIfFailed();
      return sign(state, signer);
    },
    async headAt(size) {
      return headOf({ ...state.chain, frontier: frontierIn(state, size) });
    },
    async checkpointAt(size) {
      await state.tail;
      refuseIfFailed();
      if (size === headOf(state.chain).size) return sign(state, signer);
      const stored = disk.checkpoints.findLast((one) => one.size === size);
      return stored?.note ?? noteOf(disk.origin, rootOf(frontierIn(state, size)), size, signer);
    },
    async proofBetween(from, to) {
      return consistencyFrom(frontierIn(state, from), leavesIn(disk, from, to));
    },
    edgeAt: async (size) => frontierIn(state, size),
    cosigned: () => cosignedOn(disk),
    receipt: async () => disk.cosignatures.at(-1)?.note ?? null,
    async putCosignature(size, note) {
      refuseIfFailed();
      assertOver(note, { origin: disk.origin, size, root: rootOf(frontierIn(state, size)) });
      if (size > cosignedOn(disk).size) disk.cosignatures.push({ size, note });
    },
    async close() {
      await state.tail;
      if (state.failed === null && headOf(state.chain).size > 0) await sign(state, signer);
      state.failed ??= closed;
    },
  };
}

interface State {
  readonly disk: MemoryDisk;
  chain: Chain;
  jobHeads: JobHeads;
  marks: readonly Frontier[];
  failed: LedgerFault | null;
  tail: Promise<unknown>;
}

const closed: LedgerFault = {
  code: "ledger-closed",
  what: "The ledger is closed.",
  remedy: "Start the cell again.",
};

/** Verifies what is on the disk as the real verifier would, with the signer that it was written under. */
export function verifyDisk(disk: MemoryDisk): Report {
  return readDisk(disk).report;
}

function readDisk(disk: MemoryDisk): VerifiedLog {
  return verifyLog({
    origin: disk.origin,
    rows: disk.rows,
    checkpoints: disk.checkpoints,
    cosignatures: disk.cosignatures,
    trusted: [simulatedSigner(disk.origin).key],
    check: (_key, message, signature) => sameBytes(signature, simulatedSignature(message)),
    parseBodies: true,
  });
}

function recover(disk: MemoryDisk): End {
  const { report, chain, jobHeads, marks } = readDisk(disk);
  const first = report.findings.find((one) => !/^(unsigned|cosignature|checkpoint.*)$/.test(one.rule));
  assert(first === undefined, `the simulated disk does not verify: ${first?.what}`);
  return { chain, jobHeads, marks };
}

async function write(
  state: State,
  drafts: readonly EntryDraft[],
  fate: MemoryOptions["fate"],
): Promise<readonly Entry[]> {
  const texts = drafts.map(textDraft);
  const outcome = fate === undefined ? "written" : await fate(drafts);
  if (outcome === "written" || outcome === "cut-after") {
    const sealed = put(state, texts);
    if (outcome === "written") return sealed.map((one) => one.entry);
  }
  const last = texts.at(-1);
  if (outcome === "disk-full" && last !== undefined) {
    const body = `{"lostEntries":${texts.length}}`;
    put(state, [{ ...last, job: null, actorId: null, type: storageExhausted, bodyText: body }]);
  }
  state.failed = outcome === "disk-full" ? diskFull : powerLost;
  throw new LedgerFailed(state.failed);
}

const diskFull: LedgerFault = {
  code: "disk-full",
  what: "The disk is full; the record of that fact was written from the reserve.",
  remedy: "Free space on the data disk, then start the cell again.",
};
const powerLost: LedgerFault = {
  code: "disk-error",
  what: "Power was lost while the record was written.",
  remedy: "Start the cell again.",
};

function put(state: State, texts: readonly TextDraft[]): readonly Sealed[] {
  // Sealed apart and taken over at once, so that a draft that does not fit leaves nothing behind.
  const jobHeads = new Map(state.jobHeads);
  const all: Sealed[] = [];
  const marks = [...state.marks];
  let chain = state.chain;
  for (const text of texts) {
    const next = seal(chain, jobHeads, text);
    chain = next.chain;
    mark(marks, chain.frontier);
    all.push(next.sealed);
  }
  for (const { entry, entryBytes, bodyBytes } of all) {
    state.disk.rows.push({ seq: entry.seq, job: entry.job, entry: entryBytes, body: bodyBytes });
  }
  state.chain = chain;
  state.jobHeads = jobHeads;
  state.marks = marks;
  state.disk.end = { chain, jobHeads, marks };
  return all;
}

async function sign(state: State, signer: Signer): Promise<SignedNote> {
  const { size, root } = headOf(state.chain);
  const last = state.disk.checkpoints.at(-1);
  if (last?.size === size) return last.note;
  const note = await noteOf(state.disk.origin, fromHex(root) ?? new Uint8Array(32), size, signer);
  state.disk.checkpoints.push({ size, note });
  return note;
}

function noteOf(origin: string, root: Uint8Array, size: number, signer: Signer): Promise<SignedNote> {
  return signNote(formatCheckpoint({ origin, size, root }), signer);
}

/** The frontier of what the open ledger holds, which a cut write may have left behind what is on the disk. */
function frontierIn(state: State, size: number): Frontier {
  assert(
    Number.isSafeInteger(size) && size >= 0 && size <= headOf(state.chain).size,
    "a tree's size is within the log",
  );
  return frontierAt(state.marks, size, leavesIn(state.disk, leavesFrom(size), size));
}

function leavesIn(disk: MemoryDisk, from: number, to: number): Uint8Array[] {
  return disk.rows.slice(from, to).map((row) => leafHash(row.entry));
}

function cosignedOn(disk: MemoryDisk): Head {
  const last = disk.cosignatures.at(-1);
  return last === undefined ? headOf(emptyChain(disk.origin)) : headOfNote(last.note);
}

function recordedIn(row: Row): Recorded {
  const entryText = textOf(row.entry);
  const bodyText = textOf(row.body);
  assert(entryText !== null && bodyText !== null, "stored entries are text");
  return recordedOf(row.seq, entryText, bodyText);
}

/** Size and root of what is on a disk, as an owner of the disk would find it after a power cut. */
export function headOnDisk(disk: MemoryDisk): Head {
  return headOf(recover(disk).chain);
}

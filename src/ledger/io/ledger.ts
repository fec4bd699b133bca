/** The ledger on disk: set up once, opened verified and by one process only, with signed checkpoints and the boot floor. */
import { join } from "node:path";
import { assert } from "../../kernel/assert.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { fromHex, toHex } from "../bytes.ts";
import { emptyChain, headOf, textDraft } from "../chain.ts";
import { assertOver } from "../checkpoint.ts";
import { recordedOf } from "../damage.ts";
import type { Caches } from "../kept.ts";
import { type Head, type Ledger, LedgerFailed, type LedgerFault, type Standing } from "../ledger.ts";
import type { SignedNote } from "../note.ts";
import { readPrefix } from "../prefix.ts";
import { consistencyFrom } from "../proofs.ts";
import type { Scrub, ScrubEars } from "../scrub.ts";
import type { VerifyingKey } from "../signer.ts";
import { type Frontier, rootOf } from "../tree.ts";
import type { Report } from "../verify.ts";
import { openCaches } from "./cache.ts";
import { databaseFile, faultOf, openForWriting } from "./database.ts";
import { makePrivateFolder } from "./files.ts";
import { copiedFloor, type Floor, readFloor, writeFloor } from "./floor.ts";
import { createKeys, type KeySource, type Keys, openKeys } from "./keys.ts";
import { readRestoredMarker } from "./marker.ts";
import { openingCache } from "./opening.ts";
import { readSuccessor } from "./over.ts";
import { createSchema } from "./schema.ts";
import { startScrub, usualPace } from "./scrub.ts";
import { createSigning, type Signing, type SigningOptions } from "./signing.ts";
import { type Hearer, startWriter, type WriterLink } from "./writer-link.ts";

/** Entries fetched from the writer at a time when reading. */
const pageEntries = 256;

/** Where a cell keeps its record and, elsewhere, its keys. */
export interface Folders {
  readonly dataDir: string;
  readonly keysDir: string;
}

export interface OpenOptions extends Folders, SigningOptions, Hearer {
  /** Central QA's public keys from the configuration; without one nothing that is stored counts as countersigned. */
  readonly witnesses?: readonly VerifyingKey[];
  /** Digest of the program: what another one has cached is not believed. */
  readonly program?: string;
  /** Bound on the database's size. */
  readonly quotaBytes?: number;
}

/** A ledger that was found good, and what is known about it. */
export interface OpenedLedger {
  readonly ledger: Ledger;
  readonly keys: Keys;
  readonly report: Report;
  readonly standing: Standing;
  /** Number of the start that wrote the last entry; the next start takes the one above. */
  readonly lastBoot: number | null;
  /** Entries below this were not read at the start: the scrub verifies them, and a read of them holds them to the root. */
  readonly verifiedFrom: number;
  readonly caches: Caches;
  /** Starts the scrub of this record; the caller closes it before the ledger. */
  readonly scrub: (ears: ScrubEars) => Scrub;
}

/** Makes keys and an empty ledger for the log `origin`; refuses where either is there already. */
export async function createLedger(
  folders: Folders,
  origin: string,
  source: KeySource = "ed25519",
): Promise<Result<Keys, LedgerFault>> {
  const keys = await createKeys(folders.keysDir, folders.dataDir, origin, source);
  if (!keys.ok) return keys;
  try {
    await makePrivateFolder(folders.dataDir);
    const db = openForWriting(join(folders.dataDir, databaseFile), true);
    try {
      createSchema(db, origin);
      // Said here where it fails: SQLite, closing a database, moves the log in silence.
      db.pragma("wal_checkpoint(TRUNCATE)");
    } finally {
      db.close();
    }
  } catch (problem) {
    return err(faultOf(problem));
  }
  await writeFloor(folders.keysDir, origin, headOf(emptyChain(origin)), true);
  return keys;
}

/**
 * Opens the cell's ledger: keys fit to use, folder not in use, every entry since the last cosigned head that a cache can be
 * held against (else every entry) and the newest checkpoint verified. The fault names the first bad entry where there is
 * one. A ledger whose standing is not `current` refuses to append.
 */
export async function openLedger(options: OpenOptions): Promise<Result<OpenedLedger, LedgerFault>> {
  const keys = await openKeys(options.keysDir, options.dataDir);
  if (!keys.ok) return keys;
  const origin = keys.value.signer.key.name;
  let floor: Floor | null;
  let successor: string | null;
  try {
    floor = await readFloor(options.keysDir, origin);
    successor = (await readSuccessor(options.keysDir))?.origin ?? null;
  } catch (problem) {
    return err({
      code: "keys-refused",
      what: `The boot floor cannot be read: ${String(problem)}.`,
      remedy: "Restore the key folder.",
    });
  }
  const { dataDir, quotaBytes = null, witnesses = [] } = options;
  const restored = await readRestoredMarker(dataDir);
  const caches = openCaches(dataDir, keys.value.dataKey, options.program ?? "");
  // Only the cell's own ledger goes on, and only that is brought to the newest format; images stay as they are.
  const data = {
    dataDir,
    trusted: keys.value.trusted,
    witnesses,
    origin,
    floor,
    quotaBytes,
    upgrade: restored === null && floor?.isHome !== false,
    prefix: readPrefix(await caches.read(openingCache)),
  };
  const writer = await startWriter(data, options);
  if (!writer.ok) return writer;
  const { report, lastBoot } = writer.value.opened;
  const standing = standingOf(writer.value, floor, restored, successor);
  // From now on more may be written than is signed; and a floor of before this release comes to say which file it is.
  if (standing.kind === "current" && floor !== null && (floor.closed || floor.isHome === null))
    await writeFloor(options.keysDir, origin, floor);
  const signing = createSigning(writer.value, keys.value, floor?.size ?? 0, options);
  const ledger = createLedgerPort(writer.value, signing, standing);
  if (standing.kind === "current" && report.uncovered > 0) await ledger.checkpoint();
  const { verifiedFrom } = writer.value.opened;
  const { trusted, dataKey } = keys.value;
  const scrubbed = { dataDir, origin, trusted, witnesses, dataKey, program: options.program ?? "", ...usualPace };
  const scrub = (ears: ScrubEars): Scrub => startScrub(scrubbed, ears);
  return ok({ ledger, keys: keys.value, report, standing, lastBoot, verifiedFrom, caches, scrub });
}

function standingOf(
  writer: WriterLink,
  floor: Floor | null,
  restored: string | null,
  successor: string | null,
): Standing {
  const here = writer.opened.head.size;
  if (successor !== null) {
    return { kind: "continued", what: `This log is over: two people have continued it as ${successor}.` };
  }
  if (restored !== null) return { kind: "restored", what: restored };
  if (floor === null) return { kind: "unknown", what: "The key folder has never seen this ledger: it may be a copy." };
  if (writer.opened.floor === "behind") {
    const what = `The cell has signed ${floor.size} entries, the ledger holds ${here}: it is an older image or a copy.`;
    return { kind: "behind", what };
  }
  if (writer.opened.floor === "forked") {
    return { kind: "forked", what: `The first ${floor.size} entries are not those that this cell has signed.` };
  }
  // The cell may have gone on elsewhere, or here before an older state of both folders was put back.
  return floor.isHome === false ? { kind: "copied", what: copiedFloor } : { kind: "current" };
}

function createLedgerPort(writer: WriterLink, signing: Signing, standing: Standing): Ledger {
  const { origin, cosigned: found } = writer.opened.report;
  let cosigned: Head = found === null ? headOf(emptyChain(origin)) : { size: found.size, root: found.root };
  let storing: Promise<unknown> = Promise.resolve();
  let closing: Promise<void> | null = null;

  function refuse(): void {
    const failed = writer.failed() ?? (closing === null ? null : closedFault);
    if (failed !== null) throw new LedgerFailed(failed);
  }

  function refuseToWrite(): void {
    refuse();
    if (standing.kind === "current") return;
    const remedy = "It can be verified and exported; docs/restore.md says how the cell goes on.";
    throw new LedgerFailed({ code: "view-only", what: standing.what, remedy });
  }

  async function edgeAt(size: number): Promise<Frontier> {
    refuse();
    assert(Number.isSafeInteger(size) && size >= 0 && size <= writer.head().size, "a tree's size is within the log");
    return writer.frontier(size);
  }

  async function headAt(size: number): Promise<Head> {
    return { size, root: toHex(rootOf(await edgeAt(size))) as Digest };
  }

  async function store(size: number, note: SignedNote): Promise<void> {
    refuseToWrite();
    const head = await headAt(size);
    assertOver(note, { origin, size, root: fromHex(head.root) ?? new Uint8Array() });
    if (size <= cosigned.size) return;
    await writer.putNote("cosignature", size, note);
    cosigned = head;
    await signing.raise(head);
  }

  return {
    origin,
    head: () => writer.head(),
    async append(drafts) {
      refuseToWrite();
      assert(drafts.length > 0, "an append has at least one entry");
      const entries = await writer.append(drafts.map(textDraft));
      signing.moved();
      return entries;
    },
    async *read(fromSeq, toSeq = Number.POSITIVE_INFINITY) {
      refuse();
      const size = Math.min(toSeq, writer.head().size);
      for (let from = fromSeq; from < size; from += pageEntries) {
        const rows = await writer.page(from, Math.min(size, from + pageEntries));
        let seq = from;
        for (const { entryText, bodyText } of rows) yield recordedOf(seq++, entryText, bodyText);
      }
    },
    async checkpoint() {
      refuseToWrite();
      return signing.sign();
    },
    headAt,
    edgeAt,
    async checkpointAt(size) {
      refuseToWrite();
      assert(size >= 1, "a checkpoint is over at least one entry");
      // The head as it is now: it may have moved on when its turn to be signed has come.
      const now = writer.head();
      return signing.signThis(size === now.size ? now : await headAt(size));
    },
    async proofBetween(from, to) {
      refuse();
      assert(1 <= from && from <= to && to <= writer.head().size, "a proof is within the log");
      const [frontier, leaves] = await Promise.all([writer.frontier(from), writer.leaves(from, to)]);
      return consistencyFrom(frontier, leaves);
    },
    cosigned: () => cosigned,
    async receipt() {
      refuse();
      return cosigned.size === 0 ? null : writer.receipt(cosigned.size);
    },
    putCosignature(size, note) {
      const result = storing.then(() => store(size, note));
      storing = result.catch(() => undefined);
      return result;
    },
    close() {
      closing ??= (async () => {
        signing.stop();
        try {
          const signable = standing.kind === "current" && writer.failed() === null;
          if (signable) await signing.end();
        } finally {
          await writer.close();
        }
      })();
      return closing;
    },
  };
}

const closedFault: LedgerFault = {
  code: "ledger-closed",
  what: "The ledger is closed.",
  remedy: "Start the cell again.",
};

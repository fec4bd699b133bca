/** The ledger on disk: set up once, opened verified and by one process only, with signed checkpoints and the boot floor. */
import { join } from "node:path";
import { assert } from "../../kernel/assert.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { fromHex } from "../bytes.ts";
import { emptyChain, headOf, textDraft } from "../chain.ts";
import { formatCheckpoint } from "../checkpoint.ts";
import type { Entry, JsonObject } from "../entry.ts";
import { type Head, type Ledger, LedgerFailed, type LedgerFault, type Recorded, type Standing } from "../ledger.ts";
import { type SignedNote, signNote } from "../note.ts";
import type { Report } from "../verify.ts";
import { createSchema, databaseFile, faultOf, openForWriting } from "./database.ts";
import { makePrivateFolder } from "./files.ts";
import { readFloor, writeFloor } from "./floor.ts";
import { createKeys, type KeyAlgorithm, type Keys, openKeys } from "./keys.ts";
import { readRestoredMarker } from "./marker.ts";
import { startWriter, type WriterLink } from "./writer-link.ts";

/** Entries fetched from the writer at a time when reading. */
const pageEntries = 256;

/** Where a cell keeps its record and, elsewhere, its keys. */
export interface Folders {
  readonly dataDir: string;
  readonly keysDir: string;
}

export interface OpenOptions extends Folders {
  /** Least time between two checkpoints that nobody asked for, in ms; 0: none unasked. Default 1000. */
  readonly checkpointEveryMs?: number;
  /** Bound on the database's size. */
  readonly quotaBytes?: number;
  /** Told when a checkpoint that nobody asked for could not be made. */
  readonly onTrouble?: (fault: LedgerFault) => void;
}

/** A ledger that was found good, and what is known about it. */
export interface OpenedLedger {
  readonly ledger: Ledger;
  readonly keys: Keys;
  readonly report: Report;
  readonly standing: Standing;
  /** Number of the start that wrote the last entry; the next start takes the one above. */
  readonly lastBoot: number | null;
}

/** Makes keys and an empty ledger for the log `origin`; refuses where either is there already. */
export async function createLedger(
  folders: Folders,
  origin: string,
  algorithm: KeyAlgorithm = "ed25519",
): Promise<Result<Keys, LedgerFault>> {
  const keys = await createKeys(folders.keysDir, folders.dataDir, origin, algorithm);
  if (!keys.ok) return keys;
  try {
    await makePrivateFolder(folders.dataDir);
    const db = openForWriting(join(folders.dataDir, databaseFile), true);
    try {
      createSchema(db, origin);
    } finally {
      db.close();
    }
  } catch (problem) {
    return err(faultOf(problem));
  }
  await writeFloor(folders.keysDir, origin, headOf(emptyChain(origin)));
  return keys;
}

/**
 * Opens the cell's ledger: keys fit to use, folder not in use, every entry and the newest checkpoint verified. The
 * fault names the first bad entry where there is one. A ledger whose standing is not `current` refuses to append.
 */
export async function openLedger(options: OpenOptions): Promise<Result<OpenedLedger, LedgerFault>> {
  const keys = await openKeys(options.keysDir, options.dataDir);
  if (!keys.ok) return keys;
  const origin = keys.value.signer.key.name;
  let floor: Head | null;
  try {
    floor = await readFloor(options.keysDir, origin);
  } catch (problem) {
    return err({
      code: "keys-refused",
      what: `The boot floor cannot be read: ${String(problem)}.`,
      remedy: "Restore the key folder.",
    });
  }
  const { dataDir, quotaBytes = null } = options;
  const writer = await startWriter({ dataDir, trusted: keys.value.trusted, origin, floor, quotaBytes });
  if (!writer.ok) return writer;
  const { report, lastBoot } = writer.value.opened;
  const standing = standingOf(writer.value, floor, await readRestoredMarker(dataDir));
  const ledger = createLedgerPort(writer.value, keys.value, standing, options);
  if (standing.kind === "current" && report.uncovered > 0) await ledger.checkpoint();
  return ok({ ledger, keys: keys.value, report, standing, lastBoot });
}

function standingOf(writer: WriterLink, floor: Head | null, restored: string | null): Standing {
  const here = writer.opened.head.size;
  if (restored !== null) return { kind: "restored", what: restored };
  if (floor === null) return { kind: "unknown", what: "The key folder has never seen this ledger: it may be a copy." };
  if (writer.opened.floor === "behind") {
    const what = `The cell has signed ${floor.size} entries, the ledger holds ${here}: it is an older image or a copy.`;
    return { kind: "behind", what };
  }
  if (writer.opened.floor === "forked") {
    return { kind: "forked", what: `The first ${floor.size} entries are not those that this cell has signed.` };
  }
  return { kind: "current" };
}

function createLedgerPort(writer: WriterLink, keys: Keys, standing: Standing, options: OpenOptions): Ledger {
  const { origin } = writer.opened.report;
  const signing = createSigning(writer, keys, options);
  let closing: Promise<void> | null = null;

  function refuse(): void {
    const failed = writer.failed() ?? (closing === null ? null : closedFault);
    if (failed !== null) throw new LedgerFailed(failed);
  }

  function refuseToWrite(): void {
    refuse();
    if (standing.kind === "current") return;
    const remedy = "It can be verified and exported, never continued; run the cell on its own data folder.";
    throw new LedgerFailed({ code: "view-only", what: standing.what, remedy });
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
    async *read(fromSeq) {
      refuse();
      const { size } = writer.head();
      for (let from = fromSeq; from < size; from += pageEntries) {
        const rows = await writer.page(from, Math.min(size, from + pageEntries));
        for (const { entryText, bodyText } of rows) yield recorded(entryText, bodyText);
      }
    },
    async checkpoint() {
      refuseToWrite();
      return signing.sign();
    },
    close() {
      closing ??= (async () => {
        signing.stop();
        try {
          const signable = standing.kind === "current" && writer.failed() === null;
          if (signable && writer.head().size > 0) await signing.sign();
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

function recorded(entryText: string, bodyText: string): Recorded {
  return { entry: JSON.parse(entryText) as Entry, body: JSON.parse(bodyText) as JsonObject, entryText, bodyText };
}

/** Checkpoints, one at a time: on request, and unasked no more often than the options say. */
function createSigning(writer: WriterLink, keys: Keys, options: OpenOptions) {
  const everyMs = options.checkpointEveryMs ?? 1000;
  const { origin } = writer.opened.report;
  const covered = writer.opened.report.lastCheckpoint;
  let last = covered === null ? null : { size: covered.size, note: writer.opened.lastNote };
  let tail: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | null = null;

  async function signHead(): Promise<SignedNote> {
    const head = writer.head();
    if (last?.size === head.size && last.note !== null) return last.note;
    const root = fromHex(head.root);
    assert(root !== null, "a root is hex");
    let note: SignedNote;
    try {
      note = await signNote(formatCheckpoint({ origin, size: head.size, root }), keys.signer);
    } catch (problem) {
      throw new LedgerFailed(unsigned(`The signing key could not be used: ${String(problem)}.`));
    }
    await writer.putCheckpoint(head.size, note);
    last = { size: head.size, note };
    // Only now: the floor must never be above what is durable in the ledger.
    try {
      await writeFloor(options.keysDir, origin, head);
    } catch (problem) {
      throw new LedgerFailed(unsigned(`The boot floor could not be written: ${String(problem)}.`));
    }
    return note;
  }

  function sign(): Promise<SignedNote> {
    const result = tail.then(signHead);
    tail = result.catch(() => undefined);
    return result;
  }

  return {
    sign,
    moved(): void {
      if (everyMs === 0 || timer !== null) return;
      timer = setTimeout(() => {
        timer = null;
        sign().catch((problem: unknown) => {
          if (problem instanceof LedgerFailed) options.onTrouble?.(problem.fault);
          else throw problem;
        });
      }, everyMs);
      timer.unref();
    },
    stop(): void {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}

function unsigned(what: string): LedgerFault {
  return {
    code: "signing-failed",
    what,
    remedy: "Check the key folder and its medium; records go on without a signature until then.",
  };
}

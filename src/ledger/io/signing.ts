/** Checkpoints of the ledger on disk: one at a time, on request or unasked, and the boot floor raised after each. */
import { assert } from "../../kernel/assert.ts";
import { fromHex } from "../bytes.ts";
import { formatCheckpoint } from "../checkpoint.ts";
import { type Head, LedgerFailed, type LedgerFault } from "../ledger.ts";
import { type SignedNote, signNote } from "../note.ts";
import { writeFloor } from "./floor.ts";
import type { Keys } from "./keys.ts";
import type { WriterLink } from "./writer-link.ts";

export interface SigningOptions {
  readonly keysDir: string;
  /** Least time between two checkpoints that nobody asked for, in ms; 0: none unasked. Default 1000. */
  readonly checkpointEveryMs?: number;
  /** Told when a checkpoint that nobody asked for could not be made. */
  readonly onTrouble?: (fault: LedgerFault) => void;
}

export interface Signing {
  /** Signs and stores the head; the stored note where it has not moved since. */
  sign(): Promise<SignedNote>;
  /** Signs exactly this head; the newest is signed before it, so that the floor is never below what was signed. */
  signThis(head: Head): Promise<SignedNote>;
  /** Raises the floor to a head that central QA has countersigned, where it is below. */
  raise(head: Head): Promise<void>;
  moved(): void;
  /** Signs what is left and notes beside the keys that the cell has ended here. */
  end(): Promise<void>;
  stop(): void;
}

/** The signing half of an open ledger; `floor` is the largest head known to be signed. */
export function createSigning(writer: WriterLink, keys: Keys, floor: number, options: SigningOptions): Signing {
  const everyMs = options.checkpointEveryMs ?? 1000;
  const { origin } = writer.opened.report;
  const covered = writer.opened.report.lastCheckpoint;
  let last = covered === null ? null : { size: covered.size, note: writer.opened.lastNote };
  let floorSize = floor;
  let tail: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | null = null;

  async function noteOf({ size, root }: Head): Promise<SignedNote> {
    const bytes = fromHex(root);
    assert(bytes !== null, "a root is hex");
    try {
      const signers = keys.next === null ? [keys.signer] : [keys.signer, keys.next];
      return await signNote(formatCheckpoint({ origin, size, root: bytes }), ...signers);
    } catch (problem) {
      throw new LedgerFailed(unsigned(`The signing key could not be used: ${String(problem)}.`));
    }
  }

  async function raise(head: Head): Promise<void> {
    if (head.size <= floorSize) return;
    try {
      await writeFloor(options.keysDir, origin, head);
    } catch (problem) {
      throw new LedgerFailed(unsigned(`The boot floor could not be written: ${String(problem)}.`));
    }
    floorSize = head.size;
  }

  async function signHead(): Promise<SignedNote> {
    const head = writer.head();
    if (last?.size === head.size && last.note !== null) return last.note;
    const note = await noteOf(head);
    await writer.putNote("checkpoint", head.size, note);
    last = { size: head.size, note };
    // Only now: the floor must never be above what is durable in the ledger.
    await raise(head);
    return note;
  }

  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = tail.then(act);
    tail = result.catch(() => undefined);
    return result;
  }

  return {
    sign: () => inTurn(signHead),
    signThis: (head) =>
      inTurn(async () => {
        if (head.size > (last?.size ?? 0)) await signHead();
        // Where the key was handed on, the note that both keys have signed is stored, and no other can be made any more.
        return last?.size === head.size && last.note !== null
          ? last.note
          : ((await writer.note(head.size)) ?? noteOf(head));
      }),
    raise: (head) => inTurn(() => raise(head)),
    end: () =>
      inTurn(async () => {
        if (writer.head().size > 0) await signHead();
        // Without the note a later repair only has to ask more of people.
        await writeFloor(options.keysDir, origin, writer.head(), true).catch(() => undefined);
      }),
    moved(): void {
      if (everyMs === 0 || timer !== null) return;
      timer = setTimeout(() => {
        timer = null;
        inTurn(signHead).catch((problem: unknown) => {
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

/** Sealing: turns drafts into entries at the end of a chain; pure, and shared by the writer, the fake and the verifier. */
import { assert } from "../kernel/assert.ts";
import { digestOf } from "../kernel/hash.ts";
import { canonical, unsafeIntegerIn } from "../kernel/json.ts";
import type { Digest, JobId } from "../kernel/names.ts";
import { toHex, utf8 } from "./bytes.ts";
import { assertDraft, type Entry, type EntryDraft, entryText, genesisDigest, maxDraftBytes } from "./entry.ts";
import type { Head } from "./ledger.ts";
import { emptyFrontier, type Frontier, grow, leafHash, rootOf } from "./tree.ts";

/** The end of a log: all that the next entry depends on. */
export interface Chain {
  readonly origin: string;
  readonly frontier: Frontier;
  /** Digest of the last entry, or the genesis digest. */
  readonly prev: Digest;
  /** Number of the start that wrote the last entry; -1 before the first. */
  readonly boot: number;
}

/** Digest of each job's last entry. */
export type JobHeads = Map<JobId, Digest>;

/** A draft whose body is already its canonical text (what crosses to the writer thread). */
export interface TextDraft extends Omit<EntryDraft, "body"> {
  readonly bodyText: string;
}

/** An entry with the bytes to be stored. */
export interface Sealed {
  readonly entry: Entry;
  readonly entryText: string;
  readonly entryBytes: Uint8Array;
  readonly bodyBytes: Uint8Array;
}

/** The chain of a log without entries. */
export function emptyChain(origin: string): Chain {
  return { origin, frontier: emptyFrontier, prev: genesisDigest(origin), boot: -1 };
}

/** Checks a draft (AssertionFailed where it does not fit the format) and prints its body. */
export function textDraft(draft: EntryDraft): TextDraft {
  assertDraft(draft);
  const { body, ...rest } = draft;
  const unsafe = unsafeIntegerIn(body, "body");
  assert(unsafe === null, `an entry holds no integer beyond 2^53 - 1, as ${unsafe} is: nobody could verify it`);
  const bodyText = canonical(body);
  assert(bodyText.startsWith("{"), "an entry's body is a JSON object");
  // A UTF-16 unit takes at most three bytes, so a short text need not be counted.
  const short = bodyText.length * 3 <= maxDraftBytes;
  assert(
    short || utf8(bodyText).length <= maxDraftBytes,
    `a body has at most ${maxDraftBytes} bytes: store larger things as artifacts`,
  );
  return { ...rest, bodyText };
}

/** Seals one draft onto the chain: the new chain, the entry, and (in `jobHeads`) the job's new last entry. */
export function seal(chain: Chain, jobHeads: JobHeads, draft: TextDraft): { chain: Chain; sealed: Sealed } {
  assert(draft.boot >= chain.boot, "the number of a start never falls");
  assert(draft.boot === chain.boot || draft.job === null, "the first entry of a start is the cell's own (no job)");
  const bodyBytes = utf8(draft.bodyText);
  const entry: Entry = {
    v: 1,
    seq: chain.frontier.size,
    at: draft.at,
    mono: draft.mono,
    clockState: draft.clockState,
    boot: draft.boot,
    job: draft.job,
    actorId: draft.actorId,
    type: draft.type,
    bodyDigest: digestOf(bodyBytes),
    jobPrev: draft.job === null ? null : (jobHeads.get(draft.job) ?? null),
    prev: chain.prev,
  };
  const text = entryText(entry);
  const entryBytes = utf8(text);
  const prev = digestOf(entryBytes);
  if (draft.job !== null) jobHeads.set(draft.job, prev);
  const frontier = grow(chain.frontier, leafHash(entryBytes));
  return {
    chain: { origin: chain.origin, frontier, prev, boot: draft.boot },
    sealed: { entry, entryText: text, entryBytes, bodyBytes },
  };
}

/** Size and root of a chain. */
export function headOf(chain: Chain): Head {
  return { size: chain.frontier.size, root: toHex(rootOf(chain.frontier)) as Digest };
}

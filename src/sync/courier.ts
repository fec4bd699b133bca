/** The courier's words: its state, what it hears, what it wants done. Pure: time and chance arrive with what it hears. */
import type { EpochMs, Milliseconds, MonotonicMs } from "../kernel/units.ts";
import { type DownMessage, maxBatchEntries } from "../ledger/batch.ts";
import type { SignedNote } from "../ledger/note.ts";
import { type Bucket, fullBucket } from "./bucket.ts";
import type { Own } from "./judge.ts";
import type { Trouble } from "./trouble.ts";

/** Most batches under way at a time; the broker may allow fewer. */
export const mostUnderWay = 20;

/** How long the courier waits for what. */
export const patience = {
  /** Entries that are few wait so long for company. */
  lingerMs: 500,
  /** No PUBACK and no answer for so long: this connection is dead, or central QA is silent. */
  answerMs: 30_000,
  /** A question is small, and so is its answer. */
  questionMs: 10_000,
  /** With nothing to send, so often it asks how central stands. */
  beatMs: 300_000,
  /** A connection that ends earlier has died young. */
  youngMs: 60_000,
  /** So many connections that died young in a row are an alarm. */
  youngDeaths: 5,
  shortestRetryMs: 1_000,
  longestRetryMs: 120_000,
} as const satisfies Record<string, Milliseconds | number>;

/** Why a connection ended or did not come about. */
export type DownReason =
  /** Not reached, or lost. */
  | "lost"
  /** The broker gave the session to another one of the same name. */
  | "taken-over"
  /** The broker does not know this certificate, or does not allow the topics. */
  | "refused"
  /** The broker's certificate is not one that the configured authority has signed for its name. */
  | "untrusted"
  /** The cell's own certificate files cannot be read. */
  | "unreadable";

/** A batch that was handed to the broker and is not covered by a receipt yet. */
export interface UnderWay {
  readonly serial: number;
  readonly from: number;
  readonly to: number;
  /** The broker has acknowledged it, which says nothing about central QA. */
  readonly acknowledged: boolean;
}

/** Entries that central QA has lost and asks for, by the tree of `size` entries. */
export interface Wanted {
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

/** `asking`: a hello waits for its answer. `waiting`: a retry is due later. `frozen`, `stopped`: only a start ends it. */
export type Phase = "asking" | "sending" | "waiting" | "frozen" | "stopped";

export interface CourierState {
  /** Durable entries of the ledger. */
  readonly head: number;
  /** Entries that a stored cosignature covers: the outbox is what comes after. */
  readonly withQa: number;
  /** A receipt over so many is being stored. */
  readonly storing: number;
  readonly link: "down" | "opening" | "up";
  readonly phase: Phase;
  /** Central QA has answered since the process started. */
  readonly met: boolean;
  /** Size at which central QA stood when it last said so. */
  readonly told: number;
  /** Number of the first entry that is not under way. */
  readonly next: number;
  readonly underWay: readonly UnderWay[];
  /** A batch that is being put together. */
  readonly composing: number | null;
  /** What central QA asked for last; it is sent when no record waits. */
  readonly wanted: Wanted | null;
  /** The answer to it that is being put together. */
  readonly filling: number | null;
  readonly bucket: Bucket;
  /** Batches at a time, as this connection allows. */
  readonly window: number;
  /** Entries in a batch; fewer while a batch that was refused is taken apart. */
  readonly limit: number;
  /** Where the refused batch ended: the limit is whole again after it. */
  readonly splitTo: number;
  /** The entry before which sync stands; -1 where it stands before none. */
  readonly standsBefore: number;
  /** What there is to send is sent at once. */
  readonly due: boolean;
  /** The size to which a conflict last sent the courier back; -1 since the last progress. */
  readonly wentBackTo: number;
  readonly question: string;
  /** What was countersigned when the question was asked: the answer may be older than what came since. */
  readonly askedAt: number;
  readonly serial: number;
  /** Retries without an answer of central, and without a connection that held. */
  readonly silences: number;
  readonly drops: number;
  readonly youngDeaths: number;
  readonly upSince: MonotonicMs;
  /** Highest time that the courier has seen, by clock or by entry. */
  readonly highest: EpochMs;
  readonly alarm: Trouble | null;
  readonly deadlines: Deadlines;
}

/** When, by the monotonic clock, what is due. */
export interface Deadlines {
  readonly reconnect: MonotonicMs | null;
  readonly answer: MonotonicMs | null;
  readonly retry: MonotonicMs | null;
  readonly linger: MonotonicMs | null;
  readonly beat: MonotonicMs | null;
  /** When the bound on bytes a second lets something out again. */
  readonly budget: MonotonicMs | null;
}

export type Input =
  /** The courier may begin. */
  | { readonly kind: "start" }
  /** A connection stands and listens; `window` is what the broker takes at a time. */
  | { readonly kind: "connected"; readonly window: number }
  | { readonly kind: "disconnected"; readonly reason: DownReason }
  | { readonly kind: "head-moved"; readonly size: number }
  /** A batch was put together and handed to the connection. */
  | {
      readonly kind: "sent";
      readonly serial: number;
      readonly from: number;
      readonly to: number;
      readonly bytes: number;
    }
  /** What central QA wanted was put together and handed to the connection. */
  | { readonly kind: "filled"; readonly serial: number; readonly bytes: number }
  /** The entry at `from` does not fit into a message. */
  | { readonly kind: "too-large"; readonly serial: number; readonly from: number }
  /** What was to be sent from `from` on cannot be read: `bad` is the first entry that has rotted, null where none can be named. */
  | {
      readonly kind: "unreadable";
      readonly serial: number;
      readonly from: number;
      readonly bad: number | null;
      readonly what: string;
    }
  /** Something else could not be read, an answer to central QA or for it. */
  | { readonly kind: "damage"; readonly serial: number | null; readonly what: string }
  | { readonly kind: "acknowledged"; readonly serial: number }
  /** A message came; `own` is what the cell has at the size that it names, null where it has fewer entries. */
  | { readonly kind: "heard"; readonly message: DownMessage; readonly own: Own | null }
  /** A cosigned checkpoint is durable. */
  | { readonly kind: "stored"; readonly size: number }
  /** A decision was opened and is none of central QA's. */
  | { readonly kind: "bad-decision"; readonly what: string }
  /** A deadline may have passed. */
  | { readonly kind: "time" };

export type Output =
  | { readonly kind: "connect" }
  /** End the connection; `disconnected` follows. */
  | { readonly kind: "drop" }
  | { readonly kind: "hello"; readonly id: string; readonly size: number }
  /** Put together a batch of at most `limit` entries from `from` on and send it; answered by `sent` or `too-large`. */
  | { readonly kind: "compose"; readonly serial: number; readonly from: number; readonly limit: number }
  /** Put together what central QA has lost and send it; answered by `filled`. */
  | { readonly kind: "fill"; readonly serial: number; readonly wanted: Wanted }
  /** Make it durable; answered by `stored`. */
  | { readonly kind: "store"; readonly size: number; readonly note: SignedNote }
  /** A decision, to be opened and handed to the core. */
  | { readonly kind: "decision"; readonly envelope: string }
  /** Something is wrong; said once. */
  | { readonly kind: "alarm"; readonly trouble: Trouble };

/** Time and chance at an input. */
export interface Tick {
  readonly mono: MonotonicMs;
  readonly wall: EpochMs;
  /** Uniform in [0, 1). */
  readonly chance: number;
}

/** A courier that has not begun; its whole memory is the ledger's head and what is cosigned of it. */
export function freshCourier(head: number, withQa: number, bytesPerSecond: number | null = null): CourierState {
  return {
    head,
    withQa,
    storing: withQa,
    link: "down",
    phase: "asking",
    met: false,
    told: 0,
    next: withQa,
    underWay: [],
    composing: null,
    wanted: null,
    filling: null,
    bucket: fullBucket(bytesPerSecond, 0),
    window: 1,
    limit: maxBatchEntries,
    splitTo: 0,
    standsBefore: -1,
    due: true,
    wentBackTo: -1,
    question: "",
    askedAt: 0,
    serial: 0,
    silences: 0,
    drops: 0,
    youngDeaths: 0,
    upSince: 0,
    highest: 0,
    alarm: null,
    deadlines: { reconnect: null, answer: null, retry: null, linger: null, beat: null, budget: null },
  };
}

/** True while a record that could go to central QA has not gone: whatever is less urgent waits for that. */
export function recordsWait({ link, phase, next, head, composing, underWay }: CourierState): boolean {
  return link !== "up" || phase !== "sending" || next < head || composing !== null || underWay.length > 0;
}

/** When the courier wants to hear `time` next; null where it waits for nothing. */
export function wakeAt({ deadlines }: CourierState): MonotonicMs | null {
  const due = Object.values(deadlines).filter((at) => at !== null);
  return due.length === 0 ? null : Math.min(...due);
}

/** Full jitter between the shortest wait and a bound that doubles with every failure. */
export function backOff(failures: number, chance: number): Milliseconds {
  const { shortestRetryMs: shortest, longestRetryMs: longest } = patience;
  const bound = Math.min(longest, shortest * 2 ** Math.min(failures, 10));
  return Math.round(shortest + chance * (bound - shortest));
}

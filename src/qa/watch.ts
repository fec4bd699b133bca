/** What central QA keeps of its watch over the cells: the last signed status of each, and the alarms that were raised. */
import type { EpochMs } from "../kernel/units.ts";
import type { SignedNote } from "../ledger/note.ts";

/** The newest status of one log; a later one takes its place, for it is no record. */
export interface KeptStatus {
  readonly origin: string;
  /** Number of the cell's start that said it, and the place among those that this start has said. */
  readonly boot: number;
  readonly counter: number;
  /** As the cell has signed it. */
  readonly note: SignedNote;
  readonly receivedAt: EpochMs;
}

/**
 * `rollback`: the cell has fewer entries than it has handed over. `clone`: two computers speak with one key. `lost`: the
 * cell holds receipts of central's over more than central holds. `gap`: entries do not come, and later ones do. `clock`:
 * the cell's clock is far from central's. `ancestor`: a log went on from less of the one before than central holds.
 */
export type AlarmCode = "rollback" | "clone" | "lost" | "gap" | "clock" | "ancestor";

/** An alarm, kept for ever; the same one is raised once, whichever instance sees it. */
export interface Alarm {
  readonly id: string;
  readonly cell: string;
  readonly code: AlarmCode;
  /** One sentence. */
  readonly what: string;
  readonly at: EpochMs;
}

/** The end of what is held of a log: how many entries, and the start of the cell that wrote the last; -1 where none is. */
export interface HeldEnd {
  readonly size: number;
  readonly boot: number;
}

/** What a judgement of a status wants kept. */
export interface StatusSettlement<T> {
  /** Takes the place of the one before; null where that stands. */
  readonly status: KeptStatus | null;
  readonly alarms: readonly Alarm[];
  readonly value: T;
}

/** The watch's part of the store. Alarms are only ever added. */
export interface WatchStore {
  /** Reads the log's last status and how many entries are held, judges, and keeps, in one transaction under the log's lock. */
  settleStatus<T>(origin: string, judge: (before: KeptStatus | null, held: HeldEnd) => StatusSettlement<T>): Promise<T>;
  statuses(): Promise<readonly KeptStatus[]>;
  /** Keeps an alarm, unless it is kept already or the cell has `mostAlarms`. */
  raise(alarm: Alarm): Promise<void>;
  /** The newest first, at most `limit`. */
  alarms(limit: number): Promise<readonly Alarm[]>;
}

/** How many alarms of one cell are kept: whoever holds its key can make up more. */
export const mostAlarms = 1_000;

/** The write-ahead log's regime: moved into the database explicitly, bounded also while somebody reads, and its errors told. */
import { type Db, usualWaitMs } from "./database.ts";

/** Written since the last move, in bytes, when the log is moved into the database; about what a start has to replay. */
export const moveEveryBytes = 8 << 20;
/** Size of the log from which a move also waits, for a moment, until readers let go. */
export const pressAtBytes = 32 << 20;
/** The log never grows beyond this and what one commit adds. */
export const boundBytes = 64 << 20;

/** How long the writer waits for readers, in ms: while it waits, nothing is recorded. */
const pressMs = 100;
const lastChanceMs = 1000;

/** What a look at the log led to: nothing to say, a reader that should let go, or one that holds it at its bound. */
export type LogState = { readonly kind: "fine" } | { readonly kind: "pressed" | "pinned"; readonly bytes: number };

export interface LogKeeper {
  /** Told what a commit has written. */
  wrote(bytes: number): void;
  /** Moves the log when it is long. Throws SqliteError where the disk fails: that is a fault like any of a write. */
  tidy(): LogState;
  /** Leaves no log behind where no reader needs it. Throws SqliteError. */
  end(): void;
}

interface Checkpointed {
  /** 1 where a reader or writer kept it from being finished. */
  readonly busy: number;
  /** Frames in the log; -1 where there is none. */
  readonly log: number;
  readonly checkpointed: number;
}

/**
 * The keeper of a writing connection. The library's own way of moving would hide errors of the disk (measured), so it is
 * off. A reader that holds one transaction keeps the log from starting over; ours read in pages, so only a foreign
 * program can, and at the bound the writer stops rather than fill the disk.
 */
export function createLogKeeper(db: Db): LogKeeper {
  const frameBytes = Number(db.pragma("page_size", { simple: true })) + 24;
  // What a burst has left behind is given back when the log starts over.
  db.pragma(`journal_size_limit = ${moveEveryBytes}`);
  let unmoved = 0;

  /** Bytes that stay in the log after a move of this kind; 0 where the next commit begins it anew. */
  function move(mode: "PASSIVE" | "RESTART" | "TRUNCATE", waitMs: number): number {
    db.pragma(`busy_timeout = ${waitMs}`);
    try {
      const [found] = db.pragma(`wal_checkpoint(${mode})`) as Checkpointed[];
      if (found === undefined || found.log < 0) return 0;
      const isDone = found.busy === 0 && found.checkpointed >= found.log && mode !== "PASSIVE";
      return isDone ? 0 : found.log * frameBytes;
    } finally {
      db.pragma(`busy_timeout = ${usualWaitMs}`);
    }
  }

  return {
    wrote(bytes) {
      unmoved += bytes;
    },
    tidy() {
      if (unmoved < moveEveryBytes) return { kind: "fine" };
      unmoved = 0;
      const passive = move("PASSIVE", 0);
      if (passive < pressAtBytes) return { kind: "fine" };
      const pressed = move("RESTART", pressMs);
      if (pressed === 0) return { kind: "fine" };
      if (pressed < boundBytes - moveEveryBytes) return { kind: "pressed", bytes: pressed };
      const bytes = move("TRUNCATE", lastChanceMs);
      return bytes === 0 ? { kind: "fine" } : { kind: "pinned", bytes };
    },
    end: () => void move("TRUNCATE", pressMs),
  };
}

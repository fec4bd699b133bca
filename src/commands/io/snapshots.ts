/** Kept folds as the daemon uses them: the core's state and the page's journal, so that a start need not replay history. */
import type { JournalMemory } from "../../hmi/journal.ts";
import type { Recorded } from "../../jobs/controller.ts";
import { openAttempts, type State } from "../../jobs/state.ts";
import type { OpenedLedger } from "../../ledger/io/ledger.ts";
import { keepFold, readKept } from "../../ledger/kept.ts";

/** Entries from one keeping to the next, at least; and only while nothing is being made. */
const keepEvery = 2_000;

/** What a start goes on from; null for each that is to be folded from the first entry. */
export interface Snapshots {
  readonly state: State | null;
  readonly journal: JournalMemory | null;
}

type Opened = Pick<OpenedLedger, "ledger" | "caches">;

/** Reads both. Each is over the log's own entries, or it is null. */
export async function readSnapshots({ ledger, caches }: Opened): Promise<Snapshots> {
  const [state, journal] = [await readKept(caches, "state", ledger), await readKept(caches, "journal", ledger)];
  return { state: state && (state.value as State), journal: journal && (journal.value as JournalMemory) };
}

export interface Keeper {
  /** Told of every entry. */
  hear(recorded: Recorded): void;
  /** Keeps both as they are now. */
  keep(): Promise<void>;
}

/** Keeps both folds from time to time. What cannot be written is told and done without. */
export function createKeeper(
  { ledger, caches }: Opened,
  state: () => State,
  journal: () => JournalMemory,
  log: (message: string, facts?: Record<string, unknown>) => void,
): Keeper {
  let kept = state().clock.entries;
  let turn: Promise<void> = Promise.resolve();

  async function keepNow(): Promise<void> {
    const [fold, memory] = [state(), journal()];
    kept = fold.clock.entries;
    try {
      await keepFold(caches, "state", ledger, { size: fold.clock.entries, value: fold });
      await keepFold(caches, "journal", ledger, { size: memory.last + 1, value: memory });
    } catch (problem) {
      log("what the next start would go on from could not be kept", { what: String(problem) });
    }
  }
  const keep = (): Promise<void> => {
    turn = turn.then(keepNow);
    return turn;
  };
  return {
    hear({ seq }) {
      if (seq - kept < keepEvery || openAttempts(state()).length > 0) return;
      kept = seq;
      // The tick that tells of this entry comes to its end first.
      setImmediate(() => void keep());
    },
    keep,
  };
}

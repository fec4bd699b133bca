/** The scrub of a ledger in use: a thread of its own that reads everything again and again, and says what it finds. */
import { Worker } from "node:worker_threads";
import type { FromScrub, RecordDamage, ScrubData, ScrubProgress, ToScrub } from "./scrub-protocol.ts";

/** How the scrub goes about it: about 2,500 entries a second at most, and an hour between two rounds. */
export const usualPace = { tickMs: 100, restMs: 3_600_000 } as const;

/** Told of what the scrub does. */
export interface ScrubEars {
  /** A round has ended: with damage, or (null) without, over the first `size` entries. */
  readonly onRound: (damage: RecordDamage | null, size: number) => void;
  /** The thread has ended by itself: nothing is verified any more until the next start. */
  readonly onTrouble: (what: string) => void;
}

export interface Scrub {
  progress(): ScrubProgress;
  /** Goes through the whole record at once, without pauses; resolves when the round has ended. */
  round(): Promise<ScrubProgress>;
  /** Brings what the next start goes on from up to the newest cosigned head; resolves when it is kept. */
  keep(): Promise<ScrubProgress>;
  close(): Promise<void>;
}

const nothingYet: ScrubProgress = { at: 0, of: 0, rounds: 0, whole: null, damage: null, kept: 0 };

/** Starts the thread on a data folder that is open or not. */
export function startScrub(data: ScrubData, ears: ScrubEars): Scrub {
  const worker = new Worker(new URL("./scrubber.ts", import.meta.url), { workerData: data });
  const waiting = new Map<number, (progress: ScrubProgress) => void>();
  let progress = nothingYet;
  let nextId = 0;
  let ended = false;
  worker.on("message", (message: FromScrub) => {
    if (message.kind === "ended") ears.onRound(message.damage, message.size);
    else progress = message.progress;
    if (message.kind !== "done") return;
    waiting.get(message.id)?.(progress);
    waiting.delete(message.id);
  });
  worker.on("error", (problem) => ears.onTrouble(`The scrub of the record has ended: ${String(problem)}.`));
  const over = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      ended = true;
      for (const resolveOne of waiting.values()) resolveOne(progress);
      resolve();
    });
  });
  const ask = (kind: ToScrub["kind"]): Promise<ScrubProgress> =>
    new Promise((resolve) => {
      if (ended) return resolve(progress);
      waiting.set(nextId, resolve);
      worker.postMessage({ kind, id: nextId++ });
    });
  return {
    progress: () => progress,
    round: () => ask("round"),
    keep: () => ask("keep"),
    async close() {
      await ask("close");
      await over;
    },
  };
}

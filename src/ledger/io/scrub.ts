/** The scrub of a ledger in use: a thread of its own that reads everything again and again, and says what it finds. */
import { Worker } from "node:worker_threads";
import type { Scrub, ScrubEars, ScrubProgress } from "../scrub.ts";
import type { FromScrub, ScrubData, ToScrub } from "./scrub-protocol.ts";

/** How the scrub goes about it: about 2,500 entries a second at most, and an hour between two rounds. */
export const usualPace = { tickMs: 100, restMs: 3_600_000 } as const;

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

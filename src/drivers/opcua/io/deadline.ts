/** Deadlines: what does not answer in time is given up, and its late answer is dropped. */

import { clip } from "../../../kernel/text.ts";
import type { Milliseconds } from "../../../kernel/units.ts";

/** Thrown when the time is over. */
export class TimeIsOver extends Error {
  override name = "TimeIsOver";
}

/** The promise's value, or a rejection after `ms`. A later outcome of the promise is nobody's business any more. */
export function within<T>(ms: Milliseconds, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new TimeIsOver(`no answer within ${ms} ms`)), ms);
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (problem: unknown) => {
        clearTimeout(timer);
        reject(problem);
      },
    );
  });
}

/** The first line of what went wrong, for a sentence. */
export function wordsOf(problem: unknown): string {
  const text = problem instanceof Error ? problem.message : String(problem);
  return clip(text.split("\n")[0]!.trim(), 200);
}

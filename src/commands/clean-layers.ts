/** Which layers of a record are known to be whole: what a limit set may be made of. */
import { wordsOf } from "../hmi/reasons.ts";
import type { Event } from "../jobs/event.ts";

export interface CleanLayers {
  /** Takes the next entry's event; it must hear all of them, in order. */
  take(event: Event): void;
  /** The whole layers of each attempt that ended well, by the attempt's name. */
  byAttempt(): ReadonlyMap<string, ReadonlySet<number>>;
}

const takenForWhole: ReadonlySet<string> = new Set([
  wordsOf("concession", "picture-misleads"),
  wordsOf("concession", "found-whole"),
]);

/**
 * A layer counts that passed and that nobody found bad, or that failed and that a person then found whole; one that was
 * tolerated does not, nor any of an attempt that did not end well: nobody knows in which layer its trouble began.
 */
export function createCleanLayers(): CleanLayers {
  const layers = new Map<string, Set<number>>();
  const ended = new Set<string>();
  /** What an open nonconformity says is bad. */
  const doubted = new Map<string, { readonly attempt: string; readonly layer: number }>();
  const of = (attempt: string): Set<number> => {
    const known = layers.get(attempt) ?? new Set<number>();
    layers.set(attempt, known);
    return known;
  };
  return {
    take(event) {
      switch (event.type) {
        case "LayerDecided":
          if (event.verdict === "pass") of(event.attempt).add(event.layer);
          return;
        case "NonconformityRaised": {
          const { attempt, layer, nonconformity } = event;
          if (attempt === null || layer === null) return;
          layers.get(attempt)?.delete(layer);
          doubted.set(nonconformity, { attempt, layer });
          return;
        }
        case "DispositionSigned": {
          const about = doubted.get(event.nonconformity);
          doubted.delete(event.nonconformity);
          if (about && event.disposition === "concession" && takenForWhole.has(event.reason)) {
            of(about.attempt).add(about.layer);
          }
          return;
        }
        case "AttemptEnded":
          if (event.outcome === "Completed") ended.add(event.attempt);
          else layers.delete(event.attempt);
          return;
        default:
      }
    },
    byAttempt: () => new Map([...layers].filter(([attempt]) => ended.has(attempt))),
  };
}

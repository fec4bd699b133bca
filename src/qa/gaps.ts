/** Gaps that stay: a cell goes on sending entries that begin after what is held, and what lies between does not come. */
import type { EpochMs, Milliseconds } from "../kernel/units.ts";
import type { DownMessage } from "../ledger/batch.ts";
import type { RegisteredCell } from "./judge.ts";
import type { Alarm } from "./watch.ts";

/** Batches overtake each other on the way; a gap that is there for so long is one. */
export const gapAfterMs: Milliseconds = 60_000;

/** Watches over the batches that one instance hears. */
export interface GapWatch {
  /** An alarm when a gap has become one; the store keeps it once. */
  hear(
    cell: RegisteredCell,
    from: number,
    heard: { readonly outcome: string; readonly answers: readonly DownMessage[] },
    at: EpochMs,
  ): Alarm | null;
}

/** A watch that has heard nothing. */
export function createGapWatch(): GapWatch {
  const open = new Map<string, { readonly size: number; readonly since: EpochMs }>();
  return {
    hear(cell, from, { outcome, answers }, at) {
      const [answer] = answers;
      if (outcome === "taken" || outcome === "known") open.delete(cell.id);
      if (outcome !== "conflict" || answer?.kind !== "conflict") return null;
      const { size } = answer;
      const known = open.get(cell.id);
      if (known?.size !== size) open.set(cell.id, { size, since: at });
      if (known?.size !== size || at - known.since < gapAfterMs) return null;
      const what = `Entries ${size} to ${from - 1} do not come, though central asks for them; later ones do.`;
      return { id: `gap/${cell.id}/${size}`, cell: cell.id, code: "gap", what, at };
    },
  };
}

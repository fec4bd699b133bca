/** What was not taken is set aside within bounds: so many a minute of one cell are written, the others counted together. */
import { digestOf } from "../kernel/hash.ts";
import type { EpochMs, Milliseconds } from "../kernel/units.ts";
import type { RegisteredCell } from "./judge.ts";
import { type IngestStore, unregistered } from "./store.ts";

export interface Aside {
  /** Keeps a message that was not taken, or counts it. */
  put(cell: string, message: Uint8Array, why: { readonly code: string; readonly what: string }): Promise<void>;
  /** Counts a message that was not even looked at. */
  count(cell: string, bytes: number): void;
  /** Writes down what was counted since the last time. */
  settle(): Promise<void>;
}

export interface AsidePorts {
  readonly store: IngestStore;
  readonly cells: ReadonlyMap<string, RegisteredCell>;
  readonly now: () => EpochMs;
}

/** So many messages of one cell are written down in a minute: each is a transaction that other cells wait for. */
const mostInAMinute = 60;
const minuteMs: Milliseconds = 60_000;

/** A place for what was not taken; names that are not registered share one. */
export function createAside({ store, cells, now }: AsidePorts): Aside {
  const written = new Map<string, { since: EpochMs; count: number }>();
  const counted = new Map<string, { messages: number; bytes: number }>();

  function listedAs(cell: string): string {
    return cells.has(cell) ? cell : unregistered;
  }

  function mayWrite(name: string): boolean {
    const at = now();
    const before = written.get(name);
    if (before === undefined || at < before.since || at >= before.since + minuteMs) {
      written.set(name, { since: at, count: 1 });
      return true;
    }
    before.count += 1;
    return before.count <= mostInAMinute;
  }

  function count(cell: string, bytes: number): void {
    const name = listedAs(cell);
    const before = counted.get(name) ?? { messages: 0, bytes: 0 };
    counted.set(name, { messages: before.messages + 1, bytes: before.bytes + bytes });
  }

  return {
    async put(cell, message, why) {
      const name = listedAs(cell);
      if (!mayWrite(name)) return count(cell, message.length);
      const quarantined = {
        cell: name,
        seq: null,
        digest: digestOf(message),
        bytes: message.length,
        ...why,
        at: now(),
      };
      await store.settle(cells.get(cell)?.origin ?? unregistered, { from: 0, to: 0, jobs: [] }, () => ({
        writing: { kind: "quarantine", quarantined, message },
        value: null,
      }));
    },
    count,
    async settle() {
      for (const [cell, each] of [...counted]) {
        counted.delete(cell);
        try {
          await store.countDropped({ cell, ...each });
        } catch (problem) {
          const since = counted.get(cell) ?? { messages: 0, bytes: 0 };
          counted.set(cell, { messages: since.messages + each.messages, bytes: since.bytes + each.bytes });
          throw problem;
        }
      }
    },
  };
}

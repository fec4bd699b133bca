/** Virtual time and seeded chance: a year of bad days in a second, and the same day again from the same seed. */
import type { Clock } from "../../src/kernel/ports.ts";

export type Random = () => number;

/** A small seeded generator (mulberry32): uniform in [0, 1). */
export function seeded(seed: number): Random {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export interface VirtualTime {
  readonly clock: Clock;
  /** Milliseconds since the simulation began. */
  elapsed(): number;
  after(delayMs: number, fire: () => void): () => void;
  /** The wall clock jumps by this many milliseconds. */
  step(byMs: number): void;
  /** Fires the next event and lets everything that follows from it settle; false when nothing is left. */
  advance(): Promise<boolean>;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
  live: boolean;
}

/** 2026-01-01T00:00:00Z */
const epochMs = 1_767_225_600_000;

/** Starts a world at time zero. */
export function createTime(): VirtualTime {
  let now = 0;
  let skew = 0;
  let order = 0;
  const heap: Timer[] = [];

  function after(delayMs: number, fire: () => void): () => void {
    const timer: Timer = { at: now + Math.max(0, delayMs), order: order++, fire, live: true };
    push(heap, timer);
    return () => {
      timer.live = false;
    };
  }

  return {
    clock: { now: () => epochMs + now + skew, monotonic: () => now, after },
    elapsed: () => now,
    after,
    step(byMs) {
      skew += byMs;
    },
    async advance() {
      let timer = pop(heap);
      while (timer && !timer.live) timer = pop(heap);
      if (!timer) return false;
      now = timer.at;
      timer.fire();
      // One turn of the real event loop: every promise that follows from this event has then settled.
      await new Promise((resolve) => setImmediate(resolve));
      return true;
    },
  };
}

function before(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Timer[], timer: Timer): void {
  heap.push(timer);
  let child = heap.length - 1;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (!before(heap[child]!, heap[parent]!)) return;
    [heap[child], heap[parent]] = [heap[parent]!, heap[child]!];
    child = parent;
  }
}

function pop(heap: Timer[]): Timer | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (!top || !last || heap.length === 0) return top;
  heap[0] = last;
  let parent = 0;
  for (;;) {
    const left = 2 * parent + 1;
    const right = left + 1;
    let least = parent;
    if (left < heap.length && before(heap[left]!, heap[least]!)) least = left;
    if (right < heap.length && before(heap[right]!, heap[least]!)) least = right;
    if (least === parent) return top;
    [heap[parent], heap[least]] = [heap[least]!, heap[parent]!];
    parent = least;
  }
}

/** Turns among cells: each has its messages taken in order and one at a time, and none, however loud, keeps another waiting. */

/** What may wait. */
export interface TurnBounds {
  /** Messages of one cell; what comes beyond them is dropped. An honest cell has fewer on their way. */
  readonly mostOfOne: number;
  /** Bytes of all cells together; beyond them nothing more is read from the broker. */
  readonly mostBytes: number;
  /** Cells whose messages are taken beside each other. */
  readonly lanes: number;
}

export const turnBounds: TurnBounds = { mostOfOne: 40, mostBytes: 64 * 1024 * 1024, lanes: 8 };

export interface Turns {
  /** Takes a message in its turn; false where this cell has too many waiting, and it is dropped. */
  offer(cell: string, bytes: Uint8Array): boolean;
  /** Resolves when more may be read: at once, unless too much waits. */
  room(): Promise<void>;
}

/** Turns whose messages go to `take`, which never rejects. */
export function createTurns(
  take: (cell: string, bytes: Uint8Array) => Promise<void>,
  { mostOfOne, mostBytes, lanes }: TurnBounds = turnBounds,
): Turns {
  const waiting = new Map<string, Uint8Array[]>();
  /** Cells that wait for their turn; the one that had it goes to the end. */
  const line: string[] = [];
  let [busy, held] = [0, 0];
  let readers: (() => void)[] = [];

  function goOn(): void {
    while (busy < lanes) {
      const cell = line.shift();
      if (cell === undefined) return;
      const bytes = waiting.get(cell)?.[0];
      if (bytes === undefined) continue;
      busy += 1;
      void take(cell, bytes).finally(() => finished(cell, bytes));
    }
  }

  function finished(cell: string, bytes: Uint8Array): void {
    busy -= 1;
    held -= bytes.length;
    const rest = waiting.get(cell);
    rest?.shift();
    if (rest === undefined || rest.length === 0) waiting.delete(cell);
    else line.push(cell);
    if (held < mostBytes) {
      const woken = readers;
      readers = [];
      for (const wake of woken) wake();
    }
    goOn();
  }

  return {
    offer(cell, bytes) {
      const own = waiting.get(cell);
      if (own !== undefined && own.length >= mostOfOne) return false;
      held += bytes.length;
      if (own === undefined) {
        waiting.set(cell, [bytes]);
        line.push(cell);
      } else own.push(bytes);
      goOn();
      return true;
    },
    room: () => (held < mostBytes ? Promise.resolve() : new Promise((wake) => void readers.push(wake))),
  };
}

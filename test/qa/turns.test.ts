/** Turns among cells: order within each, none waits for a loud one, and what waits is bounded. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createTurns } from "../../src/qa/turns.ts";

/** A `take` whose works end when the test says so, oldest first. */
function works() {
  const begun: string[] = [];
  const open: { cell: string; done: () => void }[] = [];
  return {
    begun,
    open,
    take: (cell: string, bytes: Uint8Array) =>
      new Promise<void>((done) => {
        begun.push(`${cell}${bytes[0]}`);
        open.push({ cell, done });
      }),
    async finish(): Promise<void> {
      open.shift()?.done();
      await new Promise((later) => setImmediate(later));
    },
  };
}

const message = (n: number, size = 1): Uint8Array => Uint8Array.of(n, ...new Array<number>(size - 1).fill(0));

test("[F79] a cell that floods is dropped beyond its bound, and another's word is taken in the next turn", async () => {
  const { begun, take, finish } = works();
  const turns = createTurns(take, { mostOfOne: 5, mostBytes: 1_000_000, lanes: 1 });
  const taken = Array.from({ length: 10_000 }, () => turns.offer("loud", message(1))).filter(Boolean);
  expect(taken).toHaveLength(5);
  expect(turns.offer("quiet", message(2))).toBe(true);
  await finish();
  expect(begun).toEqual(["loud1", "quiet2"]);
});

test("nothing more is read while too much waits, and reading goes on when there is room", async () => {
  const { take, finish } = works();
  const turns = createTurns(take, { mostOfOne: 100, mostBytes: 10, lanes: 2 });
  turns.offer("a", message(1, 6));
  turns.offer("b", message(1, 6));
  let room = false;
  void turns.room().then(() => {
    room = true;
  });
  await new Promise((later) => setImmediate(later));
  expect(room).toBe(false);
  await finish();
  expect(room).toBe(true);
});

test("whatever comes in whichever order: each cell's in its own order, one at a time, and all that was not dropped", async () => {
  const script = fc.array(fc.oneof(fc.constantFrom("a", "b", "c"), fc.constant(null)), { maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(script, fc.integer({ min: 1, max: 3 }), async (steps, lanes) => {
      const { begun, open, take, finish } = works();
      const turns = createTurns(take, { mostOfOne: 4, mostBytes: 1_000, lanes });
      const kept = new Map<string, string[]>();
      for (const [n, cell] of steps.entries()) {
        if (cell === null) await finish();
        else if (turns.offer(cell, message(n % 256))) kept.set(cell, [...(kept.get(cell) ?? []), `${cell}${n % 256}`]);
        expect(new Set(open.map((one) => one.cell)).size).toBe(open.length);
        expect(open.length).toBeLessThanOrEqual(lanes);
      }
      while (open.length > 0) await finish();
      for (const [cell, own] of kept) expect(begun.filter((one) => one.startsWith(cell))).toEqual(own);
    }),
    { numRuns: 60 },
  );
});

/** What every machine driver promises, as one suite; run by each driver and by the fake. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Machine } from "../../src/drivers/machine.ts";
import type { Answer, Directive } from "../../src/equipment/machine.ts";
import type { AttemptId, Digest } from "../../src/kernel/names.ts";
import type { Listener } from "./listener.ts";

/** A machine on its bench, online, with nothing begun. */
export interface ConformanceBench {
  readonly machine: Machine;
  readonly listener: Listener;
  /** Programs the machine can make, of that many layers. */
  readonly program: Digest;
  readonly layers: number;
  /** The machine is gone as the world would have it: power, cable, network. */
  lose(): Promise<void>;
  dispose(): Promise<void>;
}

const unheardOf = "0".repeat(64) as Digest;
let count = 0;
const fresh = (): AttemptId => `attempt-${++count}` as AttemptId;

/** Runs the suite; `start` makes a bench of at least three layers. */
export function machineConformance(name: string, start: () => Promise<ConformanceBench>): void {
  describe(`machine conformance: ${name}`, () => {
    let bench: ConformanceBench;
    beforeAll(async () => {
      bench = await start();
    });
    afterAll(() => bench.dispose());

    const begin = (attempt: AttemptId, releasedLayer: number, program = bench.program): Promise<Answer> =>
      bench.machine.perform({ kind: "begin", attempt, program, releasedLayer });
    const tell = (kind: "hold" | "abort", attempt: AttemptId) => bench.machine.perform({ kind, attempt });
    const proceed = (attempt: AttemptId, releasedLayer: number) =>
      bench.machine.perform({ kind: "proceed", attempt, releasedLayer });
    const layersOf = (attempt: AttemptId) =>
      bench.listener.heard.flatMap((o) => (o.kind === "layer-done" && o.attempt === attempt ? [o.layer] : []));

    test("[F28] an attempt that nobody began is refused, and an unknown program is not begun", async () => {
      const nobody = fresh();
      for (const answer of [await tell("hold", nobody), await proceed(nobody, 2)]) expect(answer.kind).toBe("refused");
      expect((await begin(nobody, 1, unheardOf)).kind).toBe("refused");
    });

    test("[F31][F33] abort of an attempt that only an earlier driver knew leaves the idle machine safe, and says so", async () => {
      const earlier = fresh();
      expect([await tell("abort", earlier), await tell("abort", earlier)]).toEqual(Array(2).fill({ kind: "done" }));
      expect((await proceed(earlier, 2)).kind).toBe("refused");
      await begin(earlier, 1);
      expect(layersOf(earlier)).toEqual([]);
    });

    test("[F28][L3] released layers are made once each, in order, and no other; then it finishes", async () => {
      const attempt = fresh();
      expect(await begin(attempt, 1)).toEqual({ kind: "done" });
      expect(await begin(attempt, 1)).toEqual({ kind: "done" });
      expect((await begin(fresh(), 1)).kind).toBe("refused");
      for (let layer = 1; layer <= bench.layers; layer++) {
        await bench.listener.layer(attempt, layer);
        expect(await proceed(attempt, layer - 1)).toEqual({ kind: "done" });
        expect(layersOf(attempt)).toEqual(Array.from({ length: layer }, (_, i) => i + 1));
        expect(await proceed(attempt, layer + 1)).toEqual({ kind: "done" });
        expect(await proceed(attempt, layer + 1).then((a) => a.kind)).toMatch(/done|refused/);
      }
      const finished = await bench.listener.next("finished", (o) => o.attempt === attempt);
      expect(finished.executed.program).toBe(bench.program);
      expect(await begin(attempt, 1)).toEqual({ kind: "done" });
      expect(layersOf(attempt)).toHaveLength(bench.layers);
      expect((await proceed(attempt, 1)).kind).toBe("refused");
    });

    test("a held attempt begins no layer until it is told to proceed", async () => {
      const attempt = fresh();
      await begin(attempt, 1);
      await bench.listener.layer(attempt, 1);
      expect(await tell("hold", attempt)).toEqual({ kind: "done" });
      expect(await proceed(attempt, 0)).toEqual({ kind: "done" });
      expect(layersOf(attempt)).toEqual([1]);
      expect(await proceed(attempt, 2)).toEqual({ kind: "done" });
      await bench.listener.layer(attempt, 2);
      await tell("abort", attempt);
    });

    test("[F31] abort ends an attempt for good and can be repeated; the next attempt is a new one", async () => {
      const attempt = fresh();
      await begin(attempt, bench.layers);
      const [first, second] = await Promise.all([tell("abort", attempt), tell("abort", attempt)]);
      expect([first, second, await tell("abort", attempt)]).toEqual(Array(3).fill({ kind: "done" }));
      expect(await begin(attempt, 1)).toEqual({ kind: "done" });
      expect((await proceed(attempt, 2)).kind).toBe("refused");
      const next = fresh();
      expect(await begin(next, 1)).toEqual({ kind: "done" });
      await bench.listener.layer(next, 1);
      expect(layersOf(attempt).length).toBeLessThan(bench.layers);
      await tell("abort", next);
    });

    test("many directives at once are each answered once", async () => {
      const attempt = fresh();
      const all: Directive[] = [
        { kind: "begin", attempt, program: bench.program, releasedLayer: 1 },
        { kind: "hold", attempt },
        { kind: "proceed", attempt, releasedLayer: 1 },
        { kind: "abort", attempt },
        { kind: "abort", attempt: fresh() },
      ];
      const answers = await Promise.all(all.map((directive) => bench.machine.perform(directive)));
      expect(answers.every((answer) => ["done", "refused", "unknown"].includes(answer.kind))).toBe(true);
      expect((await tell("abort", attempt)).kind).not.toBe("unknown");
    });

    test("[F31] a lost machine is noticed, its attempt ends, and every directive is still answered", async () => {
      const attempt = fresh();
      await begin(attempt, 1);
      bench.listener.forget();
      await bench.lose();
      await bench.listener.next("offline");
      const failed = await bench.listener.next("failed", (o) => o.attempt === attempt);
      expect(failed.heaters).toBe("unknown");
      expect((await begin(fresh(), 1)).kind).toBe("refused");
      expect((await proceed(attempt, 2)).kind).toBe("refused");
      expect(["unknown", "done"]).toContain((await tell("abort", attempt)).kind);
    });

    test("after close there is silence, and directives are refused", async () => {
      await bench.machine.close();
      bench.listener.forget();
      expect((await begin(fresh(), 1)).kind).toBe("refused");
      await bench.machine.close();
      expect(bench.listener.heard).toEqual([]);
    });
  });
}

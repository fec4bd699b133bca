/** The real driver, its child process and a real terminal, with the simulated printer at the other end. */
import { afterEach, describe, expect, test } from "vitest";
import type { AttemptId } from "../../../src/kernel/names.ts";
import { type Bench, startBench } from "../marlin-machine.ts";

const a1 = "a1" as AttemptId;
let bench: Bench | undefined;
afterEach(async () => {
  await bench?.dispose();
  bench = undefined;
});

describe("over a real terminal", () => {
  test("[F25][F34][L3] a guide of five layers is printed layer by layer, and what was sent is what was ordered", async () => {
    bench = await startBench(200);
    const { machine, listener } = bench;
    const program = bench.program(5);
    const begin = { kind: "begin", attempt: a1, program, releasedLayer: 1 } as const;
    expect(await machine.perform(begin)).toEqual({ kind: "done" });
    for (let layer = 1; layer <= 5; layer++) {
      const done = await listener.layer(a1, layer);
      expect(done.summary.hotend.min).toBeGreaterThan(195);
      expect(listener.heard.filter((o) => o.kind === "layer-done")).toHaveLength(layer);
      await machine.perform({ kind: "proceed", attempt: a1, releasedLayer: layer + 1 });
    }
    const { executed } = await listener.next("finished");
    expect(executed).toMatchObject({ program, resends: 0 });
    const state = await bench.printer.state();
    expect([state.hotend.target, state.bed.target]).toEqual([0, 0]);
  });
});

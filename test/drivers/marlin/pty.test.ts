/** The real driver, its child process and a real terminal, with the simulated printer at the other end. */
import { afterEach, describe, expect, test } from "vitest";
import { createMarlinMachine } from "../../../src/drivers/io/marlin.ts";
import type { AttemptId, EquipmentId } from "../../../src/kernel/names.ts";
import { Listener } from "../listener.ts";
import { type Bench, startBench } from "../marlin-machine.ts";
import { contestAtPort } from "./contest.ts";

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

  test.each(["same", "own"] as const)(
    "[F32] a second controller on the same port, with its locks in %s folder, is refused, and the first is not disturbed",
    async (locks) => {
      expect(await contestAtPort(locks)).toEqual({
        ...{ first: "finished", resends: 0, second: "port-refused", start: "refused" },
        sentence: expect.stringMatching(locks === "same" ? /process \d+ uses the port/ : /lock/i),
      });
    },
  );

  test("[F32] another printer at the port is refused by its identity", async () => {
    bench = await startBench(200);
    await bench.machine.close();
    const config = { ...bench.config, serial: "00000000-0000-0000-0000-000000000000" };
    const machine = createMarlinMachine({
      equipment: "printer-1" as EquipmentId,
      config,
      loadProgram: async () => null,
    });
    expect((await new Listener(machine).next("offline")).fault.code).toBe("wrong-machine");
    await machine.close();
  });
});

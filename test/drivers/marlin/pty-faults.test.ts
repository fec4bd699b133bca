/** Cables, power, processes: what goes wrong between the real driver and the simulated printer. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { createMarlinMachine } from "../../../src/drivers/io/marlin.ts";
import type { Machine } from "../../../src/drivers/machine.ts";
import { marlinConfig } from "../../../src/drivers/marlin/config.ts";
import type { AttemptId, EquipmentId } from "../../../src/kernel/names.ts";
import { BenchPrinter } from "../bench-printer.ts";
import { Listener } from "../listener.ts";
import { type Bench, longProgram, startBench } from "../marlin-machine.ts";
import { isRunning } from "../running.ts";

const a1 = "a1" as AttemptId;
let bench: Bench | undefined;
afterEach(async () => {
  await bench?.dispose();
  bench = undefined;
});

/** A bench that has made its first layer and goes on. */
async function printing(speed = 200): Promise<Bench> {
  bench = await startBench(speed, { livenessMs: 3000 });
  const program = bench.store(longProgram(95));
  const begin = { kind: "begin", attempt: a1, program, releasedLayer: 99 } as const;
  expect(await bench.machine.perform(begin)).toEqual({ kind: "done" });
  await bench.listener.layer(a1, 1);
  return bench;
}

/** Asks the printer's world until its heaters are off; the test's own timeout is the bound. */
async function cooled(printer: BenchPrinter): Promise<void> {
  for (;;) {
    const { hotend, bed } = await printer.state();
    if (hotend.target === 0 && bed.target === 0) return;
  }
}

describe("over a real terminal", () => {
  test("[F25] four damaged bytes in ten thousand each way: the program arrives identical", async () => {
    bench = await startBench(400);
    await bench.printer.fault({ name: "noise", rate: 0.0004, direction: "both", seed: 5 });
    const program = bench.program(12);
    await bench.machine.perform({ kind: "begin", attempt: a1, program, releasedLayer: 99 });
    const { executed } = await bench.listener.next("finished");
    expect(executed.program).toBe(program);
  });

  test("[F31] abort before the printer is hot is carried out and confirmed", async () => {
    bench = await startBench(10);
    const program = bench.program(3);
    await bench.machine.perform({ kind: "begin", attempt: a1, program, releasedLayer: 1 });
    expect(await bench.machine.perform({ kind: "abort", attempt: a1 })).toEqual({ kind: "done" });
    const state = await bench.printer.state();
    expect([state.hotend.target, state.bed.target]).toEqual([0, 0]);
  });

  test("[F33] a pulled cable fails the attempt; plugged in again, the printer is cooled", async () => {
    const { printer, listener } = await printing();
    listener.forget();
    await printer.fault({ name: "unplug" });
    expect(await listener.next("failed")).toMatchObject({ attempt: a1, heaters: "unknown" });
    expect((await printer.state()).hotend.target).toBeGreaterThan(0);
    await printer.fault({ name: "replug" });
    await listener.next("online");
    await cooled(printer);
  });

  test("[F31] a printer that stops taking and answering is lost within its bound", async () => {
    const { printer, listener } = await printing();
    await printer.fault({ name: "stall", seconds: 4 });
    expect(await listener.next("failed")).toMatchObject({ fault: { code: "no-sign-of-life" }, heaters: "unknown" });
    await cooled(printer);
  });

  test("[F33] a restart of the printer in a job fails it", async () => {
    const { printer, listener } = await printing();
    await printer.fault({ name: "reset" });
    expect(await listener.next("failed")).toMatchObject({ fault: { code: "machine-reset" }, heaters: "off" });
  });

  test("[F25] a wire that damages everything holds in a storm of resends", async () => {
    const { printer, listener } = await printing();
    await printer.fault({ name: "resend-storm", rate: 1 });
    expect(await listener.next("failed")).toMatchObject({ fault: { code: "resend-storm" }, heaters: "off" });
    await cooled(printer);
  });

  test("[F33] kill -9 of the driver's child: the attempt's outcome is unknown, and its successor cools the printer", async () => {
    const { printer, machine, listener } = await printing();
    const pid = machine.childPid();
    listener.forget();
    const answer = machine.perform({ kind: "hold", attempt: a1 });
    process.kill(pid!, "SIGKILL");
    expect(["done", "unknown"]).toContain((await answer).kind);
    expect(await listener.next("failed")).toMatchObject({ fault: { code: "driver-lost" }, heaters: "unknown" });
    await listener.next("online");
    await cooled(printer);
    expect(await machine.perform({ kind: "abort", attempt: a1 })).toEqual({ kind: "done" });
    expect((await machine.perform({ kind: "proceed", attempt: a1, releasedLayer: 99 })).kind).toBe("refused");
  });

  test("[F31] kill -9 of the parent: the orphaned child stops, cools the printer and ends", async () => {
    const { printer, parent, child } = await printingApart();
    try {
      parent.kill("SIGKILL");
      await cooled(printer);
      while (isRunning(child)) await printer.state();
    } finally {
      parent.kill("SIGKILL");
      await printer.dispose();
    }
  });

  test("[F31][F33] kill -9 of parent and child: the printer stays hot until the next driver, which confirms the abort", async () => {
    const { printer, settings, parent, child } = await printingApart();
    const machines: Machine[] = [];
    try {
      const ended = new Promise((resolve) => parent.once("exit", resolve));
      // The parent must not live to start another child, nor the child to notice that its parent is gone.
      process.kill(parent.pid!, "SIGSTOP");
      process.kill(child, "SIGKILL");
      process.kill(parent.pid!, "SIGKILL");
      await ended;
      const left = await printer.state();
      expect(left.hotend.target).toBeGreaterThan(0);
      const machine = createMarlinMachine({
        ...{ equipment: "printer-1" as EquipmentId, config: marlinConfig.parse(settings) },
        loadProgram: async () => null,
      });
      machines.push(machine);
      await new Listener(machine).next("online");
      expect(await machine.perform({ kind: "abort", attempt: a1 })).toEqual({ kind: "done" });
      const safe = await printer.state();
      expect([safe.hotend.target, safe.bed.target]).toEqual([0, 0]);
      expect(await machine.perform({ kind: "abort", attempt: a1 })).toEqual({ kind: "done" });
      expect((await machine.perform({ kind: "proceed", attempt: a1, releasedLayer: 99 })).kind).toBe("refused");
      expect((await printer.state()).head).toEqual(safe.head);
    } finally {
      parent.kill("SIGKILL");
      for (const machine of machines) await machine.close();
      await printer.dispose();
    }
  });
});

/** A driver in a parent process of its own, in mid-print on a hot printer. */
async function printingApart() {
  const printer = new BenchPrinter();
  await printer.start(200);
  const entry = fileURLToPath(new URL("../fixtures/parent.ts", import.meta.url));
  const parent = spawn(process.execPath, [entry], { stdio: ["pipe", "pipe", "inherit"] });
  const wire = { driver: "marlin", port: printer.tty, serial: printer.uuid };
  const settings = { ...wire, vendor: "b", lockFolder: printer.folder };
  parent.stdin.end(JSON.stringify(settings));
  const child = await firstLayer(createInterface({ input: parent.stdout }));
  expect((await printer.state()).hotend.target).toBeGreaterThan(0);
  return { printer, settings, parent, child };
}

/** The child's process id, once it has made a layer. */
async function firstLayer(lines: AsyncIterable<string>): Promise<number> {
  for await (const line of lines) {
    const said = JSON.parse(line) as { kind: string; child?: number };
    if (said.kind === "layer-done") return said.child ?? 0;
    if (said.kind === "refused") break;
  }
  throw new Error("the parent made no layer");
}

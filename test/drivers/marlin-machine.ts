/** The real Marlin driver on a terminal with the simulated printer. */
import type { ChildMachine } from "../../src/drivers/io/child-machine.ts";
import { createMarlinMachine } from "../../src/drivers/io/marlin.ts";
import { type MarlinConfig, marlinConfig } from "../../src/drivers/marlin/config.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import type { Digest, EquipmentId } from "../../src/kernel/names.ts";
import { layered, program as programOf, recipe, square } from "../toolpath/bench.ts";
import { BenchPrinter } from "./bench-printer.ts";
import { Listener } from "./listener.ts";

const encoder = new TextEncoder();

/** A good program that takes long enough for something to happen: three squares a layer. */
export function longProgram(layers: number): string {
  const layer = (z: number) => [60, 84, 36].flatMap((x) => square(z, x, 60));
  return programOf(...Array.from({ length: layers }, (_, k) => layer(Math.round((k + 1) * 20) / 100)).flat());
}

export interface Bench {
  readonly printer: BenchPrinter;
  readonly config: MarlinConfig;
  readonly machine: ChildMachine;
  readonly listener: Listener;
  /** Makes a program known to the driver's program store. */
  store(text: string): Digest;
  /** A good program of so many layers. */
  program(layers: number): Digest;
  dispose(): Promise<void>;
}

/** Starts printer and driver; `online` is awaited. */
export async function startBench(
  speed: number,
  changes: Partial<MarlinConfig> = {},
  build: readonly string[] = [],
): Promise<Bench> {
  const printer = new BenchPrinter();
  await printer.start(speed, build);
  const config = marlinConfig.parse({
    ...{ driver: "marlin", port: printer.tty, serial: printer.uuid, vendor: "bench", lockFolder: printer.folder },
    park: { lift_mm: 5, x_mm: 5, y_mm: 140 },
    ...changes,
  });
  const programs = new Map<Digest, Uint8Array>();
  const machine = createMarlinMachine({
    ...{ equipment: "printer-1" as EquipmentId, config },
    loadProgram: async (digest) => {
      const bytes = programs.get(digest);
      return bytes === undefined ? null : { bytes, recipe };
    },
  });
  const listener = new Listener(machine);
  const store = (text: string): Digest => {
    const bytes = encoder.encode(text);
    programs.set(digestOf(bytes), bytes);
    return digestOf(bytes);
  };
  const dispose = async () => {
    await machine.close();
    await printer.dispose();
  };
  await listener.next("online");
  return { printer, config, machine, listener, store, program: (layers) => store(layered(layers)), dispose };
}

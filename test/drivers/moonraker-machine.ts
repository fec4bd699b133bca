/** The real Moonraker driver, its child process and the simulated Moonraker at the other end of real sockets. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ChildMachine } from "../../src/drivers/io/child-machine.ts";
import { createMoonrakerMachine } from "../../src/drivers/io/moonraker.ts";
import { type MoonrakerConfig, moonrakerConfig } from "../../src/drivers/moonraker/config.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import type { Digest, EquipmentId } from "../../src/kernel/names.ts";
import { layered, recipe } from "../toolpath/bench.ts";
import { Listener } from "./listener.ts";

const entry = fileURLToPath(new URL("../../src/simulators/moonraker/io/main.ts", import.meta.url));
const key = "bench-key";

/** What the printer's world tells. */
export interface KlipperState {
  readonly objects: { readonly [object: string]: { readonly [field: string]: unknown } };
  readonly files: readonly string[];
  readonly executed: readonly string[];
  /** A heater is waited for. */
  readonly blocked: boolean;
}

export interface MoonrakerBench {
  readonly config: MoonrakerConfig;
  readonly machine: ChildMachine;
  readonly listener: Listener;
  readonly port: number;
  /** A good program of so many layers, known to the driver's program store. */
  program(layers: number): Digest;
  state(): Promise<KlipperState>;
  /** Waits until the printer's own state is as asked for; the test's own timeout is the bound. */
  until(is: (state: KlipperState) => boolean): Promise<KlipperState>;
  /** A fault of the printer, or what somebody does at it. */
  world(name: string, value?: string | number): Promise<void>;
  /** The printer's computer loses power. */
  kill(): Promise<void>;
  /** It is switched on again, at the same port. */
  restart(): Promise<void>;
  dispose(): Promise<void>;
}

/** Starts printer and driver; `online` is awaited unless `changes` make that impossible. */
export async function startMoonrakerBench(
  speed: number,
  changes: Partial<MoonrakerConfig> = {},
  awaitOnline = true,
): Promise<MoonrakerBench> {
  const folder = mkdtempSync(join(tmpdir(), "cellward-moonraker-"));
  const [world, apiKeyFile] = [join(folder, "world"), join(folder, "api-key")];
  writeFileSync(apiKeyFile, `${key}\n`, { mode: 0o600 });
  let printer = await startPrinter(0, world, speed);
  const config = moonrakerConfig.parse({
    ...{ driver: "moonraker", url: `http://127.0.0.1:${printer.port}`, vendor: "bench", apiKeyFile },
    ...{ serial: "usb-Klipper_bench_0001-if00", heartbeatMs: 200, silenceMs: 1500, patienceMs: 2500 },
    ...{ callMs: 1500, cancelMs: 1500, safeMs: 6000 },
    ...changes,
  });
  const programs = new Map<Digest, Uint8Array>();
  const machine = createMoonrakerMachine({
    ...{ equipment: "printer-1" as EquipmentId, config },
    loadProgram: async (digest) => {
      const bytes = programs.get(digest);
      return bytes === undefined ? null : { bytes, recipe };
    },
  });
  const listener = new Listener(machine);
  if (awaitOnline) await listener.next("online");
  const state = () => ask(world, "GET") as Promise<KlipperState>;
  return {
    ...{ config, machine, listener, port: printer.port, state },
    program(layers) {
      const bytes = new TextEncoder().encode(layered(layers));
      programs.set(digestOf(bytes), bytes);
      return digestOf(bytes);
    },
    async until(is) {
      for (;;) {
        const now = await state();
        if (is(now)) return now;
      }
    },
    async world(name, value) {
      await ask(world, "POST", { name, ...(value !== undefined && { value }) });
    },
    kill: () => end(printer.process),
    async restart() {
      printer = await startPrinter(printer.port, world, speed);
    },
    async dispose() {
      await machine.close();
      await end(printer.process);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startPrinter(port: number, world: string, speed: number) {
  const options = ["--port", String(port), "--world", world, "--speed", String(speed), "--api-key", key];
  const process_ = spawn(process.execPath, [entry, ...options], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: process_.stdout })) {
    const said = JSON.parse(line) as { ready?: string; port: number };
    if (said.ready === "moonraker") return { process: process_, port: said.port };
  }
  throw new Error("the simulated Moonraker did not start");
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGKILL");
  await gone;
}

function ask(socketPath: string, method: string, body?: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path: "/" }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => resolve(JSON.parse(Buffer.concat(parts).toString("utf8"))));
    });
    asked.on("error", reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

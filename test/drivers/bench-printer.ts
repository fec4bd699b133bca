/** The simulated printer as a process on a real terminal, for tests of the whole driver. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const entry = fileURLToPath(new URL("../../src/simulators/printer/io/main.ts", import.meta.url));

/** What the printer's world tells of its heaters. */
export interface PrinterState {
  readonly hotend: { readonly actual: number; readonly target: number };
  readonly bed: { readonly actual: number; readonly target: number };
  readonly next: number;
  readonly head: { readonly x: number; readonly y: number; readonly z: number };
}

/** A running printer; `folder` is the test's own and goes with it. */
export class BenchPrinter {
  readonly folder = mkdtempSync(join(tmpdir(), "cellward-printer-"));
  readonly tty = join(this.folder, "tty");
  readonly world = join(this.folder, "world");
  uuid = "";
  #process: ChildProcess | null = null;

  /** Starts it; `speed` scales motion, heating and dwell only. */
  async start(speed: number, more: readonly string[] = []): Promise<void> {
    const options = ["--tty", this.tty, "--world", this.world, "--speed", String(speed), ...more];
    const child = spawn(process.execPath, [entry, ...options], { stdio: ["ignore", "pipe", "inherit"] });
    this.#process = child;
    const lines = createInterface({ input: child.stdout });
    for await (const line of lines) {
      const said = JSON.parse(line) as { ready?: string; uuid?: string };
      if (said.ready !== "printer") continue;
      this.uuid = said.uuid ?? "";
      child.stdout.resume();
      return;
    }
    throw new Error("the simulated printer did not start");
  }

  state(): Promise<PrinterState> {
    return this.#ask("GET", "/state") as Promise<PrinterState>;
  }

  async fault(fault: object): Promise<void> {
    await this.#ask("POST", "/fault", fault);
  }

  async clearPlate(): Promise<void> {
    await this.#ask("POST", "/plate/clear", {});
  }

  /** Ends the process at once: the power is off. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGKILL");
    await gone;
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #ask(method: string, path: string, body?: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const ask = request({ socketPath: this.world, method, path }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () => {
          const text = Buffer.concat(parts).toString("utf8");
          if (response.statusCode === 200) resolve(JSON.parse(text));
          else reject(new Error(`${path}: ${response.statusCode} ${text}`));
        });
      });
      ask.on("error", reject);
      ask.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

/** The simulated presence device as a child process on a real tty, and a clock of this process, for tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../../src/kernel/ports.ts";

export interface PresenceBench {
  readonly tty: string;
  post(path: "/scan" | "/press" | "/fault", body?: unknown): Promise<void>;
  close(): Promise<void>;
}

/** Starts the simulator and resolves when it is ready. */
export async function startPresenceBench(): Promise<PresenceBench> {
  const folder = await mkdtemp(join(tmpdir(), "cellward-presence-"));
  const [tty, control] = [join(folder, "tty"), join(folder, "control")];
  const program = new URL("../../../src/simulators/presence/io/main.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [program, "--tty", tty, "--control", control], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once("data", () => resolve());
    child.once("exit", (code) => reject(new Error(`the simulated presence device ended with ${code}`)));
  });
  return { tty, post: (path, body) => post(control, path, body), close: () => close(child, folder) };
}

function post(socketPath: string, path: string, body: unknown = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, method: "POST" }, (answer) => {
      answer.resume();
      if (answer.statusCode === 204) resolve();
      else reject(new Error(`${path} answered ${answer.statusCode}`));
    });
    asked.on("error", reject);
    asked.end(JSON.stringify(body));
  });
}

async function close(child: ChildProcess, folder: string): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await gone;
  await rm(folder, { recursive: true });
}

/** This process's own time. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delay, fire) {
    const timer = setTimeout(fire, delay);
    return () => clearTimeout(timer);
  },
};

/** The real daemon as a program, alone or under strace, and what it was heard to promise. */
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Places } from "../../demo/bench.ts";
import { root } from "./record.ts";

export interface Daemon {
  readonly url: string;
  /** Process id of the daemon itself. */
  readonly pid: number;
  /** Every line on its standard error. */
  readonly log: readonly string[];
  /** Resolves with the exit code, null after a signal. */
  readonly exited: Promise<number | null>;
  /** kill -9, for whoever cannot wait. */
  destroy(): void;
  /** Asks it to end and waits. */
  end(): Promise<number | null>;
}

export interface DaemonOptions {
  readonly places: Places;
  readonly home: string;
  /** Options of strace, under which it then runs. */
  readonly strace?: readonly string[];
  /** Options of Node. */
  readonly program?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Says why a daemon did not come up. */
export class NotUp extends Error {
  readonly code: number | null;
  readonly words: readonly string[];

  constructor(code: number | null, words: readonly string[]) {
    super(`the daemon ended with ${code} before it was up: ${words.at(-1)}`);
    this.code = code;
    this.words = words;
  }
}

/** Starts `cellward run` on a home; resolves when its page is up, rejects with NotUp when it ends before. */
export async function startDaemon({
  places,
  home,
  strace,
  program: node = [],
  env: more,
}: DaemonOptions): Promise<Daemon> {
  const own = ["--config", places.config, "--data", join(home, "data"), "--keys", join(home, "keys")];
  const program = [process.execPath, ...node, join(root, "src/main.ts"), "--json", "run", ...own];
  const [command = "", ...args] = strace ? ["strace", ...strace, ...program] : program;
  const env = { ...process.env, UV_THREADPOOL_SIZE: "1", ...more };
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], env });
  const file = createWriteStream(join(places.run, "cell.log"), { flags: "a" });
  const log: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    log.push(line);
    file.write(`${line}\n`);
  });
  const exited = new Promise<number | null>((done, fail) => {
    child.once("error", fail);
    child.once("close", (code) => done(code));
  });
  const terminal = createInterface({ input: child.stdout });
  const first = await new Promise<string>((done, fail) => {
    terminal.once("line", done);
    exited.then((code) => fail(new NotUp(code, log)), fail);
  });
  const said = JSON.parse(first) as { url?: string; pid?: number; code?: string; what?: string };
  if (said.url === undefined || said.pid === undefined) throw new NotUp(await exited, [...log, first]);
  const { pid } = said;
  terminal.on("line", (line) => log.push(line));
  return {
    url: said.url,
    pid,
    log,
    exited,
    destroy: () => signal(pid, "SIGKILL"),
    end() {
      signal(pid, "SIGTERM");
      return exited;
    },
  };
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already; how it went is what `exited` says.
  }
}

/** Starts the demo's programs, waits for their ready lines, and ends them. */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

export const root = resolve(import.meta.dirname, "..");

export interface Program {
  readonly name: string;
  readonly pid: number;
  /** What the program said when it was ready. */
  readonly ready: string;
  /** Lines after the ready line. */
  onLine(hear: (line: string) => void): void;
  kill(signal: NodeJS.Signals): void;
  /** Resolves with the exit code (null after a signal). */
  readonly exited: Promise<number | null>;
}

const readyWithinMs = 60_000;

/** Runs a TypeScript program with this Node; its log goes to `logs/NAME.log`. Rejects when it ends before it is ready. */
export async function startProgram(name: string, args: readonly string[], logs: string): Promise<Program> {
  const log = createWriteStream(join(logs, `${name}.log`), { flags: "a" });
  const child: ChildProcess = spawn(process.execPath, [...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  child.stderr?.pipe(log, { end: false });
  const lines = createInterface({ input: child.stdout! });
  const hearers: ((line: string) => void)[] = [];
  const exited = new Promise<number | null>((done) => child.once("exit", (code) => done(code)));
  lines.on("line", (line) => {
    log.write(`${line}\n`);
    for (const hear of hearers) hear(line);
  });
  const ready = await new Promise<string>((done, fail) => {
    const timer = setTimeout(
      () => fail(new Error(`${name} was not ready in time; see ${join(logs, `${name}.log`)}`)),
      readyWithinMs,
    );
    lines.once("line", (line) => {
      clearTimeout(timer);
      done(line);
    });
    void exited.then((code) => {
      clearTimeout(timer);
      fail(new Error(`${name} ended with code ${code} before it was ready; see ${join(logs, `${name}.log`)}`));
    });
  });
  return {
    name,
    pid: child.pid!,
    ready,
    onLine: (hear) => hearers.push(hear),
    kill: (signal) => void child.kill(signal),
    exited,
  };
}

/** Runs `cellward ARGS --json` to its end, with `input` on its standard input; resolves with exit code and what it printed. */
export async function cellward(args: readonly string[], input = ""): Promise<{ code: number | null; value: unknown }> {
  const child = spawn(process.execPath, [join(root, "src/main.ts"), "--json", ...args], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.on("error", () => undefined).end(input);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const code = await new Promise<number | null>((done) => child.once("close", (exit) => done(exit)));
  const last = text.trim().split("\n").at(-1) ?? "";
  return { code, value: last === "" ? null : (JSON.parse(last) as unknown) };
}

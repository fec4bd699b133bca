/** Records what a program tells the disk: the program runs under strace, and its folders before and after are kept. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Image } from "./disk.ts";
import { type Op, readTrace, recordedCalls } from "./trace.ts";

export const root = resolve(import.meta.dirname, "../..");

/** Files that are made anew whenever they are missing: the log's index lives in memory, and the lock dies with its process. */
const passing = /-shm$|writer\.lock(-journal)?$/;

/** A recorded life of a cell's folders. */
export interface Recording {
  readonly home: string;
  readonly before: Image;
  readonly ops: readonly Op[];
  /** What stands there in the end. */
  readonly after: Image;
}

/** The options with which strace writes down what is read by `readTrace`. */
export function straceOptions(trace: string): string[] {
  const what = ["-e", `trace=${recordedCalls.join(",")}`, "-e", "signal=none"];
  return ["-f", "-qq", "--seccomp-bpf", "-y", "-xx", "-s", "16777216", "-o", trace, ...what];
}

/** Does a path belong to what a power cut must not hurt? */
export function countsIn(home: string): (path: string) => boolean {
  const folders = [home, join(home, "data"), join(home, "keys")];
  return (path) =>
    (folders.includes(path) || folders.slice(1).some((folder) => path.startsWith(`${folder}/`))) && !passing.test(path);
}

/** Every file of a cell's two folders. */
export function filesIn(home: string): Image {
  const files = new Map<string, Uint8Array>();
  const counts = countsIn(home);
  for (const folder of ["data", "keys"]) {
    let entries: ReturnType<typeof list>;
    try {
      entries = list(join(home, folder));
    } catch {
      continue;
    }
    for (const path of entries) if (counts(path)) files.set(path, new Uint8Array(readFileSync(path)));
  }
  return files;
}

function list(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Runs a program of this repository under strace to its end; `node` are options of Node. Rejects unless it ends with 0. */
export async function recordProgram(
  home: string,
  program: readonly string[],
  env: Record<string, string> = {},
): Promise<Recording> {
  const before = filesIn(home);
  const trace = `${home}.trace`;
  const args = [...straceOptions(trace), process.execPath, ...program];
  const child = spawn("strace", args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...env } });
  child.stdout.resume();
  const code = await new Promise<number | null>((done, fail) => {
    child.once("error", fail);
    child.once("close", done);
  });
  if (code !== 0) throw new Error(`the recorded program ended with ${code}`);
  return readRecording(home, trace, before);
}

/** What a trace says of a home, and what stands there now. */
export function readRecording(home: string, trace: string, before: Image): Recording {
  return { home, before, ops: readTrace(readFileSync(trace, "utf8"), countsIn(home)), after: filesIn(home) };
}

/** Plays the demo for a test: the real program in folders of its own, to its end. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";

export const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "cellward-demo-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export const minutes = 60_000;

export interface Played {
  readonly code: number | null;
  readonly said: string;
  readonly dir: string;
  /** The temporary folder of everything that ran. */
  readonly temporary: string;
}

/** Runs the demo to its end; no shell, nothing inherited that could change it. */
export function demo(name: string, ...more: string[]): Promise<Played> {
  const dir = join(folder, name);
  const temporary = mkdtempSync(join(folder, "tmp-"));
  const args = [join(root, "demo/main.ts"), "--exit", "--port", "0", "--speed", "60", "--dir", dir, ...more];
  return new Promise((done) => {
    const env = { ...process.env, TMPDIR: temporary };
    execFile(process.execPath, args, { cwd: root, maxBuffer: 1 << 24, env }, (problem, out, err) => {
      done({ code: problem ? (problem.code as number) : 0, said: `${out}${err}`, dir, temporary });
    });
  });
}

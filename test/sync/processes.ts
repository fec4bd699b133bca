/** The real programs at both ends of the wire as processes of their own: `cellward qa run`, a cell that syncs, and what they use. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openKeys } from "../../src/ledger/io/keys.ts";
import { createLedger, type Folders, openLedger } from "../../src/ledger/io/ledger.ts";
import { draft, origin, started } from "../ledger/plain-drafts.ts";
import { registeredAs } from "../qa/cell.ts";
import { configText, type Installation, install } from "../qa/installation.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const child = fileURLToPath(new URL("./syncing-child.ts", import.meta.url));

/** Takes what is to be done at the end. */
export type Later = (act: () => void | Promise<void>) => void;

export interface Program {
  readonly pid: number;
  /** Ends it without a word; resolves when it is gone. */
  kill(): Promise<void>;
}

/** MiB of memory that a process holds now, and the most that it ever held. */
export function memoryOf({ pid }: Program): { readonly now: number; readonly most: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const of = (name: string) => Number(new RegExp(`${name}:\\s+([0-9]+) kB`).exec(status)?.[1] ?? Number.NaN) / 1024;
  return { now: of("VmRSS"), most: of("VmHWM") };
}

/** Seconds of processor time that a process has had: what a busy computer does not change. */
export function processorOf({ pid }: Program): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  // utime and stime, in hundredths (proc(5)).
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** A cell's ledger of so many entries, on the disk and closed. */
export async function fillLedger(root: string, entries: number): Promise<Folders> {
  const folders = { dataDir: join(root, "cell-data"), keysDir: join(root, "cell-keys") };
  const made = await createLedger(folders, origin);
  const opened = made.ok ? await openLedger(folders) : made;
  if (!opened.ok) throw new Error(opened.error.what);
  const { ledger } = opened.value;
  await ledger.append([started()]);
  for (let size = 1; size < entries; ) {
    const count = Math.min(500, entries - size);
    await ledger.append(Array.from({ length: count }, (_, n) => draft("LayerJudged", bodyOf(size + n), "J1")));
    size += count;
  }
  await ledger.close();
  return folders;
}

/** A body as an inspected layer leaves it. */
function bodyOf(layer: number) {
  const limits = { residual: 0.42, score: 0.7 };
  return { layer, coverage: 0.9987, findings: [], digest: layer.toString(16).padStart(64, "0"), limits };
}

/** Central's installation for the one cell whose ledger this is. */
export async function installFor({ keysDir, dataDir }: Folders, later: Later) {
  const keys = await openKeys(keysDir, dataDir);
  if (!keys.ok) throw new Error(keys.error.what);
  const cell = registeredAs(keys.value.trusted);
  const installation = await install([cell], "mqtts://localhost:1", later);
  return {
    installation,
    /** Says where the broker is, and where the database; without one it is a file of its own. */
    configure(port: number, database?: string): void {
      const file = join(installation.root, "database-url");
      if (database !== undefined) writeFileSync(file, database, { mode: 0o600 });
      const store = database === undefined ? "" : `[store]\ndatabaseUrlFile = "${file}"\n`;
      writeFileSync(installation.config, configText([cell], `mqtts://localhost:${port}`, store));
    },
  };
}

/** Starts `cellward qa run`; resolves when it is up. */
export async function runCentral({ config, data, keys }: Installation): Promise<Program> {
  const options = ["--config", config, "--data", data, "--keys", keys];
  const program = spawn(process.execPath, [main, "--json", "qa", "run", ...options], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = endOf(program);
  let said = "";
  program.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2_000);
  });
  const up = new Promise<void>((done) => createInterface({ input: program.stdout }).once("line", () => done()));
  await Promise.race([up, ended.then(() => Promise.reject(new Error(`central QA ended: ${said}`)))]);
  return programOf(program, ended);
}

export interface Said {
  readonly state: string;
  readonly withQa: number;
  readonly head: number;
}

export interface SyncingCell extends Program {
  /** What it said last. */
  last(): Said;
  /** Codes of the alarms that it has told. */
  readonly alarms: readonly string[];
  /** Resolves when it has said something of which this holds; rejects when it ends before. */
  until(holds: (said: Said) => boolean): Promise<Said>;
}

/** Starts a cell that syncs; `write` goes on writing, `drain` only hands over; its patience runs at `speed`. */
export function runCell(
  folders: Folders,
  handed: string,
  port: number,
  mode: "write" | "drain",
  speed = 1,
): SyncingCell {
  const args = [folders.dataDir, folders.keysDir, handed, `mqtts://localhost:${port}`, mode, String(speed)];
  const program = spawn(process.execPath, [child, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = endOf(program);
  const alarms: string[] = [];
  const waiting = new Set<(said: Said) => void>();
  let last: Said = { state: "", withQa: 0, head: 0 };
  createInterface({ input: program.stdout }).on("line", (line) => {
    const [state = "", withQa, head] = line.split(" ");
    if (state === "alarm") {
      alarms.push(withQa ?? "");
      return;
    }
    last = { state, withQa: Number(withQa), head: Number(head) };
    for (const hear of waiting) hear(last);
  });
  return {
    ...programOf(program, ended),
    alarms,
    last: () => last,
    until: (holds) =>
      new Promise((done, fail) => {
        const hear = (said: Said): void => {
          if (!holds(said)) return;
          waiting.delete(hear);
          done(said);
        };
        waiting.add(hear);
        hear(last);
        void ended.then(() => fail(new Error("the cell ended")));
      }),
  };
}

function endOf(program: ChildProcess): Promise<void> {
  return new Promise((done) => program.once("exit", () => done()));
}

function programOf(program: ChildProcess, ended: Promise<void>): Program {
  return {
    pid: program.pid ?? 0,
    kill() {
      program.kill("SIGKILL");
      return ended;
    },
  };
}

/** One fault in a real cell's life: a daemon makes three layers, is struck at a chosen point, and is started again on what is left. */
import { join } from "node:path";
import { openPanel } from "../../demo/panel.ts";
import { job, printer, until } from "../../demo/people.ts";
import { openKeys } from "../../src/ledger/io/keys.ts";
import { type FolderReport, verifyFolder } from "../../src/ledger/io/verify.ts";
import { type Daemon, type DaemonOptions, NotUp, startDaemon } from "./daemon.ts";
import { listen, printed, signedIn, startPrint } from "./lives.ts";
import { printersOwnWord, type Workshop } from "./workshop.ts";

/** How the daemon is struck. */
export interface Strike {
  readonly name: string;
  readonly how: Pick<DaemonOptions, "strace" | "program" | "env">;
  /** What must hold besides what always must; sentences of what does not. */
  readonly also?: (struck: Struck) => string[];
}

/** What was seen when the struck daemon was gone, and after the next start. */
export interface Struck {
  readonly home: string;
  /** Exit code, null after a signal. */
  readonly code: number | null;
  /** What the daemon said when it ended, as it stands in its log and on its terminal. */
  readonly words: readonly string[];
  /** Entries that were acknowledged. */
  readonly promised: number;
  /** Types of the entries that the next start has found and added, in order. */
  readonly entries: readonly { readonly type: string; readonly body: Record<string, unknown> }[];
}

export interface Outcome {
  readonly name: string;
  /** False where the life was over before the strike could fall. */
  readonly reached: boolean;
  /** The state that the job was found in, in the words of the cell. */
  readonly state: string;
  readonly violations: readonly string[];
}

/** Lives a life until it is struck, starts the cell again, and judges. */
export async function strike(workshop: Workshop, { name, how, also }: Strike): Promise<Outcome> {
  const home = await workshop.freshHome("struck");
  await freshPrinter(workshop);
  const life = await liveUntilStruck(workshop, { places: workshop.places, home, ...how });
  const cold = await until("cold targets at the printer", async () => {
    const word = await printersOwnWord(workshop);
    return word.heating ? null : word;
  });
  const left = await verified(home);
  const violations = complaintsAbout(left, life.promised);
  const daemon = await startDaemon({ places: workshop.places, home }).catch((problem: unknown) => problem as NotUp);
  if (daemon instanceof Error) {
    return { name, reached: life.reached, state: "none", violations: [...violations, `no restart: ${daemon.message}`] };
  }
  const state = await stateFound(workshop, daemon).catch((problem: unknown) => {
    daemon.destroy();
    throw problem;
  });
  const word = await printersOwnWord(workshop);
  if (word.strands !== cold.strands)
    violations.push(`${word.strands - cold.strands} strands were laid without a start`);
  if (word.heating) violations.push("a heater is on without a start");
  if (/Running|preparing/.test(state)) violations.push(`the job was found ${state}`);
  const code = await daemon.end();
  if (code !== 0) violations.push(`the next run ended with ${code}`);
  violations.push(...complaintsAbout(await verified(home), life.promised));
  violations.push(...(also?.({ home, ...life, entries: await entriesIn(home) }) ?? []));
  return { name, reached: life.reached, state, violations };
}

/** The printer's power was off and is on again: its head stands where it does not hide anything from the camera. */
async function freshPrinter({ bench }: Workshop): Promise<void> {
  bench.printer.kill("SIGTERM");
  await bench.printer.exited;
  await bench.powerPrinter();
}

async function liveUntilStruck(workshop: Workshop, options: DaemonOptions) {
  // What stood there when the life began was promised long ago.
  let promised = (await verified(options.home)).entries;
  let daemon: Daemon;
  try {
    daemon = await startDaemon(options);
  } catch (problem) {
    if (!(problem instanceof NotUp)) throw problem;
    return { reached: true, promised, code: problem.code, words: problem.words };
  }
  let gone = false;
  void daemon.exited.then(() => {
    gone = true;
  });
  const panel = await signedIn(workshop, daemon.url).catch(() => null);
  const heard = panel ? listen(panel) : null;
  let reached = true;
  try {
    if (panel) await startPrint(workshop, panel);
    if (panel) await printed(panel);
    // Nothing struck until here: the end of a life has points of its own.
    reached = (await daemon.end()) !== 0;
  } catch (problem) {
    if (!gone) {
      await Promise.race([daemon.exited, later(problem)]).catch((late: unknown) => {
        daemon.destroy();
        throw late;
      });
    }
  }
  const code = await daemon.exited;
  promised = Math.max(promised, heard?.entries() ?? 0);
  heard?.stop();
  return { reached, promised, code, words: daemon.log };
}

/** A request that failed although the daemon lives on is a defect of the test, told when the daemon does not end soon. */
function later(problem: unknown): Promise<never> {
  return new Promise((_, fail) => setTimeout(() => fail(problem), 30_000).unref());
}

async function verified(home: string): Promise<FolderReport> {
  const keys = await openKeys(join(home, "keys"), join(home, "data"));
  if (!keys.ok) throw new Error(keys.error.what);
  return verifyFolder(join(home, "data"), { trusted: keys.value.trusted, dataKey: keys.value.dataKey });
}

function complaintsAbout({ findings, entries }: FolderReport, promised: number): string[] {
  const wrong = findings.filter(({ rule }) => rule !== "unsigned").map(({ what }) => what);
  return entries >= promised ? wrong : [...wrong, `${promised} entries were acknowledged, ${entries} are there`];
}

/** The job's state at the next start, once the printer has said that it is safe. */
async function stateFound(workshop: Workshop, daemon: Daemon): Promise<string> {
  const panel = openPanel(daemon.url);
  const { name, password } = workshop.technician;
  await panel.signIn(name, password);
  await until("the printer's word that it is safe", async () => {
    const machine = (await panel.cell()).machines.find(({ id }) => id === printer);
    return machine?.online && !machine.unsafe ? true : null;
  });
  const view = await panel.job(job);
  const attempt = view.attempts.at(-1);
  return attempt ? `${attempt.phase} ${attempt.outcome ?? ""}`.trim() : view.state;
}

async function entriesIn(home: string): Promise<Struck["entries"]> {
  const { openForReading, rowsFrom, databaseFile } = await import("../../src/ledger/io/database.ts");
  const db = openForReading(join(home, "data", databaseFile));
  try {
    return [...rowsFrom(db)].map(({ entry, body }) => {
      const { type } = JSON.parse(Buffer.from(entry).toString()) as { type: string };
      return { type, body: JSON.parse(Buffer.from(body).toString()) as Record<string, unknown> };
    });
  } finally {
    db.close();
  }
}

/** What every demo has: a bench, a cell, two people at its panel, and the acts they go through. */
import { join } from "node:path";
import type { AttemptView, JobView } from "../src/hmi/api.ts";
import type { Bench, Places } from "./bench.ts";
import type { Central } from "./central.ts";
import type { Display } from "./display.ts";
import type { Panel } from "./panel.ts";
import { clearPlate, confirmIdentity, job, type Person, printer, provePresence, start, until } from "./people.ts";
import { cellward, type Program, root, startProgram } from "./programs.ts";
import type { Station } from "./station.ts";

export interface Story {
  readonly bench: Bench;
  readonly display: Display;
  panel: Panel;
  readonly technician: Person;
  readonly quality: Person;
  cell: Program;
  /** Address of the cell's page. */
  readonly url: string;
  /** Null where the demo ends with the print. */
  readonly station: Station | null;
  readonly central: Central | null;
}

const patienceMs = 15 * 60_000;

/** Starts the daemon; resolves with it and the page's address. */
export async function startCell(places: Places): Promise<{ cell: Program; url: string }> {
  const { config, data, keys, run } = places;
  const args = ["--json", "run", "--config", config, "--data", data, "--keys", keys];
  const cell = await startProgram("cell", [join(root, "src/main.ts"), ...args], run);
  const { url, what, remedy } = JSON.parse(cell.ready) as { url?: string; what?: string; remedy?: string };
  if (url === undefined)
    throw new Error(`The cell did not start: ${what} ${remedy} (Is its port taken? --port 0 takes a free one.)`);
  return { cell, url };
}

/** A copy of the record as it is now. */
export async function backUp({ bench }: Pick<Story, "bench">): Promise<void> {
  const { data, keys, dir } = bench.places;
  const { code, value } = await cellward(["backup", "--data", data, "--keys", keys, "--to", join(dir, "backup")]);
  if (code !== 0) throw new Error(`The backup failed: ${JSON.stringify(value)}`);
}

/** Waits until the order is in, the printer answers and the eye is open. */
export async function ready(story: Pick<Story, "panel" | "station">): Promise<void> {
  await until(
    "the order, the printer and the camera",
    async () => {
      const { jobs, machines, inspection } = await story.panel.cell();
      const wanted = machines.filter(({ id }) => id === printer || story.station !== null);
      return jobs.length > 0 && wanted.every((machine) => machine.online) && inspection.ready ? true : null;
    },
    120_000,
  );
}

/** Everything a technician does before the press, and the press. */
export async function startJob({ bench, panel, display }: Story): Promise<void> {
  await confirmIdentity(panel);
  display.say("  both identifiers and the side agree with the order");
  await clearPlate(bench, panel);
  display.say("  the plate is clear: a person and the camera say so");
  await provePresence(bench, panel);
  display.say("  someone stands at the cell: code scanned, button pressed");
  await start(panel);
  display.say("  started");
}

/** The running or last attempt. */
export function attemptOf(view: JobView): AttemptView | undefined {
  return view.attempts.at(-1);
}

/** Follows the job until `found` says so, or until it is held or over. */
export async function watch(
  { panel, display }: Story,
  found: (view: JobView, attempt: AttemptView) => boolean = () => false,
): Promise<JobView> {
  const view = await until(
    "an end of the watch",
    async () => {
      const now = await panel.job(job);
      display.show(now);
      const attempt = attemptOf(now);
      if (!attempt) return null;
      const over = attempt.hold !== null || attempt.phase === "ended";
      return over || found(now, attempt) ? now : null;
    },
    patienceMs,
  );
  display.end();
  return view;
}

/** Follows the job until so many layers are accepted. */
export function untilLayer(story: Story, layer: number): Promise<JobView> {
  return watch(story, (_, attempt) => attempt.accepted >= layer);
}

/** The lives that are recorded and then stopped at every point: a ledger's by itself, and a whole cell's over three layers. */
import { join } from "node:path";
import { openPanel, type Panel } from "../../demo/panel.ts";
import { clearPlate, confirmIdentity, job, printer, provePresence, start, until } from "../../demo/people.ts";
import type { AttemptView } from "../../src/hmi/api.ts";
import { startDaemon } from "./daemon.ts";
import { filesIn, type Recording, readRecording, recordProgram, root, straceOptions } from "./record.ts";
import type { weaknesses } from "./weaknesses.ts";
import type { Workshop } from "./workshop.ts";

/** A ledger is made in the empty `home` and written to over three starts, by the real program or by a weakened one. */
export function ledgerLife(home: string, weakness: keyof typeof weaknesses | null): Promise<Recording> {
  const program = [join(root, "test/crash/ledger-child.ts"), home];
  if (weakness === null) return recordProgram(home, program);
  const weakened = ["--import", join(root, "test/crash/weakened.ts")];
  return recordProgram(home, [...weakened, ...program], { WEAKENED: weakness });
}

/** The real daemon is started on a fresh home, makes its three layers, and is ended. */
export async function cellLife(workshop: Workshop): Promise<Recording> {
  const home = await workshop.freshHome("recorded");
  const before = filesIn(home);
  const trace = `${home}.trace`;
  const daemon = await startDaemon({ places: workshop.places, home, strace: straceOptions(trace) });
  const panel = await signedIn(workshop, daemon.url);
  const promised = listen(panel);
  await startPrint(workshop, panel);
  const attempt = await printed(panel);
  if (attempt.outcome !== "Completed") throw new Error(`the recorded print ended as ${attempt.outcome}`);
  promised.stop();
  const code = await daemon.end();
  if (code !== 0) throw new Error(`the recorded daemon ended with ${code}`);
  return readRecording(home, trace, before);
}

/** A panel at which the technician stands. */
export async function signedIn({ technician }: Workshop, url: string): Promise<Panel> {
  const panel = openPanel(url);
  await panel.signIn(technician.name, technician.password);
  return panel;
}

/** Everything that a technician does until the machine begins. */
export async function startPrint({ bench }: Workshop, panel: Panel): Promise<void> {
  await until("printer and eye", async () => {
    const { machines, inspection } = await panel.cell();
    return inspection.ready && machines.some(({ id, online }) => id === printer && online) ? true : null;
  });
  await confirmIdentity(panel);
  await clearPlate(bench, panel);
  await provePresence(bench, panel);
  await start(panel);
}

/** Waits for the end of the attempt. */
export function printed(panel: Panel): Promise<AttemptView> {
  return until("the end of the print", async () => {
    const attempt = (await panel.job(job)).attempts.at(-1);
    return attempt && (attempt.phase === "ended" || attempt.hold !== null) ? attempt : null;
  });
}

/** What has been promised to the world so far: entries that the cell said are recorded. */
export interface Promised {
  entries(): number;
  stop(): void;
}

/** Hears every entry that the cell says is recorded. */
export function listen(panel: Panel): Promised {
  const listening = new AbortController();
  let entries = 0;
  const hear = async (): Promise<void> => {
    for await (const text of panel.events(listening.signal)) {
      const event = JSON.parse(text.slice(text.indexOf("{"))) as { kind: string; seq?: number };
      if (event.kind === "changed" && event.seq !== undefined) entries = Math.max(entries, event.seq + 1);
    }
  };
  void hear().catch(() => undefined);
  return { entries: () => entries, stop: () => listening.abort() };
}

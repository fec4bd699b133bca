/** The demo after the print: tag, station, label, hand-over, release, and the wait for central QA's countersignature. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JobView } from "../src/hmi/api.ts";
import { gs1Text, makeGs1 } from "../src/materials/gs1.ts";
import { scanPdf } from "../src/simulators/scanner/io/scan-pdf.ts";
import {
  confirmPart,
  decideLot,
  handOver,
  loadMaterial,
  printLabel,
  receiveLot,
  release,
  scanLabel,
  tagPart,
} from "./acts.ts";
import { job, printer, provePresence, until } from "./people.ts";
import { layIn } from "./station.ts";
import { attemptOf, type Story, startJob, watch } from "./story.ts";

export const station = "station-1";
export const tag = "TAG-7F3A-0042";

/** The demo's deliveries: what the code on each package says. */
export const deliveries = {
  pla: delivery("09506000134369", "PLA-2611", "271130", 750),
  sleeves: delivery("09506000134376", "DS32-0815", "281231", 40),
} as const;

/** A package as a scanner reads it. */
export function delivery(gtin: string, batch: string, useBy: string, quantity: number) {
  const code = makeGs1({ gtin, lot: batch, useBy });
  if (!code.ok) throw new Error(code.error);
  return { code: gs1Text(code.value), lot: `${gtin}.${batch}`, certificate: `COC-${batch}`, quantity };
}

/** The label of a device of another order. */
export const otherLabel = `]d2${labelOf("J-2026-000041")}`;

function labelOf(lot: string): string {
  const code = makeGs1({ gtin: "09506000134352", lot, serial: "1", madeOn: "261120" });
  if (!code.ok) throw new Error(code.error);
  return gs1Text(code.value);
}

/** Takes the material in, lets QA release it, and loads it into the machines. */
export async function supply({ panel, quality, display, ...story }: Story): Promise<void> {
  const { pla, sleeves } = deliveries;
  for (const each of [pla, sleeves]) {
    await receiveLot(panel, each);
    await decideLot(panel, quality, each.lot);
  }
  await loadMaterial(panel, printer, pla.code);
  if (story.station) await loadMaterial(panel, station, sleeves.code);
  display.say("  material scanned into quarantine, released by QA with a signature, and loaded");
}

/** Prints the guide and watches every layer; false where it did not come off whole. */
export async function printGuide(story: Story): Promise<boolean> {
  const { display } = story;
  await startJob(story);
  const attempt = attemptOf(await watch(story));
  if (attempt?.hold) display.say(`HELD: ${attempt.hold.what}`);
  const made = attempt?.outcome === "Completed";
  const counts = `${attempt?.printed} printed, ${attempt?.verdicts.length} decided, ${attempt?.accepted} accepted of ${attempt?.planned} planned`;
  display.say(made ? `  layers: ${counts}` : `NOT FINISHED: ${counts}`);
  return made;
}

/** Runs one step at the station: the part's tag is scanned there, somebody stands there, press and hold. */
export async function stationStep(story: Story, operation: string): Promise<JobView> {
  await startStationStep(story, operation);
  return stationEnd(story);
}

/** Everything up to the press. */
export async function startStationStep({ panel, bench }: Story, operation: string): Promise<void> {
  await confirmPart(panel, station, tag);
  await provePresence(bench, panel);
  await panel.act(`/api/jobs/${job}/start`, { operation });
}

/** Waits for the end of what the station does. */
export function stationEnd({ panel }: Story): Promise<JobView> {
  return until(
    "the end of the station's step",
    async () => {
      const view = await panel.job(job);
      return attemptOf(view)?.phase === "ended" ? view : null;
    },
    10 * 60_000,
  );
}

/** Tags the printed part and lays it into the station's fixture. */
export async function toTheStation({ panel, display, ...story }: Story): Promise<void> {
  if (!story.station) throw new Error("This demo has no station.");
  await tagPart(panel, tag);
  await layIn(story.station, tag);
  display.say(`  the part has the tag ${tag} and lies in the station`);
}

/** One step at the station that has to come off; says each result. */
export async function finishStep(story: Story, operation: string): Promise<void> {
  sayResults(story, await must(story, operation));
}

async function must(story: Story, operation: string) {
  const view = await stationStep(story, operation);
  const attempt = attemptOf(view);
  if (attempt?.outcome !== "Completed") {
    throw new Error(`${operation} ended ${attempt?.outcome}: ${attempt?.outcomeWhat}`);
  }
  return { view, operation };
}

function sayResults({ display }: Story, { view, operation }: { view: JobView; operation: string }): void {
  const step = view.route.find(({ id }) => id === operation);
  const results = (step?.results ?? []).map(({ title, value, unit }) => `${title.toLowerCase()} ${value} ${unit}`);
  display.say(`  ${step?.title}: ${results.join(", ")}`);
}

/** What a scanner reads from the label that the printer's queue holds. */
export async function readLabel({ bench }: Story): Promise<string> {
  const pdf = new Uint8Array(readFileSync(join(bench.places.labels, `${job}-1.pdf`)));
  const [code] = await scanPdf(pdf);
  if (code === undefined) throw new Error("The label cannot be read.");
  return code;
}

/** Prints the label, reads it as a scanner would, hands the device over. */
export async function labelAndHandOver(story: Story): Promise<void> {
  const { panel, display } = story;
  const { label } = await printLabel(panel);
  await scanLabel(panel, await readLabel(story));
  display.say(`  label printed and scanned back: ${label.text}`);
  await handOver(panel, "TRAY-07");
  display.say("  handed over to sterilisation in TRAY-07");
}

/** Waits until central QA's mark has arrived. */
async function marked({ panel }: Story): Promise<void> {
  await until("central QA's mark on the cell", async () => {
    const { omissions } = await panel.release(job);
    return omissions.some(({ code }) => code === "simulated-unmarked") ? null : true;
  });
}

/** Lets QA review and sign. */
export async function releaseDevice(story: Story): Promise<void> {
  const { panel, quality, display } = story;
  await marked(story);
  await release(panel, quality);
  display.say("  QA has reviewed the record: nothing is missing. RELEASED, as a SIMULATED device, with a signature");
}

/** Waits for the countersignature over the job's last entry. */
export async function withCentral({ panel, display }: Story): Promise<void> {
  await until(
    "central QA's countersignature",
    async () => {
      const { lines } = await panel.records();
      return lines.find(({ id }) => id === job)?.qa.withQa ? true : null;
    },
    120_000,
  );
  display.say("  central QA has verified, stored and countersigned the whole record: with QA");
}

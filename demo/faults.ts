/** Everything that the demo can make go wrong, and what the cell must then do. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JobView } from "../src/hmi/api.ts";
import type { Places } from "./bench.ts";
import { control } from "./control.ts";
import { deliver, packOrder, packRaw } from "./packages.ts";
import { openPanel } from "./panel.ts";
import { clearPlate, confirmIdentity, dispose, job, printer, provePresence, start, until } from "./people.ts";
import { type Reaction, refusal } from "./route-faults.ts";
import { attemptOf, type Story, startCell, startJob, untilLayer, watch } from "./story.ts";

export interface DemoFault {
  /** What goes wrong, one sentence. */
  readonly what: string;
  /** Lines of the configuration to change. */
  readonly edits?: readonly { readonly from: string; readonly to: string }[];
  /** Other than laying the good order into the intake. */
  readonly deliver?: (places: Places) => Promise<void>;
  /** True where the cell refuses the order, so that nobody waits for it. */
  readonly noOrder?: boolean;
  readonly play: (story: Story) => Promise<Reaction>;
}

/** Arms a fault in the printer that strikes at a height, then watches what the cell makes of it. */
function inPrint(what: string, name: string, layer: number, more: object = {}): DemoFault {
  return {
    what,
    async play(story) {
      await control(story.bench.places.world, "/fault", { name, atLayerZ: layer * 0.2, ...more });
      await startJob(story);
      return held(story, await watch(story), "layer-failed");
    },
  };
}

/** Breaks the camera in mid-job: the cell must call itself blind, and go on only after it has seen the layer. */
function inCamera(what: string, name: string, more: object = {}): DemoFault {
  return {
    what,
    async play(story) {
      const { panel, display, bench } = story;
      await startJob(story);
      await untilLayer(story, 3);
      await control(bench.places.cameraControl, "/fault", { name, ...more });
      const view = await watch(story);
      const reaction = held(story, view, "blind");
      const attempt = attemptOf(view);
      if (!reaction.right || !attempt) return reaction;
      display.say(`  ${reaction.words}`);
      await control(bench.places.cameraControl, "/clear", {});
      await panel.act(`/api/attempts/${attempt.id}/look-again`, {});
      await until("the second look", async () => {
        const now = attemptOf(await panel.job(job));
        return now && now.accepted > attempt.accepted ? true : null;
      });
      display.say("  the camera is mended, the same layer was looked at again and passed");
      return { ...reaction, words: "Blind is a defect: held until the layer was seen. Nothing went on unseen." };
    },
  };
}

/** Breaks the machine or its wire in mid-job: the attempt is over, and nobody pretends to know more than is known. */
function inMachine(what: string, strike: (story: Story) => Promise<unknown>): DemoFault {
  return {
    what,
    async play(story) {
      await startJob(story);
      await untilLayer(story, 3);
      await strike(story);
      return ended(await watch(story));
    },
  };
}

const worldFault =
  (name: string, more: object = {}) =>
  (story: Story) =>
    control(story.bench.places.world, "/fault", { name, ...more });

function held(_story: Story, view: JobView, cause: string): Reaction {
  const attempt = attemptOf(view);
  if (attempt?.hold?.cause === cause) return { right: true, words: attempt.hold.what };
  const words = attempt?.hold ? `Held for another reason: ${attempt.hold.what}` : "NOT CAUGHT: the job went on.";
  return { right: false, words };
}

function ended(view: JobView): Reaction {
  const attempt = attemptOf(view);
  const open = view.nonconformities.find((each) => each.disposition === null);
  const right = (attempt?.outcome === "OutcomeUnknown" || attempt?.outcome === "Failed") && open !== undefined;
  return {
    right,
    words: `${attempt?.outcome ?? "still running"}: ${open?.what ?? attempt?.outcomeWhat ?? "nothing said"}`,
  };
}

const driverEntry = "drivers/marlin/io/child.ts";

/** kill -9 of one of the daemon's own child processes, found by what it runs. */
async function killChild(story: Story, entry: string): Promise<void> {
  const children = readFileSync(`/proc/${story.cell.pid}/task/${story.cell.pid}/children`, "utf8").trim().split(" ");
  const child = children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(entry));
  if (!child) throw new Error(`The cell has no child that runs ${entry}.`);
  process.kill(Number(child), "SIGKILL");
}

/** The inspector dies in mid-job: a fresh one judges from the last accepted picture; nothing passes meanwhile. */
async function killInspector(story: Story): Promise<Reaction> {
  await startJob(story);
  await untilLayer(story, 3);
  await killChild(story, "inspection/io/child.ts");
  const attempt = attemptOf(await untilLayer(story, 6));
  const right = (attempt?.accepted ?? 0) >= 6 && /^p+$/.test(attempt?.verdicts ?? "");
  await story.panel.act(`/api/attempts/${attempt?.id}/stop`, { why: "stopped-at-panel" });
  const words = "A fresh inspector took over from the last accepted picture; no layer passed without its word.";
  return { right, words: right ? words : `NOT AS IT MUST BE: ${attempt?.hold?.what ?? attempt?.verdicts}` };
}

/** kill -9: the driver's child must park and cool the printer; at the next start the attempt is over, its outcome unknown. */
async function killDaemon(story: Story): Promise<Reaction> {
  const { display } = story;
  await startJob(story);
  await untilLayer(story, 3);
  story.cell.kill("SIGKILL");
  await story.cell.exited;
  display.end();
  display.say("  the daemon is dead (kill -9) in mid-layer");
  await cooled(story);
  display.say("  its driver has parked the printer and turned the heaters off");
  return restarted(story);
}

/** kill -9 of both: nobody is left to cool the printer until the next start, whose driver must do it and say so. */
async function killDaemonAndDriver(story: Story): Promise<Reaction> {
  const { bench, display } = story;
  await startJob(story);
  await untilLayer(story, 3);
  // A stopped daemon cannot start another driver before it dies itself.
  story.cell.kill("SIGSTOP");
  await killChild(story, driverEntry);
  story.cell.kill("SIGKILL");
  await story.cell.exited;
  display.end();
  const { hotend, bed } = await heaters(bench.places);
  display.say(
    `  daemon and driver are dead (kill -9); the printer heats on, to ${hotend.target} and ${bed.target} degrees`,
  );
  const reaction = await restarted(story);
  await cooled(story);
  return { ...reaction, right: reaction.right && hotend.target > 0 && bed.target > 0 };
}

/** Starts the daemon again: the attempt must be over, and the printer must say that it is safe before anything else. */
async function restarted(story: Story): Promise<Reaction> {
  const { bench, display } = story;
  const { cell, url } = await startCell(bench.places);
  story.cell = cell;
  story.panel = openPanel(url);
  display.say(`  started again: ${url}`);
  await story.panel.signIn(story.technician.name, story.technician.password);
  await until("the printer's word that it is safe", async () => {
    const { machines } = await story.panel.cell();
    const machine = machines.find(({ id }) => id === printer);
    return machine?.online && !machine.unsafe ? true : null;
  });
  display.say("  the printer has confirmed that it stands still with its heaters off");
  return ended(await story.panel.job(job));
}

interface Heaters {
  readonly hotend: { readonly target: number };
  readonly bed: { readonly target: number };
}

async function heaters(places: Places): Promise<Heaters> {
  return (await control(places.world, "/state")) as Heaters;
}

async function cooled({ bench }: Story): Promise<void> {
  await until("cold targets at the printer", async () => {
    const { hotend, bed } = await heaters(bench.places);
    return hotend.target === 0 && bed.target === 0 ? true : null;
  });
}

async function fillDisk(story: Story): Promise<Reaction> {
  await startJob(story);
  const watching = watch(story).catch(() => null);
  const code = await story.cell.exited;
  await watching;
  story.display.end();
  await cooled(story);
  const right = code !== 0;
  return {
    right,
    words:
      "The ledger could not be written: the machine was made safe and the cell ended; nothing was acknowledged after.",
  };
}

/** The sentences with which packages were refused, as the cell logged them; the same sentences stand in the ledger. */
function refusalsOf(places: Places): string[] {
  const lines = readFileSync(join(places.run, "cell.log"), "utf8").split("\n");
  return lines.flatMap((line) =>
    line.includes('"order refused"') ? [(JSON.parse(line) as { what: string }).what] : [],
  );
}

/** Delivers what must not be taken in; the cell's sentence is the reaction, and no job the proof. */
function badPackage(what: string, make: (places: Places) => Promise<Uint8Array>): DemoFault {
  return {
    what,
    noOrder: true,
    deliver: async (places) => deliver(places, "bad.cwp", await make(places)),
    async play({ panel, bench }) {
      const words = await until("the refusal", async () => refusalsOf(bench.places)[0] ?? null);
      const { jobs } = await panel.cell();
      return { right: jobs.length === 0, words };
    },
  };
}

/** One bit of the sealed program is turned on its way. */
async function tampered(places: Places): Promise<Uint8Array> {
  const bytes = await packOrder(places);
  const at = Math.floor(bytes.length * 0.7);
  bytes[at] = bytes[at]! ^ 1;
  return bytes;
}

/** The good order is in; then the same package comes again, and another order with its number. */
async function replayed({ panel, bench, display }: Story): Promise<Reaction> {
  const { places } = bench;
  deliver(places, "again.cwp", usedPackage(places));
  const [first] = await until("the first refusal", async () => some(refusalsOf(places), 1));
  display.say(`  the same package: ${first}`);
  deliver(places, "renamed.cwp", await packRaw(places, { order: { id: "J-2026-000043" }, nonce: usedNonce }));
  const [, second] = await until("the second refusal", async () => some(refusalsOf(places), 2));
  const { jobs } = await panel.cell();
  return { right: jobs.length === 1, words: `Used once, and never again: ${second}` };
}

const some = <T>(list: readonly T[], least: number) => (list.length >= least ? list : null);
const usedNonce = "5eed".repeat(8);
const usedPackage = (places: Places) => new Uint8Array(readFileSync(join(places.authority, "used.cwp")));

async function deliverForReplay(places: Places): Promise<void> {
  const bytes = await packRaw(places, { nonce: usedNonce });
  writeFileSync(join(places.authority, "used.cwp"), bytes);
  deliver(places, "first.cwp", bytes);
}

/** By name, in the order of the help text. */
export const faults: Readonly<Record<string, DemoFault>> = {
  spaghetti: inPrint("The part comes loose from its layers and the nozzle prints loops into the air.", "spaghetti", 5),
  "layer-shift": inPrint("The printer loses steps and every layer stands 0.8 mm beside its place.", "layer-shift", 5, {
    dx: 0.8,
    dy: 0,
  }),
  "under-extrusion": inPrint("The nozzle gives half the filament it should.", "under-extrusion", 5, { factor: 0.5 }),
  "nothing-printed": inPrint("The nozzle is blocked: it moves and nothing comes out.", "clog", 5),
  "missing-strand": inPrint("Every third strand is missing.", "missing-strand", 5),
  blob: inPrint("A blob of filament falls on the part.", "blob", 5, { size: 3 }),
  "detached-part": inPrint("The part comes off the plate and moves.", "detached-part", 5),
  "foreign-object": inPrint("Something has fallen onto the plate.", "foreign-object", 5, { x: 75, y: 72, r: 4, h: 3 }),
  "blind-camera": inCamera("The lens is covered.", "blind"),
  "frozen-camera": inCamera("The camera delivers an old picture for ever.", "frozen", { fresh: true }),
  "moved-camera": inCamera("Somebody has bumped into the camera.", "moved", { mm: 2, deg: 0.5 }),
  "dim-light": inCamera("A lamp has failed.", "dim", { gain: 0.4 }),
  defocus: inCamera("The lens is out of focus.", "defocus", { radius: 5 }),
  unplug: inMachine("The printer's cable is pulled.", worldFault("unplug")),
  "resend-storm": inMachine("The printer's wire is so noisy that no line gets through.", worldFault("resend-storm")),
  reset: inMachine("The printer's board resets itself.", worldFault("reset")),
  "thermal-runaway": inMachine("The printer's heater runs away.", worldFault("thermal-runaway", { heater: "hotend" })),
  "kill-printer": inMachine("The printer loses power.", async (story) => story.bench.printer.kill("SIGKILL")),
  "kill-driver": inMachine("The printer's driver process is killed (kill -9).", (story) =>
    killChild(story, driverEntry),
  ),
  "kill-inspector": { what: "The inspection's process is killed (kill -9).", play: killInspector },
  "kill-daemon": { what: "The controller is killed (kill -9) in mid-layer.", play: killDaemon },
  "kill-daemon-and-driver": {
    what: "The controller and the printer's driver process are killed (kill -9), and the printer heats on.",
    play: killDaemonAndDriver,
  },
  "wrong-patient": {
    what: "The identifiers of another patient are typed.",
    play: ({ panel }) => refusal(() => confirmIdentity(panel, ["MRN-48214-7", "1961-04-09"])),
  },
  "no-presence": {
    what: "Somebody presses start over the network; nobody stands at the cell.",
    async play({ panel, bench }) {
      await confirmIdentity(panel);
      await clearPlate(bench, panel);
      return refusal(() => start(panel));
    },
  },
  "plate-not-clear": {
    what: "A person says the plate is clear, and it is not.",
    async play({ panel, bench }) {
      await control(bench.places.world, "/fault", { name: "foreign-object", x: 75, y: 72, r: 8, h: 6 });
      await confirmIdentity(panel);
      await clearPlate(bench, panel, false);
      await provePresence(bench, panel);
      return refusal(() => start(panel));
    },
  },
  "unsafe-gcode": badPackage(
    "The ordered program heats the nozzle to 260 degrees, and both have signed it.",
    (places) => packRaw(places, { program: (text) => text.replace("M109 S205", "M109 S260") }),
  ),
  "tampered-package": badPackage("One bit of the sealed program is changed on its way.", tampered),
  "expired-order": badPackage("The order expired before it came.", (places) =>
    packRaw(places, { order: { notBefore: "2026-01-01T00:00:00Z", expires: "2026-01-02T00:00:00Z" } }),
  ),
  "replayed-order": {
    what: "An order that was taken in is delivered again, once as it was and once under another name.",
    deliver: deliverForReplay,
    play: replayed,
  },
  "disk-full": {
    what: "The disk of the ledger is full in mid-job.",
    edits: [{ from: "[http]", to: "[record]\nquotaMiB = 0.12\n\n[http]" }],
    play: fillDisk,
  },
};

/** After a hold: QA scraps the part, so that the record closes. */
export async function closeRecord(story: Story): Promise<void> {
  const { panel, quality } = story;
  const view = await panel.job(job).catch(() => null);
  if (!view?.nonconformities.some((each) => each.disposition === null)) return;
  await dispose(panel, quality, view, "scrap", "real-defect");
  story.display.say("  QA has decided, with a signature: scrap");
}

/** What can go wrong on the way from material to release, and what the cell must then do; several can be played in one run. */
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { JobView, SyncView } from "../src/hmi/api.ts";
import { decideLot, loadMaterial, printLabel, receiveLot, release, scanLabel } from "./acts.ts";
import { lyingCentral } from "./liar.ts";
import { Refused } from "./panel.ts";
import { dispose, job, provePresence, until } from "./people.ts";
import { cellward, root, startProgram } from "./programs.ts";
import { deliveries, delivery, otherLabel, startStationStep, station, stationEnd, stationStep, tag } from "./route.ts";
import { origin } from "./setup.ts";
import { breakStation, introduce, layIn, mendStation, resetStation } from "./station.ts";
import { attemptOf, type Story } from "./story.ts";

/** What the cell did about it. */
export interface Reaction {
  readonly right: boolean;
  readonly words: string;
}

/** Where on the route it happens: just before that act. */
export type Stage = "material" | "clean-dry" | "press-sleeves" | "measure" | "label" | "end";

export interface RouteFault {
  readonly what: string;
  readonly stage: Stage;
  /** True where the device cannot go on afterwards. */
  readonly ends?: true;
  readonly play: (story: Story) => Promise<Reaction>;
}

/** A request that has to be refused; its words are the reaction. */
export async function refusal(act: () => Promise<unknown>): Promise<Reaction> {
  try {
    await act();
    return { right: false, words: "NOT REFUSED." };
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    return { right: true, words: `Refused (${problem.problem.code}): ${problem.problem.what}` };
  }
}

/** QA decides on what is open. */
async function decideOpen(story: Story, disposition: "scrap" | "rework", reason: "real-defect" | "harmless-again") {
  const view = await story.panel.job(job);
  await dispose(story.panel, story.quality, view, disposition, reason);
  story.display.say(`  QA has decided, with a signature: ${disposition}`);
}

function toldOf(view: JobView, outcomes: readonly string[]): Reaction {
  const attempt = attemptOf(view);
  const open = view.nonconformities.find((each) => each.disposition === null);
  const right = outcomes.includes(attempt?.outcome ?? "") && open !== undefined;
  return {
    right,
    words: `${attempt?.outcome ?? "still running"}: ${open?.what ?? attempt?.outcomeWhat ?? "nothing said"}`,
  };
}

/** The station's own panel: clear and reset, as PackML asks after an abort. */
async function mended(story: Story): Promise<void> {
  const { station: found } = story;
  if (!found) return;
  await mendStation(found);
  let said = "";
  const back = async () => {
    const { machines } = await story.panel.cell();
    const machine = machines.find(({ id }) => id === station);
    said = machine?.fault?.what ?? "";
    // The cell ends what it lost sight of when it is back, and the unit then stands aborted until somebody clears it.
    return machine?.online && !machine.unsafe && (await resetStation(found)) ? true : null;
  };
  await until("the station", back, 120_000).catch((problem: Error) => {
    throw new Error(`${problem.message} ${said}`);
  });
}

function stationOf({ station: found }: Story) {
  if (!found) throw new Error("This demo has no station.");
  return found;
}

function centralOf({ central }: Story) {
  if (!central) throw new Error("This demo has no central QA.");
  return central;
}

async function freeze(story: Story): Promise<Reaction> {
  await startStationStep(story, "clean-dry");
  await until("the station at work", async () =>
    attemptOf(await story.panel.job(job))?.phase === "running" ? true : null,
  );
  await breakStation(stationOf(story), "freeze", { ms: 30_000 });
  const reaction = toldOf(await stationEnd(story), ["OutcomeUnknown", "Failed"]);
  await mended(story);
  await decideOpen(story, "rework", "harmless-again");
  return reaction;
}

async function restart(story: Story): Promise<Reaction> {
  await breakStation(stationOf(story), "restart", { namespaces: 5 });
  await mended(story);
  const online = (await story.panel.cell()).machines.find(({ id }) => id === station)?.online === true;
  return {
    right: online,
    words: "The station came back with other namespace indexes; everything was found again by URI and path.",
  };
}

async function wrongCertificate(story: Story): Promise<Reaction> {
  const broken = stationOf(story);
  await breakStation(broken, "other-certificate");
  const fault = await until("the machine's fault", async () => {
    const machine = (await story.panel.cell()).machines.find(({ id }) => id === station);
    return machine && !machine.online && machine.fault?.code.includes("certificate") ? machine.fault : null;
  });
  await introduce(broken, story.bench.places, join(broken.places.pki, "other-1"));
  await mended(story);
  return { right: true, words: `Offline (${fault.code}): ${fault.what} ${fault.remedy}` };
}

async function wrongPart(story: Story): Promise<Reaction> {
  const { panel } = story;
  const scanned = await refusal(() =>
    panel.act(`/api/jobs/${job}/part`, { equipment: station, code: "TAG-0000-0001" }),
  );
  await layIn(stationOf(story), "TAG-0000-0001");
  const view = await stationStep(story, "clean-dry");
  const attempt = attemptOf(view);
  await layIn(stationOf(story), tag);
  const right = scanned.right && attempt?.outcome === "NotBegun";
  return {
    right,
    words: `${scanned.words} And with the right tag scanned but another part in it: ${attempt?.outcomeWhat}`,
  };
}

async function overforce(story: Story): Promise<Reaction> {
  await breakStation(stationOf(story), "overforce", { factor: 8 });
  const reaction = toldOf(await stationStep(story, "press-sleeves"), ["Failed", "Rejected"]);
  await decideOpen(story, "scrap", "real-defect");
  return reaction;
}

async function missingResult(story: Story): Promise<Reaction> {
  await breakStation(stationOf(story), "missing-result", { id: "sleeve-2-bore" });
  const reaction = toldOf(await stationStep(story, "measure"), ["Rejected"]);
  const early = await refusal(() => release(story.panel, story.quality));
  await mended(story);
  await decideOpen(story, "rework", "harmless-again");
  return { right: reaction.right && early.right, words: `${reaction.words} A release was refused meanwhile.` };
}

async function swapped(story: Story): Promise<Reaction> {
  const { panel } = story;
  await printLabel(panel);
  const reaction = await refusal(() => scanLabel(panel, otherLabel));
  const view = await panel.job(job);
  const raised = view.nonconformities.filter(({ cause }) => cause === "label-mismatch").length;
  await decideOpen(story, "rework", "harmless-again");
  return { right: reaction.right && raised === 1, words: reaction.words };
}

/** Broker or central's machine is away while the record grows: nothing is lost, and nothing is claimed. */
function away(who: "broker" | "qa") {
  return async (story: Story): Promise<Reaction> => {
    const central = centralOf(story);
    await allWithQa(story);
    central[who].kill("SIGKILL");
    await central[who].exited;
    const { withQa, head } = await oneMoreEntry(story);
    const honest = withQa < head;
    await (who === "broker" ? central.powerBroker() : central.powerQa());
    await allWithQa(story);
    return {
      right: honest,
      words: `The cell worked on and said that ${head - withQa} entries waited; when it was back they went over by themselves.`,
    };
  };
}

async function lies(story: Story): Promise<Reaction> {
  const central = centralOf(story);
  await allWithQa(story);
  central.qa.kill("SIGTERM");
  await central.qa.exited;
  const liar = await lyingCentral(central, "demo-cell", origin);
  const { withQa } = await oneMoreEntry(story);
  const sync = await until("the cell's word on the lie", async () => {
    const { sync: said } = await story.panel.cell();
    return liar.told() > 0 && said.alarm ? said : null;
  });
  const believed = sync.withQa > withQa;
  await liar.end();
  await central.powerQa();
  await allWithQa(story);
  return { right: !believed, words: `${sync.alarm?.what} Nothing was called with QA on its word.` };
}

function allWithQa({ panel }: Story): Promise<unknown> {
  return until(
    "central QA's countersignature",
    async () => ((await panel.cell()).sync.state === "with-qa" ? true : null),
    180_000,
  );
}

/** Something that is recorded and moves nothing: the part is scanned at the station. */
async function oneMoreEntry({ panel }: Story): Promise<SyncView> {
  await panel.act(`/api/jobs/${job}/part`, { equipment: station, code: tag });
  return (await panel.cell()).sync;
}

async function hold(story: Story): Promise<Reaction> {
  const { panel, bench } = story;
  const central = centralOf(story);
  const lot = `lot:${deliveries.sleeves.lot}`;
  await central.decide("hold", lot, "material-recall");
  await until("the hold", async () => ((await gateOf(story, "central")) === "shut" ? true : null));
  await panel.act(`/api/jobs/${job}/part`, { equipment: station, code: tag });
  await provePresence(bench, panel);
  const reaction = await refusal(() => panel.act(`/api/jobs/${job}/start`, { operation: "press-sleeves" }));
  await central.decide("lift", lot, "cleared");
  await until("the lifting", async () => ((await gateOf(story, "central")) === "open" ? true : null));
  return reaction;
}

async function gateOf({ panel }: Story, name: string): Promise<string | undefined> {
  return (await panel.job(job)).gates.find(({ gate }) => gate === name)?.state;
}

/** Yesterday's disk is put back: the cell is behind what it has signed, and does not go on. */
async function restored(story: Story): Promise<Reaction> {
  const { data, keys, dir, config, run } = story.bench.places;
  story.cell.kill("SIGTERM");
  await story.cell.exited;
  const image = join(dir, "yesterday");
  cpSync(join(dir, "backup"), image, { recursive: true });
  rmSync(join(image, "restored.json"), { force: true });
  const args = ["--json", "run", "--config", config, "--data", image, "--keys", keys];
  const again = await startProgram("cell-restored", [join(root, "src/main.ts"), ...args], run).catch(() => null);
  const said = JSON.parse(again?.ready ?? "{}") as { code?: string; what?: string };
  await again?.exited;
  const whole = await cellward(["verify", data, "--keys", keys]);
  return { right: said.code?.startsWith("ledger-") === true && whole.code === 0, words: `${said.code}: ${said.what}` };
}

/** By name, in the order in which they are played. */
export const routeFaults: Readonly<Record<string, RouteFault>> = {
  "wrong-lot": {
    what: "The package of a lot that was never received is scanned at the printer.",
    stage: "material",
    play: ({ panel }) =>
      refusal(() => loadMaterial(panel, "printer-1", delivery("09506000134369", "PLA-9999", "271130", 1).code)),
  },
  "expired-lot": {
    what: "A delivery that is past its date is scanned.",
    stage: "material",
    play: ({ panel }) => refusal(() => receiveLot(panel, delivery("09506000134369", "PLA-1901", "190131", 750))),
  },
  "unreleased-lot": {
    what: "A lot that QA has rejected is loaded.",
    stage: "material",
    async play({ panel, quality }) {
      const lot = delivery("09506000134369", "PLA-2612", "271130", 750);
      await receiveLot(panel, lot);
      await decideLot(panel, quality, lot.lot, "rejected");
      return refusal(() => loadMaterial(panel, "printer-1", lot.code));
    },
  },
  "wrong-part": {
    what: "Another part is scanned, and then lies, at the station.",
    stage: "clean-dry",
    play: wrongPart,
  },
  "opcua-restart": { what: "The station restarts with other namespace indexes.", stage: "clean-dry", play: restart },
  "opcua-wrong-certificate": {
    what: "The station proves itself with another certificate.",
    stage: "clean-dry",
    play: wrongCertificate,
  },
  "opcua-freeze": { what: "The station freezes for 30 s at work.", stage: "clean-dry", play: freeze },
  "qa-hold": { what: "Central QA stops the use of the sleeves' lot.", stage: "press-sleeves", play: hold },
  "press-overforce": { what: "A sleeve does not fit.", stage: "press-sleeves", ends: true, play: overforce },
  "missing-result": { what: "The station leaves a measured value out.", stage: "measure", play: missingResult },
  "label-swapped": { what: "The label of another device is on the device.", stage: "label", play: swapped },
  "broker-down": { what: "The broker is killed while the record grows.", stage: "clean-dry", play: away("broker") },
  "qa-down": { what: "Central QA is killed while the record grows.", stage: "press-sleeves", play: away("qa") },
  "qa-lies": {
    what: "Somebody with central's certificate answers with receipts of his own.",
    stage: "measure",
    play: lies,
  },
  "cell-restored-from-backup": {
    what: "An older image of the data folder is put in the place of the present one.",
    stage: "end",
    play: restored,
  },
};

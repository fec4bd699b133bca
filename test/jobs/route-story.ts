/** Tells the whole route to the core: print, clean and dry, press the sleeves, measure, label, hand over, release. */
import type { Execution, Result } from "../../src/equipment/machine.ts";
import type { CentralDecision } from "../../src/jobs/central.ts";
import { type Decidable, meanings, shownForDisposition } from "../../src/jobs/decide/disposition.ts";
import type { Decision } from "../../src/jobs/decide/draft.ts";
import { lotMeanings, shownForLot } from "../../src/jobs/decide/lots.ts";
import type { JobOrder, Operation, TaskOperation } from "../../src/jobs/order.ts";
import { releaseMeaning, shownForRelease } from "../../src/jobs/record/summary.ts";
import type { Setup } from "../../src/jobs/setup.ts";
import { findLot, openNonconformity } from "../../src/jobs/state.ts";
import { nextOperation, nextUnit } from "../../src/jobs/units.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { EquipmentId, JobId, OperationId, PersonId } from "../../src/kernel/names.ts";
import { lotId } from "../../src/materials/lot.ts";
import { testModel, testVersions } from "./models.ts";
import {
  answer,
  cellWithOrder,
  clearPlate,
  digest,
  goodLayer,
  job,
  printer,
  type Story,
  seePlate,
  tina,
} from "./story.ts";

export const station = "station-1" as EquipmentId;
/** Releases; had no hand in anything. */
export const rosa = "rosa" as PersonId;
/** Holds both roles. */
export const bo = "bo" as PersonId;

export const filament = { id: "pla", title: "PLA filament", gtin: "09506000117843", unit: "g" };
export const sleeves = { id: "sleeve-2.2", title: "Steel sleeve 2.2", gtin: "09506000134376", unit: "piece" };
const op = (id: string) => id as OperationId;

const print: Operation = {
  ...{ kind: "build", id: op("print"), title: "Print", equipment: printer, program: digest("program") },
  ...{ layersPlanned: 3, lag: 0, materials: [{ material: filament.id, quantity: 12, unit: "g" }] },
};
const cleanDry: TaskOperation = {
  ...{ kind: "task", id: op("clean-dry"), title: "Clean and dry", equipment: station, program: digest("clean") },
  characteristics: [{ id: "dry-temperature", title: "Drying temperature", unit: "°C", lower: 38, upper: 45 }],
  ...{ materials: [], evidence: ["temperature-log"], reworks: 1 },
};
const press: TaskOperation = {
  ...{ kind: "task", id: op("press-sleeves"), title: "Press sleeves", equipment: station, program: digest("press") },
  characteristics: [
    { id: "seat-force", title: "Seating force", unit: "N", lower: 150, upper: 400 },
    { id: "seat-depth", title: "Seating depth", unit: "mm", lower: null, upper: 0.1 },
  ],
  ...{ materials: [{ material: sleeves.id, quantity: 2, unit: "piece" }], evidence: ["force-curve"], reworks: 0 },
};
const measure: TaskOperation = {
  ...{ kind: "task", id: op("measure"), title: "Measure", equipment: station, program: digest("measure") },
  characteristics: [{ id: "bore-1", title: "Bore 1", unit: "mm", lower: 2.18, upper: 2.24 }],
  ...{ materials: [], evidence: [], reworks: 1 },
};

/** The guide's whole route. */
export const route: readonly Operation[] = [
  print,
  cleanDry,
  press,
  measure,
  { kind: "label", id: op("label"), title: "Label" },
  { kind: "handover", id: op("handover"), title: "Hand over", to: "Sterilisation" },
  { kind: "release", id: op("release"), title: "Release" },
];

export const setup: Setup = {
  cell: "cell-1",
  equipment: [
    { id: printer, title: "Printer", serial: "S1", onHostLoss: "driver" },
    { id: station, title: "Station", serial: "S2", onHostLoss: "driver" },
  ],
  presenceValidMs: 60_000,
  takesAllowed: 3,
  demonstration: true,
  materials: [filament, sleeves],
};

export const far = 900_000_000;

/** A cell with printer and station online, everybody enrolled, both materials received, released and loaded. */
export function routeStory(change: Partial<JobOrder> = {}, options: Partial<Setup> = {}): Story {
  const story = cellWithOrder({ id: "J0" as JobId, nonce: "nonce-0" });
  story.tell({ kind: "cancel-job", job: "J0" as JobId, person: tina, why: "not needed" });
  routeBoot(story, options);
  story.tell({ kind: "enrol", person: rosa, roles: ["qa"] });
  story.tell({ kind: "enrol", person: bo, roles: ["technician", "qa"] });
  const { order } = cellWithOrder().state.jobs[job]!;
  story.tell({ kind: "accept-order", order: { ...order, expires: far, route, ...change } });
  supply(story, printer, filament, "PLA-7");
  supply(story, station, sleeves, "SL-3", 10);
  markDemonstration(story);
  return story;
}

/** The controller starts anew. */
export function routeBoot(story: Story, options: Partial<Setup> = {}): void {
  const versions = {
    ...{ software: "test", softwareDigest: digest("software"), configDigest: digest("config") },
    ...{ ...testVersions, cameraDigest: null, runtime: "test" },
  };
  story.tell({
    kind: "boot",
    boot: `boot-${story.at}`,
    versions,
    setup: { ...setup, ...options },
    shippedModel: testModel,
  });
  online(story, printer);
  online(story, station);
  story.tell({ kind: "inspection-status", ready: true, what: "ready" });
}

export function online(story: Story, equipment: EquipmentId, simulated = true): void {
  const serial = setup.equipment.find(({ id }) => id === equipment)!.serial;
  const identity = { vendor: "v", model: "m", serial, firmware: "f", simulated };
  story.tell({ kind: "observed", equipment, observation: { kind: "online", identity } });
}

type Material = Setup["materials"][number];

export function receive(story: Story, material: Material, batch: string, quantity = 1000, expires = far): Decision {
  const { gtin } = material;
  return story.tell({ kind: "receive-lot", gtin, batch, certificate: "C-1", expires, quantity, person: tina });
}

export function decideLot(
  story: Story,
  material: Material,
  batch: string,
  status: "released" | "rejected" = "released",
  person = rosa,
): Decision {
  const lot = findLot(story.state, lotId(material.gtin, batch)!)!;
  const shown = digestOfValue(shownForLot(lot, status));
  const approval = { person, name: "sealed", at: story.at, meaning: lotMeanings[status], shown };
  return story.tell({ kind: "decide-lot", lot: lot.id, status, approval });
}

export function load(story: Story, equipment: EquipmentId, material: Material, batch: string): Decision {
  return story.tell({ kind: "load-material", equipment, gtin: material.gtin, batch, person: tina });
}

/** A lot that is received, released and in the machine. */
export function supply(story: Story, at: EquipmentId, material: Material, batch: string, quantity = 1000): void {
  receive(story, material, batch, quantity);
  decideLot(story, material, batch);
  load(story, at, material, batch);
}

let decisions = 0;
/** A decision of central QA, by default one that marks the cell as a demonstration. */
export function central(change: Partial<CentralDecision> = {}): CentralDecision {
  decisions += 1;
  return {
    ...{ id: `D-${decisions}`, nonce: `central-${decisions}`, action: "hold", target: { kind: "cell", id: "cell-1" } },
    ...{ reason: "record-doubt", issuedAt: decisions, expires: far },
    ...change,
  };
}

export function say(story: Story, decision: CentralDecision): Decision {
  return story.tell({ kind: "central-decision", decision, envelope: digest(decision.id) });
}

function markDemonstration(story: Story): void {
  say(story, central({ action: "demonstration", reason: "demonstration" }));
}

export function present(story: Story, id: JobId = job): void {
  story.tell({ kind: "prove-presence", job: id, device: "scanner", proof: `proof-${story.at}` });
}

/** The tag of the part in hand; a fresh one where it has none yet. */
export function tagOf(story: Story, id: JobId = job): string {
  const unit = nextUnit(story.state.jobs[id]!);
  return unit?.tag ?? `T-${id}-${unit?.number}`;
}

export function tag(story: Story, text = tagOf(story), id: JobId = job): Decision {
  return story.tell({ kind: "tag-part", job: id, tag: text, person: tina });
}

export function confirm(story: Story, text = tagOf(story), equipment = station, id: JobId = job): Decision {
  return story.tell({ kind: "confirm-part", job: id, equipment, tag: text, person: tina });
}

export function start(story: Story, operation: string, person = tina, id: JobId = job): Decision {
  return story.tell({ kind: "start", job: id, operation: operation as OperationId, person });
}

/** Everything a build's start needs but the start. */
export function prepareBuild(story: Story, id: JobId = job): void {
  story.tell({ kind: "confirm-identity", job: id, person: tina, hmacs: ["first", "second"], side: "left" });
  clearPlate(story);
  present(story, id);
}

/** A copy printed, every layer seen and accepted. */
export function printed(story: Story): void {
  prepareBuild(story);
  start(story, "print");
  seePlate(story, true);
  answer(story, "begin");
  for (const layer of [1, 2, 3]) goodLayer(story, layer);
  finish(story);
}

/** A task that has begun at the station. */
export function begun(story: Story): void {
  confirm(story);
  present(story);
  start(story, nextOperation(story.state.jobs[job]!)!.id);
  reply(story, "done");
}

/** The machine's answer to the begin of the last attempt. */
export function reply(story: Story, kind: "done" | "refused" | "unknown"): void {
  const { id: attempt, equipment } = story.attempt();
  const fault = { code: "x", what: "x", remedy: "x" };
  const said = kind === "done" ? ({ kind } as const) : ({ kind, fault } as const);
  story.tell({ kind: "answered", equipment, attempt, directive: "begin", layer: 1, answer: said });
}

const good: Readonly<Record<string, { readonly results: readonly Result[]; readonly evidence: readonly string[] }>> = {
  "clean-dry": { results: [result("dry-temperature", 41, "°C")], evidence: ["temperature-log"] },
  "press-sleeves": {
    results: [result("seat-force", 260, "N"), result("seat-depth", 0.02, "mm")],
    evidence: ["force-curve"],
  },
  measure: { results: [result("bore-1", 2.21, "mm")], evidence: [] },
};

export function result(characteristic: string, value: number, unit: string, gauge: string | null = "G-1"): Result {
  return { characteristic, value, unit, gauge };
}

/** The machine reports the end of the last attempt. */
export function finish(story: Story, change: Partial<Execution> = {}): Decision {
  const { id: attempt, operation: id, equipment } = story.attempt();
  const operation = story.state.jobs[job]!.order.route.find((each) => each.id === id)!;
  const program = "program" in operation ? operation.program : digest("none");
  const { results, evidence } = good[id] ?? { results: [], evidence: [] };
  const stored = evidence.map((name) => ({ name, digest: digest(name) }));
  const executed = { program, lines: 1, resends: 0, results, evidence: stored, ...change };
  return story.tell({ kind: "observed", equipment, observation: { kind: "finished", attempt, executed } });
}

/** The next task of the route, done well. */
export function task(story: Story): void {
  begun(story);
  finish(story);
}

/** The same for the first one: the printed part gets its tag. */
function taggedTask(story: Story): void {
  tag(story);
  task(story);
}

export function requestLabel(story: Story, person = tina): Decision {
  return story.tell({ kind: "request-label", job, person });
}

/** The label printer's answer about the last label of the copy in hand. */
export function labelPrinted(story: Story): Decision {
  const unit = nextUnit(story.state.jobs[job]!)!;
  const label = unit.labels.at(-1)!.number;
  return story.tell({ kind: "label-printed", job, unit: unit.number, label, pdf: digest("pdf") });
}

/** What stands on the last label of the copy in hand. */
export function codeOf(story: Story): string {
  return nextUnit(story.state.jobs[job]!)!.labels.at(-1)!.content.code;
}

export function scanLabel(story: Story, scanned = codeOf(story), person = tina): Decision {
  return story.tell({ kind: "scan-label", job, scanned, person });
}

export function labelled(story: Story): void {
  requestLabel(story);
  labelPrinted(story);
  scanLabel(story);
}

export function handOver(story: Story, container = "BAG-1", person = tina): Decision {
  return story.tell({ kind: "hand-over", job, container, person });
}

export function release(story: Story, person = rosa, unit = nextUnit(story.state.jobs[job]!)?.number ?? 1): Decision {
  const shown = digestOfValue(shownForRelease(story.state.jobs[job]!.record, unit));
  const approval = { person, name: "sealed", at: story.at, meaning: releaseMeaning, shown };
  return story.tell({ kind: "release", job, unit, approval });
}

/** QA's decision on the open nonconformity. */
export function dispose(story: Story, disposition: Decidable, person = rosa): Decision {
  const current = story.state.jobs[job]!;
  const nonconformity = openNonconformity(current)!;
  const shown = digestOfValue(shownForDisposition(current, nonconformity, disposition, "seen"));
  const approval = { person, name: "sealed", at: story.at, meaning: meanings[disposition], shown };
  return story.tell({ kind: "dispose", job, nonconformity: nonconformity.id, disposition, reason: "seen", approval });
}

const steps: readonly (readonly [string, (story: Story) => void])[] = [
  ["print", printed],
  ["clean-dry", taggedTask],
  ["press-sleeves", task],
  ["measure", task],
  ["label", labelled],
  ["handover", handOver],
  ["release", release],
];

/** Goes on with the copy in hand up to, and not including, this step; any other word means its end. */
export function upTo(step: string, story: Story = routeStory()): Story {
  const done = nextUnit(story.state.jobs[job]!)?.completed ?? 0;
  const last = steps.findIndex(([id]) => id === step);
  for (const [, act] of steps.slice(done, last < 0 ? undefined : last)) act(story);
  return story;
}

/** A job whose every copy has gone the whole route. */
export function released(change: Partial<JobOrder> = {}): Story {
  const story = routeStory(change);
  const { copies } = story.state.jobs[job]!.order;
  for (let copy = 1; copy <= copies; copy++) release(upTo("release", story));
  return story;
}

/** The refusal's code, if it was refused as every request has to be: said in words, recorded, and nothing else true. */
export function refusal(decision: Decision): string | undefined {
  const { refusal, events } = decision;
  if (!refusal) return undefined;
  const recorded = events.filter(({ type }) => type === "RequestRefused");
  const others = events.filter(({ type }) => !["RequestRefused", "PartRefused", "NonconformityRaised"].includes(type));
  const inWords = /^[A-Z].*\.$/s.test(refusal.what);
  return recorded.length === 1 && others.length === 0 && inWords ? refusal.code : `badly refused: ${refusal.what}`;
}

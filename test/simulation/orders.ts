/** What a seed's cell is asked to make: simple prints, or the whole route with lots, tags, labels and a release. */
import type { ParameterWindow } from "../../src/equipment/window.ts";
import type { CameraStatus } from "../../src/jobs/calibration.ts";
import { isByMachine, type JobOrder, type Operation, type TaskOperation } from "../../src/jobs/order.ts";
import type { ReactionRules } from "../../src/jobs/reaction.ts";
import type { CellCamera, Setup } from "../../src/jobs/setup.ts";
import { firstCamera } from "../../src/jobs/views.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { Digest, EquipmentId, JobId, OperationId } from "../../src/kernel/names.ts";
import { modelFacts } from "../jobs/models.ts";
import { serial } from "./printer.ts";
import { stationSerial } from "./station.ts";
import type { Random } from "./time.ts";

export const printerId = "printer" as EquipmentId;
export const stationId = "station" as EquipmentId;
export const digest = (text: string) => digestOfValue(text) as Digest;

export const filament = { id: "pla", title: "Filament", gtin: "09506000117843", unit: "g" };
export const sleeves = { id: "sleeve", title: "Sleeve", gtin: "09506000134376", unit: "piece" };

/** An order, and when it comes in. */
export interface Expected {
  readonly order: JobOrder;
  readonly arrivesMs: number;
}

export interface Plan {
  readonly orders: readonly Expected[];
  /** Layers of every print, and how far the printer may run ahead. */
  readonly planned: number;
  readonly lag: number;
  /** Orders go the whole route. */
  readonly whole: boolean;
  /** Central QA is there, and gets the record. */
  readonly synced: boolean;
}

/** 2026-01-01T00:00:00Z, when the simulation begins. */
export const epochMs = 1_767_225_600_000;

/** What this seed's cell is asked to make. */
export function planOf(random: Random, whim: Random): Plan {
  const whole = random() < 0.5;
  const lag = random() < 0.25 ? 1 + Math.floor(random() * 2) : 0;
  const planned = 2 + Math.floor(random() * (whole ? 2 : 6));
  const count = 1 + Math.floor(random() * (whole ? 2 : 3));
  const orders = Array.from({ length: count }, (_, n): Expected => {
    const supersedes = n > 0 && random() < 0.5 ? (`J${n - 1}` as JobId) : null;
    const expires = random() < 0.25 ? epochMs + Math.floor((0.3 + random()) * 3_600_000) : 4_000_000_000_000;
    const copies = 1 + Math.floor(random() * 2);
    const steps = whole ? wholeRoute(planned, lag, random) : prints(planned, lag, random);
    const watched = random() < 0.5 ? watching(steps) : steps;
    const route = whim() < 0.5 ? reacting(watched) : watched;
    return {
      order: orderOf(n, { supersedes, expires, copies, route }),
      arrivesMs: supersedes === null ? 0 : random() * 2_400_000,
    };
  });
  return { orders, planned, lag, whole, synced: random() < 0.25 };
}

function build(id: string, layersPlanned: number, lag: number, quantity: number): Operation {
  return {
    kind: "build",
    id: id as OperationId,
    title: "Print",
    equipment: printerId,
    program: digest("program"),
    layersPlanned,
    lag,
    materials: quantity > 0 ? [{ material: filament.id, quantity, unit: filament.unit }] : [],
  };
}

/** The window of one value, which some orders watch. */
export const watchedWindow: ParameterWindow = {
  ...{ id: "hotend", title: "Hotend", reading: "hotend", unit: "°C", before: null },
  ...{ course: [{ at_s: 0, lower: 195, upper: 215 }], outside_s: 5, silent_s: 10 },
};

/** The same steps, with a value to be watched at every machine. */
function watching(route: readonly Operation[]): readonly Operation[] {
  return route.map((step) => (isByMachine(step) ? { ...step, windows: [watchedWindow] } : step));
}

/** What follows findings in some orders; every finding of the simulated eye lies at one place. */
export const simulatedReactions: ReactionRules = {
  within_mm: 1,
  gap: 1,
  rules: [
    {
      ...{ class: "thin", unit: "mm2" },
      levels: [
        { from: 0, reaction: "log" },
        { from: 10, reaction: "warn" },
        { from: 40, reaction: "hold" },
        { from: 100, reaction: "abort" },
      ],
      tolerated: { inRow: 9, linked: 3, sizeLinked: 500 },
    },
  ],
};

function reacting(route: readonly Operation[]): readonly Operation[] {
  return route.map((step) => (step.kind === "build" ? { ...step, reactions: simulatedReactions } : step));
}

function prints(planned: number, lag: number, random: Random): readonly Operation[] {
  const first = build("print-1", planned, lag, 0);
  return random() < 0.2 ? [first, build("print-2", planned, lag, 0)] : [first];
}

function task(id: string, change: Partial<TaskOperation>): TaskOperation {
  const characteristics = [
    { id: "force", title: "Force", unit: "N", lower: 100, upper: 400 },
    { id: "depth", title: "Depth", unit: "mm", lower: null, upper: 0.1 },
  ];
  return {
    ...{ kind: "task", id: id as OperationId, title: id, equipment: stationId, program: digest(id) },
    ...{ materials: [], characteristics, evidence: ["curve"], reworks: 1 },
    ...change,
  };
}

function wholeRoute(planned: number, lag: number, random: Random): readonly Operation[] {
  const byHand = (kind: "label" | "release") => ({ kind, id: kind as string as OperationId, title: kind }) as const;
  return [
    build("print", planned, lag, 10),
    ...(random() < 0.5 ? [task("clean", { evidence: [] })] : []),
    task("press", { materials: [{ material: sleeves.id, quantity: 2, unit: sleeves.unit }], reworks: 0 }),
    byHand("label"),
    { kind: "handover", id: "handover" as OperationId, title: "Hand over", to: "Sterilisation" },
    byHand("release"),
  ];
}

type Varied = Pick<JobOrder, "supersedes" | "expires" | "copies" | "route">;

function orderOf(n: number, varied: Varied): JobOrder {
  return {
    id: `J${n}` as JobId,
    title: "Guide",
    pseudonym: `P${n}`,
    identifierHmacs: ["a", "b"],
    side: "left",
    source: digest("source"),
    recipe: digest("recipe"),
    pathway: "demonstration",
    lineage: { scan: "S1", segmentation: "G1", design: `D${n}`, revision: 1, approver: "A1", predecessor: null },
    signatures: [
      { role: "design-authority", key: "design.example" },
      { role: "clinical-release", key: "clinic.example" },
    ],
    gtin: "09506000134352",
    notBefore: 0,
    nonce: `nonce-${n}`,
    ...varied,
  };
}

/** The model that the simulated cell takes as a demonstration. */
export const model = modelFacts(digest("m"));

export const versions = {
  software: "simulated",
  softwareDigest: digest("software"),
  configDigest: digest("config"),
  modelDigest: model.model,
  modelManifest: model.manifest,
  cameraDigest: digest("s"),
  runtime: "virtual",
};

export const secondCamera = "second";

/** Both look at the printer. */
const cameras: readonly CellCamera[] = [
  { id: firstCamera, machine: null },
  { id: secondCamera, machine: printerId },
];

/** A third of the cells have a second camera. */
export function hasTwoCameras(seed: number): boolean {
  return seed % 3 === 0;
}

/** What both cameras say of themselves, where there are two. */
export function viewsOf(seed: number): { readonly views?: readonly CameraStatus[] } {
  const status = { ready: true, what: "ready", calibration: null };
  return hasTwoCameras(seed) ? { views: cameras.map(({ id }) => ({ ...status, camera: id })) } : {};
}

/** Half of the cells ask for a challenge of the inspection again and again. */
export function setupOf(seed: number): Setup {
  const seen = hasTwoCameras(seed) ? { ...setup, cameras } : setup;
  return seed % 2 === 0 ? seen : { ...seen, challengeValidMs: 45 * 60_000 };
}

export const setup: Setup = {
  cell: "simulated",
  equipment: [
    { id: printerId, title: "Printer", serial, onHostLoss: "driver" },
    { id: stationId, title: "Station", serial: stationSerial, onHostLoss: "driver" },
  ],
  presenceValidMs: 60_000,
  takesAllowed: 3,
  demonstration: true,
  materials: [filament, sleeves],
};

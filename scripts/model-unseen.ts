/** The inspector on parts, looks and camera poses that neither its network nor its limits have seen. */

import type { Tools } from "../src/inspection/build.ts";
import type { InspectionReport } from "../src/inspection/report.ts";
import type { CameraSetup } from "../src/inspection/setup.ts";
import { jpegOf } from "../src/simulators/camera/io/jpeg.ts";
import { benchLight, type Filament, filaments, type RendererOptions } from "../src/simulators/camera/look.ts";
import { benchMount, cameraAt } from "../src/simulators/camera/pinhole.ts";
import { beadsOf, type PrintFault, printFaults } from "../src/simulators/camera/print-faults.ts";
import { randomOf } from "../src/simulators/camera/random.ts";
import { type Bench, commissioned, createBench } from "../test/inspection/bench.ts";
import { openGuide } from "../test/inspection/drill-guide.ts";
import { type Part, unseenParts } from "./model-parts.ts";
import type { FaultRow, Row, Who } from "./model-tables.ts";

type Colour = keyof typeof filaments;

/** What is rendered: one bench for every part and colour, faults at these shares of its height. */
export interface Scope {
  readonly colours: readonly Colour[];
  readonly heights: readonly number[];
  /** Clean layers are the first this many of each build. */
  readonly cleanLayers: number;
  /** This process takes every `of`-th bench from `from` on. */
  readonly from: number;
  readonly of: number;
}

/** A camera, lamp and filament within the set-up's tolerance; the camera is commissioned anew on its empty plate. */
function lookOf(seed: number, filament: Filament): RendererOptions {
  const random = randomOf(seed);
  const around = (middle: number, reach: number): number => middle + reach * (2 * random() - 1);
  const [lx, ly, lz] = benchLight.lamp;
  const mount = {
    target: [around(benchMount.target[0], 2), around(benchMount.target[1], 2), 0] as const,
    distance: around(benchMount.distance, 4),
    elevation: around(benchMount.elevation, 0.6),
    azimuth: around(benchMount.azimuth, 0.6),
    roll: around(benchMount.roll, 0.4),
  };
  return {
    seed,
    filament,
    camera: cameraAt(mount, 1600, 1200, { focal: around(2400, 12), k1: around(-0.07, 0.01) }),
    light: {
      lamp: [around(lx, 25), around(ly, 20), around(lz, 15)],
      radius: around(benchLight.radius, 8),
      colour: benchLight.colour.map((v) => v * around(1, 0.04)) as [number, number, number],
      ambient: benchLight.ambient.map((v) => v * around(1, 0.2)) as [number, number, number],
    },
    bed: { grid: random() < 0.7, grain: around(0.7, 0.3), seed },
  };
}

/** Runs the scope; each row is handed over as soon as it is known. */
export async function runUnseen(scope: Scope, infer: Tools["infer"], take: (row: Row) => void): Promise<void> {
  const parts = unseenParts();
  const benches = scope.colours.flatMap((colour, c) => parts.map((part, p) => ({ part, colour, c, p })));
  for (const [i, { part, colour, c, p }] of benches.entries()) {
    if (i % scope.of !== scope.from) continue;
    const seed = 70_001 + 97 * c + 13 * p;
    const bench = createBench(lookOf(seed, filaments[colour]));
    const { setup } = commissioned(bench);
    const empty = await jpegOf(bench.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [] }));
    const site = { part, colour, seed, bench, setup, empty, infer };
    await clean(site, scope.cleanLayers, take);
    if (colour === "red") continue;
    for (const [h, height] of scope.heights.entries()) {
      // Each bench has its own layers: neighbouring ones differ in what the slicer makes of them.
      const at = Math.min(part.layers.length - 1, 2 + Math.round(height * (part.layers.length - 3)) + ((c + h) % 2));
      const before = await beneath(site, at);
      for (const fault of Object.keys(printFaults)) take(await tryFault(site, fault, at, before));
    }
  }
}

interface Site {
  readonly part: Part;
  readonly colour: Colour;
  readonly seed: number;
  readonly bench: Bench;
  readonly setup: CameraSetup;
  readonly empty: Uint8Array;
  readonly infer: Tools["infer"];
}

async function clean(site: Site, count: number, take: (row: Row) => void): Promise<void> {
  const { part, bench, colour } = site;
  const build = await open(site, {});
  bench.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [], replace: true });
  for (const plan of part.layers.slice(0, count)) {
    const frame = await jpegOf(bench.shoot({ plan, beads: beadsOf(plan) }));
    const report = await judged(build, plan.layer, frame);
    const who = whoOf(report);
    take({ kind: "clean", part: part.name, colour, layer: plan.layer, ...who, why: who.held ? wordsOf(report) : "" });
    if (who.held) await build.accept({ layer: plan.layer, frame });
  }
}

/** Everything printed below a layer, and the frame of the last layer below it. */
async function beneath({ part, bench }: Site, at: number) {
  const beads = part.layers.slice(0, at - 1).flatMap((plan) => beadsOf(plan));
  const last = part.layers[at - 2]!;
  const frame = await jpegOf(bench.shoot({ plan: last, beads, replace: true }));
  return { beads, accepted: { layer: last.layer, frame } };
}

/**
 * One fault in its first and second layer. Both are always judged, the second against the faulty first one, as it
 * stands where the first was passed: so residual, network and both can be scored from the same frames.
 */
async function tryFault(
  site: Site,
  fault: string,
  at: number,
  before: Awaited<ReturnType<typeof beneath>>,
): Promise<FaultRow> {
  const { part, bench, colour } = site;
  let beads: number[][] = before.beads;
  const build = await open(site, { accepted: before.accepted });
  const made = faultOf(fault, site, at);
  const seen: Who[] = [];
  for (const since of [0, 1]) {
    const plan = part.layers[at - 1 + since]!;
    const damage = made(plan, since);
    if (damage.displace !== undefined) beads = beads.map((b) => [...damage.displace!(b)]);
    beads = [...beads, ...damage.beads.map((b) => [...b])];
    const frame = await jpegOf(bench.shoot({ plan, beads, replace: true, objects: damage.objects ?? [] }));
    const who = whoOf(await judged(build, plan.layer, frame));
    seen.push(who);
    if (who.residual && who.network) break;
    if (who.held) await build.accept({ layer: plan.layer, frame });
  }
  const first = seen[0]!;
  const next = seen[1] ?? first;
  const second = {
    residual: first.residual || next.residual,
    network: first.network || next.network,
    held: first.held || next.held,
  };
  return { kind: "fault", part: part.name, colour, layer: at, fault, first, second };
}

/** The drill guide's faults; things on the plate lie at a random place that is free of this part. */
function faultOf(name: string, { part, seed }: Site, at: number): PrintFault {
  const radius = name === "foreign object 3 mm" ? 1.5 : name === "foreign object 8 mm" ? 4 : null;
  if (radius === null) return printFaults[name]!;
  const random = randomOf(seed * 31 + at);
  const strands = part.layers.flatMap((plan) => plan.strands);
  let [x, y] = [0, 0];
  do [x, y] = [20 + 110 * random(), 20 + 92 * random()];
  while (strands.some((s) => Math.hypot((s.x0 + s.x1) / 2 - x, (s.y0 + s.y1) / 2 - y) < lengthOf(s) / 2 + radius + 3));
  return (plan) => ({ beads: beadsOf(plan), objects: [{ kind: "foreign", x, y, z: 0, r: radius }] });
}

function lengthOf(s: Part["layers"][number]["strands"][number]): number {
  return Math.hypot(s.x1 - s.x0, s.y1 - s.y0);
}

async function open(site: Site, more: object) {
  const build = await openGuide(site.setup, site.empty, site.infer, { program: site.part.program, ...more });
  if (!build.ok) throw new Error(build.error.what);
  return build.value;
}

type Opened = Awaited<ReturnType<typeof open>>;

async function judged(build: Opened, layer: number, frame: Uint8Array): Promise<InspectionReport> {
  const at = 1000 * layer;
  const times = { markedAt: at, requestedAt: at + 10, receivedAt: at + 300, exposureStart: null };
  const report = await build.inspect({ attempt: "A1", layer, take: 1, frame, ...times });
  if (!report.ok) throw new Error(report.error.what);
  return report.value;
}

function whoOf(report: InspectionReport): Who {
  const by = (who: "residual" | "network"): boolean => report.findings.some((f) => f.by === who);
  return { residual: by("residual"), network: by("network"), held: report.verdict !== "pass" };
}

function wordsOf(report: InspectionReport): string {
  const found = report.findings.map((f) => `${f.by} ${f.class} ${f.measured.toFixed(1)} ${f.unit}`).slice(0, 3);
  return `${report.verdict}: ${found.length > 0 ? found.join(", ") : report.reasons.slice(0, 2).join(" ")}`;
}

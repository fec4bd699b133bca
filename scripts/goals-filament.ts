/** The goals that are measured on rendered filament: seeded defects, clean layers, and a network that has died in silence. */
import type { Tools } from "../src/inspection/build.ts";
import type { LayerPlan } from "../src/inspection/expected.ts";
import type { CameraSetup } from "../src/inspection/setup.ts";
import { jpegOf } from "../src/simulators/camera/io/jpeg.ts";
import { filaments } from "../src/simulators/camera/look.ts";
import { beadsOf } from "../src/simulators/camera/print-faults.ts";
import { randomOf } from "../src/simulators/camera/random.ts";
import type { ForeignObject } from "../src/simulators/camera/scene.ts";
import { type Bench, commissioned, createBench } from "../test/inspection/bench.ts";
import { guideLayers, openGuide } from "../test/inspection/drill-guide.ts";

export interface Counts {
  readonly hits: number;
  readonly all: number;
}

type Say = (text: string) => void;
type Kind = "missing material" | "extra material" | "a foreign thing";
const kinds: readonly Kind[] = ["missing material", "extra material", "a foreign thing"];

interface Site {
  readonly bench: Bench;
  readonly setup: CameraSetup;
  readonly empty: Uint8Array;
}

async function siteOf(filament: keyof typeof filaments, seed: number): Promise<Site> {
  const bench = createBench({ seed, filament: filaments[filament] });
  const { setup } = commissioned(bench);
  return { bench, setup, empty: await jpegOf(bench.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [] })) };
}

/** Plants `count` defects, one a layer, each on a sound part below, and counts those that are held in their layer. */
export async function geometry(infer: Tools["infer"], count: number, say: Say): Promise<ReadonlyMap<Kind, Counts>> {
  const layers = guideLayers();
  const table = new Map<Kind, Counts>(kinds.map((kind) => [kind, { hits: 0, all: 0 }]));
  const random = randomOf(5150);
  const benches = [await siteOf("grey", 5151), await siteOf("white", 5152)];
  // The guide's body; above it only two narrow sleeves are printed.
  const heights = Array.from({ length: 6 }, (_, n) => 6 + 5 * n);
  const cases = Math.ceil(count / (heights.length * benches.length));
  for (const site of benches) {
    for (const height of heights) {
      const plan = layers[height - 1]!;
      const below = layers.slice(0, height - 1).flatMap((each) => beadsOf(each));
      const before = await jpegOf(site.bench.shoot({ plan: layers[height - 2]!, beads: below, replace: true }));
      for (let n = 0; n < cases; n++) {
        const kind = kinds[(n + height) % kinds.length]!;
        const planted = plant(kind, plan, random);
        const beads = [...below, ...planted.beads];
        const frame = await jpegOf(site.bench.shoot({ plan, beads, objects: planted.objects, replace: true }));
        const held = await isHeld(site, infer, plan.layer, frame, { layer: plan.layer - 1, frame: before });
        const { hits, all } = table.get(kind)!;
        table.set(kind, { hits: hits + (held ? 1 : 0), all: all + 1 });
      }
      say(`geometry: layer ${height} done`);
    }
  }
  return table;
}

/** A defect of 1 mm or more: strands left out around a place, a lump on the part, or a thing on the plate beside it. */
function plant(kind: Kind, plan: LayerPlan, random: () => number) {
  const between = (low: number, high: number): number => low + (high - low) * random();
  const objects: ForeignObject[] = [];
  const long = plan.strands.filter((s) => Math.hypot(s.x1 - s.x0, s.y1 - s.y0) >= 1);
  const at = long[Math.floor(random() * long.length)]!;
  const [x, y] = [(at.x0 + at.x1) / 2, (at.y0 + at.y1) / 2];
  if (kind === "missing material") {
    const reach = between(1, 5);
    const rest = plan.strands.filter(
      (s) => s !== at && Math.hypot((s.x0 + s.x1) / 2 - x, (s.y0 + s.y1) / 2 - y) > reach,
    );
    return { beads: beadsOf(plan, rest), objects };
  }
  if (kind === "a foreign thing") {
    objects.push({ kind: "foreign", x: between(30, 50), y: between(20, 110), z: 0, r: between(0.5, 3) });
    return { beads: beadsOf(plan), objects };
  }
  const size = between(1, 4);
  const z = plan.top_mm + size / 2;
  return { beads: [...beadsOf(plan), [x, y, z, x, y, z, size, size * 0.6]], objects };
}

async function isHeld(
  { setup, empty }: Site,
  infer: Tools["infer"],
  layer: number,
  frame: Uint8Array,
  accepted: { readonly layer: number; readonly frame: Uint8Array },
): Promise<boolean> {
  const build = await openGuide(setup, empty, infer, { accepted });
  if (!build.ok) throw new Error(build.error.what);
  const report = await build.value.inspect(request(layer, frame));
  return !report.ok || report.value.verdict !== "pass";
}

const request = (layer: number, frame: Uint8Array) => ({
  ...{ attempt: "A1", layer, take: 1, frame, exposureStart: null },
  ...{ markedAt: 1000 * layer, requestedAt: 1000 * layer + 10, receivedAt: 1000 * layer + 300 },
});

/** A clean build from its first layer on; `hits` are its layers that were held all the same. */
export async function cleanGuide(infer: Tools["infer"], count: number, say: Say): Promise<Counts> {
  const site = await siteOf("blue", 5160);
  const build = await openGuide(site.setup, site.empty, infer);
  if (!build.ok) throw new Error(build.error.what);
  let hits = 0;
  const layers = guideLayers().slice(0, count);
  for (const plan of layers) {
    const frame = await jpegOf(site.bench.shoot({ plan, beads: beadsOf(plan) }));
    const report = await build.value.inspect(request(plan.layer, frame));
    if (report.ok && report.value.verdict === "pass") continue;
    hits++;
    await build.value.accept({ layer: plan.layer, frame });
  }
  say(`clean build: ${layers.length} layers done`);
  return { hits, all: layers.length };
}

/** After how many layers of a clean build a network that says nothing is found out; null where it is not. */
export async function deathOf(infer: Tools["infer"]): Promise<number | null> {
  const site = await siteOf("grey", 5170);
  const build = await openGuide(site.setup, site.empty, infer);
  if (!build.ok) throw new Error(build.error.what);
  for (const plan of guideLayers().slice(0, 20)) {
    const frame = await jpegOf(site.bench.shoot({ plan, beads: beadsOf(plan) }));
    const report = await build.value.inspect(request(plan.layer, frame));
    if (report.ok && report.value.network?.canary?.found === false) return plan.layer;
  }
  return null;
}

/** Makes a limit set from rendered builds of one camera, and says how it does on builds and defects that it was not made of. */
import { parseArgs } from "node:util";
import { rowsInWords, rowsOf } from "../src/commands/limits-plan.ts";
import { commission } from "../src/inspection/commission.ts";
import type { LayerPlan } from "../src/inspection/expected.ts";
import { decodeGrey } from "../src/inspection/io/decode.ts";
import { createInspector } from "../src/inspection/io/supervisor.ts";
import { composeLimitSet, type LayerPeaks, measures, measuringLimits, peaksOf } from "../src/inspection/limit-set.ts";
import { type InspectionLimits, drillGuideLimits as own } from "../src/inspection/limits.ts";
import { shareOf } from "../src/inspection/score/measures.ts";
import { digestOf, digestOfValue } from "../src/kernel/hash.ts";
import { seededRandom } from "../src/kernel/random.ts";
import { jpegOf } from "../src/simulators/camera/io/jpeg.ts";
import { benchLight } from "../src/simulators/camera/look.ts";
import { beadsOf } from "../src/simulators/camera/print-faults.ts";
import { createBench, rigAt } from "../test/inspection/bench.ts";
import { guideLayers, program, recipe } from "../test/inspection/drill-guide.ts";

const help = `Usage: npm run limit-sets -- [--builds N] [--fresh N] [--layers N] [--one-in N]

Renders builds of the drill guide that differ a little (lamp, widths and places of strands), makes a limit set of them, and counts
on fresh builds how many whole layers the recipe's limits and the set would hold, and how small a lump or a gap each still finds.

  --builds N   that the set is made of (16)
  --fresh N    that it is tried on (16)
  --layers N   of each build (40)
  --one-in N   whole layers of which one may be held (10000)

Exit codes: 0 done; 2 usage.`;

const { values } = parseArgs({
  options: {
    builds: { type: "string", default: "16" },
    fresh: { type: "string", default: "16" },
    layers: { type: "string", default: "40" },
    "one-in": { type: "string", default: "10000" },
    help: { type: "boolean", default: false },
  },
});
const [wanted, fresh, each, oneIn] = [values.builds, values.fresh, values.layers, values["one-in"]].map(Number) as [
  number,
  number,
  number,
  number,
];
if (values.help || ![wanted, fresh, each, oneIn].every((n) => Number.isInteger(n) && n > 0) || each > 60) {
  console[values.help ? "log" : "error"](help);
  process.exit(values.help ? 0 : 2);
}

const plans = guideLayers().slice(0, each);
const first = createBench({ seed: 3 });
const emptyPlate = await jpegOf(first.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [] }));
const plate = await decodeGrey(emptyPlate);
if (!plate.ok) throw new Error(plate.error.what);
const setup = commission(plate.value, rigAt(plate.value.width), digestOf(emptyPlate), 1_770_000_000_000);
if (!setup.ok) throw new Error(setup.error.what);
const made = await createInspector({ manifest: new URL("../models/manifest.json", import.meta.url).pathname });
if (!made.ok) throw new Error(made.error.what);
const inspector = made.value;
const common = { program, recipe, setup: setup.value, emptyPlate, seen: [] };
const when = { markedAt: 1, requestedAt: 2, receivedAt: 3, exposureStart: null };

/** A layer as this build's printer lays it: a little wider or narrower, a little beside its place. */
function printed(plan: LayerPlan, random: () => number): number[][] {
  const wider = 0.97 + 0.06 * random();
  const near = () => 0.02 * (random() - 0.5);
  return beadsOf(
    plan,
    plan.strands.map((s) => {
      const [dx, dy] = [near(), near()];
      return { ...s, x0: s.x0 + dx, x1: s.x1 + dx, y0: s.y0 + dy, y1: s.y1 + dy, width: s.width * wider };
    }),
  );
}

/** What every whole layer of one build comes to. */
async function measured(seed: number): Promise<LayerPeaks[]> {
  const random = seededRandom(seed);
  const strength = 0.97 + 0.06 * random();
  const [r, g, b] = benchLight.colour;
  const light = { ...benchLight, colour: [r * strength, g * strength, b * strength] as const };
  const bench = createBench({ seed: 3, light });
  bench.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [] });
  const attempt = "A1";
  const fault = await inspector.begin({ attempt, ...common, limits: measuringLimits(own), accepted: null });
  if (fault) throw new Error(fault.what);
  const peaks: LayerPeaks[] = [];
  for (const plan of plans) {
    const frame = await jpegOf(bench.shoot({ plan, beads: printed(plan, random) }));
    const said = await inspector.inspect({ attempt, layer: plan.layer, take: 1, frame, ...when });
    if (said.kind !== "report") throw new Error(said.fault.what);
    if (said.verdict === "blind") console.error(`build ${seed}, layer ${plan.layer}: ${said.reasons.join("; ")}`);
    else peaks.push(peaksOf(said, own));
    await inspector.accept(attempt, { layer: plan.layer, frame });
  }
  await inspector.end(attempt);
  return peaks;
}

async function all(from: number, count: number): Promise<LayerPeaks[][]> {
  const builds: LayerPeaks[][] = [];
  for (let n = 0; n < count; n++) {
    builds.push(await measured(from + n));
    console.error(`${n + 1} of ${count} builds rendered and measured`);
  }
  return builds;
}

const builds = await all(1000, wanted);
const none = digestOfValue("rendered");
const of = {
  recipe: none,
  setup: digestOfValue(setup.value),
  model: inspector.inHand.model,
  base: digestOfValue(own),
  upTo: 0,
};
const set = composeLimitSet(of, own, builds, { share: 1 / oneIn, confidence: 0.95 });
console.log(`${set.layers} layers of ${set.builds} builds; one false pause in ${oneIn}, at 95 %`);
for (const line of rowsInWords(rowsOf(set, own, builds))) console.log(line);

const unseen = (await all(2000, fresh)).flat();
const held = (limits: InspectionLimits) =>
  unseen.filter((peaks) => measures.some((name) => peaks[name] * own[name] >= limits[name])).length;
for (const [name, limits] of [
  ["recipe", own],
  ["set", set.limits],
] as const) {
  const { high } = shareOf(held(limits), unseen.length);
  console.log(
    `fresh builds, by the ${name}: ${held(limits)} of ${unseen.length} whole layers held (95 %: at most ${(100 * high).toFixed(2)} %)`,
  );
}
await defects();
await inspector.close();

/** Lumps on the part and gaps in it, small to large, each judged under both. */
async function defects(): Promise<void> {
  const sizes = [0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.25, 1.5, 2];
  const tally = new Map<string, number>();
  const heights = [8, 13, 18, 23, 28].filter((height) => height <= each);
  for (const height of heights) {
    const random = seededRandom(height);
    const plan = plans[height - 1]!;
    const below = plans.slice(0, height - 1).flatMap((layer) => printed(layer, random));
    const bench = createBench({ seed: 3 });
    const before = await jpegOf(bench.shoot({ plan: plans[height - 2]!, beads: below, replace: true }));
    const good = printed(plan, random);
    const long = plan.strands.filter((s) => Math.hypot(s.x1 - s.x0, s.y1 - s.y0) >= 3);
    for (const size of sizes) {
      for (const kind of ["gap", "thing"] as const) {
        const s = long[Math.floor(random() * long.length)]!;
        const [x, y] = [(s.x0 + s.x1) / 2, (s.y0 + s.y1) / 2];
        const beads = kind === "gap" ? good.filter((_, i) => !near(plan.strands[i]!, x, y, size)) : good;
        const objects =
          kind === "thing" ? [{ kind: "foreign" as const, x: 35, y: 40 + 8 * random(), z: 0, r: size / 2 }] : [];
        const frame = await jpegOf(bench.shoot({ plan, beads: [...below, ...beads], objects, replace: true }));
        for (const [name, limits] of [
          ["recipe", own],
          ["set", set.limits],
        ] as const) {
          const accepted = { layer: plan.layer - 1, frame: before };
          const fault = await inspector.begin({ attempt: "A1", ...common, limits, accepted });
          if (fault) throw new Error(fault.what);
          const said = await inspector.inspect({ attempt: "A1", layer: plan.layer, take: 1, frame, ...when });
          const key = `${kind} ${size} ${name}`;
          tally.set(key, (tally.get(key) ?? 0) + (said.kind === "report" && said.verdict === "fail" ? 1 : 0));
          await inspector.end("A1");
        }
      }
    }
  }
  console.log(`found of ${heights.length}, by size in mm:  ${sizes.join("  ")}`);
  for (const kind of ["gap", "thing"]) {
    for (const name of ["recipe", "set"]) {
      console.log(
        `${kind.padEnd(6)} by the ${name.padEnd(7)} ${sizes.map((size) => tally.get(`${kind} ${size} ${name}`) ?? 0).join("  ")}`,
      );
    }
  }
}

/** The middle of the strand lies within the radius. */
function near(s: LayerPlan["strands"][number], x: number, y: number, radius: number): boolean {
  return Math.hypot((s.x0 + s.x1) / 2 - x, (s.y0 + s.y1) / 2 - y) <= radius;
}

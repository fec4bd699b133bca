/** Judges thousands of layers by the inspector's own process, and says how its memory and its time went. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { commission } from "../src/inspection/commission.ts";
import type { Build } from "../src/inspection/inspector.ts";
import { decodeGrey } from "../src/inspection/io/decode.ts";
import { createInspector } from "../src/inspection/io/supervisor.ts";
import { drillGuideLimits } from "../src/inspection/limits.ts";
import { digestOf } from "../src/kernel/hash.ts";
import { jpegOf } from "../src/simulators/camera/io/jpeg.ts";
import { benchMount, cameraAt } from "../src/simulators/camera/pinhole.ts";
import { beadsOf } from "../src/simulators/camera/print-faults.ts";
import { createBench, rigAt } from "../test/inspection/bench.ts";
import { guideLayers, program, recipe } from "../test/inspection/drill-guide.ts";

const help = `Usage: npm run inspect-soak -- [--layers N] [--width PIXELS] [--build N]

Renders one build of the drill guide and has it judged again and again, as builds that follow each other.

  --layers N      layers to be judged in all (5000)
  --width PIXELS  of the pictures, 4:3 (1600)
  --build N       layers a build (30)

Exit codes: 0 every layer passed; 1 one did not; 2 usage.`;

const { values } = parseArgs({
  options: {
    layers: { type: "string", default: "5000" },
    width: { type: "string", default: "1600" },
    build: { type: "string", default: "30" },
    help: { type: "boolean", default: false },
  },
});
const [wanted, width, each] = [values.layers, values.width, values.build].map(Number) as [number, number, number];
if (values.help || ![wanted, width, each].every((n) => Number.isInteger(n) && n > 0) || each > 60) {
  console[values.help ? "log" : "error"](help);
  process.exit(values.help ? 0 : 2);
}

const bench = createBench({ camera: cameraAt(benchMount, width, (width * 3) / 4), seed: 3 });
const emptyPlate = await jpegOf(bench.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [] }));
const plans = guideLayers().slice(0, each);
console.log(`Rendering ${plans.length} layers of ${width} x ${(width * 3) / 4} pixels.`);
const frames: Uint8Array[] = [];
for (const plan of plans) frames.push(await jpegOf(bench.shoot({ plan, beads: beadsOf(plan) })));
const plate = await decodeGrey(emptyPlate);
if (!plate.ok) throw new Error(plate.error.what);
const setup = commission(plate.value, rigAt(width), digestOf(emptyPlate), Date.now());
if (!setup.ok) throw new Error(setup.error.what);
const inspector = await createInspector({ manifest: new URL("../models/manifest.json", import.meta.url).pathname });
if (!inspector.ok) throw new Error(inspector.error.what);

/** Resident memory of the inspector's process, MiB. */
function memory(): number {
  const [child] = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").trim().split(" ");
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child}/status`, "utf8")) ?? [];
  return Number(kib) / 1024;
}

const common = { program, recipe, setup: setup.value, limits: drillGuideLimits, emptyPlate, accepted: null, seen: [] };
const times: number[] = [];
const memories: number[] = [];
let other = 0;
while (times.length < wanted) {
  const build: Build = { attempt: "A1", ...common };
  const fault = await inspector.value.begin(build);
  if (fault) throw new Error(fault.what);
  for (const [k, frame] of frames.entries()) {
    const start = performance.now();
    const when = { markedAt: 1, requestedAt: 2, receivedAt: 3, exposureStart: null };
    const said = await inspector.value.inspect({ attempt: "A1", layer: k + 1, take: 1, frame, ...when });
    times.push(performance.now() - start);
    if (said.kind === "report" && said.verdict === "pass") continue;
    other++;
    console.log(
      `Layer ${k + 1}: ${said.kind === "report" ? `${said.verdict}, ${said.reasons.join("; ")}` : said.fault.what}`,
    );
    await inspector.value.accept("A1", { layer: k + 1, frame });
  }
  await inspector.value.end("A1");
  memories.push(memory());
  if (memories.length % 20 === 0) console.log(`${times.length} layers, ${memories.at(-1)!.toFixed(0)} MiB`);
}
await inspector.value.close();

const sorted = [...times].sort((a, b) => a - b);
const at = (share: number): string => sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(0);
const tenth = Math.max(1, Math.floor(memories.length / 10));
const mean = (list: readonly number[]): number => list.reduce((sum, v) => sum + v, 0) / list.length;
const [early, late] = [mean(memories.slice(tenth, 2 * tenth)), mean(memories.slice(-tenth))];
console.log(
  `${times.length} layers in ${memories.length} builds, ${times.length - other} passed: median ${at(0.5)} ms, p95 ${at(0.95)}, p99 ${at(0.99)}, ` +
    `longest ${at(1)}. Memory of the inspector after each build: ${early.toFixed(0)} MiB in the second tenth, ` +
    `${late.toFixed(0)} in the last, ${Math.max(...memories).toFixed(0)} at most.`,
);
process.exit(other === 0 ? 0 : 1);

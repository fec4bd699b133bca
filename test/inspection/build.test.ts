/** The drill guide's first layers through the whole inspector with the committed network, clean and with faults. */

import { expect, test } from "vitest";
import { evidenceBytes } from "../../src/inspection/evidence.ts";
import { loadNetwork } from "../../src/inspection/io/network.ts";
import type { InspectionReport } from "../../src/inspection/report.ts";
import { jpegOf } from "../../src/simulators/camera/io/jpeg.ts";
import { beadsOf, printFaults } from "../../src/simulators/camera/print-faults.ts";
import { parkSlot } from "../../src/toolpath/capture.ts";
import { commissioned, createBench } from "./bench.ts";
import { guideLayers, openGuide } from "./drill-guide.ts";

const loaded = await loadNetwork(new URL("../../models/manifest.json", import.meta.url).pathname);
if (!loaded.ok) throw new Error(loaded.error.what);
const infer = (input: Float32Array) => loaded.value.run(input);
const layers = guideLayers();
const bench = createBench({ seed: 21 });
const { setup } = commissioned(bench);
const empty = await jpegOf(bench.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [] }));
const clean: Uint8Array[] = [];
for (const plan of layers.slice(0, 4)) clean.push(await jpegOf(bench.shoot({ plan, beads: beadsOf(plan) })));

const times = { take: 1, markedAt: 1, requestedAt: 2, receivedAt: 3, exposureStart: null };
const ask = (layer: number, frame: Uint8Array) => ({ attempt: "A1", layer, frame, ...times });

async function judge(
  layer: number,
  frame: Uint8Array,
  use = infer as (i: Float32Array) => Promise<Float32Array | null>,
) {
  const accepted = layer === 1 ? null : { layer: layer - 1, frame: clean[layer - 2]! };
  const build = await openGuide(setup, empty, use, { accepted });
  if (!build.ok) throw new Error(build.error.what);
  const report = await build.value.inspect(ask(layer, frame));
  if (!report.ok) throw new Error(report.error.what);
  return report.value;
}

async function faulty(name: string): Promise<InspectionReport> {
  const plan = layers[3]!;
  const damage = printFaults[name]!(plan, 0);
  const below = layers.slice(0, 3).flatMap((l) => beadsOf(l));
  const shot = { plan, beads: [...below, ...damage.beads], replace: true, objects: damage.objects ?? [] };
  return judge(4, await jpegOf(bench.shoot(shot)));
}

test("clean layers pass one after the other, each with every digest and an outline [F51][F58]", async () => {
  const build = await openGuide(setup, empty, infer);
  if (!build.ok) throw new Error(build.error.what);
  for (const [i, frame] of clean.entries()) {
    const report = await build.value.inspect(ask(i + 1, frame));
    if (!report.ok) throw new Error(report.error.what);
    expect(report.value.reasons).toEqual(["Seen, fresh and within every limit of the recipe."]);
    expect(report.value.expectedOutline_px.length).toBeGreaterThan(0);
    expect(Object.values(report.value.digests).every((d) => /^[0-9a-f]{64}$/.test(d))).toBe(true);
    expect(structuredClone(JSON.parse(JSON.stringify(report.value)))).toEqual(report.value);
  }
});

test("a replay of stored frames gives the same bytes [F53]", async () => {
  const [first, second] = [await judge(2, clean[1]!), await judge(2, clean[1]!)];
  expect(Buffer.from(evidenceBytes(second)).equals(evidenceBytes(first))).toBe(true);
});

test.each(["nothing printed", "under-extrusion 0.6", "shift 2 mm in x", "foreign object 3 mm"])(
  "%s fails its first layer, in words with measure and limit [F55][F58][L8]",
  async (name) => {
    const report = await faulty(name);
    expect(report.verdict).toBe("fail");
    expect(report.reasons.join(" ")).toMatch(/limit/);
  },
);

test("an earlier frame, a skipped layer and a cut-off file never pass [F51][F55][L3]", async () => {
  expect((await judge(3, clean[1]!)).verdict).toBe("blind");
  expect((await judge(4, clean[1]!)).reasons.join(" ")).toContain(`slot ${parkSlot(8, "A1", 2)}`);
  const build = await openGuide(setup, empty, infer);
  if (!build.ok) throw new Error(build.error.what);
  const skipped = await build.value.inspect(ask(2, clean[1]!));
  expect(skipped.ok ? skipped.value.verdict : "").toBe("blind");
  const torn = await build.value.inspect(ask(1, clean[0]!.slice(0, 50_000)));
  expect(torn.ok ? "" : torn.error.code).toBe("picture-unreadable");
});

test("clean pictures of another attempt, encoded anew, never pass the layers of this one [F51][F55][L3]", async () => {
  const attempt = "A2";
  const build = await openGuide(setup, empty, infer, { attempt });
  if (!build.ok) throw new Error(build.error.what);
  const report = await build.value.inspect({ ...ask(1, clean[0]!), attempt });
  expect(report).toMatchObject({ value: { verdict: "blind" } });
  expect(report.ok ? report.value.reasons.join(" ") : "").toContain("another attempt");
});

test("a network that is silent, gives no numbers or has gone deaf never passes a layer [F63][L3]", async () => {
  const size = 4 * 192 * 256;
  const fine = new Float32Array(size).fill(0).fill(1, 0, size / 4);
  expect((await judge(2, clean[1]!, async () => null)).verdict).toBe("blind");
  expect((await judge(2, clean[1]!, async () => new Float32Array(size).fill(Number.NaN))).verdict).toBe("blind");
  expect((await judge(2, clean[1]!, async () => new Float32Array(12))).verdict).toBe("blind");
  // It calls everything fine: layer 1 carries a planted defect, which it then misses.
  const deaf = await judge(1, clean[0]!, async () => fine);
  expect(deaf.reasons.join(" ")).toContain("planted");
});

/** How values went over a build: whatever the bins, nothing extreme and no gap is lost; over HTTP as the page asks for it. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LayerValue, LayerValues } from "../../src/equipment/layer-values.ts";
import type { TrendsView } from "../../src/hmi/api-layers.ts";
import { trendsOf } from "../../src/hmi/trends.ts";
import { type Client, type HmiBench, password, startHmi } from "./bench.ts";
import { attempt } from "./fake-cell.ts";
import { personWith, startPrint } from "./walk.ts";

const value = fc
  .record({
    reading: fc.constantFrom("hotend", "bed", "climate/oxygen"),
    numbers: fc.array(fc.double({ min: -1e100, max: 1e100, noNaN: true }), { maxLength: 4 }),
    gap: fc.boolean(),
  })
  .map(({ reading, numbers, gap }): LayerValue => {
    const heard = numbers.length > 0;
    const mean = numbers.reduce((sum, each) => sum + each / numbers.length, 0);
    const [min, max] = [Math.min(...numbers), Math.max(...numbers)];
    return {
      ...{ reading, unit: "°C", samples: numbers.length, deviation: null, unheard_s: 0, gap },
      ...(heard ? { min, mean: Math.min(max, Math.max(min, mean)), max } : { min: null, mean: null, max: null }),
    };
  });
const row = fc.option(
  fc
    .uniqueArray(value, { selector: ({ reading }) => reading, maxLength: 3 })
    .map((values): LayerValues => ({ from: 0, to: 1, held_s: 0, values })),
);

describe("[F59] the course of values over a build", () => {
  it("keeps each lowest, each highest and each gap, in bins that hold every layer", () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (rows, most) => {
        const { bins, layersPerBin, values } = trendsOf(rows, most);
        expect(bins).toBeLessThanOrEqual(most);
        expect(bins * layersPerBin).toBeGreaterThanOrEqual(rows.length);
        for (const trend of values) {
          for (let bin = 0; bin < bins; bin += 1) {
            const inBin = rows.slice(bin * layersPerBin, (bin + 1) * layersPerBin);
            const told = inBin.flatMap((each) => each?.values.filter(({ reading }) => reading === trend.reading) ?? []);
            const heard = told.filter(({ samples }) => samples > 0);
            const all = (of: "min" | "max") => heard.map((each) => each[of]!);
            expect(trend.min[bin]).toBe(heard.length === 0 ? null : Math.min(...all("min")));
            expect(trend.max[bin]).toBe(heard.length === 0 ? null : Math.max(...all("max")));
            expect(trend.gaps.includes(bin)).toBe(told.some(({ gap }) => gap));
            const mean = trend.mean[bin] ?? null;
            expect(mean === null).toBe(heard.length === 0);
            if (mean !== null) expect(Number.isFinite(mean)).toBe(true);
          }
        }
      }),
    );
  });

  it("weighs a bin's mean by samples", () => {
    const of = (mean: number, samples: number): LayerValues => ({
      ...{ from: 0, to: 1, held_s: 0 },
      values: [
        { reading: "bed", unit: "°C", samples, min: mean, mean, max: mean, deviation: 0, unheard_s: 0, gap: false },
      ],
    });
    const [bed] = trendsOf([of(10, 1), null, of(20, 3)], 1).values;
    expect(bed?.mean).toEqual([17.5]);
  });

  it("tells no more values than a layer keeps", () => {
    const values = Array.from({ length: 40 }, (_, at) => ({
      reading: `r${at}`,
      unit: "",
      samples: 1,
      min: 1,
      mean: 1,
    }));
    const whole = values.map((each) => ({ ...each, max: 1, deviation: 0, unheard_s: 0, gap: false }));
    expect(trendsOf([{ from: 0, to: 1, held_s: 0, values: whole }]).values.length).toBe(32);
  });
});

describe("[F59] over HTTP", () => {
  let bench: HmiBench;
  let ana: Client;
  beforeAll(async () => {
    bench = await startHmi(import.meta.dirname);
    await bench.invite(["technician"], "Ana Lima", password.ana);
    const { cell } = bench;
    await cell.prepare();
    await startPrint(cell, personWith(cell, "technician"));
    for (let layer = 1; layer <= 9; layer += 1) await cell.layer("pass", new Uint8Array([0xff, 0xd8, layer]));
    ana = bench.client();
    await ana.post("/api/sign-in", { name: "Ana Lima", password: password.ana });
  });
  afterAll(() => bench?.close());

  it("each value has a number a layer, and says where it was not heard", async () => {
    const { status, json } = await ana.get(`/api/attempts/${attempt}/values`);
    expect(status).toBe(200);
    const { bins, layersPerBin, leftOut, values } = json as unknown as TrendsView;
    expect({ bins, layersPerBin, leftOut }).toEqual({ bins: 9, layersPerBin: 1, leftOut: 0 });
    const hotend = values.find(({ reading }) => reading === "hotend");
    expect(hotend?.min).toEqual([204.1, 204.1, 204.1, 204.1, 204.1, 204.1, 204.1, 196.4, 204.1]);
    expect(values.find(({ reading }) => reading === "climate/oxygen")?.gaps).toEqual([4, 5, 6, 7, 8]);
  });

  it("nobody who is not signed in is told, and no build has none", async () => {
    expect((await bench.client().get(`/api/attempts/${attempt}/values`)).status).toBe(401);
    expect((await ana.get("/api/attempts/none/values")).status).toBe(404);
  });
});

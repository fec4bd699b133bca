/** The layers of a build over HTTP and in the journal: every one of them opened by the same two entries' worth of reading. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LayersView, PlacedFinding } from "../../src/hmi/api-layers.ts";
import { createJournal } from "../../src/hmi/journal.ts";
import { findingsView, mostReports, readLayer } from "../../src/hmi/layers.ts";
import { createPast } from "../../src/hmi/past.ts";
import { binsOf, countsOf, nextStop } from "../../src/hmi/web/marks.ts";
import { high, middleOf, nearest, projectionOf, spaceOf, wide } from "../../src/hmi/web/space.ts";
import { type Client, type HmiBench, password, startHmi } from "./bench.ts";
import { buildOf } from "./builds.ts";
import { attempt, job } from "./fake-cell.ts";
import { concede, lookAgain, personWith, startPrint } from "./walk.ts";

let bench: HmiBench;
let ana: Client;
const url = `/api/attempts/${attempt}`;

beforeAll(async () => {
  bench = await startHmi(import.meta.dirname);
  await bench.invite(["technician"], "Ana Lima", password.ana);
  await bench.invite(["qa"], "Ben Okoro", password.ben);
  const { cell } = bench;
  await cell.prepare();
  await startPrint(cell, personWith(cell, "technician"));
  for (let layer = 1; layer <= 40; layer += 1) {
    const picture = new Uint8Array([0xff, 0xd8, layer]);
    if (layer === 7) {
      await cell.layer("blind", picture);
      await lookAgain(cell, new Uint8Array([0xff, 0xd8, 0]));
    } else if (layer === 12 || layer === 30) {
      await cell.layer("fail", picture);
      if (layer === 12) await concede(cell);
      else break;
    } else await cell.layer("pass", picture);
  }
  ana = bench.client();
  await ana.post("/api/sign-in", { name: "Ana Lima", password: password.ana });
});
afterAll(() => bench?.close());

const read = async (path: string) => {
  const before = bench.rowsRead;
  const answer = await ana.get(path);
  return { ...answer, rows: bench.rowsRead - before };
};

describe("[F60] the layers of a build", () => {
  it("are told at a glance without reading anything: how each came out, which have findings, who decided what", async () => {
    const { json, rows } = await read(`${url}/layers`);
    const view = json as unknown as LayersView;
    expect(rows).toBe(0);
    expect(view).toMatchObject({ attempt, job, step: "Print", planned: 60, pictured: 30, simulated: true });
    expect(view.marks).toBe(`${"p".repeat(11)}c${"p".repeat(17)}f`);
    expect(view.found).toEqual([
      [12, 1],
      [30, 1],
    ]);
    const told = view.deeds.map(({ layer, who, what }) => `${layer} ${who}: ${what}`);
    expect(told).toContain("7 Ana Lima: Ordered a new look at layer 7.");
    expect(told.find((line) => line.startsWith("12 Ben Okoro: Signed the concession"))).toMatch(
      /The layer is whole\.$/,
    );
  });

  it("are each opened by two entries, with the last of their pictures", async () => {
    for (const layer of [1, 7, 12, 29, 30]) {
      const { json, rows } = await read(`${url}/layers/${layer}/report`);
      expect([json["layer"], rows]).toEqual([layer, 2]);
    }
    const { json } = await read(`${url}/layers/7/report`);
    expect(json).toMatchObject({ verdict: "pass" });
    expect((await ana.get(`${url}/layers/7/picture?frame=${json["frame"]}`)).status).toBe(200);
    expect((await ana.get(`${url}/layers/31/report`)).status).toBe(404);
    expect((await ana.get("/api/attempts/J-none-A1/layers")).json.code).toBe("unknown-build");
  });

  it("are unknown to whoever is not signed in", async () => {
    for (const path of [`${url}/layers`, `${url}/layers/1/report`, `${url}/findings`, `${url}/alike`])
      expect((await bench.client().get(path)).status).toBe(401);
  });
});

describe("[F60] a layer of thousands", () => {
  const made = (planned: number) => {
    const [entries, journal] = [[...buildOf(planned)], createJournal()];
    for (const each of entries) journal.take(each);
    const counted = { rows: 0 };
    const history = async function* (from: number, to?: number) {
      for (const each of entries.slice(from, to)) {
        counted.rows += 1;
        yield each;
      }
    };
    return { journal, history, counted };
  };

  it("is read by as many entries as one of ten, whichever it is", async () => {
    for (const planned of [10, 500, 5_000]) {
      const { journal, history, counted } = made(planned);
      const { layers } = journal.attempt("J1-A1")!;
      for (const layer of [1, Math.ceil(planned / 2), planned]) {
        counted.rows = 0;
        expect(await readLayer(history, layers, layer)).toMatchObject({ layer, frame: `f${layer}` });
        expect(counted.rows, `layer ${layer} of ${planned}`).toBe(2);
      }
      expect(await readLayer(history, layers, planned + 1)).toBeNull();
    }
  });

  it("gives its findings to a picture of the whole build from a bounded number of reports, the worst, and says what is left out", async () => {
    const { journal, history, counted } = made(5_000);
    const record = journal.attempt("J1-A1")!;
    const view = await findingsView(history, "J1-A1", record.build!, record);
    expect(counted.rows).toBe(mostReports);
    expect([view.findings.length, view.leftOut]).toEqual([mostReports, 500 - mostReports]);
    expect(view.findings[0]).toMatchObject({ layer: 10, mark: "f", class: "extra", box: { x_mm: 10 } });
    const { json, rows } = await read(`${url}/findings`);
    expect([(json["findings"] as unknown[]).length, json["leftOut"], rows]).toEqual([2, 0, 2]);
  });

  it("that the journal has let go is read from its own job's stretch once, and as before from then on", async () => {
    const entries = [...buildOf(20)];
    for (let other = 2; other <= 202; other += 1) entries.push(...buildOf(0, `J${other}`, entries.length));
    const journal = createJournal();
    for (const each of entries) journal.take(each);
    let rows = 0;
    const history = async function* (from: number, to?: number) {
      for (const each of entries.slice(from, to)) {
        rows += 1;
        yield each;
      }
    };
    expect(journal.attempt("J1-A1")).toBeNull();
    const { attempt: recall } = createPast({ history, controller: {} as never }, journal);
    expect((await recall("J1-A1"))?.layers.marks.join("")).toBe("pppppppppfpppppppppf");
    expect(rows).toBe(2 + 4 * 20);
    expect(await readLayer(history, (await recall("J1-A1"))!.layers, 20)).toMatchObject({ frame: "f20" });
    expect(rows).toBe(2 + 4 * 20 + 2);
    expect(await recall("J9999-A1")).toBeNull();
  });
});

describe("[F60][L3] a strip of many layers", () => {
  const view = (marks: string, planned: number, found: LayersView["found"] = []) =>
    ({ marks, planned, found, bad: [10] }) as unknown as LayersView;

  it("has room for any number, hides nothing bad among what is good, and covers each layer once", () => {
    const marks = fc.array(fc.constantFrom(..."pppppppcfbw"), { maxLength: 6_000 }).map((all) => all.join(""));
    fc.assert(
      fc.property(marks, fc.integer({ min: 1, max: 6_000 }), (told, planned) => {
        const bins = binsOf(view(told, planned), 146);
        expect(bins.length).toBeLessThanOrEqual(146);
        expect(bins[0]?.first).toBe(1);
        expect(bins.at(-1)?.last).toBe(Math.max(planned, told.length));
        for (const [at, bin] of bins.entries()) {
          expect(bin.first).toBe((bins[at - 1]?.last ?? 0) + 1);
          const own = told.slice(bin.first - 1, bin.last);
          expect(bin.mark === "f").toBe(own.includes("f"));
          expect(bin.mark === "b").toBe(own.includes("b") && !own.includes("f"));
          expect(bin.mark === "p").toBe(/^p+$/.test(own));
        }
      }),
      { numRuns: 40 },
    );
  });

  it("counts in words, and knows the next layer at which somebody wants to stop", () => {
    const one = view("pppcppfpbp", 12, [[2, 1]]);
    expect(countsOf(one.marks)).toBe("7 passed · 1 conceded · 1 failed · 1 not seen");
    expect([1, 2, 4, 7, 9, 10].map((from) => nextStop(one, from, 1))).toEqual([2, 4, 7, 9, 10, null]);
    expect([1, 2, 4, 10, 12].map((from) => nextStop(one, from, -1))).toEqual([null, null, 2, 9, 10]);
  });
});

describe("[F60] a build seen from the side", () => {
  const side = fc.double({ min: 0.1, max: 20, noNaN: true });
  const place = fc.double({ min: -50, max: 300, noNaN: true });
  const box = fc.record({ x_mm: place, y_mm: place, w_mm: side, h_mm: side });
  const found = fc.record({ layer: fc.integer({ min: 1, max: 5_000 }), box }) as unknown as fc.Arbitrary<PlacedFinding>;
  const all = fc.array(found, { minLength: 1, maxLength: 60 });
  const degrees = fc.integer({ min: 0, max: 359 });

  it("has everything in the picture however it is turned, a whole turn changes nothing, and higher layers stand higher", () => {
    fc.assert(
      fc.property(all, degrees, (findings, turned) => {
        const space = spaceOf(findings, 5_000);
        const project = projectionOf(space, turned);
        for (const each of findings) {
          const [x, y] = middleOf(each, project);
          expect(x >= 0 && x <= wide && y >= 0 && y <= high, `${x}, ${y}`).toBe(true);
          const again = middleOf(each, projectionOf(space, turned + 360));
          expect(Math.hypot(x - again[0], y - again[1])).toBeLessThan(1e-6);
        }
        const [low, top] = [project(space.x0, space.y0, 1), project(space.x0, space.y0, 5_000)];
        expect(top[0]).toBe(low[0]);
        expect(top[1]).toBeLessThan(low[1] - 100);
      }),
      { numRuns: 60 },
    );
  });

  it("gives the finding that lies nearest to a touch, and none to a touch far from all", () => {
    fc.assert(
      fc.property(all, degrees, fc.nat(), (findings, turned, pick) => {
        const project = projectionOf(spaceOf(findings, 5_000), turned);
        const meant = middleOf(findings[pick % findings.length]!, project);
        const taken = nearest(findings, project, meant, 60)!;
        expect(Math.hypot(...middleOf(findings[taken]!, project).map((each, at) => each - meant[at]!))).toBe(0);
        expect(nearest(findings, project, [-500, -500], 60)).toBeNull();
      }),
      { numRuns: 60 },
    );
  });
});

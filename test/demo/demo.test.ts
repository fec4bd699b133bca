/** The whole product on real wires: the guide is finished and proven, and what goes wrong on its route is met as it must be. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { LayerValues } from "../../src/equipment/layer-values.ts";
import { drillGuideLimits } from "../../src/inspection/limits.ts";
import type { Digest } from "../../src/kernel/names.ts";
import { artifactPath } from "../../src/ledger/io/artifacts.ts";
import { readRows } from "../../src/ledger/io/read-rows.ts";
import { demo, minutes, root } from "./play.ts";

describe("the demo", () => {
  it("[L1][L3][L6][F1][F2][F3][F25][F34][F51][F59][F67][F71] finishes the guide and proves its record", {
    timeout: 10 * minutes,
  }, async () => {
    const { code, said, dir, temporary } = await demo("good");
    expect(said).toContain("62 printed, 62 decided, 62 accepted of 62 planned");
    expect(said).toContain("genuine and complete");
    expect(said).toContain("the same with one byte changed: refused");
    expect(code).toBe(0);
    expect(readFileSync(join(dir, "J-2026-000042.html"), "utf8")).toContain("SIMULATED, not for human use");
    expect(layersWithValues(dir)).toMatchObject({
      layers: 62,
      heard: ["bed", "bed-commanded", "bed-set-point", "hotend", "hotend-commanded", "hotend-set-point", "resends"],
    });
    noPlaintext(...["data", "run", "intake", "authority"].map((part) => join(dir, part)), temporary);
  });

  it("[F3][F23][F37][F40][F46][F47][F48][F69][F79][F81][F85] what goes wrong on the route is met, one thing after the other", {
    timeout: 10 * minutes,
  }, async () => {
    const names = [
      ...["wrong-lot", "expired-lot", "unreleased-lot", "wrong-part", "opcua-restart", "opcua-wrong-certificate"],
      ...["opcua-freeze", "broker-down", "qa-hold", "qa-down", "missing-result", "qa-lies", "label-swapped"],
      "cell-restored-from-backup",
    ];
    const { code, said } = await demo("route", "--fault", names.join(","));
    expect(said.match(/^WRONG: .*$/gm)).toBeNull();
    expect(said.match(/^RIGHT: /gm)).toHaveLength(names.length);
    expect(said).toContain("RELEASED, as a SIMULATED device");
    expect(said).toContain("never received here");
    expect(said).toContain("Wrong part");
    expect(said).toContain("Central QA holds the lot");
    expect(said).toContain("no result for Bore of sleeve 2");
    expect(said).toContain("The label on the device is not its own");
    expect(code).toBe(7);
  });

  it("[F53][F73] a sleeve that does not fit ends the device, not the record; its layers are judged again to the same bytes", {
    timeout: 6 * minutes,
  }, async () => {
    const { code, said, dir } = await demo("overforce", "--fault", "press-overforce");
    expect(said).toMatch(/^RIGHT: (Failed|Rejected): /m);
    expect(code).toBe(7);
    const replayed = await rejudge(dir);
    expect(replayed).toMatchObject({ code: 0, ok: true, looks: 3, identical: 3, verdicts: { "pass>pass": 3 } });
    const strict = join(dir, "limits.json");
    writeFileSync(strict, JSON.stringify({ ...drillGuideLimits, thin_mm2: 0.01, networkScore: 0.5 }));
    const compared = await rejudge(dir, "--limits", strict);
    expect(compared).toMatchObject({ code: 0, mode: "compare", looks: 3 });
    expect(compared.changed[0]).toMatchObject({
      was: "pass",
      now: "fail",
      followed: { was: "goes-on", now: "hold" },
      reasons: [expect.stringContaining("limit")],
    });
    const proposed = (await cellward("limits", dir, "propose", "--one-in", "1000")) as Proposed;
    expect(proposed).toMatchObject({ code: 0, set: { layers: 3, builds: 1, limits: drillGuideLimits }, beyond: 0 });
    expect(proposed.rows.map(({ why }) => why)).toContain("clean layers of 1 build; 8 are needed");
    const [picture] = await framesOf(dir);
    rmSync(artifactPath(join(dir, "data"), picture!));
    const without = await rejudge(dir);
    expect([without.code, without.ok]).toEqual([4, false]);
    expect(without.left).toEqual([expect.objectContaining({ what: expect.stringContaining("not stored any more") })]);
  });

  it("refuses a fault that it does not know, with the list", async () => {
    const { code, said } = await demo("unknown", "--fault", "earthquake");
    expect(code).toBe(2);
    expect(said).toContain("spaghetti");
  });
});

interface RejudgeReport {
  readonly code: number | null;
  readonly ok: boolean;
  readonly changed: readonly unknown[];
  readonly left: readonly unknown[];
}

interface Proposed {
  readonly code: number | null;
  readonly rows: readonly { readonly why: string | null }[];
}

const rejudge = (dir: string, ...more: string[]) => cellward("rejudge", dir, ...more) as Promise<RejudgeReport>;

/** A command of the program on what the demo left. */
function cellward(command: string, dir: string, ...more: string[]): Promise<{ readonly code: number | null }> {
  const of = (name: string) => join(dir, name);
  const [sub, rest] = more[0]?.startsWith("--") === false ? [[more[0]], more.slice(1)] : [[], more];
  const places = ["--config", of("cell.toml"), "--data", of("data"), "--keys", of("keys")];
  const args = ["--json", command, ...sub, ...places, ...rest];
  return new Promise((done) => {
    execFile(process.execPath, [join(root, "src/main.ts"), ...args], { maxBuffer: 1 << 24 }, (problem, out) => {
      done({ ...(JSON.parse(out) as object), code: problem ? (problem.code as number) : 0 });
    });
  });
}

/** Digests of the pictures that were judged, in order. */
async function framesOf(dir: string): Promise<Digest[]> {
  const frames: Digest[] = [];
  const read = readRows(join(dir, "data"), ({ entry, body }) => {
    if (entry.type === "LayerCaptured") frames.push(body["frame"] as Digest);
  });
  if (!read.ok) throw new Error(read.error.what);
  return frames;
}

/** The build's layers, each of which begins where the one before ended, and the values that were heard in most of them. */
function layersWithValues(dir: string): { readonly layers: number; readonly heard: readonly string[] } {
  const rows: LayerValues[] = [];
  const read = readRows(join(dir, "data"), ({ entry, body }) => {
    if (entry.type === "LayerDone") rows.push(body["values"] as unknown as LayerValues);
  });
  if (!read.ok) throw new Error(read.error.what);
  for (const [k, { from }] of rows.slice(1).entries()) expect(from).toBe(rows[k]!.to);
  const heard = rows.flatMap(({ values }) => values.filter(({ samples }) => samples > 0).map(({ reading }) => reading));
  const often = [...new Set(heard)].filter((one) => heard.filter((each) => each === one).length > rows.length / 2);
  return { layers: rows.length, heard: often.sort() };
}

/** Law 6: no picture, no geometry, no toolpath and no name of a person stands in the clear in these folders. */
function noPlaintext(...folders: readonly string[]): void {
  const files = folders.flatMap((each) =>
    readdirSync(each, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.includes("camera-setup"))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  expect(files.length).toBeGreaterThan(100);
  // The geometry travels in the package: bytes of its first triangle are looked for.
  const stlHead = readFileSync(join(root, "config/examples/drill-guide/drill-guide.stl")).subarray(96, 132);
  for (const file of files) {
    const bytes = readFileSync(file);
    const clear = [
      "MRN-48213-7",
      "MRN482137",
      "1961-04-09",
      "19610409",
      "Tara Okafor",
      "Quentin",
      ";LAYER_CHANGE",
      "M109 S205",
      stlHead,
    ];
    const found = clear.filter((text) => bytes.includes(text));
    if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) found.push("a JPEG picture");
    expect(found, file).toEqual([]);
  }
}

/** The whole product on real wires: the guide is finished and proven, and what goes wrong on its route is met as it must be. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { demo, minutes, root } from "./play.ts";

describe("the demo", () => {
  it("[L1][L3][L6][F1][F2][F3][F25][F34][F51][F67][F71] finishes the guide and proves its record", {
    timeout: 10 * minutes,
  }, async () => {
    const { code, said, dir, temporary } = await demo("good");
    expect(said).toContain("62 printed, 62 decided, 62 accepted of 62 planned");
    expect(said).toContain("genuine and complete");
    expect(said).toContain("the same with one byte changed: refused");
    expect(code).toBe(0);
    expect(readFileSync(join(dir, "J-2026-000042.html"), "utf8")).toContain("SIMULATED, not for human use");
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

  it("[F73] a sleeve that does not fit ends the device, not the record", { timeout: 6 * minutes }, async () => {
    const { code, said } = await demo("overforce", "--fault", "press-overforce");
    expect(said).toMatch(/^RIGHT: (Failed|Rejected): /m);
    expect(code).toBe(7);
  });

  it("refuses a fault that it does not know, with the list", async () => {
    const { code, said } = await demo("unknown", "--fault", "earthquake");
    expect(code).toBe(2);
    expect(said).toContain("spaghetti");
  });
});

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

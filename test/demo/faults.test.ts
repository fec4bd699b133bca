/** The whole product on real wires: what goes wrong until the print has ended is met as it must be. */
import { describe, expect, it } from "vitest";
import type { faults } from "../../demo/faults.ts";
import { demo, minutes } from "./play.ts";

describe("the demo", () => {
  const told: readonly (readonly [keyof typeof faults, string, RegExp])[] = [
    ["layer-shift", "[F55][F58]", /Layer \d+ failed/],
    ["nothing-printed", "[F51]", /Layer \d+ failed/],
    ["blind-camera", "[L3][F55]", /looked at again and passed/],
    ["frozen-camera", "[L3][F55]", /looked at again and passed/],
    ["unplug", "[L4][F31]", /OutcomeUnknown|Failed/],
    ["kill-daemon", "[L4][F31][F33]", /heaters off[\s\S]*has confirmed[\s\S]*OutcomeUnknown/],
    ["kill-daemon-and-driver", "[L4][F31][F33]", /heats on, to 205[\s\S]*has confirmed[\s\S]*OutcomeUnknown/],
    ["disk-full", "[L1][F33]", /made safe/],
    ["wrong-patient", "[L6][F4]", /identity-mismatch/],
    ["no-presence", "[L5][F29]", /stand at the cell/],
    ["plate-not-clear", "[L5][F29]", /something on the plate/],
    ["unsafe-gcode", "[F38]", /the limit is 230/],
    ["tampered-package", "[F1][F2]", /were changed on their way/],
    ["replayed-order", "[F10]", /is already here[\s\S]*was used before/],
  ];
  it.each(told)("%s %s is met as it must be", { timeout: 6 * minutes }, async (name, _, words) => {
    const { code, said } = await demo(name, "--fault", name);
    expect(said).toMatch(/^RIGHT: /m);
    expect(said).toMatch(words);
    expect(said).not.toContain("DOES NOT VERIFY");
    expect(code).toBe(7);
  });
});

/** What firmware of other makers and years says, in its own words, while it prints: heard for what it is, and no more. */
import { describe, expect, test } from "vitest";
import { dialects } from "../../../src/drivers/marlin/dialect.ts";
import { defaultLimits } from "../../../src/drivers/marlin/link.ts";
import { readReply } from "../../../src/drivers/marlin/reply.ts";
import { firstNumber } from "../../../src/drivers/marlin/wire.ts";
import { digestOf } from "../../../src/kernel/hash.ts";
import { layered, program } from "../../toolpath/bench.ts";
import { attempt } from "./rig.ts";
import { Virtual, type VirtualOptions } from "./virtual.ts";

const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const text = (of: Uint8Array) => String.fromCharCode(...of);

/** A print in its second layer. */
function printing(options: VirtualOptions = {}): Virtual {
  const bench = new Virtual(options);
  expect(bench.open()).toBe(true);
  bench.begin(layered(4));
  expect(bench.until(() => bench.heard("layer-done")?.layer === 1)).toBe(true);
  bench.until(() => bench.executed.some((line) => line.includes("Z0.4")));
  return bench;
}

/** How a print ends at which the printer says this of its own accord. */
function endAfter(line: string): string {
  const bench = printing();
  bench.event({ kind: "bytes", bytes: bytes(`${line}\n`) });
  return bench.end();
}

describe("words", () => {
  test.each([
    ["Unknown G code: G1 X80 Y60 E0.7", "Prusa MK3"],
    ["Unknown command:G1 X80 Y60 E0.7", "Repetier"],
    ['echo:Unknown command: "G1 X80 Y60 E0.7"', "Marlin"],
  ])("[F25] %s: a line of the program that is not known ends the print (%s)", (line) => {
    expect(endAfter(line)).toBe("unknown-command");
  });

  test.each(["Unknown M code: M413 S0", "Unknown command:M413", "Unknown M code: M999"])(
    "[F25] %s: what the program does not need may be unknown",
    (line) => {
      expect(endAfter(line)).toBe("finished");
    },
  );

  test.each([
    ["!! Shutdown due to a heater", "printer-halted"],
    [
      "fatal:Heater/sensor error - Printer stopped and heaters disabled due to this error. Fix error and restart with M999.",
      "printer-halted",
    ],
    ["Error:Printer halted. kill() called!", "printer-halted"],
    ["Error:Heating failed, system stopped! Heater_ID: E0", "thermal-fault"],
    ["Error:MINTEMP triggered, system stopped! Heater_ID: bed", "thermal-fault"],
    ["Marlin bugfix-2.1.x", "machine-reset"],
    ["// action:paused", "someone-at-panel"],
    ["echo:busy: paused for user", "someone-at-panel"],
    ["echo:busy: paused for input", "someone-at-panel"],
  ])("[F29] %s: %s", (line, code) => {
    expect(endAfter(line)).toBe(code);
  });

  test.each([
    'echo:enqueueing "M23 part~1.gco"',
    'echo:Enqueing to the front: "CRASH_DETECTEDXY"',
    "echo:Now fresh file: part~1.gco",
    "File opened: part~1.gco Size: 12345",
  ])("[F31] %s: somebody started something at the printer itself", (line) => {
    expect(endAfter(line)).toBe("someone-at-panel");
  });

  test.each([
    "Not SD printing",
    "echo:busy: processing",
    "//action:notification 12 %",
    "// action:prompt_end",
    "Bed X: 10.00 Y: 10.00 Z: 0.02",
    "echo:SD card ok",
    "SD init fail",
    "skip 10234",
    "Free RAM:1234",
    "\r",
    "T:205.0 E:0 B:60.0",
    "T:205.0 E:0 W:3",
    "NORMAL MODE: Percent done: 12; print time remaining in mins: 4; Change in mins: -1",
  ])("[F25] %j: noise that changes nothing", (line) => {
    expect(endAfter(line)).toBe("finished");
  });

  test("[F25] what older firmware shows while its bed heats is a sign that it works on", () => {
    for (const line of ["T:25.0 E:0 B:60.0", "T:25.04 E:0 B:60.0", "T:170.5 E:0 W:?", "T:170.5 E:0", "B:60.0"])
      expect(readReply(line).kind).toBe("busy");
  });
});

/** A firmware without keep-alive and without reports of its own: `M113` is not known to it, and it never says `busy`. */
function silentOnes(): NonNullable<VirtualOptions["wire"]> {
  let unknown = false;
  return (all, way) => {
    const line = text(all);
    if (way === "to-printer") {
      if (line.includes("M113")) unknown = true;
      return all;
    }
    if (/^echo:busy/.test(line)) return new Uint8Array();
    if (!unknown || !/^ok/.test(line)) return all;
    unknown = false;
    return bytes(`echo:Unknown command: "M113 S1"\n${line}`);
  };
}

describe("silence", () => {
  const slow = program(
    "G1 Z0.2 F1200",
    "G1 X20 Y20 F300",
    "G1 X130 Y20 E4 F240",
    "G1 X130 Y110 E4",
    "G1 X20 Y110 E4",
    "G1 X20 Y20 E4",
  );

  test("[F25] a firmware that knows no M113 is not asked for a sign of life while it homes, heats or moves", () => {
    const bench = new Virtual({ profile: { autoReport: false, advancedOk: false }, wire: silentOnes() });
    expect(bench.open()).toBe(true);
    bench.begin(slow);
    expect(bench.end()).toBe("finished");
    expect(bench.observations.filter(({ kind }) => kind === "offline")).toEqual([]);
  });

  test("[F29] it is lost all the same when it is silent for longer than its dialect allows", () => {
    const bench = new Virtual({ profile: { autoReport: false, advancedOk: false }, wire: silentOnes() });
    expect(bench.open()).toBe(true);
    bench.begin(slow);
    bench.until(() => bench.executed.some((line) => line.includes("X130 Y110")));
    bench.cut = true;
    const cut = bench.now;
    expect(bench.end()).toBe("no-sign-of-life");
    expect(bench.now - cut).toBeLessThan(dialects["marlin-2"].slowMs + 10_000);
  });
});

describe("numbers", () => {
  test("[F25] after very many lines numbers start afresh between two jobs, and set points are watched on", () => {
    const limits = { ...defaultLimits, renumberFrom: firstNumber + 300 };
    const bench = new Virtual({ setup: { limits } });
    expect(bench.open()).toBe(true);
    bench.begin(layered(40));
    expect(bench.end()).toBe("finished");
    const before = Math.max(...numbers(bench.executed));
    expect(before).toBeGreaterThan(limits.renumberFrom);
    const after = bench.executed.length;
    bench.until(() => bench.executed.slice(after).some((line) => line.includes(`M110 N${firstNumber}`)), 20_000);
    bench.observations.length = 0;
    const told = { kind: "begin", attempt: attempt("v2"), program: digestOf(bytes(layered(20))) } as const;
    bench.tell({ ...told, releasedLayer: 9999 }, layered(20));
    expect(bench.end()).toBe("finished");
    expect(Math.max(...numbers(bench.executed.slice(after + 1)))).toBeLessThan(before);
  });
});

function numbers(executed: readonly string[]): number[] {
  return executed.flatMap((line) => Number(/^N(\d+)/.exec(line)?.[1] ?? 0));
}

/** Commissioning at the command line: a machine is looked at without moving, and a program tried with somebody at it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { dryRun } from "../../src/commands/io/devices-dry-run.ts";
import { listDevices } from "../../src/commands/io/devices-list.ts";
import { tryProgram } from "../../src/commands/io/devices-try.ts";
import type { Terminal } from "../../src/commands/io/terminal.ts";
import { BenchPrinter } from "../drivers/bench-printer.ts";
import { startMoonrakerBench } from "../drivers/moonraker-machine.ts";
import { type PresenceBench, startPresenceBench } from "../drivers/presence/bench.ts";
import { layered, program } from "../toolpath/bench.ts";

const recipe = new URL("../../config/recipes/drill-guide-pla.json", import.meta.url).pathname;
const printer = new BenchPrinter();
let presence: PresenceBench;
let said: Record<string, unknown> = {};
let hear: (line: string) => void = () => undefined;
const terminal: Terminal = {
  result: (value) => {
    said = value as Record<string, unknown>;
  },
  progress: (text) => hear(text),
  trouble: (trouble, code) => {
    said = { ...trouble };
    return code;
  },
};
const file = (name: string, text: string): string => {
  const path = join(printer.folder, name);
  writeFileSync(path, text);
  return path;
};
/** Scans the code that the command asks for, and presses; `also` is called with every line it prints. */
const standThere = (also: (line: string) => void = () => undefined): void => {
  hear = (line) => {
    also(line);
    const code = /JOB:\S+?(?=,| )/.exec(line)?.[0];
    if (code === undefined) return;
    // What comes in the first moment after the device was opened counts for nothing, as a press of yesterday.
    const again = setInterval(() => {
      void presence.post("/scan", { code }).then(() => presence.post("/press"));
    }, 400);
    setTimeout(() => clearInterval(again), 2500);
  };
};

beforeAll(async () => {
  await printer.start(400);
  presence = await startPresenceBench();
});
afterAll(async () => {
  await printer.dispose();
  await presence.close();
});

describe("cellward devices", () => {
  test("lists what is there, and says so where nothing is", async () => {
    expect(await listDevices(terminal, { opcua: ["opc.tcp://localhost:1", "nonsense"] })).toBe(2);
    const servers = said["opcua"] as { fault: { code: string } | null }[];
    expect(servers.map(({ fault }) => fault?.code)).toEqual(["machine-unreachable", "no-address"]);
    expect(Array.isArray(said["serial"])).toBe(true);
    expect(await listDevices(terminal, { opcua: ["opc.tcp://localhost:1"] })).toBe(6);
    expect(await listDevices(terminal, {})).toBe(0);
  });

  test("[F38][F56] dry-run goes through everything, and nothing moves or heats", async () => {
    expect(await dryRun(terminal, printer.tty, file("good.gcode", layered(3)), { recipe })).toBe(0);
    const checks = said["checks"] as { check: string; state: string }[];
    expect(checks.map(({ check, state }) => `${check} ${state}`)).toEqual([
      "program good",
      "reactions good",
      "machine good",
      "temperatures good",
    ]);
    const { head, hotend, bed } = await printer.state();
    expect([head, hotend.target, bed.target]).toEqual([{ x: 75, y: 140, z: 40 }, 0, 0]);
    expect(await dryRun(terminal, printer.tty, file("hot.gcode", program("M104 S300")), { recipe })).toBe(3);
    expect(JSON.stringify(said["checks"])).toContain("Line ");
  });

  test("[F26] dry-run at a printer with a storage of its own leaves no copy there", async () => {
    const bench = await startMoonrakerBench(200);
    onTestFinished(() => bench.dispose());
    const { url, apiKeyFile, serial } = bench.config;
    const text = readFileSync(new URL("../../config/simulated-cell.toml", import.meta.url), "utf8");
    const section = `[machine.moonraker]\nurl = "${url}"\napiKeyFile = "${apiKeyFile}"\nvendor = "bench"\n\n[[machine]]`;
    const config = file(
      "cell.toml",
      text
        .replace(/serial = "[^"]+"/, `serial = "${serial}"`)
        .replace(/\[machine\.marlin\][\s\S]*?\[\[machine\]\]/, section),
    );
    expect(await dryRun(terminal, "printer-1", file("good.gcode", layered(3)), { config, recipe })).toBe(0);
    expect(JSON.stringify(said["checks"])).toContain("read back the same, removed");
    const { files, executed } = await bench.state();
    expect([files, executed]).toEqual([[], []]);
  });

  test("[F29][L5] try runs a program only after a scan and a press, and says what it saw", async () => {
    const lines: string[] = [];
    standThere((line) => lines.push(line));
    const out = join(printer.folder, "report.json");
    const path = file("three.gcode", layered(3));
    expect(await tryProgram(terminal, printer.tty, path, { recipe, presence: presence.tty, out })).toBe(0);
    const report = JSON.parse(readFileSync(out, "utf8")) as Record<string, unknown>;
    expect(report).toMatchObject({
      use: expect.stringContaining("not for human use"),
      executedAsOrdered: true,
      ...{ layersPlanned: 3, layersDone: 3, unexpected: [] },
      identity: { serial: printer.uuid, simulated: true },
      presence: expect.stringMatching(/^[0-9a-f]{16}-\d+-[0-9a-f]{32}$/),
    });
    expect(lines.join("\n")).toContain("PROTOTYPE, not for human use");
    expect(await tryProgram(terminal, printer.tty, path, { recipe, presence: presence.tty, out })).toBe(7);
    expect(said["code"]).toBe("file-exists");
  });

  test.each([
    ["without a presence device", {}, "G28", "no-presence-device", 2],
    ["of a program that is not safe", { presence: "/dev/null" }, "M104 S300", "unsafe-toolpath", 7],
    ["at a machine that nobody knows", { presence: "/dev/null", named: "printer-9" }, "G28", "no-such-machine", 2],
  ] as const)("try %s is refused in words, and nothing moves", async (_, options, line, code, exit) => {
    const named = "named" in options ? options.named : printer.tty;
    expect(await tryProgram(terminal, named, file("p.gcode", program(line)), { recipe, ...options })).toBe(exit);
    expect([said["code"], said["remedy"]]).toEqual([code, expect.stringMatching(/[a-z].*\.$/)]);
    expect((await printer.state()).hotend.target).toBe(0);
  });

  test("[F31] try that is interrupted stops and cools the machine, and says so", async () => {
    const slow = new BenchPrinter();
    onTestFinished(() => slow.dispose());
    await slow.start(20);
    let begun = false;
    standThere((line) => {
      if (begun || !/ s {2}layer [1-9]/.test(line)) return;
      begun = true;
      process.emit("SIGINT");
    });
    const out = join(printer.folder, "aborted.json");
    const options = { recipe, presence: presence.tty, out };
    expect(await tryProgram(terminal, slow.tty, file("many.gcode", layered(40)), options)).toBe(7);
    expect(said["end"]).toEqual({ kind: "aborted", answer: "done" });
    const { hotend, bed } = await slow.state();
    expect([hotend.target, bed.target]).toEqual([0, 0]);
  });
});

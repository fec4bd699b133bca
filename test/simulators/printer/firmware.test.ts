/** The simulated firmware as a whole: one ok a line, limits, halts, and that nothing a host sends can break it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { framed, makeHost } from "./host.ts";

const oks = (lines: readonly string[]): number => lines.filter((line) => /^ok\b/.test(line)).length;

describe("simulated Marlin", () => {
  test("says that it is simulated, and who it is [F34]", () => {
    const host = makeHost({ profile: { uuid: "11111111-2222-3333-4444-555555555555" } });
    const [identity] = host.send("M115");
    expect(identity).toContain("SIMULATED");
    expect(identity).toContain("UUID:11111111-2222-3333-4444-555555555555");
  });

  test("every numbered line of a burst gets exactly one ok, in order [F25]", () => {
    const codes = fc.constantFrom("G1 X10 F3000", "G1 X0 F3000", "M105", "M114", "G92 E0", "G4 P10", "M400", "G90");
    fc.assert(
      fc.property(fc.array(codes, { minLength: 1, maxLength: 60 }), (commands) => {
        const host = makeHost();
        const before = oks(host.heard);
        host.write(commands.map((command, i) => framed(i + 1, command)).join(""));
        host.wait(300_000);
        expect(oks(host.heard) - before).toBe(commands.length);
      }),
      { numRuns: 40 },
    );
  });

  test("no bytes can make it throw or hang, and time always passes", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary-ascii", maxLength: 60 }), { maxLength: 20 }), (chunks) => {
        const host = makeHost({ speed: 50 });
        for (const chunk of chunks) {
          host.write(`${chunk}\n`);
          host.wait(20);
        }
        host.wait(60_000);
        expect(host.printer.state(host.now()).simSeconds).toBeGreaterThan(1000);
      }),
      { numRuns: 60 },
    );
  });

  test("random real commands never break it either", () => {
    const number = fc.integer({ min: -400, max: 400 });
    const code = fc.constantFrom(
      "G0",
      "G1",
      "G2",
      "G3",
      "G4",
      "G28",
      "G92",
      "M0",
      "M104",
      "M109",
      "M190",
      "M220",
      "M302",
    );
    const word = fc.tuple(fc.constantFrom("X", "Y", "Z", "E", "F", "S", "R", "I", "J", "P"), number);
    const command = fc
      .tuple(code, fc.array(word, { maxLength: 4 }))
      .map(([head, words]) => `${head} ${words.map(([letter, value]) => letter + value).join(" ")}`);
    fc.assert(
      fc.property(fc.array(command, { maxLength: 20 }), (commands) => {
        const host = makeHost({ speed: 1000 });
        host.write(commands.map((text, i) => framed(i + 1, text)).join(""));
        host.wait(5000);
        host.write("M112\n");
        expect(host.printer.state(host.now()).hotend.target).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  test("a bad line in a window of six answers each line in flight, and none of those oks is progress [F25]", () => {
    const host = makeHost();
    const from = host.heard.length;
    const lines = [1, 2, 3, 4, 5, 6].map((n) => framed(n, `M118 E1 w${n}`));
    lines[1] = lines[1]!.replace("w2", "w9");
    host.write(lines.join(""));
    host.wait(100);
    const answers = host.heard.slice(from);
    expect(answers.filter((line) => line === "Resend: 2").length).toBe(5);
    expect(answers.filter((line) => line.startsWith("ok N"))).toEqual(["ok N1 P15 B7"]);
  });

  test("targets above the limits are clamped without a word [F38]", () => {
    const host = makeHost();
    expect(host.send("M104 S400")).toEqual(["ok N1 P15 B7"]);
    host.send("M140 S300");
    expect(host.send("M105")[0]).toMatch(/\/260\.00 B:.* \/110\.00/);
  });

  test("homed axes stay inside the machine, others do not", () => {
    const host = makeHost();
    host.send("G1 X155 F6000", "M400");
    expect(host.printer.state(host.now()).head.x).toBeCloseTo(155);
    host.send("G28", "G1 X999 Y-50 F6000", "M400");
    expect(host.printer.state(host.now()).head).toEqual({ x: 150, y: 0, z: 0 });
  });

  test("M112 silences it for good; a reset brings a banner, and all state is lost [F31]", () => {
    const host = makeHost();
    host.send("G28", "G1 X50 F6000", "M104 S200", "M400");
    host.write("M112\n");
    const from = host.heard.length;
    host.write("M105\nM999\n");
    host.wait(60_000);
    expect(host.heard.length).toBe(from);
    host.printer.inject({ name: "reset" }, host.now());
    host.wait(100);
    expect(host.heard.slice(from)[0]).toBe("start");
    host.write("M114\nM105\n");
    host.wait(100);
    const after = host.heard.slice(from);
    expect(after.find((line) => line.startsWith("X:"))).toBe("X:0.00 Y:0.00 Z:0.00 E:0.00 Count X:0 Y:0 Z:0");
    expect(after.at(-1)).toMatch(/\/0\.00 B:/);
    expect(host.printer.state(host.now()).head.x).toBeCloseTo(50);
  });

  test("speed scales motion and heating, never the keep-alive [F34]", () => {
    const busyOf = (speed: number): number => {
      const host = makeHost({ speed });
      host.send("G28", "G1 Z12 F120");
      return host.send("M400").filter((line) => line.startsWith("echo:busy")).length;
    };
    expect(busyOf(1)).toBeGreaterThanOrEqual(2);
    expect(busyOf(100)).toBe(0);
  });

  test("reports itself on request every second, whatever else it does", () => {
    const host = makeHost();
    host.send("M154 S1", "M155 S2", "G1 X10 F60");
    const from = host.heard.length;
    host.wait(4_100);
    const reports = host.heard.slice(from);
    expect(reports.filter((line) => line.startsWith("X:")).length).toBe(4);
    expect(reports.filter((line) => line.startsWith(" T:")).length).toBe(2);
  });

  test("an arc ends where it should", () => {
    const host = makeHost({ speed: 100 });
    host.send("G28", "G1 X60 Y50 F6000", "G2 X40 Y50 I-10 J0", "M400");
    const { head } = host.printer.state(host.now());
    expect([head.x, head.y]).toEqual([40, 50]);
  });
});

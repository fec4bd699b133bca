/** Lines, numbers and checksums: what the simulated firmware takes, drops and refuses. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Intake } from "../../../src/simulators/printer/intake.ts";
import { emergencyCommand, judgeLine, LineAssembler, xorOf } from "../../../src/simulators/printer/line.ts";
import { framed } from "./host.ts";

const commandText = fc
  .stringMatching(/^[GM][0-9]{1,3}( [XYZEFS][0-9]{1,3}){0,4}$/)
  .filter((text) => !text.includes("M110"));
const lineNumber = fc.integer({ min: 1, max: 99_999 });

/** What the firmware runs of a framed line: all before its checksum. */
const commandOf = (line: string): string => line.slice(0, line.lastIndexOf("*"));

const bytesOf = (text: string): Uint8Array => Buffer.from(text, "latin1");

describe("line test of the simulated Marlin", () => {
  test("a framed line with the next number is taken [F25]", () => {
    fc.assert(
      fc.property(lineNumber, commandText, (number, text) => {
        const line = framed(number, text).trimEnd();
        expect(judgeLine(line, number - 1)).toEqual({ take: "run", lastNumber: number });
      }),
    );
  });

  test("one damaged byte never makes a numbered line run another command [F25]", () => {
    const damage = fc.tuple(lineNumber, commandText, fc.nat(), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(damage, ([number, text, at, flip]) => {
        const line = framed(number, text).trimEnd();
        const place = at % line.length;
        const bad = line.slice(0, place) + String.fromCharCode(line.charCodeAt(place) ^ flip) + line.slice(place + 1);
        const verdict = judgeLine(bad, number - 1);
        // A destroyed N makes it an unnumbered line, which the firmware runs unchecked. Damage within the
        // digits may still read as the right sum ("*0" and "*:" are both 0 to strtol): the command is whole.
        if (verdict.take === "run" && bad.startsWith("N")) expect(commandOf(bad)).toBe(commandOf(line));
      }),
      { numRuns: 5000, examples: [[[3, "M3 S825 E82", 15, 10]]] },
    );
  });

  test("duplicates of the last two numbers vanish, older and later ones are errors [F25]", () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 9999 }), fc.integer({ min: -3, max: 3 }), (last, off) => {
        const verdict = judgeLine(framed(last + off, "M105").trimEnd(), last).take;
        expect(verdict).toBe(off === 1 ? "run" : off === 0 || off === -1 ? "drop" : "error");
      }),
    );
  });

  test("lines do not depend on how the bytes were cut, and hold 95 bytes at most", () => {
    const text = fc.string({ unit: fc.constantFrom("G", "1", " ", ";", "\n", "\r", "X", "*"), maxLength: 400 });
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 400 })), (stream, cuts) => {
        const whole = new LineAssembler().push(bytesOf(stream));
        const pieces = new LineAssembler();
        const marks = [0, ...[...cuts].sort((a, b) => a - b), stream.length].map((cut) => Math.min(cut, stream.length));
        const parts = marks.slice(1).flatMap((mark, i) => pieces.push(bytesOf(stream.slice(marks[i]!, mark))));
        expect(parts).toEqual(whole);
        for (const line of whole) expect(line.text.length).toBeLessThanOrEqual(95);
      }),
    );
  });

  test("a line of 96 bytes loses a digit of its checksum, a longer one all of it", () => {
    const judge = (length: number): string => {
      const body = `N1 M118 ${"a".repeat(length - 11)}`;
      const [line] = new LineAssembler().push(bytesOf(`${body}*${100 + (xorOf(body, body.length) % 100)}\n`));
      const verdict = judgeLine(line!.text, 0);
      return verdict.take === "error" ? verdict.what : verdict.take;
    };
    expect(judge(96)).toBe("checksum mismatch");
    expect(judge(120)).toBe("No Checksum with line number");
  });

  test("emergency commands are seen in numbered and damaged lines, and nowhere else", () => {
    expect(emergencyCommand("M112")).toBe("M112");
    expect(emergencyCommand("N7 M410*1")).toBe("M410");
    expect(emergencyCommand("M876 S0")).toBe("M876");
    expect(emergencyCommand("M876")).toBeNull();
    expect(emergencyCommand("G1 X1 M112")).toBeNull();
  });

  test("what waits is told apart: the ring holds 128 bytes, the rest is held on the wire", () => {
    const intake = new Intake();
    expect(intake.receive(bytesOf(`${"G1 X10\n".repeat(18)}M410\nM108\n`))).toEqual([]);
    expect(intake.next()?.emergencies).toEqual(["M410"]);
    expect(intake.next()?.emergencies).toEqual(["M108"]);
    expect(intake.full).toBe(false);
    intake.receive(bytesOf("G1 X10\n".repeat(10_000)));
    expect(intake.full).toBe(true);
  });
});

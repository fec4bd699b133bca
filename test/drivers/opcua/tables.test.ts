/** ReturnStatus, job states and results of a machine on OPC UA, read by numbers and paths. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAtWork, isOver, isStored, type RawState, readJobState } from "../../../src/drivers/opcua/job-state.ts";
import type { ReportItem } from "../../../src/drivers/opcua/requests.ts";
import { readResults, unitOf } from "../../../src/drivers/opcua/results.ts";
import { readReturnStatus, saysUnknownJob } from "../../../src/drivers/opcua/return-status.ts";
import { digestOf } from "../../../src/kernel/hash.ts";

describe("ReturnStatus", () => {
  it.each([
    [1n, "success"],
    [0n, "silent"],
    [-1n, "silent"],
    [3n, "silent"],
    [1n << 64n, "silent"],
    [2n, "refused"],
    [8n | (1n << 35n), "refused"],
  ])("[F28] %s means %s", (status, kind) => expect(readReturnStatus(status).kind).toBe(kind));

  it("[F28][L8] names each reason, its own ones by the words of the configuration", () => {
    const words = new Map([[35, "another part lies in its fixture"]]);
    const meaning = readReturnStatus((1n << 4n) | (1n << 35n) | (1n << 40n), words);
    expect(meaning.kind === "refused" && meaning.reasons).toEqual([
      "it cannot accept the job order",
      "another part lies in its fixture",
      "its own reason 40",
    ]);
    expect([saysUnknownJob(2n), saysUnknownJob(1n), saysUnknownJob(3n)]).toEqual([true, false, false]);
  });

  it("[F28] nothing but 1 is ever a success", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (status) => {
        expect(readReturnStatus(status).kind === "success").toBe(status === 1n);
      }),
    );
  });
});

describe("the state of a job", () => {
  const top = (number: number): RawState => ({ path: [], number });

  it.each([
    [[top(1)], "NotAllowedToStart", null],
    [[top(3)], "Running", null],
    [[top(4), { path: ["InterruptedSubstates"], number: 1 }], "Interrupted", "Held"],
    [[{ path: ["InterruptedSubstates"], number: 2 }, top(4)], "Interrupted", "Suspended"],
    [[top(5), { path: ["EndedSubstates"], number: 1 }], "Ended", "Completed"],
    [[top(5), { path: ["InterruptedSubstates"], number: 1 }], "Ended", null],
  ])("[F24] %j is %s, %s", (states, main, sub) => expect(readJobState(states)).toEqual({ main, sub }));

  it.each([[[]], [[top(0)]], [[top(7)]], [[top(3), top(5)]], [[{ path: ["EndedSubstates"], number: 3 }]]])(
    "[F24] %j is no state",
    (states) => expect(readJobState(states)).toBeNull(),
  );

  it("[F24] a state is stored, at work or over, and never two of them", () => {
    const state = fc.record({
      path: fc.array(fc.constantFrom("EndedSubstates", "x"), { maxLength: 2 }),
      number: fc.nat(9),
    });
    fc.assert(
      fc.property(fc.array(state, { maxLength: 4 }), (states) => {
        const read = readJobState(states);
        const kinds = [isStored(read), isAtWork(read), isOver(read)].filter(Boolean).length;
        expect(kinds).toBe(read === null ? 0 : 1);
      }),
    );
  });
});

describe("the report of a job", () => {
  const item = (id: string, value: ReportItem["value"], unit = "", below: ReportItem[] = []): ReportItem => ({
    ...{ id, value, unit, below },
  });

  it("[F64][F37] gives measured values with unit and instrument, curves as evidence, and what ran", () => {
    const read = readResults([
      item("sleeve-1-depth", 5.01, "mm", [item("Gauge", "G-17")]),
      item("sleeve-1-curve", [0, 1.5, 0.1, 30]),
      item("JobResult", 1),
      item("ProgramDigest", "AB".repeat(32)),
      item("PartTag", "P-1"),
      item("Remark", "a text"),
    ]);
    if (!read.ok) throw new Error(read.error);
    const { results, evidence, program, part, successful } = read.value;
    expect(results).toEqual([{ characteristic: "sleeve-1-depth", value: 5.01, unit: "mm", gauge: "G-17" }]);
    expect(evidence.map(({ name }) => name)).toEqual(["sleeve-1-curve"]);
    expect(evidence[0]!.digest).toBe(digestOf(evidence[0]!.bytes));
    expect(JSON.parse(new TextDecoder().decode(evidence[0]!.bytes))).toMatchObject({ values: [0, 1.5, 0.1, 30] });
    expect({ program, part, successful }).toEqual({ program: "ab".repeat(32), part: "P-1", successful: true });
  });

  it.each([
    ["a value that is not a number", [item("a", Number.NaN)]],
    ["a curve with an infinite point", [item("a", [1, Number.POSITIVE_INFINITY])]],
    ["a name that is none", [item("a b", 1)]],
    ["the same name twice", [item("a", 1), item("a", 2)]],
    ["a digest that is none", [item("ProgramDigest", "xyz")]],
    ["too many", Array.from({ length: 300 }, (_, n) => item(`r${n}`, n))],
    ["one too large", [item("a", new Uint8Array(2 << 20))]],
  ])("[F64] with %s is refused", (_, data) => expect(readResults(data).ok).toBe(false));

  it("[F64] a job that the machine calls unsuccessful is not called otherwise", () => {
    for (const value of [0, 2, "1", null]) {
      const read = readResults([item("JobResult", value)]);
      expect(read.ok && read.value.successful).toBe(false);
    }
  });

  it.each([
    [5066068, "Millimeter", "mm"],
    [4408652, "", "°C"],
    [0, "furlong", "furlong"],
  ])("unit %i %s is %s", (id, name, symbol) => expect(unitOf(id, name)).toBe(symbol));
});

/** What a live value of an OPC UA server is worth: never is an old number left standing for one that is none. */
import { describe, expect, it } from "vitest";
import { readingOf } from "../../../src/drivers/opcua/reading.ts";

const read = (value: unknown, notGood: string | null = null, at: number | undefined = 5) =>
  readingOf({ value, notGood, at }, "oxygen", "%", 9);

describe("a live value of an OPC UA server", () => {
  it("is a number, a text, or yes or no, with the source's time", () => {
    expect(read(0.4)).toEqual({ name: "oxygen", value: 0.4, unit: "%", at: 5 });
    expect(read(true)).toMatchObject({ value: true });
    expect(read("auto")).toMatchObject({ value: "auto" });
    for (const good of [0.4, true, "auto"]) expect(read(good)).not.toHaveProperty("bad");
  });

  it.each([
    ["not a number", Number.NaN, null, 5, "no value (it is not a finite number)"],
    ["infinite", Number.POSITIVE_INFINITY, null, 5, "no value (it is not a finite number)"],
    ["a list", [0.4], null, 5, "no value (it is no number and no text)"],
    ["nothing", null, null, 5, "no value (it is no number and no text)"],
    ["bad by its status", 0.4, "BadSensorFailure", 5, "no value (BadSensorFailure)"],
  ] as const)(
    "[F13][F59] %s is told as no value, so that the last good one does not stand for it",
    (_, given, status, at, value) => {
      expect(read(given, status, at)).toEqual({ name: "oxygen", value, unit: "%", at: 5, bad: true });
    },
  );

  it("[F24] of a source whose clock is ahead is as old as it is here, and does not look new for as long as that", () => {
    expect(read(0.4, null, 3_600_009)).toMatchObject({ value: 0.4, at: 9 });
    expect(read(0.4, "BadSensorFailure", 3_600_009)).toMatchObject({ at: 9 });
  });

  it("[F59] without a time it is none, and is told with the time of now", () => {
    expect(readingOf({ value: 0.4, notGood: null, at: undefined }, "oxygen", "%", 9)).toMatchObject({
      ...{ value: "no value (it has no time)", at: 9, bad: true },
    });
  });
});

/** Readings of instruments whose calibration is overdue, or that nobody registered, are refused; a cell without a register asks nothing. */
import { describe, expect, it } from "vitest";
import { type Gauge, whyNotCalibrated } from "../../src/equipment/gauge.ts";
import { alarmsOf } from "../../src/hmi/alarms.ts";
import { dispositionsOpen } from "../../src/jobs/decide/disposition.ts";
import { evidenceOff } from "../../src/jobs/evidence-status.ts";
import { openNonconformity } from "../../src/jobs/state.ts";
import { syncOff } from "../../src/jobs/sync-status.ts";
import { begun, finish, result, upTo } from "./route-story.ts";
import { job, type Story } from "./story.ts";

const day = 86_400_000;

/** The measurement has begun, in a cell with this register. */
function measuring(due: (now: number) => number, id = "G-1"): Story {
  const story = upTo("measure");
  begun(story);
  const gauge: Gauge = { id, title: "Bore gauge", due: due(story.at), certificate: "C-77" };
  story.state = { ...story.state, setup: { ...story.state.setup!, gauges: [gauge] } };
  return story;
}

const bore = (gauge: string | null = "G-1") => ({ results: [result("bore-1", 2.2, "mm", gauge)] });
const open = (story: Story) => openNonconformity(story.state.jobs[job]!);

describe("a register of instruments", () => {
  it("[F37] lets a reading count whose instrument is calibrated", () => {
    const story = measuring((now) => now + day);
    finish(story, bore());
    expect(story.attempt().outcome).toBe("Completed");
  });

  it("[F37][L3] refuses the reading of an overdue instrument, in words, and what was not measured is not conceded", () => {
    const story = measuring((now) => now - day);
    finish(story, bore());
    expect(story.attempt().outcome).toBe("Rejected");
    expect(open(story)).toMatchObject({ cause: "result-missing" });
    expect(open(story)?.what).toMatch(/is refused: the calibration of G-1 was due on \d{4}-\d\d-\d\d/);
    expect(dispositionsOpen(story.state.jobs[job]!, open(story)!)).not.toContain("concession");
    const judged = story.events.flatMap((event) => (event.type === "ResultsJudged" ? event.results : [])).at(-1);
    expect(judged).toMatchObject({
      value: null,
      gauge: "G-1",
      verdict: "missing",
      refused: expect.stringContaining("due"),
    });
  });

  it("[F37][L3] refuses the reading of an instrument that is not in it", () => {
    const story = measuring((now) => now + day, "G-2");
    finish(story, bore());
    expect(open(story)?.what).toContain("G-1 is not in the register of calibrated instruments");
  });

  it("[F37] takes a machine that names no instrument by its own serial number", () => {
    const named = upTo("measure");
    const serial = Object.values(named.state.equipment).find(({ id }) => id === named.attempt().equipment)?.identity
      ?.serial;
    const story = measuring((now) => now + day, serial);
    finish(story, bore(null));
    expect(story.attempt().outcome).toBe("Completed");
  });

  it("[F37] is out at the very moment that the calibration ends", () => {
    const gauges: Gauge[] = [{ id: "G-1", title: "Bore gauge", due: 1000, certificate: "C" }];
    expect([999, 1000].map((at) => whyNotCalibrated(gauges, "G-1", at) === null)).toEqual([true, false]);
    expect(whyNotCalibrated(gauges, null, 0)).toContain("nobody knows");
  });

  it.each([
    [31, []],
    [30, [[3, "ends in 30 days"]]],
    [1, [[3, "ends in 1 day."]]],
    [0, [[2, "is overdue: its readings are refused"]]],
  ])("[F37][F36] says so on the page %d days before", (days, expected) => {
    const story = measuring((now) => now + days * day);
    const shown = alarmsOf(story.state, syncOff(0), story.at, evidenceOff()).filter(({ key }) =>
      key.startsWith("gauge/"),
    );
    expect(shown.map(({ priority, what }) => [priority, what])).toEqual(
      expected.map(([priority, what]) => [priority, expect.stringContaining(what as string)]),
    );
  });
});

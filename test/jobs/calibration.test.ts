/** A camera's calibration counts until a day: told before, refused at a start after it, and no reason to stop what is being made. */
import { describe, expect, it } from "vitest";
import { alarmsOf } from "../../src/hmi/alarms.ts";
import { evidenceOff } from "../../src/jobs/evidence-status.ts";
import { startGates } from "../../src/jobs/gates.ts";
import { syncOff } from "../../src/jobs/sync-status.ts";
import type { OperationId } from "../../src/kernel/names.ts";
import {
  begin,
  boot,
  cellWithOrder,
  digest,
  goodLayer,
  job,
  prepare,
  type Story,
  seePlate,
  start,
  tina,
} from "./story.ts";

const day = 86_400_000;

function calibrated(due: number | null): Story {
  const story = cellWithOrder({ expires: 900 * day });
  say(story, due);
  return story;
}

function say(story: Story, due: number | null, setup = digest("set-up")): void {
  const at = due === null ? null : due - 365 * day;
  const calibration = { setup, at, due, uncertainty_mm: 0.08 };
  story.tell({ kind: "inspection-status", ready: true, what: "ready", calibration });
}

const gateOf = (story: Story, at: number) =>
  startGates(story.state, story.state.jobs[job]!, "print" as OperationId, tina, { at, mono: at }).find(
    ({ gate }) => gate === "inspection",
  );

describe("the camera's calibration", () => {
  it("[F50][F58] lets nothing begin from the moment at which it is due, and lets it again when it was made anew", () => {
    const story = calibrated(400 * day);
    expect(gateOf(story, 400 * day - 1)).toMatchObject({
      state: "open",
      what: "Camera and inspection are ready. Calibrated until 1971-02-05, places ± 0.08 mm.",
    });
    expect(gateOf(story, 400 * day)).toMatchObject({
      state: "shut",
      what: "The camera's calibration was due on 1971-02-05.",
      remedy: "The engineer clears the plate and runs `cellward camera calibrate`.",
    });
    say(story, 765 * day, digest("another"));
    expect(gateOf(story, 400 * day)).toMatchObject({ state: "open" });
  });

  it("[F58] is refused at the start itself, and known after a restart before the eye has looked", () => {
    const story = calibrated(10 * day);
    prepare(story);
    story.at = 10 * day;
    prepare(story);
    expect(start(story).refusal?.what).toContain("calibration was due");
    boot(story);
    expect(story.state.inspection.calibration?.due).toBe(10 * day);
  });

  it("[F58] is asked again before the machine is told to begin: it may have ended meanwhile", () => {
    const story = calibrated(10 * day);
    story.at = 10 * day - 60_000;
    prepare(story);
    expect(start(story).refusal).toBeNull();
    story.at = 10 * day;
    seePlate(story, true);
    expect(story.state.jobs[job]!.attempts).toMatchObject([{ phase: "ended", outcome: "NotBegun" }]);
    expect(story.events.at(-1)).toMatchObject({ what: "The camera's calibration was due on 1970-01-11." });
    expect(story.owed()).not.toContainEqual(expect.objectContaining({ kind: "direct" }));
  });

  it("[F58] of a day that has not come was dated by a wrong clock, and would outlive its time: nothing begins by it", () => {
    const story = calibrated(900 * day);
    expect(gateOf(story, 534 * day)).toMatchObject({ state: "open" });
    expect(gateOf(story, 534 * day - 1)).toMatchObject({
      state: "shut",
      what: "The camera's calibration is dated 1971-06-20, a day that has not come.",
    });
    story.at = 500 * day;
    expect(shownOf(story)).toEqual([[2, expect.stringContaining("a day that has not come")]]);
  });

  it("[F58] does not stop a build that had begun", () => {
    const story = calibrated(day);
    begin(story);
    goodLayer(story, 1);
    story.at = 2 * day;
    goodLayer(story, 2);
    expect(story.attempt().hold).toBeNull();
  });

  it("is written down once as long as nothing changes", () => {
    const story = calibrated(day);
    const before = story.events.length;
    say(story, day);
    expect(story.events.length).toBe(before);
    say(story, 2 * day);
    expect(story.events.length).toBe(before + 1);
  });

  it.each([
    [31, []],
    [30, [[3, "ends in 30 days."]]],
    [8, [[3, "ends in 8 days."]]],
    [7, [[2, "ends in 7 days."]]],
    [1, [[2, "ends in 1 day."]]],
    [0, [[2, "was due on"]]],
  ])("[F50][F58] is told on the page %d days before", (days, expected) => {
    const story = cellWithOrder();
    say(story, story.at + days * day);
    expect(shownOf(story)).toEqual(expected.map(([priority, what]) => [priority, expect.stringContaining(`${what}`)]));
  });

  it("[F58] that nobody dated is told, and holds nothing up", () => {
    const story = calibrated(null);
    expect(shownOf(story)).toEqual([[3, expect.stringContaining("does not say when")]]);
    expect(gateOf(story, 4000 * day)).toMatchObject({ state: "open" });
  });
});

function shownOf(story: Story) {
  const shown = alarmsOf(story.state, syncOff(0), story.at, evidenceOff());
  return shown.filter(({ key }) => key === "calibration").map(({ priority, what }) => [priority, what]);
}

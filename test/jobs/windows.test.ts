/** A value that leaves its window: recorded, held once with value, limits and time, and decided by QA; silence is never a pass. */
import { describe, expect, it } from "vitest";
import type { Breach, ParameterWindow } from "../../src/equipment/window.ts";
import { dispositionsOpen } from "../../src/jobs/decide/disposition.ts";
import { openNonconformity } from "../../src/jobs/state.ts";
import type { WindowAccount } from "../../src/jobs/watch-event.ts";
import { dispose } from "./route-story.ts";
import {
  answer,
  begin,
  capture,
  cellWithOrder,
  digest,
  goodLayer,
  inspect,
  job,
  layerDone,
  order,
  printer,
  quentin,
  report,
  type Story,
  tina,
} from "./story.ts";

const window: ParameterWindow = {
  ...{ id: "hotend", title: "Hotend", reading: "hotend", unit: "°C", before: null },
  ...{ course: [{ at_s: 0, lower: 195, upper: 215 }], outside_s: 5, silent_s: 10 },
};
const outside: Breach = { kind: "outside", value: 231.4, lower: 195, upper: 215, for_s: 6 };
const silent: Breach = { kind: "silent", value: null, lower: 195, upper: 215, for_s: 12 };
const kept: WindowAccount = { window: "hotend", samples: 40, min: 204, max: 206, longestOutside_s: 0 };

function running(): Story {
  const [build] = order.route;
  const story = cellWithOrder({ route: [{ ...build!, kind: "build", windows: [window] } as typeof build & object] });
  begin(story);
  goodLayer(story, 1);
  return story;
}

const leave = (story: Story, breach: Breach = outside, name = "hotend") =>
  story.tell({ kind: "window-left", attempt: story.attempt().id, window: name, breach });
const count = (story: Story, type: string) => story.events.filter((event) => event.type === type).length;
const causes = (story: Story) => story.state.jobs[job]!.nonconformities.map(({ cause }) => cause);

function finish(story: Story, windows: readonly WindowAccount[]): void {
  goodLayer(story, 2);
  layerDone(story, 3);
  inspect(story, 3, report(capture(story, 3)));
  const executed = { program: digest("program"), lines: 9, resends: 0 };
  const observation = { kind: "finished", attempt: story.attempt().id, executed } as const;
  story.tell({ kind: "observed", equipment: printer, observation, windows });
}

describe("a value that leaves its window", () => {
  it("[F13][F73] holds the attempt, once, with value, limits and time", () => {
    const story = running();
    leave(story);
    leave(story, { ...outside, value: 240 });
    expect([count(story, "WindowLeft"), count(story, "HoldRaised"), count(story, "NonconformityRaised")]).toEqual([
      1, 1, 1,
    ]);
    const what = "Hotend was 231.4 °C for 6 s; allowed is 195 °C to 215 °C.";
    expect(story.events.find(({ type }) => type === "WindowLeft")).toMatchObject({
      window: "hotend",
      breach: outside,
      what,
    });
    expect(story.attempt().hold).toMatchObject({ cause: "parameter", what });
    expect(openNonconformity(story.state.jobs[job]!)).toMatchObject({ cause: "parameter-out-of-window", what });
    expect(story.owed()).toMatchObject([{ directive: { kind: "hold" } }]);
  });

  it("[F13] that QA accepts lets the job go on; when it leaves again, it is held again", () => {
    const story = running();
    leave(story);
    answer(story, "hold");
    const resume = () => story.tell({ kind: "resume", attempt: story.attempt().id, person: tina });
    story.tell({ kind: "prove-presence", job, device: "scanner", proof: "p-1" });
    expect(resume().refusal?.code).toBe("not-resumable");
    dispose(story, "concession", quentin);
    expect(resume().refusal).toBeNull();
    leave(story);
    expect(story.attempt().hold).toMatchObject({ cause: "parameter" });
    expect(causes(story)).toEqual(["parameter-out-of-window", "parameter-out-of-window"]);
  });

  it("[F13][L3] that nobody heard is not conceded", () => {
    const story = running();
    leave(story, silent);
    const current = story.state.jobs[job]!;
    expect(openNonconformity(current)).toMatchObject({
      cause: "parameter-not-watched",
      what: "Hotend was not reported for 12 s.",
    });
    expect(dispositionsOpen(current, openNonconformity(current)!)).toEqual(["scrap"]);
  });

  it("[F13] of another name or of an attempt that is over changes nothing", () => {
    const story = running();
    leave(story, outside, "no-such");
    story.tell({ kind: "stop", attempt: story.attempt().id, person: tina, why: "enough" });
    leave(story);
    expect(count(story, "WindowLeft")).toBe(0);
  });

  it("[F13][F65] the finish tells what the windows saw, and so the job ends", () => {
    const story = running();
    finish(story, [kept]);
    expect(story.events.find(({ type }) => type === "FinishReported")).toMatchObject({ windows: [kept] });
    expect(story.attempt()).toMatchObject({ phase: "ended", outcome: "Completed" });
  });

  it.each([
    ["no account", []],
    ["an account without a value", [{ ...kept, samples: 0, min: null, max: null }]],
    ["an account of another window", [{ ...kept, window: "bed" }]],
  ])("[F13][L3] a finish with %s is held: what nobody watched was not in its window", (_, accounts) => {
    const story = running();
    finish(story, accounts);
    expect(story.attempt()).toMatchObject({ phase: "running", hold: { cause: "parameter" } });
    expect(causes(story)).toEqual(["parameter-not-watched"]);
    expect(openNonconformity(story.state.jobs[job]!)?.what).toBe("Not one value was heard while it was made: Hotend.");
  });
});

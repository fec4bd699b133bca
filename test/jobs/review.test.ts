/** A layer that had passed and is found bad by a person: signed, held, a nonconformity, and the verdict stays. */
import { describe, expect, it } from "vitest";
import { createFollower } from "../../src/commands/build-in-hand.ts";
import type { PersonId } from "../../src/kernel/names.ts";
import { findBad, settle } from "./review-story.ts";
import {
  answer,
  begin,
  capture,
  cellWithOrder,
  digest,
  firstAttempt,
  goodLayer,
  job,
  layerDone,
  present,
  quentin,
  type Story,
  tina,
} from "./story.ts";

function running(layers = 2): Story {
  const story = cellWithOrder();
  begin(story);
  for (let layer = 1; layer <= layers; layer += 1) goodLayer(story, layer);
  return story;
}
const resume = (story: Story) => {
  present(story);
  return story.tell({ kind: "resume", attempt: firstAttempt, person: tina });
};
const nonconformities = (story: Story) => story.state.jobs[job]!.nonconformities;
const finish = (story: Story) =>
  story.observe({
    kind: "finished",
    attempt: firstAttempt,
    executed: { program: digest("program"), lines: 1, resends: 0 },
  });

describe("a passed layer that is found bad", () => {
  it("[F57][F73] holds what is at work, is one nonconformity with its picture, and leaves the verdict as it was", () => {
    const story = running();
    expect(findBad(story, 1).refusal).toBeNull();
    expect(story.attempt()).toMatchObject({ verdicts: "pp", accepted: 2, hold: { cause: "layer-failed", layer: 1 } });
    expect(story.owed()).toMatchObject([{ directive: { kind: "hold" } }]);
    const evidence = { frame: digest("J1-A1/1/1"), report: digest("r") };
    expect(nonconformities(story)).toMatchObject([{ cause: "layer-found-bad", layer: 1, evidence, disposition: null }]);
    expect(nonconformities(story)[0]!.what).toBe(
      "Layer 1, which had passed, was found bad (material is missing): Seen on the part itself.",
    );
    expect(resume(story).refusal?.code).toBe("not-resumable");
    const decided = story.events.filter(({ type }) => type === "LayerDecided");
    expect(decided).toMatchObject([
      { layer: 1, verdict: "pass" },
      { layer: 2, verdict: "pass" },
    ]);
  });

  it("[F57] is decided on by QA; a concession accepts no layer, and the job goes on to its end", () => {
    const story = running();
    findBad(story, 2);
    expect(settle(story, "rework", "x").refusal?.code).toBe("no-such-disposition");
    expect(settle(story, "concession", "The finding does not matter for the use of this device.").refusal).toBeNull();
    expect(story.attempt()).toMatchObject({ verdicts: "pp", accepted: 2 });
    expect(resume(story).refusal).toBeNull();
    answer(story, "proceed");
    goodLayer(story, 3);
    finish(story);
    expect(story.attempt()).toMatchObject({ outcome: "Completed", verdicts: "ppp" });
  });

  it("[F57] of a print that is done stops the route, and a scrap frees the copy", () => {
    const story = cellWithOrder({ copies: 2 });
    begin(story);
    for (const layer of [1, 2, 3]) goodLayer(story, layer);
    finish(story);
    expect(story.attempt().outcome).toBe("Completed");
    expect(findBad(story, 3).refusal).toBeNull();
    expect(story.attempt().hold).toBeNull();
    const start = { kind: "start", job, operation: story.attempt().operation, person: tina } as const;
    expect(story.tell(start).refusal?.gates).toContainEqual(
      expect.objectContaining({ gate: "nonconformity", state: "shut" }),
    );
    expect(settle(story, "scrap", "The finding is a real defect.").refusal).toBeNull();
    expect(story.state.jobs[job]!.units).toMatchObject([{ number: 1, scrapped: true }]);
  });

  it("[F57][F69] is said once, by somebody known, over what was shown, and only of a layer that had passed", () => {
    const story = running();
    expect(findBad(story, 3).refusal?.code).toBe("nothing-seen");
    expect(findBad(story, 0).refusal?.code).toBe("nothing-seen");
    expect(findBad(story, 1, "missing", { over: "something else" }).refusal?.code).toBe("not-what-was-shown");
    expect(findBad(story, 1, "missing", { person: "ghost" as PersonId }).refusal?.code).toBe("unknown-person");
    expect(story.attempt().hold).toBeNull();
    expect(findBad(story, 1, "other", { person: quentin }).refusal).toBeNull();
    expect(findBad(story, 1).refusal?.code).toBe("already-decided");
    expect(nonconformities(story)).toHaveLength(1);
  });

  it("[F53] and its concession make no picture a reference that nobody has judged", () => {
    const story = running(1);
    layerDone(story, 2);
    capture(story, 2);
    findBad(story, 1);
    settle(story, "concession", "Looked at again: the layer is whole.");
    const follower = createFollower();
    for (const [seq, event] of story.events.entries()) follower.hear({ seq, at: 0, event });
    expect(follower.inHand(story.attempt().id)?.accepted).toMatchObject({ layer: 1 });
  });
});

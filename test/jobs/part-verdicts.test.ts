/** Parts of a build in the core: a layer passes only where each of its parts does, and what fails is told by part. */
import { describe, expect, it } from "vitest";
import { shownForDisposition } from "../../src/jobs/decide/disposition.ts";
import { shownForRelease } from "../../src/jobs/record/summary.ts";
import type { PartVerdict } from "../../src/jobs/report.ts";
import { openNonconformity } from "../../src/jobs/state.ts";
import {
  answer,
  begin,
  capture,
  cellWithOrder,
  failing,
  firstAttempt,
  goodLayer,
  inspect,
  job,
  layerDone,
  report,
  type Story,
} from "./story.ts";

const begun = () => {
  const story = cellWithOrder();
  begin(story);
  return story;
};
const parts = (...verdicts: PartVerdict["verdict"][]): PartVerdict[] =>
  verdicts.map((verdict, at) => ({ part: at + 1, verdict }));

function made(story: Story, layer: number, verdicts: PartVerdict[]): void {
  layerDone(story, layer);
  const failed = verdicts.flatMap(({ part, verdict }) => (verdict === "fail" ? [part] : []));
  const found = { ...failing, findings: [{ ...failing.findings[0]!, parts: failed }] };
  inspect(story, layer, report(capture(story, layer), { ...(failed.length > 0 ? found : {}), parts: verdicts }));
}

describe("[F54] a build of several parts", () => {
  it("goes on where every part passes, or has nothing of its own in the layer", () => {
    const story = begun();
    made(story, 1, parts("pass", "pass", "not-made"));
    expect(story.attempt()).toMatchObject({ accepted: 1, released: 2, verdicts: "p" });
  });

  it("[F73] holds where one fails, and its one nonconformity says which, up to the signature", () => {
    const story = begun();
    made(story, 1, parts("pass", "fail", "pass"));
    expect(story.attempt()).toMatchObject({ verdicts: "f", hold: { cause: "layer-failed", layer: 1 } });
    const current = story.state.jobs[job]!;
    expect(current.nonconformities).toMatchObject([{ layer: 1, parts: [2], findings: [{ parts: [2] }] }]);
    expect(current.nonconformities[0]?.what).toMatch(/^Layer 1 failed at part 2 of 3: /);
    const shown = shownForDisposition(current, openNonconformity(current)!, "scrap", "seen");
    expect(shown).toMatchObject({ parts: [2] });
  });

  it("says no part where all of them fail, and none where they are not told apart", () => {
    const [all, none] = [begun(), begun()];
    made(all, 1, parts("fail", "fail"));
    expect(openNonconformity(all.state.jobs[job]!)).toMatchObject({
      ...{ what: expect.stringMatching(/^Layer 1 failed: /), parts: [1, 2] },
    });
    layerDone(none, 1);
    inspect(none, 1, report(capture(none, 1), failing));
    expect(none.state.jobs[job]!.nonconformities[0]).not.toHaveProperty("parts");
  });

  it("[L3] never passes on a report that fails or does not see a part, whatever it says of the layer", () => {
    for (const verdict of ["fail", "blind"] as const) {
      const story = begun();
      layerDone(story, 1);
      inspect(story, 1, report(capture(story, 1), { parts: parts("pass", verdict) }));
      expect(story.attempt()).toMatchObject({ accepted: 0, released: 1, verdicts: "" });
      expect(story.attempt().looks[0]).toMatchObject({ take: 2 });
    }
  });

  it("has a verdict a part in what is signed for the release; a record without parts has none", () => {
    const story = begun();
    made(story, 1, parts("pass", "pass", "not-made"));
    answer(story, "proceed");
    made(story, 2, parts("pass", "fail", "pass"));
    const step = () => shownForRelease(story.state.jobs[job]!.record, 1).steps[0];
    expect(step()).toMatchObject({
      parts: [
        { part: 1, passed: 2, failed: [] },
        { part: 2, passed: 1, failed: [2] },
        { part: 3, passed: 1, failed: [] },
      ],
    });
    const plain = begun();
    goodLayer(plain, 1);
    expect(plain.attempt().id).toBe(firstAttempt);
    expect(shownForRelease(plain.state.jobs[job]!.record, 1).steps[0]).not.toHaveProperty("parts");
  });
});

/** Several cameras look at one layer: it passes only where each of them has seen it, and passed it (law 3). */
import { describe, expect, it } from "vitest";
import type { Message } from "../../src/jobs/message.ts";
import type { ViewReport } from "../../src/jobs/report.ts";
import { together } from "../../src/jobs/views.ts";
import type { Digest, EquipmentId } from "../../src/kernel/names.ts";
import { begin, cellWithOrder, clearPlate, digest, layerDone, printer, report, type Story } from "./story.ts";

type Of<Kind extends Message["kind"]> = Extract<Message, { kind: Kind }>;

const cameras = [
  { id: "camera-1", machine: null },
  { id: "left", machine: printer },
  { id: "elsewhere", machine: "another" as EquipmentId },
];

/** A cell in which two cameras look at the printer, and a third at another machine. */
function cell(): Story {
  const story = cellWithOrder({}, { cameras });
  begin(story, plateSeen(true));
  layerDone(story, 1);
  return story;
}

const plateSeen = (clear: boolean) => ({
  views: [{ camera: "left", clear, what: "a hair", frame: digest("plate left") }],
});
const frames = [digest("front"), digest("left")] as [Digest, Digest];

/** The answer of the cameras; without `views` the second one has said nothing. */
function capture(story: Story, change: Partial<Of<"captured">> = {}): void {
  const times = { requestedAt: story.at, receivedAt: story.at, exposureStart: story.at };
  const views = [{ camera: "left", frame: frames[1], ...times }];
  const attempt = story.attempt();
  const [{ layer, take }] = attempt.looks as [(typeof attempt.looks)[number]];
  story.tell({ kind: "captured", attempt: attempt.id, layer, take, frame: frames[0], ...times, views, ...change });
}

function say(story: Story, ...views: readonly ViewReport[]): void {
  const attempt = story.attempt();
  const [{ layer, take }] = attempt.looks as [(typeof attempt.looks)[number]];
  story.tell({ kind: "inspected", attempt: attempt.id, layer, take, report: { ...report(frames[0]), views } });
}

const good: ViewReport = { camera: "camera-1", ...report(frames[0]) };
const goodLeft: ViewReport = { camera: "left", ...report(frames[1]) };
const box = { x_mm: 1, y_mm: 1, w_mm: 1, h_mm: 1 };
const finding = { class: "missing", box, measured: 9, limit: 4, unit: "mm2", score: null };
const badLeft: ViewReport = { ...goodLeft, verdict: "fail", findings: [finding], reasons: ["Material is missing."] };
const blindLeft: ViewReport = {
  ...goodLeft,
  verdict: "blind",
  grade: "unusable",
  reasons: ["The picture is too dark."],
};

const types = (story: Story) => story.events.map(({ type }) => type);
const decided = (story: Story) =>
  story.events.flatMap((event) => (event.type === "LayerDecided" ? [event.verdict] : []));

describe("[L3][F51] a layer that two cameras look at", () => {
  it("passes where both have passed it, and its entries name both pictures and both reports", () => {
    const story = cell();
    capture(story);
    say(story, good, goodLeft);
    expect(decided(story)).toEqual(["pass"]);
    expect(story.events.find(({ type }) => type === "LayerCaptured")).toMatchObject({
      frame: frames[0],
      views: [{ camera: "left", frame: frames[1] }],
    });
    expect(story.events.find(({ type }) => type === "LayerInspected")).toMatchObject({
      report: { verdict: "pass", views: [{ camera: "camera-1" }, { camera: "left", digests: { frame: frames[1] } }] },
    });
  });

  it("fails where the second one alone has found something, and says which", () => {
    const story = cell();
    capture(story);
    say(story, good, badLeft);
    expect(decided(story)).toEqual(["fail"]);
    expect(story.attempt().hold?.what).toBe("Layer 1 failed: Camera left: Material is missing.");
    expect(story.events.find(({ type }) => type === "NonconformityRaised")).toMatchObject({
      findings: [{ class: "missing", camera: "left" }],
    });
  });

  it("is blind where the second one is, whatever the first has found, and is looked at again", () => {
    const story = cell();
    capture(story);
    say(story, { ...good, verdict: "fail", findings: [finding] }, blindLeft);
    expect(decided(story)).toEqual([]);
    expect(types(story).at(-1)).toBe("RetakeOrdered");
    expect(story.attempt().looks[0]).toMatchObject({ take: 2, frame: null, views: [] });
  });

  it("is not passed by a word that is not there: no picture of the second one, no report of it, one of another picture", () => {
    for (const views of [undefined, [], [{ ...cameraless(), camera: "elsewhere" }]]) {
      const story = cell();
      capture(story, { views: views as never });
      expect(story.events.at(-2)).toMatchObject({ type: "CaptureFailed", fault: { code: "view-missing" } });
    }
    const swapped = { ...goodLeft, digests: { ...goodLeft.digests, frame: digest("another") } };
    for (const said of [[good], [good, good], [good, swapped]]) {
      const story = cell();
      capture(story);
      say(story, ...said);
      expect(types(story)).toContain("InspectionFailed");
      expect(decided(story)).toEqual([]);
    }
  });

  it("is not passed by a summary: what the cameras come to is concluded from what each of them says", () => {
    const story = cell();
    capture(story);
    const attempt = story.attempt();
    // Whoever answers says pass at the top, and fail below.
    const report = { ...good, views: [good, badLeft] };
    story.tell({ kind: "inspected", attempt: attempt.id, layer: 1, take: 1, report });
    expect(decided(story)).toEqual(["fail"]);
  });

  it("is not passed by one picture twice, nor by one that was asked for before the layer was done", () => {
    const times = { requestedAt: 0, receivedAt: 1, exposureStart: null };
    const twice = cell();
    capture(twice, { views: [{ ...cameraless(), camera: "left", frame: frames[0] }] });
    expect(twice.events.at(-2)).toMatchObject({ type: "CaptureFailed", fault: { code: "repeated-picture" } });
    const early = cell();
    capture(early, { views: [{ camera: "left", frame: frames[1], ...times }] });
    expect(early.events.at(-2)).toMatchObject({
      fault: { code: "stale-picture", what: expect.stringContaining("left") },
    });
  });

  it("is judged by the model in hand alone, also before the second camera", () => {
    const story = cell();
    capture(story);
    say(story, good, { ...goodLeft, digests: { ...goodLeft.digests, model: null } });
    expect(decided(story)).toEqual([]);
  });

  function cameraless() {
    return { frame: frames[1], requestedAt: 1e12, receivedAt: 1e12, exposureStart: null };
  }
});

describe("[L5][F29] a plate that two cameras look at", () => {
  it("is clear only where both say so, and both are there", () => {
    const story = cellWithOrder({}, { cameras });
    clearPlate(story, true, plateSeen(false));
    expect(story.state.equipment[printer]).toMatchObject({ plate: "occupied", plateWhat: "Camera left: a hair" });
    clearPlate(story, true, {});
    expect(story.state.equipment[printer]).toMatchObject({ plateWhat: "Camera left has not looked." });
    clearPlate(story, true, plateSeen(true));
    expect(story.state.equipment[printer]?.plate).toBe("clear");
  });

  it("is not clear where no camera looks at the machine", () => {
    const story = cellWithOrder({}, { cameras: cameras.slice(2) });
    clearPlate(story, true, {});
    expect(story.state.equipment[printer]).toMatchObject({ plateWhat: "No camera looks at this machine." });
  });
});

describe("what several cameras come to together", () => {
  it("[F51] has the worst verdict, grade and part, every finding by its camera, and no model where one gave no answer", () => {
    const parts = [
      { part: 1, verdict: "pass" },
      { part: 2, verdict: "not-made" },
    ] as const;
    const other = [
      { part: 1, verdict: "fail" },
      { part: 2, verdict: "pass" },
    ] as const;
    expect(
      together([
        { ...good, parts },
        { ...badLeft, grade: "degraded", parts: other, uncertainty_mm: 0.1 },
      ]),
    ).toMatchObject({
      ...{ grade: "degraded", verdict: "fail", findings: [{ camera: "left" }], uncertainty_mm: 0.1 },
      parts: [
        { part: 1, verdict: "fail" },
        { part: 2, verdict: "pass" },
      ],
      digests: { frame: frames[0], model: digest("model") },
    });
    const unanswered = { ...goodLeft, digests: { ...goodLeft.digests, model: null } };
    expect(together([good, unanswered]).digests.model).toBeNull();
  });
});

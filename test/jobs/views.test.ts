/** Several cameras look at one layer: it passes only where each of them has seen it, and passed it (law 3). */
import { describe, expect, it } from "vitest";
import { alarmsOf } from "../../src/hmi/alarms.ts";
import type { CameraStatus } from "../../src/jobs/calibration.ts";
import { type ChallengeOutcome, challengedClasses, whySuspended } from "../../src/jobs/challenge.ts";
import { challengeMeaning, shownForChallenge } from "../../src/jobs/decide/challenge.ts";
import { evidenceOff } from "../../src/jobs/evidence-status.ts";
import { startGates } from "../../src/jobs/gates.ts";
import type { Message } from "../../src/jobs/message.ts";
import type { ViewReport } from "../../src/jobs/report.ts";
import { syncOff } from "../../src/jobs/sync-status.ts";
import { together } from "../../src/jobs/views.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { Digest, EquipmentId, OperationId } from "../../src/kernel/names.ts";
import { testModel } from "./models.ts";
import {
  begin,
  boot,
  cellWithOrder,
  clearPlate,
  digest,
  job,
  layerDone,
  order,
  printer,
  report,
  type Story,
  tina,
} from "./story.ts";

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
const ofLeftSetup = (said: ReturnType<typeof report>) => ({
  ...said,
  digests: { ...said.digests, setup: digest("set-up of left") },
});
const goodLeft: ViewReport = { camera: "left", ...ofLeftSetup(report(frames[1])) };
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
      evidence: { frame: frames[1] },
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

  it("is not passed where both go by one and the same set-up: at most one of them is where it is taken to be", () => {
    const story = cell();
    capture(story);
    say(story, good, { ...goodLeft, digests: { ...goodLeft.digests, setup: good.digests.setup } });
    expect(decided(story)).toEqual([]);
    expect(story.events.find(({ type }) => type === "InspectionFailed")).toMatchObject({
      fault: { code: "one-setup", what: expect.stringContaining("Cameras camera-1 and left go by one") },
    });
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

describe("[L3][F53] a limit set of the second camera alone", () => {
  it("counts for what that camera sees, and for nothing else", () => {
    const story = cellWithOrder({}, { cameras });
    const [ofFirst, ofLeft, tight] = [digest("first's set-up"), digest("left's set-up"), digest("tight")];
    const calibrated = (setup: Digest) => ({ setup, at: null, due: null, uncertainty_mm: 0.1 });
    const status = { ready: true, what: "ready" };
    story.tell({
      ...{ kind: "inspection-status", ...status, calibration: calibrated(ofFirst) },
      views: [
        { camera: "camera-1", ...status, calibration: calibrated(ofFirst) },
        { camera: "left", ...status, calibration: calibrated(ofLeft) },
        { camera: "elsewhere", ...status, calibration: calibrated(digest("elsewhere's")) },
      ],
    });
    const of = { recipe: order.recipe, model: testModel.model, limits: tight, by: [] };
    const rest = {
      base: digest("own"),
      tightened: [],
      budget: { share: 1e-4, confidence: 0.95 },
      layers: 1,
      builds: 1,
    };
    const sets = [ofLeft, digest("elsewhere's")].map((setup) => ({
      ...of,
      ...rest,
      upTo: 1,
      setup,
      set: digest(setup),
    }));
    story.state = {
      ...story.state,
      limitSets: Object.fromEntries(sets.map((each) => [`${each.recipe} ${each.setup} ${each.model}`, each])),
    };
    begin(story, plateSeen(true));
    expect(story.events.find(({ type }) => type === "AttemptStarted")).toMatchObject({
      limitSets: [{ setup: ofLeft, limits: tight }],
    });
    layerDone(story, 1);
    capture(story);
    const by = (view: ViewReport, setup: Digest, limits = view.digests.limits): ViewReport => ({
      ...view,
      digests: { ...view.digests, setup, limits },
    });
    say(story, by(good, ofFirst), by(goodLeft, ofLeft));
    expect(story.attempt().hold?.what).toMatch(/judged by other limits/);
    story.tell({ kind: "look-again", attempt: story.attempt().id, person: tina });
    capture(story);
    say(story, by(good, ofFirst), by(goodLeft, ofLeft, tight));
    expect(decided(story)).toEqual(["pass"]);
  });
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

describe("[F50][F58][F55] the cameras at the start of a build", () => {
  const day = 86_400_000;
  const status = { ready: true, what: "ready", calibration: null };
  const due = (days: number) => ({ setup: digest(`set-up ${days}`), at: 0, due: days * day, uncertainty_mm: 0.1 });

  function gateOf(story: Story, views: readonly CameraStatus[], at = story.at) {
    story.tell({ kind: "inspection-status", ready: true, what: "ready", views });
    const gates = startGates(story.state, story.state.jobs[job]!, "print" as OperationId, null, { at, mono: at });
    return gates.find(({ gate }) => gate === "inspection");
  }

  it("are asked one by one: those that look at its machine, and no other", () => {
    const story = cellWithOrder({}, { cameras });
    const closed = { ...status, camera: "elsewhere", ready: false, what: "It is dark." };
    const [first, left] = [
      { ...status, camera: "camera-1" },
      { ...status, camera: "left" },
    ];
    expect(gateOf(story, [first, left, closed])).toMatchObject({ state: "open" });
    expect(gateOf(story, [first, { ...closed, camera: "left" }, closed])).toMatchObject({
      state: "shut",
      what: "Camera left: It is dark.",
    });
    expect(gateOf(story, [first])).toMatchObject({ what: "Camera left: It has not reported yet." });
  });

  it("have each a calibration, and the one that is due first counts, by its name", () => {
    const story = cellWithOrder({ expires: 900 * day }, { cameras });
    const views = [
      { ...status, camera: "camera-1", calibration: due(400) },
      { ...status, camera: "left", calibration: due(100) },
      { ...status, camera: "elsewhere", calibration: due(5) },
    ];
    expect(gateOf(story, views, 99 * day)).toMatchObject({ state: "open" });
    const what = "The calibration of camera left was due on 1970-04-11.";
    expect(gateOf(story, views, 100 * day)).toMatchObject({ state: "shut", what });
    const told = alarmsOf(story.state, syncOff(0), 98 * day, evidenceOff()).filter(({ key }) =>
      key.startsWith("calibration"),
    );
    expect(told.map(({ what: said }) => said)).toEqual([
      "The calibration of camera left ends in 2 days.",
      "The calibration of camera elsewhere was due on 1970-01-06.",
    ]);
    boot(story, "driver", { cameras });
    expect(gateOf(story, story.state.inspection.views!, 100 * day)).toBeDefined();
  });
});

describe("[F63] a challenge before several cameras", () => {
  const planted = challengedClasses.map((name) => ({ class: name, picture: digest(name), found: true }));
  const test = { limits: digest("l"), isPlateClean: true, isLayerPassed: true, layer: digest("whole"), planted };
  const good = (name: string): ChallengeOutcome => ({
    ...{ artifacts: [digest(`${name} 1`), digest(`${name} 2`)], model: digest("model"), setup: digest(name) },
    ...{ tests: [test], reasons: [] },
  });
  const others = ["left", "elsewhere"].map((camera) => ({ ...good(camera), camera }));

  function judged(views: ChallengeOutcome["views"]) {
    const story = cellWithOrder({}, { cameras });
    const shown = digestOfValue(shownForChallenge(story.state));
    const approval = { person: tina, name: "sealed", at: 0, meaning: challengeMeaning, shown };
    story.tell({ kind: "start-challenge", approval });
    const outcome = { ...good("camera-1"), ...(views && { views }) };
    story.tell({ kind: "challenged", challenge: story.state.challenge.open!, outcome });
    return story.state.challenge.last!;
  }

  it("is passed only where each of them has found everything, and counts for the set-ups of that time", () => {
    const last = judged(others);
    expect(last).toMatchObject({ passed: true, what: "All 15 planted defects were found, and what was whole passed." });
    const rule = { validMs: 1e9, model: digest("model"), setup: digest("camera-1") };
    const setups = others.map(({ camera, setup }) => ({ camera, setup }));
    expect(whySuspended({ open: null, last }, { ...rule, views: setups }, last.at)).toBeNull();
    const moved = [setups[0]!, { camera: "elsewhere", setup: digest("anew") }];
    expect(whySuspended({ open: null, last }, { ...rule, views: moved }, last.at)).toBe(
      "Camera elsewhere was commissioned anew since the last challenge.",
    );
    expect(judged(undefined)).toMatchObject({ passed: false, what: "Camera left has not looked." });
    const dark = { ...others[0]!, tests: [], reasons: ["It is dark."] };
    expect(judged([dark, others[1]!])).toMatchObject({ passed: false, what: "Camera left: It is dark." });
  });
});

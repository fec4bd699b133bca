/** The challenge of the inspection: signed, owed to the eye, judged from facts; nothing is built by an inspection that missed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noAnswer } from "../../src/duties.ts";
import { type ChallengeOutcome, challengedClasses, isChallengePassed } from "../../src/jobs/challenge.ts";
import { challengeMeaning, shownForChallenge } from "../../src/jobs/decide/challenge.ts";
import type { Event } from "../../src/jobs/event.ts";
import { evolve } from "../../src/jobs/evolve.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { PersonId } from "../../src/kernel/names.ts";
import { begin, boot, cellWithOrder, digest, prepare, quentin, type Story, start, tina } from "./story.ts";

const hourMs = 3_600_000;

function sign(story: Story, person: PersonId = tina, over: unknown = shownForChallenge(story.state)) {
  const approval = { person, name: "sealed", at: story.at, meaning: challengeMeaning, shown: digestOfValue(over) };
  return story.tell({ kind: "start-challenge", approval });
}

const planted = challengedClasses.map((name) => ({ class: name as string, picture: digest(name), found: true }));
const fine: ChallengeOutcome = {
  artifacts: [digest("under"), digest("over")],
  model: digest("model"),
  setup: digest("camera"),
  tests: [{ limits: digest("l"), isPlateClean: true, isLayerPassed: true, layer: digest("whole"), planted }],
  reasons: [],
};
const missed: ChallengeOutcome = {
  ...fine,
  tests: [{ ...fine.tests[0]!, planted: planted.map((each) => ({ ...each, found: each.class !== "thin" })) }],
  reasons: ["A painted defect was not found (thin)."],
};

function judged(story: Story, outcome: ChallengeOutcome) {
  return story.tell({ kind: "challenged", challenge: story.state.challenge.open!, outcome });
}
function challenged(story: Story, outcome: ChallengeOutcome) {
  expect(sign(story).refusal).toBeNull();
  return judged(story, outcome);
}
const gateOf = (story: Story) => start(story).refusal?.gates?.find(({ gate }) => gate === "challenge");

/** A cell whose configuration asks for a challenge every so many hours, on the camera of `fine`. */
function askedFor(hours: number | null): Story {
  const story = cellWithOrder();
  const { setup, versions } = story.state;
  const asked = { ...setup!, ...(hours !== null && { challengeValidMs: hours * hourMs }) };
  const running = { ...versions!, cameraDigest: digest("camera") };
  const event = { type: "CellBooted", boot: "again", setup: asked, versions: running } as Event;
  story.state = evolve(story.state, event, story.at);
  story.observe({ kind: "online", identity: { ...identity } });
  story.tell({ kind: "inspection-status", ready: true, what: "ready" });
  return story;
}
const identity = { vendor: "v", model: "m", serial: "S1", firmware: "f", simulated: true };

describe("[F63] the challenge of the inspection", () => {
  it("is signed by a technician over what was shown, owed to the eye once, and judged from what was found", () => {
    const story = cellWithOrder();
    expect(sign(story, quentin).refusal?.code).toBe("wrong-role");
    expect(sign(story, tina, "something else").refusal?.code).toBe("not-what-was-shown");
    expect(sign(story).refusal).toBeNull();
    expect(story.owed()).toMatchObject([{ kind: "challenge", challenge: story.state.challenge.open }]);
    expect(sign(story).refusal?.code).toBe("already-decided");
    story.tell({ kind: "challenged", challenge: "another", outcome: fine });
    expect(story.state.challenge.open).not.toBeNull();
    judged(story, fine);
    expect(story.owed()).toEqual([]);
    expect(story.state.challenge).toMatchObject({ open: null, last: { passed: true, model: digest("model") } });
    expect(story.events.at(-1)).toMatchObject({ type: "ChallengeJudged", passed: true, artifacts: fine.artifacts });
  });

  it("[L3] that was missed suspends every build until one is passed, whether the configuration asks for it or not", () => {
    for (const hours of [null, 12]) {
      const story = askedFor(hours);
      challenged(story, missed);
      prepare(story);
      expect(gateOf(story)).toMatchObject({ state: "shut", what: expect.stringContaining("not found (thin)") });
      challenged(story, fine);
      prepare(story);
      expect(start(story).refusal).toBeNull();
    }
  });

  it("[L3] that is under way, or was cut off by a restart, lets nothing begin", () => {
    const story = cellWithOrder();
    sign(story);
    prepare(story);
    expect(gateOf(story)).toMatchObject({ state: "shut", what: "The inspection is being challenged." });
    boot(story);
    expect(story.owed()).toEqual([]);
    prepare(story);
    expect(gateOf(story)).toMatchObject({ state: "shut", what: expect.stringContaining("cut off by a restart") });
  });

  it("[L3] to which the eye does not answer is missed", () => {
    const story = cellWithOrder();
    sign(story);
    story.tell(noAnswer(story.owed()[0]!));
    expect(story.state.challenge.last).toMatchObject({ passed: false, what: "There was no answer in time." });
  });

  it("counts for the configured hours, for the model and the camera that it was passed with, and by no wrong clock", () => {
    const due = (change: (story: Story) => void) => {
      const story = askedFor(12);
      prepare(story);
      expect(gateOf(story)?.what).toBe("The inspection was never challenged in this cell.");
      challenged(story, fine);
      change(story);
      prepare(story);
      return gateOf(story)?.what;
    };
    expect(due(() => undefined)).toBeUndefined();
    const later = (ms: number) => (story: Story) => {
      story.at += ms;
      // The order of the story would have expired.
      story.state = { ...story.state, jobs: mapOrders(story, 10 * 24 * hourMs) };
    };
    expect(due(later(11 * hourMs))).toBeUndefined();
    expect(due(later(13 * hourMs))).toBe("The last challenge of the inspection is too long ago.");
    const other = (change: object) => (story: Story) => {
      const last = { ...story.state.challenge.last!, ...change };
      story.state = { ...story.state, challenge: { open: null, last } };
    };
    expect(due(other({ model: digest("other") }))).toBe("The inspection was challenged with another model.");
    expect(due(other({ setup: digest("other") }))).toContain("commissioned anew");
    expect(due(other({ at: 10 ** 9 }))).toBe("The clock was wrong when the inspection was challenged last.");
  });

  it("[L3] counts for the set-up that the eye goes by now, not for that of the program's start", () => {
    const anew = (story: Story) => {
      const calibration = { setup: digest("anew"), at: story.at, due: story.at + 1e10, uncertainty_mm: 0.1 };
      story.tell({ kind: "inspection-status", ready: true, what: "ready", calibration });
    };
    const [before, after] = [askedFor(12), askedFor(12)];
    challenged(before, fine);
    anew(before);
    prepare(before);
    expect(gateOf(before)?.what).toBe("The camera was commissioned anew since the last challenge.");
    anew(after);
    expect(shownForChallenge(after.state).camera).toBe(digest("anew"));
    challenged(after, { ...fine, setup: digest("anew") });
    prepare(after);
    expect(gateOf(after)).toBeUndefined();
  });

  it("[L3] is refused while something is built", () => {
    const story = cellWithOrder();
    begin(story);
    expect(sign(story).refusal?.code).toBe("machine-in-use");
  });

  it("[L3] is passed only where every class was planted and found, and what is whole passed, under every set of limits", () => {
    const class_ = fc.constantFrom(...challengedClasses, "other");
    const defect = fc.record({ class: class_, picture: fc.constant(digest("p")), found: fc.boolean() });
    const test = fc.record({
      limits: fc.constant(digest("l")),
      isPlateClean: fc.boolean(),
      isLayerPassed: fc.boolean(),
      layer: fc.constant(digest("w")),
      planted: fc.oneof(fc.array(defect, { maxLength: 7 }), fc.constant(planted)),
    });
    const none = fc.constantFrom(digest("m"), null);
    const outcome = fc.record({
      artifacts: fc.constantFrom(fine.artifacts, []),
      model: none,
      setup: none,
      tests: fc.array(test, { maxLength: 3 }),
      reasons: fc.constantFrom([], ["something"]),
    });
    fc.assert(
      fc.property(outcome, (said) => {
        const bad = said.tests.flatMap(({ isPlateClean, isLayerPassed, planted: all }) => [
          ...(isPlateClean && isLayerPassed ? [] : ["not whole"]),
          ...all.filter(({ found }) => !found).map(() => "missed"),
          ...challengedClasses.filter((name) => !all.some((each) => each.class === name)).map(() => "not planted"),
        ]);
        const lacking = said.artifacts.length !== 2 || said.model === null || said.setup === null;
        const isBad = lacking || said.tests.length === 0 || bad.length > 0 || said.reasons.length > 0;
        expect(isChallengePassed(said)).toBe(!isBad);
      }),
    );
    expect(isChallengePassed(fine)).toBe(true);
  });
});

function mapOrders(story: Story, expires: number): Story["state"]["jobs"] {
  return Object.fromEntries(
    Object.entries(story.state.jobs).map(([id, each]) => [id, { ...each, order: { ...each.order, expires } }]),
  );
}

/** Limit sets in the core: signed for by two, tighter alone, fixed for a build from its start, and nothing passes under others. */
import { describe, expect, it } from "vitest";
import { describeWith } from "../../src/commands/describe.ts";
import type { Decision } from "../../src/jobs/decide/draft.ts";
import { limitMeanings, shownForLimits, shownForWithdrawal } from "../../src/jobs/decide/limits.ts";
import type { LimitSetFacts } from "../../src/jobs/limit-event.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { PersonId } from "../../src/kernel/names.ts";
import { testModel } from "./models.ts";
import {
  begin,
  capture,
  cellWithOrder,
  digest,
  inspect,
  layerDone,
  order,
  prepare,
  quentin,
  report,
  type Story,
  start,
  tina,
} from "./story.ts";

const erin = "erin" as PersonId;
const setup = digest("the camera's set-up");

const facts: LimitSetFacts = {
  ...{ set: digest("set"), recipe: order.recipe, setup, model: testModel.model },
  ...{ limits: digest("tighter limits"), base: digest("the recipe's limits") },
  tightened: [{ limit: "extra_mm", from: 1.5, to: 1.1 }],
  budget: { share: 1e-4, confidence: 0.95 },
  ...{ layers: 1200, builds: 20, upTo: 9_000 },
};

function cell(): Story {
  const story = cellWithOrder();
  story.tell({ kind: "enrol", person: erin, roles: ["engineer"] });
  const calibration = { setup, at: null, due: null, uncertainty_mm: 0.05 };
  story.tell({ kind: "inspection-status", ready: true, what: "ready", calibration });
  return story;
}

interface Signing {
  readonly facts: LimitSetFacts;
  readonly by: PersonId;
  readonly and: PersonId;
  readonly shown: string;
}

function approve(story: Story, change: Partial<Signing> = {}): Decision {
  const { facts: of, by, and } = { facts, by: quentin, and: erin, ...change };
  const shown = change.shown ?? digestOfValue(shownForLimits(story.state, of));
  const signed = (person: PersonId) =>
    ({ person, name: "sealed", at: story.at, meaning: limitMeanings.approve, shown: shown as never }) as const;
  return story.tell({ kind: "approve-limits", facts: of, approval: signed(by), second: signed(and) });
}

function withdraw(story: Story, by = quentin, set = facts.set): Decision {
  const shown = digestOfValue(shownForWithdrawal(story.state, set, "changed"));
  const approval = { person: by, name: "sealed", at: story.at, meaning: limitMeanings.withdraw, shown } as const;
  return story.tell({ kind: "withdraw-limits", set, reason: "changed", approval });
}

/** A build that was started now, with its first layer printed and photographed, and how it was started. */
function started(story: Story) {
  prepare(story);
  start(story);
  return story.events.findLast(({ type }) => type === "AttemptStarted");
}

describe("[F53][F16] two people sign for tighter limits", () => {
  it.each([
    ["a technician first", { by: tina }, "wrong-role"],
    ["no engineer", { and: tina }, "wrong-role"],
    ["the same person twice", { by: "ina" as PersonId, and: "ina" as PersonId }, "own-work"],
    ["over something else than the set", { shown: digest("elsewhere") }, "not-what-was-shown"],
    ["for one that tightens nothing", { facts: { ...facts, tightened: [] } }, "nothing-tighter"],
    [
      "for one that is looser anywhere",
      { facts: { ...facts, tightened: [...facts.tightened, { limit: "thin_mm2", from: 30, to: 31 }] } },
      "nothing-tighter",
    ],
    [
      "for one that is no number",
      { facts: { ...facts, tightened: [{ limit: "thin_mm2", from: 30, to: Number.NaN }] } },
      "nothing-tighter",
    ],
  ] as const)("%s is refused", (_, change, code) => {
    const story = cell();
    story.tell({ kind: "enrol", person: "ina" as PersonId, roles: ["qa", "engineer"] });
    expect(approve(story, change).refusal?.code).toBe(code);
    expect(story.state.limitSets).toEqual({});
  });

  it("only QA withdraws one, once, and only one in force", () => {
    const story = cell();
    approve(story);
    expect(approve(story).refusal?.code).toBe("already-decided");
    expect(withdraw(story, erin).refusal?.code).toBe("wrong-role");
    expect(withdraw(story, quentin, digest("unknown")).refusal?.code).toBe("unknown-limits");
    expect(withdraw(story).refusal).toBeNull();
    expect(withdraw(story).refusal?.code).toBe("unknown-limits");
  });

  it("a newer set for the same takes its place; one for another camera stands beside it", () => {
    const story = cell();
    approve(story);
    approve(story, { facts: { ...facts, set: digest("newer") } });
    approve(story, { facts: { ...facts, set: digest("of another camera"), setup: digest("other") } });
    const sets = Object.values(story.state.limitSets).map(({ set }) => set);
    expect(sets).toEqual([digest("newer"), digest("of another camera")]);
  });

  it("the record tells what became tighter, of what it was made, and who signed", () => {
    const story = cell();
    approve(story);
    withdraw(story);
    const tell = describeWith((_, sealed) => (sealed === "sealed" ? "A. Person" : null));
    const said = story.events.slice(-2).map(({ type, ...body }) => tell(type, body));
    expect(said.map((each) => each?.title)).toEqual([
      expect.stringMatching(/APPROVED by two people/),
      expect.stringMatching(/WITHDRAWN/),
    ]);
    const lines = said.flatMap((each) => each?.lines ?? []).join("\n");
    expect(lines).toContain("extra_mm: 1.1 instead of 1.5");
    expect(lines).toContain(
      "1200 whole layers in 20 builds: at most one false pause in 10000 layers, at 95 % confidence",
    );
    expect(lines).toMatch(/A\. Person \(quentin\), meaning: Layers of this recipe are judged by these tighter limits/);
    expect(lines).toContain("Machine, material or light have changed");
  });
});

describe("[F53][L3] a build is judged by the limits that it was started with", () => {
  const judged = (story: Story, limits: string) => {
    const frame = capture(story, 1);
    const { digests } = report(frame);
    inspect(story, 1, report(frame, { digests: { ...digests, setup, limits: limits as never } }));
    return story.attempt();
  };

  it("the start writes the set down, and only layers judged by it pass", () => {
    const story = cell();
    approve(story);
    prepare(story);
    begin(story);
    const entry = story.events.find(({ type }) => type === "AttemptStarted");
    expect(entry).toMatchObject({
      limitSets: [{ set: facts.set, setup, limits: facts.limits, by: [quentin, erin] }],
    });
    layerDone(story, 1);
    expect(judged(story, facts.base)).toMatchObject({
      accepted: 0,
      hold: { what: expect.stringMatching(/judged by other limits than those that were signed/) },
    });
    story.tell({ kind: "look-again", attempt: story.attempt().id, person: tina });
    expect(judged(story, facts.limits)).toMatchObject({ accepted: 1 });
  });

  it.each([
    ["another recipe", { recipe: digest("other") }],
    ["another camera set-up", { setup: digest("other") }],
    ["another model", { model: digest("other") }],
  ])("a set for %s counts for nothing here", (_, change) => {
    const story = cell();
    approve(story, { facts: { ...facts, ...change } });
    expect(started(story)).not.toHaveProperty("limitSets");
  });

  it("what is withdrawn while it builds counts to its end, and no longer for the next", () => {
    const story = cell();
    approve(story);
    prepare(story);
    begin(story);
    withdraw(story);
    layerDone(story, 1);
    expect(judged(story, facts.limits)).toMatchObject({ accepted: 1, hold: null });
    const next = cell();
    approve(next);
    withdraw(next);
    expect(started(next)).not.toHaveProperty("limitSets");
  });
});

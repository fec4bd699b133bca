/** Which inspection model may judge: signed for by two, in force, the very one; each refusal at the start, before the begin and at a layer. */
import { describe, expect, it } from "vitest";
import { describeWith } from "../../src/commands/describe.ts";
import { alarmsOf } from "../../src/hmi/alarms.ts";
import type { Decision } from "../../src/jobs/decide/draft.ts";
import { modelMeanings, shownForModel, shownForRetirement } from "../../src/jobs/decide/models.ts";
import { evidenceOff } from "../../src/jobs/evidence-status.ts";
import { startGates } from "../../src/jobs/gates.ts";
import type { Effectivity } from "../../src/jobs/model-event.ts";
import type { Setup } from "../../src/jobs/setup.ts";
import { syncOff } from "../../src/jobs/sync-status.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { OperationId, PersonId } from "../../src/kernel/names.ts";
import { modelFacts, testModel, testVersions } from "./models.ts";
import {
  answer,
  begin,
  boot,
  capture,
  cellWithOrder,
  digest,
  failing,
  goodLayer,
  inspect,
  job,
  layerDone,
  order,
  prepare,
  present,
  printer,
  quentin,
  report,
  type Story,
  seePlate,
  start,
  tina,
} from "./story.ts";

const erin = "erin" as PersonId;
const day = 86_400_000;

/** A real cell, or a demonstration, in which nobody has signed for the model yet; an engineer is there. */
function cell(change: Partial<Setup> = {}): Story {
  const story = cellWithOrder({ expires: 400 * day });
  story.state = { ...story.state, models: {} };
  const setup = { ...story.state.setup!, ...change };
  story.tell({ kind: "boot", boot: "anew", versions: { ...story.state.versions!, ...testVersions }, setup });
  const simulated = setup.demonstration;
  const identity = { vendor: "v", model: "m", serial: "S1", firmware: "f", simulated };
  story.observe({ kind: "online", identity });
  story.tell({ kind: "inspection-status", ready: true, what: "ready", inHand: inHand() });
  story.tell({ kind: "enrol", person: erin, roles: ["engineer"] });
  return story;
}

const real = () => cell({ demonstration: false });
const inHand = (facts = testModel) => ({ model: facts.model, manifest: facts.manifest });

interface Signing {
  readonly facts: typeof testModel;
  readonly by: PersonId;
  readonly and: PersonId;
  readonly shown: string;
}

const forever: Effectivity = { from: null, until: null, recipes: null };

function approve(story: Story, wanted: Partial<Effectivity> = {}, change: Partial<Signing> = {}): Decision {
  const { facts, by, and } = { facts: testModel, by: quentin, and: erin, ...change };
  const whole = { ...forever, ...wanted };
  const shown = change.shown ?? digestOfValue(shownForModel(story.state, facts, whole));
  const signed = (person: PersonId) =>
    ({ person, name: "sealed", at: story.at, meaning: modelMeanings.approve, shown: shown as never }) as const;
  return story.tell({ kind: "approve-model", facts, wanted: whole, approval: signed(by), second: signed(and) });
}

function retire(story: Story, by = quentin, model = testModel.model, reason = "missed-defect" as const): Decision {
  const shown = digestOfValue(shownForRetirement(story.state, model, reason));
  const approval = { person: by, name: "sealed", at: story.at, meaning: modelMeanings.retire, shown } as const;
  return story.tell({ kind: "retire-model", model, reason, approval });
}

const gateOf = (story: Story, at = story.at) =>
  startGates(story.state, story.state.jobs[job]!, "print" as OperationId, tina, { at, mono: at }).find(
    ({ gate }) => gate === "model",
  );
const lastHold = (story: Story) => story.state.jobs[job]!.attempts.at(-1)!.hold;

describe("[F52][L3] a start asks whether the model may judge", () => {
  const cases: readonly (readonly [string, RegExp, RegExp, () => Story])[] = [
    ["unsigned", /^Nobody has signed for the inspection model [0-9a-f]{12}/, /model approve/, real],
    [
      "not yet in force",
      /is approved from 1970-01-31 00:00 UTC on, not yet/,
      /Wait until then/,
      () => signedFor({ from: 30 * day }),
    ],
    ["no longer in force", /The approval of the inspection model .* ended at 1970-01-02/, /approve it again/, expired],
    [
      "for another recipe",
      /is not approved for the recipe of this order/,
      /for this recipe too/,
      () => signedFor({ recipes: [digest("other")] }),
    ],
    ["retired", /was retired\. It missed a defect\./, /Install an approved model/, retired],
    [
      "with another manifest",
      /The manifest of the inspection model .* is not the one that was approved/,
      /Put the approved manifest back/,
      otherManifest,
    ],
    ["swapped for one that nobody signed", /^Nobody has signed for/, /model approve/, swapped],
    ["not loaded", /^No inspection model is loaded/, /cellward doctor/, unloaded],
    [
      "taken for a demonstration, on a real machine",
      /only taken for a demonstration, and this machine is real/,
      /model approve/,
      realMachine,
    ],
    [
      "taken for a demonstration that is over",
      /only taken for a demonstration, and this cell is not one/,
      /model approve/,
      overDemonstration,
    ],
  ];

  it.each(cases)("%s: it stays shut, in words with a remedy", (_, what, remedy, made) => {
    const story = made();
    prepare(story);
    expect(gateOf(story)).toMatchObject({ state: "shut", owner: "qa" });
    expect(gateOf(story)?.what).toMatch(what);
    expect(gateOf(story)?.remedy).toMatch(remedy);
    const decision = start(story);
    expect(decision.refusal?.code).toBe("not-startable");
    expect(decision.events.map(({ type }) => type)).toEqual(["RequestRefused"]);
  });

  it("signed for by QA and an engineer, it opens: at once, for a time, for this recipe", () => {
    for (const wanted of [{}, { until: 30 * day }, { recipes: [order.recipe, digest("other")] }]) {
      const story = real();
      approve(story, wanted);
      expect(gateOf(story)).toMatchObject({ state: "open" });
    }
    const story = signedFor({ from: 30 * day });
    expect(gateOf(story, 30 * day)?.state).toBe("open");
    expect(gateOf(story, 30 * day - 1)?.state).toBe("shut");
  });

  it("what is started says in its own record which model judges it, and by whose word", () => {
    const story = signedFor({ until: 30 * day });
    begin(story);
    const { type, ...body } = story.events.find((event) => event.type === "AttemptStarted")!;
    expect(body).toMatchObject({
      judge: { model: testModel.model, card: testModel.card, by: [quentin, erin], until: 30 * day },
    });
    expect(describeWith(() => null)(type, body)?.lines.join("\n")).toMatch(
      /approved by quentin and erin, until 1970-01-31/,
    );
  });

  it("a model that is retired between start and begin begins nothing", () => {
    const story = signedFor({});
    prepare(story);
    start(story);
    retire(story);
    seePlate(story, true);
    expect(story.attempt()).toMatchObject({ phase: "ended", outcome: "NotBegun" });
    expect(story.owed().filter(({ kind }) => kind === "direct")).toEqual([]);
  });
});

describe("[F52][L3] a layer is judged by the model that may", () => {
  it.each([
    ["passed", {}],
    ["failed", failing],
  ] as const)(
    "retired meanwhile: the job holds at the end of the layer that it %s, and goes on when it is signed for anew",
    (_, said) => {
      const story = signedFor({});
      begin(story);
      goodLayer(story, 1);
      retire(story);
      layerDone(story, 2);
      inspect(story, 2, report(capture(story, 2), said as never));
      expect(lastHold(story)).toMatchObject({ cause: "blind", layer: 2, what: expect.stringMatching(/was retired/) });
      expect(story.attempt()).toMatchObject({ accepted: 1, released: 2 });
      expect(
        alarmsOf(story.state, syncOff(0), story.at, evidenceOff()).find(({ key }) => key === `hold/${job}`),
      ).toMatchObject({
        owner: "qa",
        remedy: expect.stringMatching(/model approve`\. Then look again\.$/),
      });
      expect(story.events.filter(({ type }) => type === "NonconformityRaised")).toEqual([]);
      expect(story.owed()).toMatchObject([{ kind: "direct", directive: { kind: "hold" } }]);
      answer(story, "hold");
      present(story);
      const refused = story.tell({ kind: "resume", attempt: story.attempt().id, person: tina });
      expect(refused.refusal?.gates?.find(({ gate }) => gate === "model")?.what).toMatch(/was retired/);
      approve(story);
      story.tell({ kind: "look-again", attempt: story.attempt().id, person: tina });
      inspect(story, 2, report(capture(story, 2)));
      expect(story.tell({ kind: "resume", attempt: story.attempt().id, person: tina }).refusal).toBeNull();
      expect(story.attempt()).toMatchObject({ accepted: 2, released: 3, hold: null });
    },
  );

  it("ended meanwhile, and judged by another model than the loaded one: blind, each in its own words", () => {
    const story = signedFor({ until: 60_000 });
    begin(story);
    layerDone(story, 1);
    const frame = capture(story, 1);
    const { digests } = report(frame);
    inspect(story, 1, report(frame, { digests: { ...digests, model: digest("another") } }));
    expect(lastHold(story)?.what).toMatch(/judged by another model than the one that this cell has loaded/);
    story.at += 60_000;
    story.tell({ kind: "look-again", attempt: story.attempt().id, person: tina });
    inspect(story, 1, report(capture(story, 1)));
    expect(lastHold(story)?.what).toMatch(/The approval of .* ended at 1970-01-01 00:01 UTC/);
    expect(story.attempt().accepted).toBe(0);
  });
});

describe("[F52][F16] two people sign for a model", () => {
  it.each([
    ["a technician first", { by: tina }, "wrong-role"],
    ["no engineer", { and: tina }, "wrong-role"],
    ["the same person twice", { by: "ina" as PersonId, and: "ina" as PersonId }, "own-work"],
    ["over something else than what is on the disk now", { shown: digest("elsewhere") }, "not-what-was-shown"],
  ] as const)("%s is refused", (_, change, code) => {
    const story = real();
    story.tell({ kind: "enrol", person: "ina" as PersonId, roles: ["qa", "engineer"] });
    expect(approve(story, {}, change).refusal?.code).toBe(code);
    expect(story.state.models).toEqual({});
  });

  it("never from before the signatures, and never to end before it begins", () => {
    const story = real();
    expect(approve(story, { from: story.at - day }).refusal?.what).toMatch(/cannot begin in the past/);
    expect(approve(story, { from: 30 * day, until: 20 * day }).refusal?.what).toMatch(/would end before it begins/);
    expect(approve(story, { until: story.at }).refusal?.code).toBe("not-ahead");
    expect(story.state.models).toEqual({});
  });

  it("only QA retires one, once, and only one that the record knows", () => {
    const story = signedFor({});
    expect(retire(story, erin).refusal?.code).toBe("wrong-role");
    expect(retire(story, quentin, digest("unknown")).refusal?.code).toBe("unknown-model");
    expect(retire(story).refusal).toBeNull();
    expect(retire(story).refusal?.code).toBe("already-decided");
  });

  it("the record tells who signed for what, for how long, and why it was retired", () => {
    const story = signedFor({ until: 30 * day, recipes: [order.recipe] });
    retire(story);
    const tell = describeWith((_, sealed) => (sealed === "sealed" ? "A. Person" : null));
    const said = story.events.slice(-2).map(({ type, ...body }) => tell(type, body));
    expect(said.map((each) => each?.title)).toEqual([
      expect.stringMatching(/APPROVED by two people/),
      expect.stringMatching(/RETIRED/),
    ]);
    const lines = said.flatMap((each) => each?.lines ?? []).join("\n");
    for (const part of [testModel.model, testModel.manifest, testModel.card, testModel.trainingData, order.recipe])
      expect(lines).toContain(part);
    expect(lines).toMatch(/until 1970-01-31 00:00 UTC/);
    expect(lines).toMatch(/A\. Person \(quentin\), meaning: I have read the model card/);
    expect(lines).toMatch(/A\. Person \(erin\)/);
    expect(lines).toMatch(/It missed a defect\./);
  });
});

describe("[F52] a demonstration takes the model that comes with the program", () => {
  it("once, without a signature and marked as that; what QA retired or people signed for stays so", () => {
    const story = cellWithOrder();
    const taken = () => story.events.filter(({ type }) => type === "ModelAdmittedForDemonstration");
    expect(taken()).toMatchObject([{ type: "ModelAdmittedForDemonstration", model: testModel.model }]);
    const { type, ...body } = taken()[0]!;
    expect(describeWith(() => null)(type, body)?.title).toMatch(/^DEMONSTRATION/);
    expect(gateOf(story)?.state).toBe("open");
    boot(story);
    expect(taken()).toHaveLength(1);
    retire(story);
    boot(story);
    expect(taken()).toHaveLength(1);
    expect(gateOf(story)?.what).toMatch(/was retired/);
  });

  it("a real cell takes none", () => {
    const story = cellWithOrder();
    story.state = { ...story.state, models: {} };
    const setup = { ...story.state.setup!, demonstration: false };
    const said = { kind: "boot", boot: "b", versions: story.state.versions!, setup, shippedModel: testModel } as const;
    expect(story.tell(said).events.map(({ type }) => type)).toEqual(["CellBooted"]);
    expect(story.state.models).toEqual({});
  });
});

function signedFor(wanted: Partial<Effectivity>): Story {
  const story = real();
  expect(approve(story, wanted).refusal).toBeNull();
  return story;
}

function expired(): Story {
  const story = signedFor({ until: day });
  story.at += day;
  return story;
}

function retired(): Story {
  const story = signedFor({});
  retire(story);
  return story;
}

function loaded(story: Story, said: ReturnType<typeof inHand> | null): Story {
  story.tell({ kind: "inspection-status", ready: true, what: "ready", inHand: said });
  return story;
}

function otherManifest(): Story {
  return loaded(signedFor({}), inHand(modelFacts(testModel.model, digest("other manifest"))));
}

function swapped(): Story {
  return loaded(signedFor({}), inHand(modelFacts(digest("other model"))));
}

function unloaded(): Story {
  return loaded(signedFor({}), null);
}

function realMachine(): Story {
  const story = cellWithOrder({ expires: 400 * day });
  const identity = { vendor: "v", model: "m", serial: "S1", firmware: "f", simulated: false };
  story.tell({ kind: "observed", equipment: printer, observation: { kind: "online", identity } });
  return story;
}

function overDemonstration(): Story {
  const story = cellWithOrder({ expires: 400 * day });
  const setup = { ...story.state.setup!, demonstration: false };
  story.tell({ kind: "boot", boot: "over", versions: story.state.versions!, setup });
  story.observe({
    kind: "online",
    identity: { vendor: "v", model: "m", serial: "S1", firmware: "f", simulated: true },
  });
  story.tell({ kind: "inspection-status", ready: true, what: "ready" });
  return story;
}

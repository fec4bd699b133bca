/** What follows a finding: the recipe's reactions, their limits, and what nothing may make milder. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFollower } from "../../src/commands/build-in-hand.ts";
import { createRejudgePlan } from "../../src/commands/rejudge-plan.ts";
import { alarmsOf } from "../../src/hmi/alarms.ts";
import { dispositionsOpen } from "../../src/jobs/decide/disposition.ts";
import { meaningOfFoundBad, shownForFoundBad } from "../../src/jobs/decide/review.ts";
import type { Event } from "../../src/jobs/event.ts";
import { evidenceOff } from "../../src/jobs/evidence-status.ts";
import type { JobOrder } from "../../src/jobs/order.ts";
import { type Reaction, type ReactionRules, reactions, reactionTo, tracesAfter } from "../../src/jobs/reaction.ts";
import { emptyRecord } from "../../src/jobs/record/batch-record.ts";
import { gather } from "../../src/jobs/record/gather.ts";
import { omissions } from "../../src/jobs/record/omissions.ts";
import { shownForRelease } from "../../src/jobs/record/summary.ts";
import { type Finding, type LayerReport, mostFindings } from "../../src/jobs/report.ts";
import { openNonconformity } from "../../src/jobs/state.ts";
import { syncOff } from "../../src/jobs/sync-status.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import {
  answer,
  begin,
  capture,
  cellWithOrder,
  digest,
  firstAttempt,
  goodLayer,
  inspect,
  job,
  layerDone,
  order,
  report,
  type Story,
  tina,
} from "./story.ts";

const rules: ReactionRules = {
  within_mm: 1,
  gap: 1,
  rules: [
    {
      ...{ class: "thin", unit: "mm2" },
      levels: [
        { from: 0, reaction: "log" },
        { from: 10, reaction: "warn" },
        { from: 40, reaction: "hold" },
        { from: 100, reaction: "abort" },
      ],
      tolerated: { inRow: 5, linked: 3, sizeLinked: 60 },
    },
    { class: "unchanged", unit: "share", levels: [{ from: 0, reaction: "abort" }], tolerated: null },
  ],
};

const thin = (measured: number, x_mm = 10, change: Partial<Finding> = {}): Finding => ({
  ...{ class: "thin", box: { x_mm, y_mm: 10, w_mm: 4, h_mm: 4 }, measured, limit: 5, unit: "mm2", score: 0.9 },
  ...change,
});

/** An order of some layers with these reactions. */
function reacting(layersPlanned = 3, lag = 0): Story {
  const [build] = order.route;
  const route = [{ ...build, layersPlanned, lag, reactions: rules }] as JobOrder["route"];
  const story = cellWithOrder({ route });
  begin(story);
  return story;
}

function failed(story: Story, layer: number, findings: readonly Finding[], change: Partial<LayerReport> = {}): void {
  layerDone(story, layer);
  judged(story, layer, findings, change);
}

function judged(story: Story, layer: number, findings: readonly Finding[], change: Partial<LayerReport> = {}): void {
  const reasons = ["Strands are too thin."];
  const frame = capture(story, layer);
  const said = report(frame, { verdict: "fail", reasons, findings, ...change });
  inspect(story, layer, { ...said, digests: { ...said.digests, frame } });
}

const reaction = (findings: readonly Finding[]) => reactionTo(rules, 1, findings, []).reaction;
const rank = (each: Reaction) => reactions.indexOf(each);
const alarms = (story: Story) => alarmsOf(story.state, syncOff(0), story.at, evidenceOff());

describe("[F56] what follows a finding", () => {
  it("goes by its class and its size, the most severe of all; where the recipe is silent it holds", () => {
    expect([1, 10, 40, 100].map((size) => reaction([thin(size)]))).toEqual(["log", "warn", "hold", "abort"]);
    expect(reaction([thin(1), thin(12, 50)])).toBe("warn");
    expect(reaction([thin(1), thin(1, 50, { class: "missing" })])).toBe("hold");
    expect(reaction([thin(1, 10, { unit: "mm" })])).toBe("hold");
    expect(reaction([])).toBe("hold");
  });

  it("is never milder for more, for larger ones, for what is no number, or for what may be left out", () => {
    const finding = fc.record({
      size: fc.oneof(fc.double({ min: 0, max: 200, noNaN: true }), fc.constant(Number.NaN)),
      x: fc.integer({ min: 0, max: 200 }),
      class: fc.constantFrom("thin", "missing", "unchanged", "something-new"),
    });
    const made = (each: { size: number; x: number; class: string }) => thin(each.size, each.x, { class: each.class });
    fc.assert(
      fc.property(fc.array(finding, { maxLength: 20 }), finding, fc.double({ min: 0, max: 100 }), (all, one, more) => {
        const [before, after] = [reaction(all.map(made)), reaction([...all, one].map(made))];
        if (all.length > 0) expect(rank(after)).toBeGreaterThanOrEqual(rank(before));
        if (all.length + 1 >= mostFindings) expect(rank(after)).toBeGreaterThanOrEqual(rank("hold"));
        const larger = reaction([made({ ...one, size: one.size + more })]);
        expect(rank(larger)).toBeGreaterThanOrEqual(
          Number.isNaN(one.size) ? rank("hold") : rank(reaction([made(one)])),
        );
      }),
    );
  });

  it("adds up over layers at the same place, across a gap, and no further", () => {
    const over = (layers: readonly (readonly Finding[])[]) => {
      let traces: ReturnType<typeof tracesAfter> = [];
      return layers.map((findings, at) => {
        const after = reactionTo(rules, at + 1, findings, traces);
        traces = tracesAfter(traces, at + 1, after.found);
        return findings.length === 0 ? "-" : after.reaction;
      });
    };
    expect(over([[thin(1)], [thin(1)], [thin(1)]])).toEqual(["log", "log", "hold"]);
    expect(over([[thin(1)], [], [thin(1, 14.5)], [], [thin(1, 19)]])).toEqual(["log", "-", "log", "-", "hold"]);
    expect(over([[thin(1)], [], [], [thin(1)], [thin(1)]])).toEqual(["log", "-", "-", "log", "log"]);
    expect(over([[thin(35)], [thin(30)]])).toEqual(["warn", "hold"]);
    const other = { class: "hair" };
    expect(over([[thin(1)], [thin(1, 10, other)], [thin(1)]])).toEqual(["log", "hold", "hold"]);
    const apart = [10, 30, 50, 70, 90].map((x) => [thin(1, x)]);
    expect(over(apart)).toEqual(["log", "log", "log", "log", "hold"]);
  });
});

describe("[F56] a layer that the recipe tolerates", () => {
  it("lets the next one begin in the same tick, and stands in the record, the strip, the alarms and before the release", () => {
    const story = reacting();
    failed(story, 1, [thin(12)]);
    expect(story.attempt()).toMatchObject({ verdicts: "t", accepted: 1, released: 2, hold: null, warned: [1] });
    expect(story.events.at(-2)).toMatchObject({
      ...{ type: "LayerDecided", verdict: "tolerated", reaction: "warn" },
      found: [{ class: "thin", measured: 12, reaction: "warn", linked: 1, inRow: 1 }],
    });
    expect(story.state.jobs[job]!.nonconformities).toEqual([]);
    expect(alarms(story)).toMatchObject([{ key: `warned/${firstAttempt}/1`, priority: 3, job }]);
    answer(story, "proceed");
    failed(story, 2, [thin(1, 80)]);
    expect(alarms(story)).toHaveLength(1);
    answer(story, "proceed");
    goodLayer(story, 3);
    const executed = { program: digest("program"), lines: 1, resends: 0 };
    story.observe({ kind: "finished", attempt: firstAttempt, executed });
    expect(story.attempt()).toMatchObject({ outcome: "Completed", verdicts: "ttp", captured: 3, inferred: 3 });
    expect(shownForRelease(story.state.jobs[job]!.record, 1).steps[0]).toMatchObject({
      layers: 3,
      tolerated: [
        { layer: 1, reaction: "warn", found: ["thin 12 mm2 at x 10.0 mm, y 10.0 mm, in 1 layers"] },
        { layer: 2, reaction: "log" },
      ],
    });
  });

  it("[F53] is what the next one is compared with, live and when it is judged again", () => {
    const story = reacting();
    const [follower, plan] = [createFollower(), createRejudgePlan()];
    failed(story, 1, [thin(12)]);
    answer(story, "proceed");
    goodLayer(story, 2);
    const said = story.events.map((event, seq) => {
      plan.take({ seq, at: 0, event });
      const hand = follower.inHand(story.attempt().id);
      if (hand) hand.begun = true;
      return { event, consequence: follower.hear({ seq, at: 0, event }) };
    });
    const told = said.filter(({ consequence }) => consequence.kind === "conceded");
    expect(told.map(({ event }) => event)).toMatchObject([{ type: "LayerDecided", layer: 1, verdict: "tolerated" }]);
    expect(plan.builds()[0]?.steps.map(({ kind, layer }) => `${kind} ${layer}`)).toEqual([
      ...["look 1", "accepted 1", "look 2", "accepted 2"],
    ]);
  });

  it("[F70] is borne out by the report and the order, whoever wrote the record", () => {
    const events = (() => {
      const story = reacting();
      failed(story, 1, [thin(12)]);
      return story.events;
    })();
    const missing = (change: (event: Event) => Event) => {
      const record = events.reduce((before, event) => gather(before, change(event), 0), emptyRecord);
      const context = { demonstration: true, marked: true, objections: [] };
      return omissions(record, 1, context).flatMap(({ code, what }) => (/tolerated/.test(code) ? [what] : []));
    };
    const decided = (change: object) => (event: Event) =>
      event.type === "LayerDecided" ? { ...event, ...change } : event;
    const found = (change: object) => {
      const event = events.find((each) => each.type === "LayerDecided");
      return decided({ found: event?.found?.map((each) => ({ ...each, ...change })) });
    };
    const seen = (change: Partial<LayerReport>) => (event: Event) =>
      event.type === "LayerInspected" ? { ...event, report: { ...event.report, ...change } } : event;
    const ordered = (reactions: ReactionRules | undefined) => (event: Event) =>
      event.type === "JobOrderAccepted"
        ? { ...event, order: { ...event.order, route: [{ ...event.order.route[0]!, reactions }] as JobOrder["route"] } }
        : event;
    const model = { digests: { ...report(digest("f")).digests, model: null } };
    expect(missing((event) => event)).toEqual([]);
    const [rule] = rules.rules;
    const strict = {
      ...rules,
      rules: [{ ...rule!, levels: [{ from: 0, reaction: "hold" as const }], tolerated: null }],
    };
    expect(
      [
        ...[ordered(undefined), ordered(strict), found({ linked: 3 }), found({ measured: 11 }), decided({ found: [] })],
        ...[seen({ verdict: "blind" }), seen({ grade: "degraded" }), seen({ findings: [] }), seen(model)],
      ].map((change) => missing(change).join()),
    ).toEqual([
      "Print: layer 1 was tolerated, and its order tolerates nothing.",
      "Print: layer 1 was tolerated, and thin of 12 mm2 is more than its order tolerates.",
      expect.stringContaining("its order would have held it. Something is found in 3 layers at the same place"),
      ...Array(6).fill("Print: layer 1 was tolerated, and no report of it bears that out."),
    ]);
  });

  it("is told in the release only where there is one: what was signed of old has the same digest", () => {
    const story = reacting();
    for (const layer of [1, 2, 3]) goodLayer(story, layer);
    expect(shownForRelease(story.state.jobs[job]!.record, 1).steps[0]).not.toHaveProperty("tolerated");
    expect(story.events.filter(({ type }) => type === "LayerDecided").at(-1)).toEqual({
      ...{ type: "LayerDecided", job, attempt: firstAttempt, layer: 3, verdict: "pass" },
    });
  });

  it("can be found bad by a person, who signs that the recipe had tolerated it", () => {
    const story = reacting();
    failed(story, 1, [thin(12)]);
    const evidence = { frame: digest("f"), report: digest("r") };
    const said = { job, attempt: firstAttempt, layer: 1, finding: "thin", reason: "Seen.", evidence } as const;
    const approve = (verdict: "pass" | "tolerated") => {
      const shown = digestOfValue(shownForFoundBad(said, verdict));
      const approval = { person: tina, name: "sealed", at: story.at, meaning: meaningOfFoundBad(verdict), shown };
      return story.tell({ kind: "find-layer-bad", ...said, approval });
    };
    expect(approve("pass").refusal?.code).toBe("not-what-was-shown");
    expect(approve("tolerated").refusal).toBeNull();
    expect(story.attempt()).toMatchObject({ verdicts: "t", hold: { cause: "layer-failed" } });
  });

  it("is held after so many layers at one place, in words, and is a nonconformity then", () => {
    const story = reacting();
    for (const layer of [1, 2]) {
      failed(story, layer, [thin(1)]);
      answer(story, "proceed");
    }
    failed(story, 3, [thin(1)]);
    expect(story.attempt()).toMatchObject({ verdicts: "ttf", hold: { cause: "layer-failed", layer: 3 } });
    expect(openNonconformity(story.state.jobs[job]!)?.what).toMatch(/3 layers at the same place \(thin, limit 3\)/);
    expect(story.owed()).toMatchObject([{ directive: { kind: "hold" } }]);
  });
});

describe("[F56][L3] what is not seen is tolerated by no recipe", () => {
  const mild = [thin(1)];
  const blind: [string, Partial<LayerReport>][] = [
    ["a blind layer", { verdict: "blind" }],
    ["a picture that is only degraded", { grade: "degraded" }],
    ["a picture that is worth nothing", { grade: "unusable" }],
    ["a pass with a finding", { verdict: "pass" }],
    ["a finding on which no network has answered", { digests: { ...report(digest("f")).digests, model: null } }],
  ];
  it.each(blind)("%s is looked at again, and then held", (_, change) => {
    const story = reacting();
    layerDone(story, 1);
    for (let take = 1; take <= 3; take += 1) judged(story, 1, mild, change);
    expect(story.attempt()).toMatchObject({ accepted: 0, released: 1, verdicts: "", hold: { cause: "blind" } });
  });
});

describe("[F56] an abort", () => {
  it("holds first, in the tick in which the report comes, and ends the attempt where the machine waits", () => {
    const story = reacting();
    failed(story, 1, [thin(120)]);
    expect(story.owed()).toMatchObject([{ directive: { kind: "hold" } }]);
    expect(story.attempt()).toMatchObject({ phase: "running", toBeAborted: true });
    expect(alarms(story)).toMatchObject([{ key: `hold/${job}`, priority: 1 }]);
    answer(story, "hold");
    expect(story.attempt()).toMatchObject({ outcome: "Aborted", verdicts: "f" });
    expect(story.owed()).toMatchObject([{ directive: { kind: "abort" } }]);
    expect(story.state.jobs[job]!.nonconformities).toMatchObject([{ cause: "layer-failed", layer: 1 }]);
  });

  it("waits for the end of the layer that a machine which runs ahead is at", () => {
    const story = reacting(5, 2);
    goodLayer(story, 1);
    layerDone(story, 2);
    layerDone(story, 3);
    judged(story, 2, [thin(120)]);
    answer(story, "hold");
    expect(story.attempt()).toMatchObject({ phase: "running", released: 4 });
    expect(story.owed().filter(({ kind }) => kind === "direct")).toEqual([]);
    layerDone(story, 4);
    expect(story.attempt().outcome).toBe("Aborted");
  });

  it("does not wait for a further layer where the driver says that the machine stands between two", () => {
    const story = reacting(5, 2);
    goodLayer(story, 1);
    layerDone(story, 2);
    judged(story, 2, [thin(120)]);
    const said = { equipment: story.attempt().equipment, attempt: firstAttempt, directive: "hold", layer: 0 } as const;
    story.tell({ kind: "answered", ...said, answer: { kind: "done", waits: true } });
    expect(story.attempt()).toMatchObject({ outcome: "Aborted", printed: 2, released: 4 });
  });

  it("is not put off by a hold for another reason, and nobody can concede it away", () => {
    const story = reacting(5, 2);
    layerDone(story, 1);
    judged(story, 1, [thin(120)]);
    const current = story.state.jobs[job]!;
    expect(dispositionsOpen(current, openNonconformity(current)!)).toEqual(["scrap"]);
    story.tell({ kind: "hold", attempt: firstAttempt, person: tina, why: "smell" });
    answer(story, "hold");
    expect(story.attempt().outcome).toBe("Aborted");
  });

  it("does not wait for a machine of which nobody can say whether it waits, or that refuses to", () => {
    for (const kind of ["unknown", "refused"] as const) {
      const story = reacting(5, 2);
      layerDone(story, 1);
      judged(story, 1, [thin(120)]);
      const fault = { code: "x", what: "No answer.", remedy: "x" };
      const said = {
        equipment: story.attempt().equipment,
        attempt: firstAttempt,
        directive: "hold",
        layer: 1,
      } as const;
      story.tell({ kind: "answered", ...said, answer: { kind, fault } });
      expect(story.attempt().outcome).toBe(kind === "unknown" ? "Aborted" : "Failed");
      expect(story.owed()).toMatchObject([{ directive: { kind: "abort" } }]);
    }
  });
});

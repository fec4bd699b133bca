/** Central QA's word: it can hold everything, in whatever order it comes, and starts nothing. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterDecision, type CentralDecision, type CentralTarget, noCentral } from "../../src/jobs/central.ts";
import type { Decision } from "../../src/jobs/decide/draft.ts";
import { openAttempts } from "../../src/jobs/state.ts";
import { lotId } from "../../src/materials/lot.ts";
import {
  begun,
  central,
  confirm,
  decideLot,
  filament,
  finish,
  handOver,
  load,
  prepareBuild,
  present,
  receive,
  refusal,
  release,
  requestLabel,
  routeStory,
  say,
  start,
  station,
  tag,
  upTo,
} from "./route-story.ts";
import { digest, job, order, printer, type Story, tina } from "./story.ts";

const shut = ({ refusal: refused }: Decision) =>
  refused?.gates?.filter(({ state }) => state === "shut").map(({ gate }) => gate);
const hold = (target: CentralTarget, change: Partial<CentralDecision> = {}) =>
  central({ action: "hold", target, ...change });
const lift = (target: CentralTarget, change: Partial<CentralDecision> = {}) =>
  central({ action: "lift", target, reason: "cleared", ...change });
const cell: CentralTarget = { kind: "cell", id: "cell-1" };
const lotOf = (batch: string) => lotId(filament.gtin, batch)! as string;

describe("a hold", () => {
  const ready = () => {
    const story = routeStory();
    prepareBuild(story);
    return story;
  };

  it.each<[string, CentralTarget]>([
    ["the cell", cell],
    ["its machine", { kind: "machine", id: printer }],
    ["the lot in it", { kind: "lot", id: lotOf("PLA-7") }],
    ["the recipe", { kind: "recipe", id: order.recipe }],
    ["the inspection model", { kind: "model", id: digest("model") }],
    ["the order", { kind: "job", id: job }],
  ])("[F85] of %s shuts the next start in words until it is lifted", (_, target) => {
    const story = ready();
    say(story, hold(target));
    const decision = start(story, "print");
    expect(shut(decision)).toEqual(["central"]);
    expect(decision.refusal?.what).toMatch(
      /^Central QA holds .*: Something in the record has to be cleared up first\.$/,
    );
    expect(story.owed()).toEqual([]);
    say(story, lift(target));
    expect(start(story, "print").refusal).toBeNull();
  });

  it.each<[string, CentralTarget]>([
    ["another machine", { kind: "machine", id: station }],
    ["another lot", { kind: "lot", id: lotOf("PLA-9") }],
    ["another recipe", { kind: "recipe", id: digest("other") }],
    ["another model", { kind: "model", id: digest("other") }],
    ["another order", { kind: "job", id: "J7" }],
  ])("[F85] of %s shuts nothing here", (_, target) => {
    const story = ready();
    say(story, hold(target));
    expect(start(story, "print").refusal).toBeNull();
  });

  it("[F85] keeps a held job from being resumed, and lets what runs come to its end", () => {
    const story = upTo("measure");
    begun(story);
    say(story, hold(cell));
    story.tell({ kind: "hold", attempt: story.attempt().id, person: tina, why: "a noise" });
    present(story);
    expect(shut(story.tell({ kind: "resume", attempt: story.attempt().id, person: tina }))).toEqual(["central"]);
    say(story, lift(cell));
    expect(story.tell({ kind: "resume", attempt: story.attempt().id, person: tina }).refusal).toBeNull();
    say(story, hold(cell));
    finish(story);
    expect(story.attempt().outcome).toBe("Completed");
  });

  it.each<[string, (story: Story) => Decision]>([
    ["label", requestLabel],
    ["handover", handOver],
    ["release", (story) => release(story)],
  ])("[F85] of a machine, a lot or an order that it was made with keeps it from its %s", (step, act) => {
    const targets: CentralTarget[] = [
      { kind: "machine", id: station },
      { kind: "machine", id: printer },
      { kind: "lot", id: lotOf("PLA-7") },
      { kind: "job", id: job },
      cell,
    ];
    for (const target of targets) {
      const story = upTo(step);
      say(story, hold(target));
      expect(refusal(act(story)), JSON.stringify(target)).toBe("not-startable");
      say(story, lift(target));
      expect(act(story).refusal).toBeNull();
    }
  });

  it("[F45][F85] of a lot follows the part that was made from it, after another lot was loaded", () => {
    const story = upTo("clean-dry");
    receive(story, filament, "PLA-8");
    decideLot(story, filament, "PLA-8");
    load(story, printer, filament, "PLA-8");
    say(story, hold({ kind: "lot", id: lotOf("PLA-7") }, { reason: "material-recall" }));
    tag(story);
    confirm(story);
    present(story);
    expect(start(story, "clean-dry").refusal?.what).toContain("The material has been recalled.");
  });
});

describe("a decision", () => {
  it("[F85][F30] is recorded as it came, once: a replay changes nothing and is not recorded again", () => {
    const story = routeStory();
    const decision = hold(cell);
    expect(say(story, decision).events).toEqual([{ type: "CentralDecided", decision, envelope: digest(decision.id) }]);
    say(story, lift(cell));
    const before = story.state;
    expect(say(story, decision)).toMatchObject({ events: [], refusal: null });
    expect(say(story, { ...decision, id: "D-new" })).toMatchObject({ events: [], refusal: null });
    expect(story.state).toEqual(before);
  });

  it("[F30][F85] that comes after its time is refused, recorded and not acted on", () => {
    const story = routeStory();
    const decision = say(story, hold(cell, { expires: story.at }));
    expect(refusal(decision)).toBe("not-central");
    expect(story.state.central.holds).toEqual([]);
    prepareBuild(story);
    expect(start(story, "print").refusal).toBeNull();
  });

  it("[F85] taken in before its time is over holds on after it", () => {
    const story = routeStory();
    say(story, hold(cell, { expires: story.at + 100 }));
    story.at += 10_000;
    prepareBuild(story);
    expect(shut(start(story, "print"))).toEqual(["central"]);
  });

  it("[F85] a restart forgets no hold, no replay and no mark", () => {
    const story = routeStory();
    const decision = hold(cell);
    say(story, decision);
    const before = story.state.central;
    story.tell({ kind: "boot", boot: "b", versions: story.state.versions!, setup: story.state.setup! });
    expect(story.state.central).toEqual(before);
    expect(say(story, decision).events).toEqual([]);
  });

  it("[F85] to lift that is older than the hold lifts nothing, whichever came first", () => {
    const story = routeStory();
    say(story, hold(cell, { issuedAt: 30 }));
    say(story, lift(cell, { issuedAt: 20 }));
    expect(story.state.central.holds).toHaveLength(1);
    say(story, hold(cell, { issuedAt: 10 }));
    say(story, lift(cell, { issuedAt: 20 }));
    expect(story.state.central.holds).toMatchObject([{ issuedAt: 30 }]);
    say(story, lift(cell, { issuedAt: 31 }));
    expect(story.state.central.holds).toEqual([]);
  });

  it("[F85][L5] never starts, resumes or owes anything, and never lifts a newer hold", () => {
    const target = fc.constantFrom<CentralTarget>(
      cell,
      { kind: "job", id: job },
      { kind: "machine", id: printer },
      { kind: "lot", id: lotOf("PLA-7") },
    );
    const one = fc.record({
      action: fc.constantFrom("hold", "lift", "demonstration" as const),
      target,
      issuedAt: fc.integer({ min: 1, max: 20 }),
      nonce: fc.constantFrom("a", "b", "c", "d", "e", "f"),
      expires: fc.constantFrom(5, 1e9),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 12 }), (said) => {
        const story = routeStory();
        prepareBuild(story);
        for (const each of said) {
          const { events } = say(story, central({ ...each, reason: "audit" }));
          expect(events.every(({ type }) => ["CentralDecided", "RequestRefused"].includes(type))).toBe(true);
          expect(story.owed()).toEqual([]);
        }
        expect(story.state.jobs[job]!.attempts).toEqual([]);
        const taken = story.events.flatMap((event) => (event.type === "CentralDecided" ? [event.decision] : []));
        for (const { target: about, issuedAt } of taken.filter(({ action }) => action === "hold")) {
          const same = taken.filter((each) => JSON.stringify(each.target) === JSON.stringify(about));
          const lifted = same.some((each) => each.action === "lift" && each.issuedAt >= issuedAt);
          const stands = story.state.central.holds.some(
            (each) => JSON.stringify(each.target) === JSON.stringify(about),
          );
          if (!lifted) expect(stands).toBe(true);
        }
        expect(new Set(taken.map(({ nonce }) => nonce)).size).toBe(taken.length);
      }),
      { numRuns: 80 },
    );
  });

  it("[F85] of a target named like a member of every object is a target like any other", () => {
    const after = afterDecision(noCentral, hold({ kind: "lot", id: "constructor" }, { nonce: "__proto__x" }));
    expect(after.holds).toHaveLength(1);
  });
});

describe("sync that is frozen", () => {
  it("[F85][F96] shuts every start and release in its own words until it goes on", () => {
    const what = "Two histories of this record are claimed.";
    const story = routeStory();
    prepareBuild(story);
    story.tell({ kind: "central-link", frozen: true, what });
    expect(start(story, "print").refusal?.what).toBe(what);
    story.tell({ kind: "central-link", frozen: false, what: "It goes on." });
    expect(start(story, "print").refusal).toBeNull();
    const last = upTo("release");
    last.tell({ kind: "central-link", frozen: true, what });
    expect(refusal(release(last))).toBe("not-startable");
  });

  it("[F85][F96] and was proved by both keys stays so, whatever the wire says, until central QA signs a later lift", () => {
    const what = "Central QA holds other entries than this cell among the first 9.";
    const story = routeStory();
    prepareBuild(story);
    const early = lift(cell, { issuedAt: story.at, nonce: "early" });
    story.at += 1_000;
    story.tell({ kind: "central-link", frozen: true, what });
    expect(story.tell({ kind: "central-link", frozen: true, what, proven: true }).events).toHaveLength(1);
    expect(story.tell({ kind: "central-link", frozen: true, what, proven: true }).events).toEqual([]);
    for (const frozen of [false, true]) {
      expect(story.tell({ kind: "central-link", frozen, what: "Something else." }).events).toEqual([]);
    }
    say(story, early);
    say(story, lift({ kind: "job", id: job }, { issuedAt: story.at + 1, nonce: "job" }));
    expect(start(story, "print").refusal?.what).toBe(what);
    story.at += 1_000;
    say(story, lift(cell, { issuedAt: story.at, nonce: "late" }));
    expect(start(story, "print").refusal).toBeNull();
    story.tell({ kind: "central-link", frozen: true, what });
    story.tell({ kind: "central-link", frozen: false, what: "It goes on." });
    expect(story.state.central).toMatchObject({ frozen: null, provenAt: null });
  });

  it("[F85] is recorded when it changes, and only then", () => {
    const story = routeStory();
    const say = (frozen: boolean, what: string) => story.tell({ kind: "central-link", frozen, what }).events.length;
    expect([say(false, "fine"), say(true, "fork"), say(true, "fork"), say(true, "restored")]).toEqual([0, 1, 0, 1]);
    expect([say(false, "fine"), say(false, "well")]).toEqual([1, 0]);
  });
});

it("[F83] [L5] an ask for evidence is recorded once, shuts no gate, lifts no hold and begins nothing", () => {
  const story = routeStory();
  prepareBuild(story);
  const ask = central({ action: "fetch-evidence", target: { kind: "job", id: job }, reason: "review", nonce: "n-ask" });
  expect(say(story, ask).events.map(({ type }) => type)).toEqual(["CentralDecided"]);
  expect(say(story, ask).events).toEqual([]);
  expect(openAttempts(story.state)).toEqual([]);
  say(story, hold({ kind: "job", id: job }));
  say(
    story,
    central({ action: "fetch-evidence", target: { kind: "job", id: job }, reason: "review", nonce: "n-more" }),
  );
  expect(shut(start(story, "print"))).toEqual(["central"]);
});

/** The part between machines: its tag, and the scan that opens the gate of the next machine. */
import { describe, expect, it } from "vitest";
import { shutOf } from "../../src/jobs/gate.ts";
import type { JobId } from "../../src/kernel/names.ts";
import {
  begun,
  confirm,
  finish,
  present,
  printed,
  refusal,
  reply,
  rosa,
  route,
  routeBoot,
  routeStory,
  start,
  station,
  tag,
  task,
  upTo,
} from "./route-story.ts";
import { job, printer, type Story, tina } from "./story.ts";

const shut = (story: Story, operation = "clean-dry") =>
  shutOf(start(story, operation).refusal?.gates ?? []).map(({ gate }) => gate);
const unit = (story: Story) => story.state.jobs[job]!.units[0]!;

/** A printed part with its tag, about to be cleaned. */
function tagged(): Story {
  const story = upTo("clean-dry");
  tag(story);
  return story;
}

describe("a tag", () => {
  it("[F48] is bound once to one part", () => {
    const story = upTo("clean-dry");
    expect(tag(story, "T-1").refusal).toBeNull();
    expect(tag(story, "T-1")).toMatchObject({ refusal: null, events: [] });
    expect(refusal(tag(story, "T-2"))).toBe("already-decided");
    expect(unit(story).tag).toBe("T-1");
  });

  it("[F48] is refused where it is another part's, even one of another order that has ended", () => {
    const story = upTo("clean-dry");
    tag(story, "T-1");
    story.tell({ kind: "cancel-job", job, person: tina, why: "over" });
    const order = { ...story.state.jobs[job]!.order, id: "J2" as JobId, nonce: "n-2" };
    story.tell({ kind: "accept-order", order });
    const jobs = { ...story.state.jobs };
    const printedUnit = { ...jobs[job]!.units[0]!, tag: null };
    story.state = { ...story.state, jobs: { ...jobs, J2: { ...jobs["J2"]!, units: [printedUnit] } } };
    const decision = tag(story, "T-1", "J2" as JobId);
    expect(refusal(decision)).toBe("wrong-part");
    expect(decision.refusal?.what).toContain("copy 1 of order J1");
  });

  it.each([
    ["is not a code for a tag", "a b", "wrong-part"],
    ["is empty", "", "wrong-part"],
    ["is too long", "T".repeat(65), "wrong-part"],
  ])("[F48] that %s is refused", (_, text, code) => {
    expect(refusal(tag(upTo("clean-dry"), text))).toBe(code);
  });

  it("[F48][F17] is refused before anything is made, and from anyone but a technician", () => {
    expect(refusal(tag(routeStory(), "T-1"))).toBe("out-of-order");
    const story = upTo("clean-dry");
    expect(refusal(story.tell({ kind: "tag-part", job, tag: "T-1", person: rosa }))).toBe("wrong-role");
    expect(refusal(tag(story, "T-1", "J9" as JobId))).toBe("unknown-job");
  });

  it.each(["constructor", "toString", "hasOwnProperty"])("[F48] named %s is a tag like any other", (text) => {
    const story = upTo("clean-dry");
    expect(tag(story, text).refusal).toBeNull();
    expect(confirm(story, text).refusal).toBeNull();
  });
});

describe("a part at a machine", () => {
  it("[F48] opens the gate by its own tag, for one start", () => {
    const story = tagged();
    present(story);
    expect(shut(story)).toEqual(["part"]);
    confirm(story);
    expect(start(story, "clean-dry").refusal).toBeNull();
    expect(story.attempt()).toMatchObject({ part: "T-J1-1" });
    expect(story.owed()).toMatchObject([{ directive: { kind: "begin", part: "T-J1-1" }, repeatable: false }]);
    expect(unit(story).confirmed).toBeNull();
  });

  it.each<[string, (story: Story) => ReturnType<typeof confirm>, string]>([
    ["with a tag that nobody knows", (story) => confirm(story, "T-99"), "wrong-part"],
    ["with the tag of another part", (story) => confirm(otherPart(story), "T-other"), "wrong-part"],
    ["at another machine", (story) => confirm(story, undefined, printer), "wrong-part"],
    ["at a machine that is not here", (story) => confirm(story, undefined, "x" as typeof station), "wrong-part"],
    [
      "by QA",
      (story) => story.tell({ kind: "confirm-part", job, equipment: station, tag: "T-J1-1", person: rosa }),
      "wrong-role",
    ],
    [
      "by nobody that is enrolled",
      (story) => story.tell({ kind: "confirm-part", job, equipment: station, tag: "T", person: "x" as typeof tina }),
      "unknown-person",
    ],
  ])("[F48] scanned %s is refused, and the gate stays shut", (_, act, code) => {
    const story = tagged();
    expect(refusal(act(story))).toBe(code);
    present(story);
    expect(shut(story)).toContain("part");
    expect(story.owed()).toEqual([]);
  });

  it("[F48][F73] that is the wrong one takes back what was confirmed, and stands in the record", () => {
    const story = tagged();
    confirm(story);
    const { events } = confirm(story, "T-99");
    expect(events.map(({ type }) => type)).toEqual(["PartRefused", "RequestRefused"]);
    present(story);
    expect(shut(story)).toEqual(["part"]);
  });

  it("[F48] without a tag is refused before it can be confirmed", () => {
    const story = upTo("clean-dry");
    expect(refusal(confirm(story, "T-1"))).toBe("wrong-part");
    present(story);
    expect(shut(story)).toEqual(["part"]);
  });

  it("[F48] is out of order where the next step needs no part at a machine", () => {
    expect(refusal(confirm(routeStory(), "T-1"))).toBe("out-of-order");
    expect(refusal(confirm(upTo("label"), "T-J1-1"))).toBe("out-of-order");
  });

  it.each<[string, (story: Story) => void]>([
    ["a quarter of an hour has gone by", aQuarterOfAnHour],
    ["the controller has started anew", routeBoot],
    ["the clock has jumped", (story) => story.tell({ kind: "clock-stepped", expected: 5_000, said: 1_000 })],
    ["the machine was away", away],
    ["a start has used it, and it is the next step's turn", cleaned],
    ["a start has used it, and the machine has refused", refusedByTheMachine],
  ])("[F48] has to be scanned again when %s", (_, pass) => {
    const story = tagged();
    confirm(story);
    pass(story);
    present(story);
    const next = route[story.state.jobs[job]!.units[0]!.completed]!.id;
    expect(shut(story, next)).toEqual(["part"]);
    confirm(story);
    expect(start(story, next).refusal).toBeNull();
  });

  it("[F48] is asked for at every machine's step", () => {
    const story = tagged();
    task(story);
    for (const step of ["press-sleeves", "measure"]) {
      present(story);
      expect(shut(story, step)).toEqual(["part"]);
      begun(story);
      finish(story);
    }
    expect(unit(story).completed).toBe(4);
  });

  it("[F48] of a second copy never opens the gate for the first", () => {
    const story = routeStory({ copies: 2 });
    printed(story);
    tag(story, "T-1");
    begun(story);
    printed(story);
    expect(story.state.jobs[job]!.units.map(({ completed }) => completed)).toEqual([1, 1]);
    tag(story, "T-2");
    expect(story.state.jobs[job]!.units.map(({ tag: text }) => text)).toEqual(["T-1", "T-2"]);
  });
});

/** Another part of the cell, whose tag is known. */
function otherPart(story: Story): Story {
  story.state = { ...story.state, tags: { ...story.state.tags, "T-other": "J0/1" } };
  return story;
}

function away(story: Story): void {
  const fault = { code: "cable", what: "The cable is out.", remedy: "Plug it in." };
  story.tell({ kind: "observed", equipment: station, observation: { kind: "offline", fault } });
  const identity = { vendor: "v", model: "m", serial: "S2", firmware: "f", simulated: true };
  story.tell({ kind: "observed", equipment: station, observation: { kind: "online", identity } });
}

function aQuarterOfAnHour(story: Story): void {
  story.at += 15 * 60_000;
}

function cleaned(story: Story): void {
  present(story);
  start(story, "clean-dry");
  reply(story, "done");
  finish(story);
}

function refusedByTheMachine(story: Story): void {
  present(story);
  start(story, "clean-dry");
  reply(story, "refused");
}

/** Sequences that an attacker or a bad day could find: each once led to something that must not be. */
import { describe, expect, it } from "vitest";
import type { JobId, PersonId } from "../../src/kernel/names.ts";
import {
  begun,
  central,
  confirm,
  decideLot,
  filament,
  finish,
  load,
  prepareBuild,
  refusal,
  release,
  routeBoot,
  routeStory,
  say,
  sleeves,
  start,
  supply,
  tag,
  upTo,
} from "./route-story.ts";
import {
  begin,
  cellWithOrder,
  firstAttempt,
  goodLayer,
  job,
  layerDone,
  prepare,
  present,
  printer,
  quentin,
  type Story,
  seePlate,
  tina,
} from "./story.ts";

const owed = (story: Story, kind: string) =>
  story.owed().filter((each) => each.kind === "direct" && each.directive.kind === kind);

describe("between the press of start and the begin", () => {
  const pressed = () => {
    const story = routeStory();
    prepareBuild(story);
    start(story, "print");
    return story;
  };

  it("[L5] a hold keeps the machine from beginning, also when the camera then says clear", () => {
    const story = pressed();
    story.tell({ kind: "hold", attempt: firstAttempt, person: tina, why: "Held at the panel." });
    seePlate(story, true);
    expect(owed(story, "begin")).toEqual([]);
    present(story);
    expect(refusal(story.tell({ kind: "resume", attempt: firstAttempt, person: tina }))).toBe("not-resumable");
    expect(owed(story, "begin")).toEqual([]);
  });

  it("[F85] a hold of central QA ends the attempt before anything moved", () => {
    const story = pressed();
    say(story, central({ action: "hold", target: { kind: "cell", id: "cell-1" } }));
    seePlate(story, true);
    expect(story.attempt()).toMatchObject({ phase: "ended", outcome: "NotBegun" });
    expect(owed(story, "begin")).toEqual([]);
  });
});

describe("a part at the station", () => {
  it("[F48] cannot be confirmed while the station is at work", () => {
    const story = upTo("clean-dry");
    tag(story);
    begun(story);
    expect(refusal(confirm(story))).toBeDefined();
  });

  it("[F48] is not known any more once the station has worked on it", () => {
    const story = upTo("clean-dry");
    tag(story);
    begun(story);
    finish(story);
    expect(story.state.jobs[job]?.units[0]?.confirmed).toBeNull();
    present(story);
    expect(start(story, "press-sleeves").refusal?.gates?.find(({ gate }) => gate === "part")?.state).toBe("shut");
  });
});

it("[F39] a lot that QA takes back after it was used keeps the device from being released", () => {
  const story = upTo("release");
  decideLot(story, sleeves, "SL-3", "rejected");
  const decision = release(story);
  expect(refusal(decision)).toBe("not-complete");
  expect(decision.refusal?.what).toContain("SL-3");
});

it("[F39] and keeps a running job on hold", () => {
  const story = upTo("press-sleeves");
  begun(story);
  const attempt = story.attempt().id;
  story.tell({ kind: "hold", attempt, person: tina, why: "Held at the panel." });
  decideLot(story, sleeves, "SL-3", "rejected");
  present(story);
  const decision = story.tell({ kind: "resume", attempt, person: tina });
  expect(decision.refusal?.gates?.find(({ gate }) => gate === "used-lots")?.state).toBe("shut");
});

it("[L3] a layer beyond the last planned one ends the attempt", () => {
  const story = cellWithOrder();
  prepare(story);
  begin(story);
  for (const layer of [1, 2, 3]) goodLayer(story, layer);
  layerDone(story, 4);
  expect(story.attempt()).toMatchObject({ phase: "ended", outcome: "Failed" });
});

it("[F52][F85] stop-use of a model reaches what it judged, whatever the cell has loaded since", () => {
  const story = upTo("release");
  const judged = story.state.jobs[job]?.record.attempts[0]?.models ?? [];
  expect(judged).toHaveLength(1);
  say(story, central({ action: "hold", target: { kind: "model", id: judged[0] ?? "" } }));
  routeBoot(story);
  expect(refusal(release(story))).toBeDefined();
  expect(story.state.jobs[job]?.ended).toBeNull();
});

it.each(["constructor", "toString", "valueOf"])("[F7] a design called %s is a design like any other", (design) => {
  const { lineage } = cellWithOrder().state.jobs[job]!.order;
  const story = cellWithOrder({ lineage: { ...lineage, design } });
  expect(story.state.revisions[design]).toBe(1);
  const { order } = story.state.jobs[job]!;
  const again = { ...order, id: "J9" as JobId, nonce: "nonce-9" };
  expect(story.tell({ kind: "accept-order", order: again }).refusal).toBeNull();
});

it("[F91] an engineer ends no order", () => {
  const story = cellWithOrder();
  const eve = "eve" as PersonId;
  story.tell({ kind: "enrol", person: eve, roles: ["engineer"] });
  expect(refusal(story.tell({ kind: "cancel-job", job, person: eve, why: "The order is wrong." }))).toBe("wrong-role");
  expect(story.tell({ kind: "cancel-job", job, person: quentin, why: "The order is wrong." }).refusal).toBeNull();
});

it("[F8] an attempt that is held past its order's expiry is not resumed", () => {
  const story = cellWithOrder({ expires: 60_000 });
  prepare(story);
  begin(story);
  story.tell({ kind: "hold", attempt: firstAttempt, person: tina, why: "Held at the panel." });
  story.at = 70_000;
  present(story);
  const decision = story.tell({ kind: "resume", attempt: firstAttempt, person: tina });
  expect(decision.refusal?.gates?.find(({ gate }) => gate === "expiry")?.state).toBe("shut");
});

it("[F40][F85] a lot that central QA holds is not loaded", () => {
  const story = routeStory();
  supply(story, printer, filament, "PLA-8");
  const id = `${filament.gtin}.PLA-7`;
  say(story, central({ action: "hold", target: { kind: "lot", id }, reason: "material-recall" }));
  const decision = load(story, printer, filament, "PLA-7");
  expect(refusal(decision)).toBe("wrong-material");
  expect(decision.refusal?.what).toContain("The material has been recalled.");
});

/** The whole route of the guide, and that no step is ever taken out of its order. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Decision } from "../../src/jobs/decide/draft.ts";
import type { JobOrder, Operation } from "../../src/jobs/order.ts";
import { nextUnit } from "../../src/jobs/units.ts";
import { canonicalSize } from "../../src/kernel/json.ts";
import type { JobId } from "../../src/kernel/names.ts";
import {
  begun,
  confirm,
  dispose,
  finish,
  handOver,
  labelPrinted,
  prepareBuild,
  present,
  printed,
  refusal,
  release,
  released,
  reply,
  requestLabel,
  route,
  routeBoot,
  routeStory,
  scanLabel,
  start,
  tag,
  upTo,
} from "./route-story.ts";
import { answer, firstAttempt, job, order, type Story, seePlate, tina } from "./story.ts";

const unitsOf = (story: Story) => story.state.jobs[job]!.units;

describe("the whole route", () => {
  it("[F11][F12][F44][F47] goes from print to a signed release, each step recorded once", () => {
    const story = released();
    const current = story.state.jobs[job]!;
    expect(current.ended).toBe("Ended");
    expect(story.events.filter((event) => event.type === "RequestRefused")).toEqual([]);
    expect(story.events.flatMap((event) => (event.type === "OperationCompleted" ? [event.operation] : []))).toEqual(
      current.order.route.map(({ id }) => id),
    );
    expect(story.owed()).toEqual([]);
  });

  it("[F10][F11] is gone by every copy, one tag and one label each", () => {
    const story = released({ copies: 3 });
    expect(story.state.jobs[job]!.ended).toBe("Ended");
    expect(unitsOf(story).map(({ tag: text, labels }) => [text, labels.length])).toEqual([
      ["T-J1-1", 1],
      ["T-J1-2", 1],
      ["T-J1-3", 1],
    ]);
    expect(story.events.filter(({ type }) => type === "UnitReleased")).toHaveLength(3);
  });
});

/** Every request that a person can make about a job, with the kinds of step that it may be made for. */
const requests: Readonly<Record<string, { act: (story: Story) => Decision; for: readonly Operation["kind"][] }>> = {
  "start print": { act: (story) => start(story, "print"), for: ["build"] },
  "start clean-dry": { act: (story) => start(story, "clean-dry"), for: ["task"] },
  "start press-sleeves": { act: (story) => start(story, "press-sleeves"), for: ["task"] },
  "start measure": { act: (story) => start(story, "measure"), for: ["task"] },
  "start label": { act: (story) => start(story, "label"), for: [] },
  "start handover": { act: (story) => start(story, "handover"), for: [] },
  "start release": { act: (story) => start(story, "release"), for: [] },
  "confirm part": { act: (story) => confirm(story), for: ["task"] },
  "request label": { act: (story) => requestLabel(story), for: ["label"] },
  "scan label": { act: (story) => scanLabel(story, "0109506000134352"), for: ["label"] },
  "void label": {
    act: (story) => story.tell({ kind: "void-label", job, why: "damaged", person: tina }),
    for: ["label"],
  },
  "hand over": { act: (story) => handOver(story), for: ["handover"] },
  release: { act: (story) => release(story), for: ["release"] },
};
const names = Object.keys(requests);
const steps = route.map(({ id }) => id as string);
const next = (story: Story) => route[nextUnit(story.state.jobs[job]!)?.completed ?? route.length];

describe("a step out of its order", () => {
  it("[F12] is refused and recorded, whatever is asked in whatever order", () => {
    const walk = fc.array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...names) }, fc.constant("go on")), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(walk, (asked) => {
        const story = routeStory();
        const done: string[] = [];
        for (const name of asked) {
          const step = next(story);
          if (!step) break;
          if (name === "go on") upTo(steps[steps.indexOf(step.id) + 1] ?? "end", story);
          else ask(story, name, step);
          done.push(...completedSince(story, done.length));
        }
        expect(done).toEqual(steps.slice(0, done.length));
      }),
      { numRuns: 60 },
    );
  });

  function ask(story: Story, name: string, step: Operation): void {
    const request = requests[name]!;
    const meant = request.for.includes(step.kind) && (!name.startsWith("start ") || name === `start ${step.id}`);
    const before = story.state;
    const decision = request.act(story);
    if (meant) return;
    expect(refusal(decision), `${name} while ${step.id} is next`).toBe("out-of-order");
    expect({ ...story.state, clock: before.clock }).toEqual(before);
  }

  function completedSince(story: Story, count: number): string[] {
    return story.events.flatMap((event) => (event.type === "OperationCompleted" ? [event.operation] : [])).slice(count);
  }

  it.each(names)("[F12] %s is refused once the job has ended, and of a job that never was", (name) => {
    const story = released();
    expect(refusal(requests[name]!.act(story))).toBe("job-ended");
    const other = story.tell({ kind: "start", job: "J9" as JobId, operation: route[0]!.id, person: tina });
    expect(refusal(other)).toBe("unknown-job");
  });

  it("[F12][L4] a step is started once even when asked twice, and while it runs nothing else of the copy is", () => {
    const story = upTo("clean-dry");
    tag(story);
    begun(story);
    confirm(story);
    present(story);
    expect(refusal(start(story, "clean-dry"))).toBe("out-of-order");
    expect(refusal(requestLabel(story))).toBe("out-of-order");
    expect(story.state.jobs[job]!.attempts).toHaveLength(2);
  });
});

describe("a route that no device can go", () => {
  const build = route[0]!;
  const label = route[4]!;
  it.each<[string, readonly Operation[], string]>([
    ["has no step", [], "nothing to be made"],
    ["begins with a label", [label, build], "begins with Label"],
    ["begins with a machine that needs a part", [route[1]!, build], "begins with Clean and dry"],
    ["has two steps of one name", [build, build], "two steps called print"],
    ["labels twice", [build, label, { ...label, id: "label-2" as typeof label.id }], "labels the device twice"],
    ["goes on after the release", [build, route[6]!, label], "goes on after the release"],
    [
      "names a material twice in one step",
      [{ ...build, materials: [needOf(build), needOf(build)] } as Operation],
      "names a material twice",
    ],
  ])("[F11] is refused as an order when it %s", (_, wrong, words) => {
    const story = routeStory();
    const decision = story.tell({ kind: "accept-order", order: other({ route: wrong }) });
    expect(refusal(decision)).toBe("order-invalid");
    expect(decision.refusal?.what).toContain(words);
  });

  it("[F11] or whose id leaves no room for the names of its attempts and nonconformities", () => {
    const story = routeStory();
    const of = (length: number) => other({ id: "J".repeat(length) as JobId, route: [build] });
    const decision = story.tell({ kind: "accept-order", order: of(21) });
    expect(decision.refusal).toMatchObject({ code: "order-invalid", what: expect.stringContaining("20 signs") });
    expect(story.tell({ kind: "accept-order", order: of(20) }).refusal).toBeNull();
  });

  it("[F11][L2] or that the record could not hold, so that an order never ends the cell", () => {
    const limits = Array.from({ length: 64 }, (_, n) => ({
      id: `c-${n}`,
      title: "T".repeat(60),
      unit: "mm",
      lower: 1,
      upper: 2,
    }));
    const steps = Array.from({ length: 32 }, (_, n) => ({
      ...route[1]!,
      id: `t-${n}`,
      characteristics: limits,
      materials: [],
    }));
    const wrong: [Partial<JobOrder>, string][] = [
      [{ route: [build, ...steps] as Operation[] }, "at most 131072 can be recorded"],
      [{ title: "Guide \ud83d" }, "no record can hold"],
      [{ expires: 1e21 }, "no record can hold"],
    ];
    for (const [change, words] of wrong) {
      const { refusal, events } = routeStory().tell({ kind: "accept-order", order: other({ route, ...change }) });
      expect(refusal).toMatchObject({ code: "order-invalid", what: expect.stringContaining(words) });
      for (const event of events) expect(canonicalSize(event)).toBeLessThan(10_000);
    }
  });

  it("[F11][F46] or whose number no label can carry is refused when it comes in", () => {
    const story = routeStory();
    const long = other({ id: "J".repeat(21) as JobId, route });
    expect(refusal(story.tell({ kind: "accept-order", order: long }))).toBe("order-invalid");
    expect(refusal(story.tell({ kind: "accept-order", order: other({ gtin: "09506000134353", route }) }))).toBe(
      "order-invalid",
    );
  });
});

function needOf(step: Operation) {
  return (step as Extract<Operation, { kind: "build" }>).materials[0]!;
}

function other(change: Partial<JobOrder> = {}): JobOrder {
  return { ...order, id: "J2" as JobId, nonce: "nonce-2", route, ...change };
}

describe("copies", () => {
  it("[F10] are reserved before the machine hears of one, and N of them are the end", () => {
    const story = routeStory({ copies: 2 });
    prepareBuild(story);
    start(story, "print");
    expect(unitsOf(story)).toHaveLength(1);
    expect(story.owed().filter(({ kind }) => kind === "direct")).toEqual([]);
    seePlate(story, true);
    answer(story, "begin");
    prepareBuild(story);
    expect(refusal(start(story, "print"))).toBe("not-startable");
    expect(unitsOf(story)).toHaveLength(1);
  });

  it("[F10][L4] a crash frees none: the copy stays reserved until QA has signed that it is scrap", () => {
    const story = routeStory();
    prepareBuild(story);
    start(story, "print");
    routeBoot(story);
    expect(story.attempt().outcome).toBe("OutcomeUnknown");
    expect(unitsOf(story)).toMatchObject([{ number: 1, scrapped: false }]);
    answer(story, "abort");
    prepareBuild(story);
    expect(refusal(start(story, "print"))).toBe("not-startable");
    expect(unitsOf(story)).toHaveLength(1);
    dispose(story, "scrap");
    printed(story);
    expect(unitsOf(story)).toMatchObject([
      { number: 1, scrapped: true },
      { number: 2, scrapped: false, completed: 1 },
    ]);
  });

  it("[F10] a start that the machine refused is tried again with the same copy", () => {
    const story = routeStory();
    prepareBuild(story);
    start(story, "print");
    seePlate(story, true);
    reply(story, "refused");
    printed(story);
    expect(unitsOf(story)).toMatchObject([{ number: 1, completed: 1 }]);
    expect(story.attempt().id).toBe("J1-A2");
  });

  it("[F10] never are more than ordered, whatever ends badly", () => {
    const ends = fc.array(fc.constantFrom("good", "crash", "refused", "unknown"), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(ends, fc.integer({ min: 1, max: 3 }), (how, copies) => {
        const story = routeStory({ copies, route: route.slice(0, 1) });
        for (const end of how) {
          if (story.state.jobs[job]!.ended) break;
          if (end === "good") printed(story);
          else badly(story, end);
          const live = unitsOf(story).filter(({ scrapped }) => !scrapped);
          expect(live.length).toBeLessThanOrEqual(copies);
        }
        const good = story.events.filter(({ type }) => type === "OperationCompleted").length;
        expect(good).toBe(Math.min(copies, how.filter((end) => end === "good").length));
      }),
      { numRuns: 60 },
    );
  });

  function badly(story: Story, end: string): void {
    prepareBuild(story);
    start(story, "print");
    seePlate(story, true);
    if (end === "crash") routeBoot(story);
    else reply(story, end as "refused" | "unknown");
    answer(story, "abort");
    if (end !== "refused") dispose(story, "scrap");
  }
});

describe("an order that was replaced", () => {
  const replacing = (change: Partial<JobOrder> = {}) => other({ supersedes: job, expires: 1e9, ...change });

  it("[F10][F8] is over where nobody has begun it, and never comes in again", () => {
    const story = routeStory();
    story.tell({ kind: "accept-order", order: replacing() });
    expect(story.state.jobs[job]!.ended).toBe("Aborted");
    const again = { ...order, nonce: "nonce-9" };
    expect(refusal(story.tell({ kind: "accept-order", order: again }))).toBe("order-repeated");
    const never = routeStory();
    never.tell({ kind: "accept-order", order: replacing({ supersedes: "J7" as JobId }) });
    const late = other({ id: "J7" as JobId, nonce: "nonce-7" });
    expect(refusal(never.tell({ kind: "accept-order", order: late }))).toBe("order-superseded");
  });

  it.each(["clean-dry", "press-sleeves", "measure"])("[F10][F8] is not started any more at %s", (step) => {
    const story = upTo(step);
    if (step === "clean-dry") tag(story);
    story.tell({ kind: "accept-order", order: replacing() });
    confirm(story);
    present(story);
    const { refusal: refused } = start(story, step);
    expect(refused?.gates?.filter(({ state }) => state === "shut").map(({ gate }) => gate)).toEqual(["superseded"]);
    expect(refused?.what).toContain("Order J2 has replaced this one.");
  });

  it("[F10][F8] is neither labelled, handed over nor released", () => {
    const acts = { label: requestLabel, handover: handOver, release: (story: Story) => release(story) };
    for (const [step, act] of Object.entries(acts)) {
      const story = upTo(step);
      story.tell({ kind: "accept-order", order: replacing() });
      expect(refusal(act(story))).toBe("not-startable");
    }
  });

  it("[F16][F8] by a newer revision of its design is not started either, and an older revision never comes in", () => {
    const story = routeStory();
    const { lineage } = order;
    story.tell({ kind: "accept-order", order: other({ lineage: { ...lineage, revision: 3 }, expires: 1e9 }) });
    prepareBuild(story);
    const { refusal: refused } = start(story, "print");
    expect(refused?.gates?.filter(({ state }) => state === "shut").map(({ gate }) => gate)).toEqual(["superseded"]);
    const older = other({ id: "J3" as JobId, nonce: "nonce-3", lineage: { ...lineage, revision: 2 } });
    expect(refusal(story.tell({ kind: "accept-order", order: older }))).toBe("order-superseded");
  });

  it("[F10] never replaces itself", () => {
    expect(refusal(routeStory().tell({ kind: "accept-order", order: other({ supersedes: "J2" as JobId }) }))).toBe(
      "order-invalid",
    );
  });

  it("[F1][F10] an order that has expired is not started, and what was begun of it goes on no further", () => {
    const story = upTo("clean-dry", routeStory({ expires: 3_000 }));
    expect(story.attempt().id).toBe(firstAttempt);
    tag(story);
    story.at = 3_000;
    confirm(story);
    present(story);
    const { refusal: refused } = start(story, "clean-dry");
    expect(refused?.gates?.filter(({ state }) => state === "shut").map(({ gate }) => gate)).toEqual(["expiry"]);
  });

  it("[F1] and one whose first day has not come waits for it", () => {
    const story = routeStory({ notBefore: 100_000 });
    prepareBuild(story);
    const { refusal: refused } = start(story, "print");
    expect(refused?.gates?.filter(({ state }) => state === "shut").map(({ gate }) => gate)).toEqual(["not-before"]);
    story.at = 100_000;
    prepareBuild(story);
    expect(start(story, "print").refusal).toBeNull();
  });
});

describe("the label printer", () => {
  it("[L5] and nobody else starts anything by what it says", () => {
    const story = upTo("label");
    requestLabel(story);
    labelPrinted(story);
    expect(story.owed()).toEqual([]);
    finish(story);
    expect(story.owed()).toEqual([]);
  });
});

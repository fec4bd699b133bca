/** What a machine's results mean for the part: limits, missing and strange values, evidence, rework and concession. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Result } from "../../src/equipment/machine.ts";
import { dispositionsOpen } from "../../src/jobs/decide/disposition.ts";
import type { TaskOperation } from "../../src/jobs/order.ts";
import { openNonconformity } from "../../src/jobs/state.ts";
import { canonicalBytes, type Json, parseCanonical } from "../../src/kernel/json.ts";
import { artifactDigests } from "../../src/ledger/artifacts.ts";
import {
  begun,
  bo,
  confirm,
  dispose,
  finish,
  handOver,
  labelled,
  prepareBuild,
  present,
  refusal,
  release,
  reply,
  result,
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
import { digest, job, type Story, tina } from "./story.ts";

const current = (story: Story) => story.state.jobs[job]!;
const open = (story: Story) => openNonconformity(current(story));
const raised = (story: Story) => story.events.filter(({ type }) => type === "NonconformityRaised").length;
const completed = (story: Story) => current(story).units[0]!.completed;
const judged = (story: Story) =>
  story.events.flatMap((event) => (event.type === "ResultsJudged" ? event.results : [])).slice(-1)[0];

/** The measurement has begun. */
function measuring(): Story {
  const story = upTo("measure");
  begun(story);
  return story;
}

const bore = (value: number, unit = "mm", gauge: string | null = "G-1") => [result("bore-1", value, unit, gauge)];

describe("a result", () => {
  it.each([
    ["at its lower limit", 2.18],
    ["at its upper limit", 2.24],
    ["in between", 2.2],
  ])("[F64][L3] %s passes, beside its limits", (_, value) => {
    const story = measuring();
    finish(story, { results: bore(value) });
    expect(story.attempt().outcome).toBe("Completed");
    expect(judged(story)).toEqual({
      ...{ characteristic: "bore-1", value, unit: "mm", lower: 2.18, upper: 2.24, gauge: "G-1", verdict: "pass" },
    });
    expect(completed(story)).toBe(4);
  });

  it.each([
    ["below its lower limit", bore(2.1799), "result-out-of-limits"],
    ["above its upper limit", bore(2.2401), "result-out-of-limits"],
    ["that was not reported", [], "result-missing"],
    ["in another unit", bore(2.2, "in"), "result-missing"],
    ["reported twice", [...bore(2.2), ...bore(2.2)], "result-missing"],
    ["that is no number", bore(Number.NaN), "result-missing"],
    ["that is infinite", bore(Number.POSITIVE_INFINITY), "result-missing"],
    ["that is larger than any record can hold", bore(1e300), "result-missing"],
    ["just beyond what every reader holds exactly", bore(2 ** 53), "result-missing"],
    ["of another characteristic alone", [result("bore-2", 2.2, "mm")], "result-missing"],
  ] as const)("[F64][F73][L3] %s never passes, and is exactly one nonconformity in words", (_, results, cause) => {
    const story = measuring();
    finish(story, { results: [...results] });
    expect(story.attempt().outcome).toBe("Rejected");
    expect(raised(story)).toBe(1);
    expect(open(story)).toMatchObject({ cause, unit: 1, attempt: story.attempt().id });
    expect(open(story)!.what).toMatch(/^Measure: .*Bore 1.*\.$/);
    expect(completed(story)).toBe(3);
    expect(story.owed()).toEqual([]);
    for (const event of story.events) expect(parseCanonical(canonicalBytes(event)).ok).toBe(true);
  });

  it("[F64] without results at all is missing too", () => {
    const story = measuring();
    const { id: attempt } = story.attempt();
    const executed = { program: digest("measure"), lines: 0, resends: 0 };
    story.tell({ kind: "observed", equipment: station, observation: { kind: "finished", attempt, executed } });
    expect(open(story)!.cause).toBe("result-missing");
  });

  it("[F64] with one limit is bounded on that side alone", () => {
    const press = (depth: number) => {
      const story = upTo("press-sleeves");
      begun(story);
      finish(story, { results: [result("seat-force", 260, "N"), result("seat-depth", depth, "mm")] });
      return story.attempt().outcome;
    };
    expect(press(-5)).toBe("Completed");
    expect(press(0.11)).toBe("Rejected");
  });

  it("[F37][F64] names its instrument; where the machine names none, the machine itself measured", () => {
    const named = measuring();
    finish(named);
    expect(judged(named)?.gauge).toBe("G-1");
    const unnamed = measuring();
    finish(unnamed, { results: bore(2.2, "mm", null) });
    expect(judged(unnamed)?.gauge).toBe("S2");
    labelled(unnamed);
    handOver(unnamed);
    expect(release(unnamed).refusal).toBeNull();
  });

  it("[F64][L3] passes only where every one is there once, in its unit, finite and within its limits", () => {
    const value = fc.constantFrom(2.1, 2.18, 2.2, 2.24, 2.3, Number.NaN, Number.NEGATIVE_INFINITY);
    const one = fc.record({
      characteristic: fc.constantFrom("bore-1", "bore-2"),
      value,
      unit: fc.constantFrom("mm", "in"),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 3 }), (said) => {
        const story = measuring();
        finish(story, { results: said.map((each): Result => ({ ...each, gauge: null })) });
        const own = said.filter(({ characteristic }) => characteristic === "bore-1");
        const good = own.length === 1 && own[0]!.unit === "mm" && own[0]!.value >= 2.18 && own[0]!.value <= 2.24;
        expect(story.attempt().outcome).toBe(good ? "Completed" : "Rejected");
      }),
      { numRuns: 60 },
    );
  });
});

describe("a task", () => {
  it("[F3][F64] that executed another program has failed", () => {
    const story = measuring();
    finish(story, { program: digest("other") });
    expect(story.attempt().outcome).toBe("Failed");
    expect(open(story)!.cause).toBe("program-differs");
  });

  it("[F64][F65] names its curves where an export and a verification look for what is stored", () => {
    const story = upTo("press-sleeves");
    task(story);
    const said = story.events.filter(({ type }) => type === "FinishReported").slice(-1)[0];
    expect(artifactDigests(said as unknown as Json)).toContain(digest("force-curve"));
  });

  it("[F64][F73] whose curve is missing is not done", () => {
    const story = upTo("press-sleeves");
    begun(story);
    finish(story, { evidence: [] });
    expect(story.attempt().outcome).toBe("Rejected");
    expect(open(story)).toMatchObject({ cause: "evidence-missing" });
    expect(open(story)!.what).toBe("Press sleeves: the machine gave no force-curve.");
  });

  it("[F19][F73] with several troubles is named by the one that can never be conceded, and all are said", () => {
    const story = upTo("press-sleeves");
    begun(story);
    const results = [result("seat-force", 900, "N"), result("seat-depth", 0.02, "mm")];
    finish(story, { results, evidence: [] });
    expect(open(story)!.cause).toBe("evidence-missing");
    expect(open(story)!.what).toContain("Seating force is 900 N, allowed 150 to 400 N");
    expect(dispositionsOpen(current(story), open(story)!)).toEqual(["scrap"]);
  });

  it("[F28] that reports its end twice, late or from another machine changes nothing more", () => {
    const story = measuring();
    finish(story);
    const before = story.state;
    finish(story, { results: [] });
    expect(story.state).toEqual(before);
    const running = measuring();
    const { id: attempt } = running.attempt();
    const executed = { program: digest("measure"), lines: 0, resends: 0, results: bore(2.2) };
    running.observe({ kind: "finished", attempt, executed });
    expect(running.attempt().phase).toBe("running");
  });

  it("[L4] held when it ends is complete only after somebody has resumed it", () => {
    const story = measuring();
    story.tell({ kind: "hold", attempt: story.attempt().id, person: tina, why: "a noise" });
    expect(story.owed()).toMatchObject([{ directive: { kind: "hold" } }]);
    finish(story);
    expect(story.attempt().phase).toBe("running");
    present(story);
    expect(story.tell({ kind: "resume", attempt: story.attempt().id, person: tina }).refusal).toBeNull();
    expect(story.attempt().outcome).toBe("Completed");
    expect(completed(story)).toBe(4);
  });

  it.each<[string, (story: Story) => void, string]>([
    ["its begin was not answered", (story) => reply(story, "unknown"), "OutcomeUnknown"],
    ["the controller started anew", routeBoot, "OutcomeUnknown"],
    ["a person stopped it", stopped, "Aborted"],
    ["the machine failed", failed, "Failed"],
  ])("[L4][F33][F73] is over and a nonconformity when %s; nothing of it counts as done", (_, end, outcome) => {
    const story = upTo("measure");
    confirm(story);
    present(story);
    start(story, "measure");
    end(story);
    expect(story.attempt().outcome).toBe(outcome);
    expect(raised(story)).toBe(1);
    expect(completed(story)).toBe(3);
    expect(story.state.equipment[station]!.unsafe).not.toBeNull();
  });
});

describe("a rework", () => {
  /** The measurement was bad. */
  function bad(reworks = 1): Story {
    const steps = route.map((step) => (step.id === "measure" ? ({ ...step, reworks } as TaskOperation) : step));
    const story = upTo("measure", routeStory({ route: steps }));
    begun(story);
    finish(story, { results: bore(3) });
    return story;
  }

  it("[F20] is done again on the same part, with its own scan, and only the new result counts", () => {
    const story = bad();
    expect(dispose(story, "rework").refusal).toBeNull();
    present(story);
    expect(start(story, "measure").refusal?.what).toContain("The part was not scanned");
    task(story);
    expect(current(story).units).toMatchObject([{ number: 1, completed: 4, scrapped: false }]);
    expect(current(story).attempts.filter(({ operation }) => operation === "measure")).toHaveLength(2);
  });

  it("[F20] on which nothing follows is never released on the results from before", () => {
    const story = bad();
    dispose(story, "rework");
    expect(refusal(release(story))).toBe("out-of-order");
    expect(completed(story)).toBe(3);
  });

  it.each([0, 1, 2])("[F20] is ordered %i times at most", (reworks) => {
    const story = bad(reworks);
    for (let done = 0; done < reworks; done++) {
      expect(dispositionsOpen(current(story), open(story)!)).toContain("rework");
      expect(dispose(story, "rework").refusal).toBeNull();
      begun(story);
      finish(story, { results: bore(3) });
    }
    expect(dispositionsOpen(current(story), open(story)!)).toEqual(["scrap", "concession"]);
    expect(refusal(dispose(story, "rework"))).toBe("no-such-disposition");
    expect(dispose(story, "scrap").refusal).toBeNull();
  });

  it("[F20] of one copy takes nothing from another's", () => {
    const story = bad();
    dispose(story, "rework");
    begun(story);
    finish(story, { results: bore(3) });
    dispose(story, "scrap");
    upTo("measure", story);
    begun(story);
    finish(story, { results: bore(3) });
    expect(dispose(story, "rework").refusal).toBeNull();
  });

  it("[F20][L4] of what nobody can know needs the machine safe first", () => {
    const story = upTo("measure");
    confirm(story);
    present(story);
    start(story, "measure");
    reply(story, "unknown");
    expect(dispositionsOpen(current(story), open(story)!)).toEqual(["scrap", "rework"]);
    dispose(story, "rework");
    confirm(story);
    present(story);
    const shut = start(story, "measure").refusal?.gates?.filter(({ state }) => state === "shut");
    expect(shut?.map(({ gate }) => gate)).toEqual(["machine-safe"]);
  });

  it("[F20] of a print is refused: what was printed badly is scrap", () => {
    const story = routeStory();
    prepareBuild(story);
    start(story, "print");
    routeBoot(story);
    expect(dispositionsOpen(current(story), open(story)!)).toEqual(["scrap"]);
    expect(refusal(dispose(story, "rework"))).toBe("no-such-disposition");
  });
});

describe("a concession", () => {
  const outside = () => {
    const story = measuring();
    finish(story, { results: bore(2.25) });
    return story;
  };

  it("[F19] of what was measured completes the step, keeps the verdict, and the device can be released", () => {
    const story = outside();
    expect(dispose(story, "concession").refusal).toBeNull();
    expect(completed(story)).toBe(4);
    expect(judged(story)?.verdict).toBe("fail");
    labelled(story);
    handOver(story);
    expect(release(story).refusal).toBeNull();
  });

  it("[F19] of the last step ends the job", () => {
    const story = upTo("measure", routeStory({ route: route.slice(0, 4) }));
    begun(story);
    finish(story, { results: bore(2.25) });
    dispose(story, "concession");
    expect(current(story).ended).toBe("Ended");
  });

  it.each<[string, (story: Story) => void]>([
    ["measured", (story) => finish(story, { results: [] })],
    ["made with the ordered program", (story) => finish(story, { program: digest("other") })],
    ["seen to its end", routeBoot],
    ["left alone", stopped],
  ])("[F19][L4] of what was not %s is refused", (_, end) => {
    const story = measuring();
    end(story);
    expect(refusal(dispose(story, "concession"))).toBe("no-such-disposition");
    expect(completed(story)).toBe(3);
  });

  it("[F68][F17][F18] needs QA that had no hand in the copy, and decides once", () => {
    const story = upTo("measure");
    story.tell({ kind: "confirm-part", job, equipment: station, tag: "T-J1-1", person: bo });
    present(story);
    start(story, "measure");
    reply(story, "done");
    finish(story, { results: bore(2.25) });
    expect(refusal(dispose(story, "concession", tina))).toBe("wrong-role");
    expect(refusal(dispose(story, "concession", bo))).toBe("own-work");
    const nonconformity = open(story)!.id;
    expect(dispose(story, "concession", rosa).refusal).toBeNull();
    const approval = { person: rosa, name: "sealed", at: 0, meaning: "x", shown: digest("x") };
    const again = story.tell({ kind: "dispose", job, nonconformity, disposition: "scrap", reason: "seen", approval });
    expect(refusal(again)).toBe("already-decided");
  });
});

describe("a scrapped copy", () => {
  it("[F73][F10] is freed, the next one begins with the print, and the scrap's tag is never used again", () => {
    const story = measuring();
    finish(story, { results: bore(3) });
    dispose(story, "scrap");
    expect(current(story).units).toMatchObject([{ number: 1, scrapped: true }]);
    upTo("clean-dry", story);
    expect(refusal(tag(story, "T-J1-1"))).toBe("wrong-part");
    expect(tag(story, "T-J1-2").refusal).toBeNull();
  });
});

function stopped(story: Story): void {
  story.tell({ kind: "stop", attempt: story.attempt().id, person: tina, why: "smoke" });
}

function failed(story: Story): void {
  const fault = { code: "press-overforce", what: "The force rose too fast.", remedy: "Call the engineer." };
  const { id: attempt } = story.attempt();
  story.tell({
    kind: "observed",
    equipment: station,
    observation: { kind: "failed", attempt, fault, heaters: "off" },
  });
}

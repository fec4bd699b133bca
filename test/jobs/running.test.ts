/** Layers, holds, dispositions and ends of an attempt. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { meanings, shownForDisposition } from "../../src/jobs/decide/disposition.ts";
import { openNonconformity } from "../../src/jobs/state.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { PersonId } from "../../src/kernel/names.ts";
import {
  answer,
  begin,
  boot,
  capture,
  cellWithOrder,
  digest,
  failing,
  firstAttempt,
  goodLayer,
  inspect,
  job,
  layerDone,
  present,
  printer,
  quentin,
  report,
  type Story,
  tina,
} from "./story.ts";

const fault = { code: "c", what: "w", remedy: "r" };
const begun = (change = {}) => {
  const story = cellWithOrder(change);
  begin(story);
  return story;
};

function sign(
  story: Story,
  disposition: "concession" | "scrap",
  person: PersonId = quentin,
  reason = "seen",
  over = reason,
) {
  const current = story.state.jobs[job]!;
  const nonconformity = openNonconformity(current)!;
  const shown = digestOfValue(shownForDisposition(current, nonconformity, disposition, over));
  const approval = { person, name: "sealed", at: story.at, meaning: meanings[disposition], shown };
  return story.tell({ kind: "dispose", job, nonconformity: nonconformity.id, disposition, reason, approval });
}

describe("a build", () => {
  it("[L3][F51] ends only when every layer was made, seen, judged and accepted", () => {
    const story = begun();
    for (const layer of [1, 2, 3]) goodLayer(story, layer);
    expect(story.attempt()).toMatchObject({ accepted: 3, captured: 3, inferred: 3, verdicts: "ppp", released: 4 });
    story.observe({
      kind: "finished",
      attempt: firstAttempt,
      executed: { program: digest("program"), lines: 1, resends: 0 },
    });
    expect(story.attempt().outcome).toBe("Completed");
    expect(story.state.jobs[job]!.ended).toBe("Ended");
    expect(story.owed()).toEqual([]);
  });

  it("[F3] fails when what was sent is not what was ordered", () => {
    const story = begun();
    for (const layer of [1, 2, 3]) goodLayer(story, layer);
    story.observe({
      kind: "finished",
      attempt: firstAttempt,
      executed: { program: digest("other"), lines: 1, resends: 0 },
    });
    expect(openNonconformity(story.state.jobs[job]!)?.cause).toBe("program-differs");
  });

  it("[L3] fails when the machine says it has finished too early, or makes a layer nobody released", () => {
    const early = begun();
    goodLayer(early, 1);
    early.observe({
      kind: "finished",
      attempt: firstAttempt,
      executed: { program: digest("program"), lines: 1, resends: 0 },
    });
    expect(openNonconformity(early.state.jobs[job]!)?.cause).toBe("layers-missing");
    const ahead = begun();
    layerDone(ahead, 1);
    layerDone(ahead, 2);
    expect(openNonconformity(ahead.state.jobs[job]!)?.cause).toBe("layer-out-of-order");
    expect(ahead.owed()).toMatchObject([{ directive: { kind: "abort" } }]);
  });

  it("[L3] releases no layer before the verdict on the one before", () => {
    const story = begun();
    layerDone(story, 1);
    expect(story.owed().map((duty) => duty.kind)).toEqual(["capture"]);
    const frame = capture(story, 1);
    expect(story.owed().map((duty) => duty.kind)).toEqual(["inspect"]);
    inspect(story, 1, report(frame));
    expect(story.owed()).toMatchObject([{ directive: { kind: "proceed", releasedLayer: 2 } }]);
  });

  it("[L3] passes on nothing but positive evidence of every step", () => {
    const broken = fc.record({
      grade: fc.constantFrom("good", "degraded", "unusable" as const),
      verdict: fc.constantFrom("pass", "fail", "blind" as const),
      model: fc.constantFrom("model", "another model", null),
      findings: fc.constantFrom([], failing.findings),
      frame: fc.constantFrom("own", "other"),
    });
    fc.assert(
      fc.property(broken, ({ grade, verdict, model, findings, frame }) => {
        const story = begun();
        layerDone(story, 1);
        const own = capture(story, 1);
        const said = report(frame === "own" ? own : digest("other"), { grade, verdict, findings } as object);
        inspect(story, 1, { ...said, digests: { ...said.digests, model: model && digest(model) } });
        const positive =
          grade === "good" && verdict === "pass" && model === "model" && findings.length === 0 && frame === "own";
        expect(story.attempt().accepted).toBe(positive ? 1 : 0);
      }),
    );
  });
});

describe("blindness", () => {
  it("[L3][F55] is held after the allowed takes, and cured only by seeing", () => {
    const story = begun();
    layerDone(story, 1);
    for (const take of [1, 2, 3]) story.tell({ kind: "capture-failed", attempt: firstAttempt, layer: 1, take, fault });
    expect(story.attempt().hold).toMatchObject({ cause: "blind", layer: 1 });
    expect(story.owed()).toMatchObject([{ directive: { kind: "hold" } }]);
    answer(story, "hold");
    expect(story.owed()).toEqual([]);
    present(story);
    expect(story.tell({ kind: "resume", attempt: firstAttempt, person: tina }).refusal?.code).toBe("not-resumable");
    story.tell({ kind: "look-again", attempt: firstAttempt, person: tina });
    inspect(story, 1, report(capture(story, 1)));
    expect(story.attempt()).toMatchObject({ accepted: 1, released: 1 });
    expect(story.tell({ kind: "resume", attempt: firstAttempt, person: tina }).refusal).toBeNull();
    expect(story.owed()).toMatchObject([{ directive: { kind: "proceed", releasedLayer: 2 } }]);
  });

  it("[L3] a picture asked for before the layer's marker is no picture of it", () => {
    const story = begun();
    layerDone(story, 1);
    capture(story, 1, 0);
    expect(story.attempt().looks[0]).toMatchObject({ take: 2, step: "capture" });
  });

  it("[F28] late and doubled answers change nothing", () => {
    const story = begun();
    layerDone(story, 1);
    const frame = capture(story, 1);
    story.tell({ kind: "inspection-failed", attempt: firstAttempt, layer: 1, take: 1, fault });
    const before = story.state;
    story.tell({ kind: "inspected", attempt: firstAttempt, layer: 1, take: 1, report: report(frame) });
    answer(story, "begin");
    layerDone(story, 1);
    expect(story.state).toEqual(before);
  });
});

describe("a failed layer", () => {
  const failed = () => {
    const story = begun();
    layerDone(story, 1);
    inspect(story, 1, report(capture(story, 1), failing));
    return story;
  };

  it("[F73][F56] holds the machine and raises one nonconformity with its finding", () => {
    const story = failed();
    expect(story.attempt()).toMatchObject({ verdicts: "f", hold: { cause: "layer-failed" } });
    expect(story.state.jobs[job]!.nonconformities).toMatchObject([
      { cause: "layer-failed", layer: 1, findings: [{ measured: 2.1 }] },
    ]);
  });

  it("[F68][F69][F57] can be conceded by a second person over exactly what was shown, then resumed with presence", () => {
    const story = failed();
    expect(sign(story, "concession", tina).refusal?.code).toBe("wrong-role");
    expect(sign(story, "concession", quentin, "seen", "something else").refusal?.code).toBe("not-what-was-shown");
    expect(sign(story, "concession").refusal).toBeNull();
    expect(story.attempt()).toMatchObject({ accepted: 1, verdicts: "c" });
    expect(story.tell({ kind: "resume", attempt: firstAttempt, person: tina }).refusal?.code).toBe("not-resumable");
    present(story);
    expect(story.tell({ kind: "resume", attempt: firstAttempt, person: tina }).refusal).toBeNull();
    expect(sign(failed(), "scrap", "ghost" as PersonId).refusal?.code).toBe("wrong-role");
  });

  it("the executor cannot decide, even with the right role", () => {
    const story = failed();
    story.tell({ kind: "enrol", person: tina, roles: ["technician", "qa"] });
    expect(sign(story, "scrap", tina).refusal?.code).toBe("own-work");
  });

  it("[F18] neither can whoever stopped it, or confirmed the identity", () => {
    const story = begun();
    story.tell({ kind: "enrol", person: quentin, roles: ["technician", "qa"] });
    story.tell({ kind: "stop", attempt: firstAttempt, person: quentin, why: "smoke" });
    expect(sign(story, "scrap", quentin).refusal?.code).toBe("own-work");
  });

  it("[F18] neither can whoever resumed it", () => {
    const story = failed();
    story.tell({ kind: "enrol", person: quentin, roles: ["technician", "qa"] });
    sign(story, "concession");
    present(story);
    story.tell({ kind: "resume", attempt: firstAttempt, person: quentin });
    answer(story, "proceed");
    layerDone(story, 2);
    inspect(story, 2, report(capture(story, 2), failing));
    expect(sign(story, "scrap", quentin).refusal?.code).toBe("own-work");
  });

  it("[F73] scrapped, it ends, the machine is aborted and the copy is free again", () => {
    const story = failed();
    sign(story, "scrap");
    expect(story.attempt().outcome).toBe("Aborted");
    expect(story.owed()).toMatchObject([{ directive: { kind: "abort" } }]);
    answer(story, "abort");
    expect(story.owed()).toEqual([]);
    begin(story);
    expect(story.attempt()).toMatchObject({ id: "J1-A2", unit: 2, phase: "running" });
  });
});

describe("an interrupted build", () => {
  it("[L4][F33] is closed as unknown at the next start, is a nonconformity, and is never conceded", () => {
    const story = begun();
    goodLayer(story, 1);
    boot(story);
    expect(story.attempt().outcome).toBe("OutcomeUnknown");
    expect(openNonconformity(story.state.jobs[job]!)?.cause).toBe("outcome-unknown");
    expect(story.owed()).toMatchObject([{ directive: { kind: "abort" } }]);
    expect(sign(story, "concession").refusal?.code).toBe("no-such-disposition");
    expect(sign(story, "scrap").refusal).toBeNull();
  });

  it.each([
    ["failed", { kind: "failed", attempt: firstAttempt, fault, heaters: "unknown" }, "Failed"],
    ["offline", { kind: "offline", fault }, "OutcomeUnknown"],
    [
      "online again",
      { kind: "online", identity: { vendor: "v", model: "m", serial: "S1", firmware: "f", simulated: true } },
      "OutcomeUnknown",
    ],
  ] as const)("[L4] a machine that is %s ends the attempt and is owed an abort", (_, observation, outcome) => {
    const story = begun();
    story.observe(observation);
    expect(story.attempt().outcome).toBe(outcome);
    expect(story.state.equipment[printer]!.unsafe).not.toBeNull();
  });

  it("[F28] a start with no answer is over; a refused one did nothing", () => {
    const lost = cellWithOrder();
    begin(lost);
    expect(lost.attempt().phase).toBe("running");
    const unanswered = cellWithOrder();
    unanswered.events.length = 0;
    begin(unanswered);
    unanswered.tell({ kind: "stop", attempt: firstAttempt, person: tina, why: "smoke" });
    expect(unanswered.attempt().outcome).toBe("Aborted");
    expect(openNonconformity(unanswered.state.jobs[job]!)?.cause).toBe("stopped-by-person");
  });
});

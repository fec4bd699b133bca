/** Somebody else's hand at a machine: recorded, held, one nonconformity, and nothing begins before a person has looked. */
import { describe, expect, it } from "vitest";
import { dispositionsOpen } from "../../src/jobs/decide/disposition.ts";
import { startGates } from "../../src/jobs/gates.ts";
import { openNonconformity } from "../../src/jobs/state.ts";
import type { AttemptId, OperationId } from "../../src/kernel/names.ts";
import { dispose } from "./route-story.ts";
import {
  answer,
  begin,
  boot,
  cellWithOrder,
  goodLayer,
  job,
  prepare,
  printer,
  quentin,
  type Story,
  start,
  tina,
} from "./story.ts";

const what = "Somebody asked the printer itself to pause.";
const touch = (story: Story, attempt: AttemptId | null, words = what) =>
  story.observe({ kind: "foreign-action", attempt, what: words });
const types = (story: Story) => story.events.map(({ type }) => type);
const count = (story: Story, type: string) => types(story).filter((each) => each === type).length;
const lookedInto = (story: Story, person = tina) =>
  story.tell({ kind: "declare-looked-into", equipment: printer, person });
const shut = (story: Story) =>
  startGates(story.state, story.state.jobs[job]!, "print" as OperationId, tina, { at: story.at, mono: story.at })
    .filter(({ state }) => state === "shut")
    .map(({ gate }) => gate);

function running(): Story {
  const story = cellWithOrder();
  begin(story);
  goodLayer(story, 1);
  return story;
}

describe("a foreign action", () => {
  it("[F32][L8] at an idle machine shuts the next start, in its own words, until a technician has looked", () => {
    const story = cellWithOrder();
    touch(story, null);
    prepare(story);
    expect(shut(story)).toEqual(["machine-untouched"]);
    expect(start(story).refusal?.what).toContain(what);
    expect(lookedInto(story, quentin).refusal?.code).toBe("wrong-role");
    expect(lookedInto(story).refusal).toBeNull();
    expect(lookedInto(story).refusal?.code).toBe("nothing-seen");
    prepare(story);
    expect(shut(story)).toEqual([]);
    expect(count(story, "NonconformityRaised")).toBe(0);
  });

  it("[F32] is not forgotten by a restart of the controller", () => {
    const story = cellWithOrder();
    touch(story, null);
    boot(story);
    expect(story.state.equipment[printer]!.foreign).toMatchObject({ what, times: 1 });
  });

  it("[F32][F73] in a running attempt holds it and is exactly one nonconformity, however often it is told", () => {
    const story = running();
    const { id } = story.attempt();
    touch(story, id);
    touch(story, id);
    touch(story, id, "Somebody set another speed.");
    expect(story.attempt().hold).toMatchObject({ cause: "foreign-action" });
    expect(story.attempt().hold?.what).toContain(what);
    expect([count(story, "HoldRaised"), count(story, "NonconformityRaised")]).toEqual([1, 1]);
    expect(count(story, "ForeignActionSeen")).toBe(2);
    expect(story.owed()).toMatchObject([{ directive: { kind: "hold" } }]);
    expect(openNonconformity(story.state.jobs[job]!)).toMatchObject({ cause: "foreign-action", what, attempt: id });
  });

  it("[F32][L4] that QA accepts lets the job go on, after a person has looked and shown to be there", () => {
    const story = running();
    touch(story, story.attempt().id);
    answer(story, "hold");
    const resume = () => story.tell({ kind: "resume", attempt: story.attempt().id, person: tina });
    story.tell({ kind: "prove-presence", job, device: "scanner", proof: "p-1" });
    expect(dispositionsOpen(story.state.jobs[job]!, openNonconformity(story.state.jobs[job]!)!)).toEqual([
      "scrap",
      "concession",
    ]);
    dispose(story, "concession", quentin);
    expect(story.state.jobs[job]!.units[0]!.completed).toBe(0);
    expect(
      resume()
        .refusal?.gates?.filter(({ state }) => state === "shut")
        .map(({ gate }) => gate),
    ).toEqual(["machine-untouched"]);
    lookedInto(story);
    expect(resume().refusal).toBeNull();
    expect(story.attempt().hold).toBeNull();
    touch(story, story.attempt().id);
    expect(story.attempt().hold).toMatchObject({ cause: "foreign-action" });
    expect(count(story, "NonconformityRaised")).toBe(2);
  });

  it("[F32][L4] by which the attempt ended too cannot be conceded", () => {
    const story = running();
    const { id } = story.attempt();
    touch(story, id);
    const fault = { code: "someone-at-panel", what, remedy: "r" };
    story.observe({ kind: "failed", attempt: id, fault, heaters: "off" });
    const current = story.state.jobs[job]!;
    expect(current.nonconformities.map(({ cause }) => cause)).toEqual(["foreign-action", "machine-failed"]);
    expect(dispositionsOpen(current, current.nonconformities[0]!)).toEqual(["scrap"]);
  });

  it("[F32] told without end fills no record: the machine is shut after the first", () => {
    const story = cellWithOrder();
    for (let i = 0; i < 500; i += 1) touch(story, null, `Somebody pressed key ${i}.`);
    expect(count(story, "ForeignActionSeen")).toBe(20);
    expect(shut(story)).toContain("machine-untouched");
  });

  it("[F32] of an attempt that is over belongs to no job, and still shuts the machine", () => {
    const story = running();
    const { id } = story.attempt();
    story.tell({ kind: "stop", attempt: id, person: tina, why: "enough" });
    touch(story, id);
    expect(story.events.at(-1)).toMatchObject({ type: "ForeignActionSeen", job: null, attempt: null });
    expect(shut(story)).toContain("machine-untouched");
  });
});

/** The clock of the record: jumps told where they matter, expiry by the highest time that counts, and the way back that two people sign. */
import { describe, expect, it } from "vitest";
import { describeWith, summarise } from "../../src/commands/describe.ts";
import { alarmsOf } from "../../src/hmi/alarms.ts";
import { mostStretches, stretchesOf } from "../../src/jobs/clock.ts";
import { clockMeaning, shownForClock } from "../../src/jobs/decide/clock.ts";
import { decide } from "../../src/jobs/decide/decide.ts";
import type { Decision } from "../../src/jobs/decide/draft.ts";
import { evidenceOff } from "../../src/jobs/evidence-status.ts";
import { startGates } from "../../src/jobs/gates.ts";
import { shownForRelease } from "../../src/jobs/record/summary.ts";
import { syncOff } from "../../src/jobs/sync-status.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { OperationId, PersonId } from "../../src/kernel/names.ts";
import { begin, boot, cellWithOrder, job, order, quentin, type Story, tina } from "./story.ts";

const day = 86_400_000;
const decade = 3_652 * day;
/** A real time, so that ten years on is past 2038. */
const start = Date.UTC(2031, 2, 1);

/** The clock is set by this much, and the cell notices. */
function step(story: Story, by: number): void {
  const expected = story.at;
  story.at += by;
  story.tell({ kind: "clock-stepped", expected, said: story.at });
}

function story(): Story {
  const told = cellWithOrder({ expires: start + 30 * day });
  step(told, start - told.at);
  return told;
}

interface Signed {
  readonly by: PersonId;
  readonly and: PersonId;
  readonly support: "network-time" | "central-qa" | null;
  readonly off: number;
  readonly shown: string;
}

function correct(told: Story, from: number, to: number, change: Partial<Signed> = {}): Decision {
  const { by, and, support, off, shown } = {
    ...{ by: quentin, and: tina, support: "network-time" as const, off: 0 },
    shown: digestOfValue(shownForClock(told.state.clock, from, to)),
    ...change,
  };
  const signed = (person: PersonId) =>
    ({ person, name: "sealed", at: told.at, meaning: clockMeaning, shown: shown as never }) as const;
  const supported = support === null ? null : { by: support, at: told.at + 10 + off };
  const approval = signed(by);
  return told.tell({ kind: "correct-clock", from, to, approval, second: signed(and), support: supported });
}

const expiry = (told: Story) =>
  startGates(told.state, told.state.jobs[job]!, "print" as OperationId, tina, {
    at: Math.max(told.at, told.state.clock.highest),
    mono: 0,
  }).find(({ gate }) => gate === "expiry")?.state;

/** The clock ran ten years ahead for a while. */
function ranAhead(): { told: Story; from: number; to: number } {
  const told = story();
  step(told, decade);
  boot(told);
  const { from } = told.state.clock.past.at(-1)!;
  step(told, -decade);
  return { told, from, to: told.state.clock.now.from - 1 };
}

describe("[F75] a clock that is set while the cell runs", () => {
  it.each([
    ["back a day", -day],
    ["forward ten years, past 2038", decade],
  ])("%s: entries keep their order, both times stand in the record, and the job's record is flagged", (_, by) => {
    const told = cellWithOrder({ expires: start + 2 * decade });
    step(told, start - told.at);
    begin(told);
    step(told, by);
    const events = told.events.slice(-2);
    expect(events).toMatchObject([
      { type: "ClockStepped", said: told.at - 10 },
      { type: "TimesInDoubt", job, said: told.at - 10 },
    ]);
    expect(told.state.clock.entries).toBe(told.events.length);
    expect(shownForRelease(told.state.jobs[job]!.record, 1).clockSteps).toHaveLength(1);
    const [words] = summarise(told.events.map(({ type, ...body }) => ({ type, body }))).filter((line) =>
      line.startsWith("TIMES IN DOUBT"),
    );
    expect(words).toContain("order of their numbers");
    const { type, ...body } = events[1]!;
    const lines = describeWith(() => null)(type, body);
    expect(lines?.title).toContain(new Date(told.at).toISOString().slice(0, 10));
  });

  it("says nothing of it in the record of a job that nobody has begun", () => {
    const told = story();
    step(told, -day);
    expect(told.events.filter(({ type }) => type === "TimesInDoubt")).toHaveLength(0);
  });

  it("back a day makes no expired order young; forward ten years expires it, and the page says why", () => {
    const told = story();
    step(told, 31 * day);
    step(told, -31 * day);
    expect(told.at).toBeLessThan(order.expires + start);
    expect(expiry(told)).toBe("shut");
    const alarms = alarmsOf(told.state, syncOff(0), told.at, evidenceOff());
    expect(alarms.find(({ key }) => key === "clock")).toMatchObject({ owner: "qa", what: /expire by that time/ });
    expect(
      alarmsOf(story().state, syncOff(0), start + day, evidenceOff()).find(({ key }) => key === "clock"),
    ).toBeUndefined();
  });
});

describe("[F75][L7] the way back from a clock that once ran ahead", () => {
  it("QA and a second person sign; from then on those readings count no more, and everything stays in the record", () => {
    const { told, from, to } = ranAhead();
    expect(expiry(told)).toBe("shut");
    const before = told.events.length;
    const decision = correct(told, from, to);
    expect(decision.events).toMatchObject([{ type: "ClockCorrected", from, to, support: { by: "network-time" } }]);
    expect(expiry(told)).toBe("open");
    expect(told.state.clock.highest).toBe(told.at);
    expect(told.events).toHaveLength(before + 1);
    const { type, ...body } = decision.events[0]!;
    expect(describeWith(() => null)(type, body)?.title).toMatch(/Two people signed that the clock was wrong/);
  });

  it("an order that has expired by a reading which counts stays expired", () => {
    const told = story();
    step(told, 31 * day);
    boot(told);
    step(told, decade);
    boot(told);
    const { from } = told.state.clock.past.at(-1)!;
    step(told, -decade);
    correct(told, from, told.state.clock.now.from - 1);
    expect(told.state.clock.corrected).toHaveLength(2);
    expect(expiry(told)).toBe("shut");
  });

  const refused: readonly (readonly [string, string, Partial<Signed>])[] = [
    ["QA does not sign", "wrong-role", { by: tina, and: quentin }],
    ["one person signs twice", "own-work", { and: quentin }],
    ["nobody knows the second", "unknown-person", { and: "nobody" as PersonId }],
    ["nothing bears the clock out", "time-unsure", { support: null }],
    ["central QA's receipt says another time", "time-unsure", { support: "central-qa", off: -3_600_000 }],
    ["something else was shown", "not-what-was-shown", { shown: "0".repeat(64) }],
  ];
  it.each(refused)("is refused in words where %s", (_, code, change) => {
    const { told, from, to } = ranAhead();
    const { refusal, events } = correct(told, from, to, change);
    expect(refusal?.code).toBe(code);
    expect(refusal?.what).toMatch(/^[A-Z].*\.$/);
    expect(events.map(({ type }) => type)).toEqual(["RequestRefused"]);
    expect(expiry(told)).toBe("shut");
  });

  it("is refused for a part of a stretch, for the one that goes on, and a second time", () => {
    const { told, from, to } = ranAhead();
    expect(correct(told, from, to - 1).refusal?.code).toBe("not-a-stretch");
    expect(correct(told, from, to + 1).refusal?.code).toBe("not-a-stretch");
    expect(correct(told, from, to).refusal).toBeNull();
    expect(correct(told, from, to).refusal?.code).toBe("already-decided");
  });

  it("is refused for readings that were not ahead: nobody corrects a right clock into a younger one", () => {
    const told = story();
    step(told, 31 * day);
    boot(told);
    const stretch = told.state.clock.past.at(-1)!;
    expect(correct(told, stretch.from, stretch.to).refusal?.code).toBe("not-ahead");
    step(told, -31 * day);
    // The clock was set back, and nothing but itself says that it is right: the readings stay.
    const last = told.state.clock.past.at(-1)!;
    expect(correct(told, last.from, last.to, { off: 31 * day }).refusal?.code).toBe("time-unsure");
    expect(expiry(told)).toBe("shut");
  });
});

it("[F75] stretches are bounded, and what the oldest of them said goes on counting", () => {
  const told = story();
  step(told, day);
  const high = told.at;
  step(told, -day);
  for (let times = 0; times < mostStretches + 5; times += 1) {
    const { at } = told;
    told.state = decide(told.state, {
      at,
      mono: at,
      id: "m",
      message: { kind: "clock-stepped", expected: at, said: at },
    }).state;
  }
  const { clock } = told.state;
  expect(clock.past.length).toBe(mostStretches);
  expect(clock.highest).toBeGreaterThanOrEqual(high);
  expect(stretchesOf(clock, 0, 3)).toBeNull();
});

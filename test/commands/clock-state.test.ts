/** What the clock is worth where somebody sets it between two answers of the time service (features 75 and 76). */
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Ask, type ClockWatch, watchClockState } from "../../src/commands/io/clock-state.ts";
import { createTimeSupport } from "../../src/commands/io/keeper.ts";
import { shownForErasure } from "../../src/jobs/decide/keeping.ts";
import type { TextsOf } from "../../src/jobs/retention.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import { released, rosa } from "../jobs/route-story.ts";
import { job } from "../jobs/story.ts";

/** A machine whose wall clock somebody can set, and whose kernel then says no to `timedatectl`. */
const machine = { wall: 0, mono: 0, ntp: "yes", asked: 0 };
const clock = { now: () => machine.wall, monotonic: () => machine.mono };
const ask: Ask = async (program) => {
  if (program !== "timedatectl") return null;
  machine.asked += 1;
  return machine.ntp;
};
let watch: ClockWatch;

beforeEach(async () => {
  Object.assign(machine, { wall: 1_790_000_000_000, mono: 50, ntp: "yes", asked: 0 });
  watch = await watchClockState(ask, clock);
});

afterEach(() => watch.stop());

function pass(ms: number): void {
  machine.wall += ms;
  machine.mono += ms;
}

test("[F75] an answer counts no longer once the clock was set, forwards or back", () => {
  pass(29_000);
  expect(watch.state()).toBe("synchronised");
  machine.wall += 1_500;
  expect(watch.state()).toBe("synchronised");
  machine.wall += 4_000;
  expect(watch.state()).toBe("unknown");
  machine.wall -= 11_000;
  expect(watch.state()).toBe("unknown");
});

test("[F75] an answer during which the clock was set counts as none", async () => {
  const slow = await watchClockState(async () => {
    machine.wall += 60_000;
    return "yes";
  }, clock);
  expect(slow.state()).toBe("unknown");
  expect(await slow.ask()).toBe("unknown");
  slow.stop();
});

test("[F75] the time service sets the clock itself: its next answer counts", async () => {
  machine.wall += 3_600_000;
  expect(watch.state()).toBe("unknown");
  expect(await watch.ask()).toBe("synchronised");
});

test("[F76][L5] a clock set ahead right after the time service said yes erases nothing", async () => {
  const told = released({ pathway: "eu-custom-made", implantable: true });
  const of: TextsOf = { kind: "job", id: job };
  const support = createTimeSupport(watch, clock, () => null);
  machine.wall = told.at;
  await watch.ask();
  const before = machine.asked;
  machine.wall += 16 * 366 * 86_400_000;
  machine.ntp = "no";
  told.at = machine.wall;
  const shown = shownForErasure(of);
  const approval = {
    person: rosa,
    name: "sealed",
    at: 0,
    meaning: shown.meaning,
    shown: digestOfValue(shown),
  } as const;
  const { refusal } = told.tell({ kind: "erase-texts", of, approval, support: await support() });
  expect(refusal?.code).toBe("time-unsure");
  expect(machine.asked).toBeGreaterThan(before);
});

test("[F76] a deed asks the time service itself, and does not go by an answer of before", async () => {
  const support = createTimeSupport(watch, clock, () => null);
  expect(await support()).toEqual({ by: "network-time", at: machine.wall });
  machine.ntp = "no";
  pass(1_000);
  expect(await support()).toBeNull();
});

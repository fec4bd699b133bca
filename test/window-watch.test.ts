/** The keeper of windows in virtual time: it hears the machines, tells once, waits while the attempt waits, and accounts. */
import { describe, expect, it } from "vitest";
import type { Reading, Telemetry } from "../src/equipment/machine.ts";
import type { ParameterWindow } from "../src/equipment/window.ts";
import type { Message } from "../src/jobs/message.ts";
import type { Clock } from "../src/kernel/ports.ts";
import { keepWindows, type WindowKeeper } from "../src/window-watch.ts";
import {
  answer,
  begin,
  cellWithOrder,
  firstAttempt,
  goodLayer,
  layerDone,
  order,
  prepare,
  printer,
  type Story,
  seePlate,
  start,
  tina,
} from "./jobs/story.ts";

const window: ParameterWindow = {
  ...{ id: "chamber", title: "Chamber", reading: "chamber", unit: "°C" },
  before: { lower: 40, upper: 60 },
  ...{ course: [{ at_s: 0, lower: 40, upper: 60 }], outside_s: 3, silent_s: 8 },
};

interface World {
  readonly story: Story;
  readonly keeper: WindowKeeper;
  readonly told: Extract<Message, { kind: "window-left" }>[];
  /** Lets seconds pass, one look each; the machine says what it measures, or nothing. */
  pass(seconds: number, value: number | null): void;
}

function world(): World {
  const [build] = order.route;
  const story = cellWithOrder({ route: [{ ...build, windows: [window] } as NonNullable<typeof build>] });
  const told: World["told"] = [];
  let [now, telemetry]: [number, Telemetry | null] = [0, null];
  const clock: Clock = { now: () => 0, monotonic: () => now, after: () => () => undefined };
  const cell = {
    state: () => story.state,
    submit: (message: Message) => {
      if (message.kind === "window-left") told.push(message);
      return new Promise<never>(() => undefined);
    },
  };
  const keeper = keepWindows(cell, new Map([[printer, { telemetry: () => telemetry }]]), clock);
  const pass: World["pass"] = (seconds, value) => {
    for (let n = 0; n < seconds; n++) {
      now += 1000;
      if (value !== null) {
        const readings: Reading[] = [{ name: "chamber", value, unit: "°C", at: now }];
        telemetry = { equipment: printer, at: now, hotend: null, bed: null, readings };
      }
      keeper.look();
    }
  };
  return { story, keeper, told, pass };
}

function printing(): World {
  const made = world();
  made.pass(1, 50);
  begin(made.story);
  goodLayer(made.story, 1);
  return made;
}

describe("the keeper of windows", () => {
  it("[F13] tells once of a value that is outside for longer than allowed", () => {
    const { pass, told } = printing();
    pass(30, 50);
    pass(3, 71);
    expect(told).toEqual([]);
    pass(20, 72);
    expect(told).toEqual([
      {
        ...{ kind: "window-left", attempt: firstAttempt, window: "chamber" },
        breach: { kind: "outside", value: 72, lower: 40, upper: 60, for_s: 3 },
      },
    ]);
  });

  it("[F13][L3] tells of silence, also where the machine repeats its last word for ever", () => {
    const { pass, told } = printing();
    pass(3, 50);
    pass(9, null);
    expect(told).toMatchObject([{ breach: { kind: "silent", for_s: 9 } }]);
  });

  it("[F13] watches nothing before the first layer is made and after the last one is", () => {
    const { pass, told, story, keeper } = world();
    pass(1, 50);
    begin(story);
    pass(60, 20);
    expect(keeper.accountOf(firstAttempt)).toEqual([]);
    goodLayer(story, 1);
    pass(10, 50);
    goodLayer(story, 2);
    layerDone(story, 3);
    pass(60, 20);
    expect(told).toEqual([]);
    expect(keeper.accountOf(firstAttempt)).toEqual([
      { window: "chamber", samples: 10, min: 50, max: 50, longestOutside_s: 0 },
    ]);
  });

  it("[F13] waits while the attempt waits, and looks afresh when it goes on", () => {
    const { pass, told, story } = printing();
    pass(2, 50);
    pass(2, 75);
    story.tell({ kind: "hold", attempt: firstAttempt, person: tina, why: "a look" });
    answer(story, "hold");
    pass(60, 75);
    expect(told).toEqual([]);
    story.tell({ kind: "prove-presence", job: order.id, device: "scanner", proof: "p-9" });
    expect(story.tell({ kind: "resume", attempt: firstAttempt, person: tina }).refusal).toBeNull();
    pass(3, 75);
    expect(told).toEqual([]);
    pass(1, 75);
    expect(told).toHaveLength(1);
  });

  it.each([
    [45, null],
    [39.5, "Chamber is 39.5 °C; for a start it has to be 40 °C to 60 °C."],
    [60.5, "Chamber is 60.5 °C; for a start it has to be 40 °C to 60 °C."],
    [Number.NaN, "Chamber is not reported; for a start it has to be 40 °C to 60 °C."],
  ])("[F13] a machine that reports %d before the start: %s", (value, what) => {
    const { pass, story, keeper } = world();
    pass(1, value);
    prepare(story);
    start(story);
    seePlate(story, true);
    expect(keeper.whyNotBegin(firstAttempt)?.what ?? null).toBe(what);
  });

  it("[F13][L3] what was heard too long ago is not what is", () => {
    const { pass, story, keeper } = world();
    pass(1, 50);
    pass(9, null);
    prepare(story);
    start(story);
    seePlate(story, true);
    expect(keeper.whyNotBegin(firstAttempt)).toMatchObject({ code: "parameter-before-start" });
  });
});

/** The keeper of layers in virtual time: what the printer and the sensor beside it tell, from one layer's end to the next. */
import { describe, expect, it } from "vitest";
import type { Reading, Telemetry } from "../src/equipment/machine.ts";
import type { EquipmentId } from "../src/kernel/names.ts";
import type { Clock } from "../src/kernel/ports.ts";
import { keepLayers } from "../src/layer-watch.ts";
import { answer, begin, cellWithOrder, firstAttempt, goodLayer, order, printer, tina } from "./jobs/story.ts";

function world() {
  const story = cellWithOrder();
  let now = 1000;
  const told = new Map<string, Telemetry>();
  const clock: Clock = { now: () => now, monotonic: () => now, after: () => () => undefined };
  const machines = new Map(["climate", printer].map((id) => [id, { telemetry: () => told.get(id) ?? null }]));
  const measured = (id: string) => (id === "climate" ? [{ reading: "oxygen", unit: "%" }] : []);
  const keeper = keepLayers({ state: () => story.state }, machines, () => ["climate"], measured, clock);
  const pass = (seconds: number, hotend: number | null, oxygen: number | null) => {
    for (let n = 0; n < seconds; n++) {
      now += 1000;
      const of = { at: now, bed: null };
      if (hotend !== null) {
        told.set(printer, { ...of, equipment: printer, hotend: { actual: hotend, target: 200 } });
      }
      if (oxygen !== null) {
        const readings = [{ name: "oxygen", value: oxygen, unit: "%", at: now }];
        told.set("climate", { ...of, equipment: "climate" as EquipmentId, hotend: null, readings });
      }
      keeper.look();
    }
  };
  const tell = (reading: Reading) => {
    told.set("climate", { equipment: "climate" as EquipmentId, at: now, hotend: null, bed: null, readings: [reading] });
    keeper.look();
  };
  return { story, keeper, pass, tell, now: () => now };
}

describe("the keeper of layers", () => {
  it("[F59] gives each layer the values of its own time, those of a sensor beside the printer among them", () => {
    const { story, keeper, pass, now } = world();
    pass(5, 25, 20);
    begin(story);
    pass(1, 25, 20);
    pass(20, 200, 0.4);
    const first = keeper.close(firstAttempt, now());
    expect(first?.values.map(({ reading, samples, max, gap }) => ({ reading, samples, max, gap }))).toEqual([
      { reading: "climate/oxygen", samples: 20, max: 0.4, gap: false },
      { reading: "hotend", samples: 20, max: 200, gap: false },
      { reading: "hotend-set-point", samples: 20, max: 200, gap: false },
    ]);
    goodLayer(story, 1);
    pass(12, 201, null);
    pass(2, 201, 0.5);
    const second = keeper.close(firstAttempt, now());
    expect(second).toMatchObject({ from: first?.to, to: now(), held_s: 0 });
    expect(second?.values[1]).toMatchObject({ samples: 14, min: 201, gap: false });
    expect(second?.values[0]).toMatchObject({ samples: 2, unheard_s: 13, gap: true });
  });

  it("[F59] a machine that repeats its last word for ever is not heard", () => {
    const { story, keeper, pass, now } = world();
    begin(story);
    pass(2, 200, 0.4);
    keeper.close(firstAttempt, now());
    pass(30, null, null);
    expect(keeper.close(firstAttempt, now())?.values).toMatchObject([
      { samples: 0, gap: true, unheard_s: 30 },
      { samples: 0, gap: true },
      { samples: 0, gap: true },
    ]);
  });

  it("[F59][L1] a sensor that is not there from the first layer on is missed, and one that says it has no value as well", () => {
    const { story, keeper, pass, tell, now } = world();
    begin(story);
    pass(1, 200, null);
    pass(20, 200, null);
    const row = keeper.close(firstAttempt, now());
    const oxygen = { reading: "climate/oxygen", unit: "%", samples: 0, min: null, mean: null, max: null, gap: true };
    expect(row?.values[0]).toMatchObject({ ...oxygen, unheard_s: 20 });
    pass(3, 200, 0.4);
    for (let n = 0; n < 12; n++) {
      pass(1, 200, null);
      tell({ name: "oxygen", value: "no value (BadSensorFailure)", unit: "%", at: now(), bad: true });
    }
    const next = keeper.close(firstAttempt, now());
    expect(next?.values[0]).toMatchObject({ samples: 3, min: 0.4, max: 0.4, bad: 12, unheard_s: 12, gap: true });
  });

  it("[F59] a wait is no part of the layer", () => {
    const { story, keeper, pass, now } = world();
    begin(story);
    pass(3, 200, 0.4);
    story.tell({ kind: "hold", attempt: firstAttempt, person: tina, why: "a look" });
    answer(story, "hold");
    pass(600, 25, 20);
    story.tell({ kind: "prove-presence", job: order.id, device: "scanner", proof: "p-9" });
    expect(story.tell({ kind: "resume", attempt: firstAttempt, person: tina }).refusal).toBeNull();
    pass(3, 200, 0.4);
    const row = keeper.close(firstAttempt, now());
    expect(row).toMatchObject({ held_s: 600 });
    expect(row?.values[1]).toMatchObject({ min: 200, gap: false });
  });

  it("knows nothing of an attempt that is not open", () => {
    expect(world().keeper.close(firstAttempt, 5)).toBeNull();
  });
});

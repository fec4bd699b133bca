/** Alarms: who acknowledged, what is put aside and for how long, which came first, and a flood of which nothing is lost. */
import { describe, expect, it } from "vitest";
import { alarmsOf } from "../../src/hmi/alarms.ts";
import { acknowledgedForMs, mostShelvedMs } from "../../src/jobs/alarm-deeds.ts";
import { evidenceOff } from "../../src/jobs/evidence-status.ts";
import { startGates } from "../../src/jobs/gates.ts";
import { syncOff } from "../../src/jobs/sync-status.ts";
import type { PersonId } from "../../src/kernel/names.ts";
import { cellWithOrder, job, order, printer, quentin, type Story, tina } from "./story.ts";

const name = (id: string): string => `machine/${printer}/${id}`;
const change = (story: Story, id: string, active: boolean, severity = 500): void => {
  story.observe({ kind: "alarm", alarm: { id, active, severity, what: `Condition ${id}.`, at: story.at } });
};
const shown = (story: Story, at = story.at) =>
  alarmsOf(story.state, syncOff(0), at, evidenceOff()).filter(({ key }) => key.startsWith("machine/"));
const seen = (story: Story, id: string) => shown(story).find(({ key }) => key === name(id))?.acknowledgedAt ?? null;
const acknowledge = (story: Story, id: string, person: PersonId = tina) =>
  story.tell({ kind: "acknowledge-alarm", alarm: name(id), what: `Condition ${id}.`, person });
const shelve = (story: Story, id: string, person: PersonId, forMs: number, priority: 1 | 2 | 3 = 2) =>
  story.tell({
    ...{ kind: "shelve-alarm", alarm: name(id), what: `Condition ${id}.`, reason: "nuisance" },
    ...{ forMs, priority, person },
  });

describe("[F36] alarms", () => {
  it("are acknowledged by a person, until they go: when one comes again nobody has seen it", () => {
    const story = cellWithOrder();
    change(story, "door", true);
    expect(seen(story, "door")).toBeNull();
    acknowledge(story, "door");
    expect(story.events.at(-1)).toEqual({
      ...{ type: "AlarmAcknowledged", alarm: name("door"), what: "Condition door.", person: tina },
    });
    expect(seen(story, "door")).toBe(story.at);
    expect(shown(story, story.at + acknowledgedForMs)[0]?.acknowledgedAt).toBeNull();
    change(story, "door", false);
    change(story, "door", true);
    expect(seen(story, "door")).toBeNull();
  });

  it("are acknowledged by nobody who is not of this cell", () => {
    const story = cellWithOrder();
    change(story, "door", true);
    expect(acknowledge(story, "door", "stranger" as PersonId).refusal).toMatchObject({ code: "unknown-person" });
    expect(seen(story, "door")).toBeNull();
  });

  it("are put aside by QA or an engineer only, for a shift at most, and come back by themselves", () => {
    const story = cellWithOrder();
    change(story, "door", true);
    expect(shelve(story, "door", tina, 1000).refusal).toMatchObject({ code: "wrong-role" });
    expect(shelve(story, "door", quentin, mostShelvedMs + 1).refusal).toMatchObject({ code: "not-shelvable" });
    expect(shelve(story, "door", quentin, 1000, 1).refusal).toMatchObject({ code: "not-shelvable" });
    shelve(story, "door", quentin, 60_000);
    const until = story.at + 60_000;
    expect(shown(story)[0]).toMatchObject({ shelvedUntil: until });
    // Gone and come again, it still lies there; and after its time it does not.
    change(story, "door", false);
    change(story, "door", true);
    expect(shown(story)[0]?.shelvedUntil).toBe(until);
    expect(shown(story, until)[0]?.shelvedUntil).toBeNull();
    story.tell({ kind: "unshelve-alarm", alarm: name("door"), person: tina });
    expect(shown(story)[0]?.shelvedUntil).toBeNull();
  });

  it("that grew urgent on the shelf stand at once, and nothing put aside opens a gate", () => {
    const story = cellWithOrder();
    const gates = () =>
      startGates(story.state, story.state.jobs[job]!, order.route[0]!.id, tina, { at: story.at, mono: story.at });
    change(story, "door", true);
    const before = gates().map(({ gate, state }) => [gate, state]);
    shelve(story, "door", quentin, 60_000);
    acknowledge(story, "door");
    expect(gates().map(({ gate, state }) => [gate, state])).toEqual(before);
    change(story, "door", false);
    change(story, "door", true, 900);
    expect(shown(story)[0]).toMatchObject({ priority: 1, shelvedUntil: null });
  });

  it("name the first of those that stand together, until none of them stands", () => {
    const story = cellWithOrder();
    change(story, "air", true, 100);
    change(story, "press", true, 600);
    change(story, "door", true, 600);
    const first = () =>
      shown(story)
        .filter(({ firstOut }) => firstOut)
        .map(({ key }) => key);
    expect(first()).toEqual([name("air")]);
    change(story, "press", false);
    expect(first()).toEqual([name("air")]);
    for (const id of ["air", "door"]) change(story, id, false);
    change(story, "door", true);
    expect(first()).toEqual([name("door")]);
  });

  it("in a flood of ten thousand are each in the record, and the page stays small", () => {
    const story = cellWithOrder();
    const before = story.events.length;
    for (let n = 0; n < 5000; n++) change(story, `a${n % 2500}`, n < 2500, 100 + (n % 800));
    for (let n = 0; n < 5000; n++) change(story, `b${n % 500}`, Math.floor(n / 500) % 2 === 0);
    const changes = story.events.slice(before).filter(({ type }) => type === "MachineAlarmChanged");
    expect(changes).toHaveLength(10_000);
    for (let n = 0; n < 3000; n++) change(story, `c${n}`, true);
    expect(shown(story)).toHaveLength(6);
    expect(shown(story).at(-1)).toMatchObject({ what: "2995 more alarms of the machine.", single: false });
    expect(shown(story)[0]?.key === name("c0") || shown(story).some(({ firstOut }) => firstOut)).toBe(true);
  });

  it("keep a bounded memory of what was done about them", () => {
    const story = cellWithOrder();
    for (let n = 0; n < 1200; n++) acknowledge(story, `x${n}`);
    expect(Object.keys(story.state.alarmDeeds)).toHaveLength(1000);
    expect(story.state.alarmDeeds[name("x1199")]?.acknowledged?.person).toBe(tina);
  });
});

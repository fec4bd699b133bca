/** The watchdog: loss within its bound, late answers count for nothing, and the alarms of a machine lose no change. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AlarmBook,
  alarmLimits,
  beginRefresh,
  clearAlarm,
  hearAlarm,
  newAlarmBook,
  note,
  ownAlarms,
  tellAlarms,
} from "../../../src/drivers/opcua/alarms.ts";
import { heardBeat, newWatch, pursueWatch, type Watch } from "../../../src/drivers/opcua/watchdog.ts";
import type { MachineAlarm } from "../../../src/equipment/machine.ts";

const at = (mono: number) => ({ mono, utc: 1_000_000 + mono });
const times = { every: 2000, misses: 3 };
const beat = (currentTime: number, startTime = 5) => ({ startTime, currentTime });

/** Steps in 50 ms until something is found. */
function until(watch: Watch, from: number, limit = 60_000) {
  for (let mono = from; mono <= limit; mono += 50) {
    const found = pursueWatch(watch, at(mono));
    if (found !== null) return { found, mono };
  }
  return null;
}

describe("the watchdog", () => {
  it("[F23] a machine that answers nothing is lost after three missed heartbeats, within eight seconds", () => {
    const watch = newWatch(times, beat(1), at(0));
    let from = 0;
    for (;;) {
      const step = until(watch, from)!;
      from = step.mono;
      if (step.found.kind === "lost") break;
    }
    expect(from).toBeGreaterThanOrEqual(6000);
    expect(from).toBeLessThanOrEqual(8100);
    expect(watch.goodSince).toBe(at(0).utc);
  });

  it("[F23] an answer that comes late counts for nothing, however good it is", () => {
    const watch = newWatch(times, beat(1), at(0));
    const first = until(watch, 0)!;
    const second = until(watch, first.mono)!;
    expect([first.found, second.found]).toEqual([
      { kind: "read", id: 1 },
      { kind: "read", id: 2 },
    ]);
    heardBeat(watch, 1, beat(2));
    expect(watch.missed).toBe(1);
    heardBeat(watch, 2, beat(3));
    expect([watch.missed, watch.goodSince]).toEqual([0, at(second.mono).utc]);
  });

  it("[F23] a time that stands still is no heartbeat, and another start of the server is seen", () => {
    const watch = newWatch(times, beat(1), at(0));
    until(watch, 0);
    expect(heardBeat(watch, 1, beat(1))).toBeNull();
    expect(watch.missed).toBe(1);
    until(watch, 2000);
    expect(heardBeat(watch, 2, beat(9, 6))).toEqual({ kind: "restarted" });
  });

  it("[F23] whatever answers come and do not come, silence of eight seconds is always seen", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ after: fc.integer({ min: 0, max: 3000 }), good: fc.boolean() })), (answers) => {
        const watch = newWatch(times, beat(0), at(0));
        const due: { id: number; at: number; good: boolean }[] = [];
        const plan = [...answers];
        let lastGood = 0;
        for (let mono = 0; mono < 60_000; mono += 50) {
          for (const one of due.splice(0, due.length)) {
            if (one.at > mono) due.push(one);
            else {
              const counts = watch.awaited?.id === one.id && one.good;
              if (heardBeat(watch, one.id, one.good ? beat(mono) : null)?.kind === "lost") return;
              if (counts) lastGood = mono;
            }
          }
          const found = pursueWatch(watch, at(mono));
          if (found?.kind === "lost") return;
          if (found?.kind === "read") {
            const next = plan.shift();
            if (next !== undefined) due.push({ id: found.id, at: mono + next.after, good: next.good });
          }
          expect(mono - lastGood).toBeLessThanOrEqual(8200);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("alarms", () => {
  const alarm = (id: string, active: boolean, severity = 500): MachineAlarm => ({
    ...{ id, active, severity, what: `It says ${id}.`, at: 1 },
  });
  const hear = (book: AlarmBook, one: MachineAlarm, mono = 0) =>
    hearAlarm(book, { kind: "condition", alarm: one }, at(mono));

  it("[F36] each change is told once; the same state again is not", () => {
    const book = newAlarmBook();
    hear(book, alarm("door", true));
    hear(book, alarm("door", true));
    expect(tellAlarms(book, at(0)).map(({ active }) => active)).toEqual([true]);
    hear(book, alarm("door", true));
    expect(tellAlarms(book, at(1000))).toEqual([]);
    hear(book, alarm("door", false));
    expect(tellAlarms(book, at(2000)).map(({ active }) => active)).toEqual([false]);
  });

  it("[F36] what came and went between two tellings is told, with how often", () => {
    const book = newAlarmBook();
    for (const active of [true, false, true, false]) hear(book, alarm("door", active));
    const told = tellAlarms(book, at(0));
    expect(told.map(({ active }) => active)).toEqual([true, false]);
    expect(told[1]!.what).toContain("changed 4 times");
  });

  it("[F36] after a refresh what was not reported again is cleared; without its end there is an alarm about that", () => {
    const book = newAlarmBook();
    for (const id of ["door", "overforce"]) hear(book, alarm(id, true));
    tellAlarms(book, at(0));
    beginRefresh(book, at(1000));
    hearAlarm(book, { kind: "refresh-start" }, at(1000));
    hear(book, alarm("door", true), 1000);
    hearAlarm(book, { kind: "refresh-end" }, at(1100));
    expect(tellAlarms(book, at(2000)).map(({ id, active }) => [id, active])).toEqual([["overforce", false]]);
    beginRefresh(book, at(3000));
    hearAlarm(book, { kind: "refresh-start" }, at(3000));
    const told = tellAlarms(book, at(3000 + alarmLimits.refresh));
    expect(told.map(({ id, active }) => [id, active])).toEqual([[ownAlarms.list, true]]);
    beginRefresh(book, at(20_000));
    hearAlarm(book, { kind: "refresh-start" }, at(20_000));
    hear(book, alarm("door", true));
    hearAlarm(book, { kind: "refresh-end" }, at(20_000));
    expect(tellAlarms(book, at(20_000)).map(({ id, active }) => [id, active])).toEqual([[ownAlarms.list, false]]);
  });

  it("[F36] an end without a start, and a start without a question, clear nothing", () => {
    const book = newAlarmBook();
    hear(book, alarm("door", true));
    tellAlarms(book, at(0));
    hearAlarm(book, { kind: "refresh-end" }, at(0));
    hearAlarm(book, { kind: "refresh-start" }, at(0));
    hearAlarm(book, { kind: "refresh-end" }, at(0));
    expect(tellAlarms(book, at(1000))).toEqual([]);
  });

  it("[F36] in any flood the telling is bounded, ends with the true state of each, and hides no change", () => {
    const flood = fc.array(fc.tuple(fc.nat(120), fc.boolean(), fc.nat(20)), { maxLength: 800 });
    fc.assert(
      fc.property(flood, (events) => {
        const book = newAlarmBook();
        const truth = new Map<string, boolean>();
        const changed = new Set<string>();
        const told = new Map<string, boolean>();
        const everTold = new Set<string>();
        let mono = 0;
        const tell = () => {
          const alarms = tellAlarms(book, at(mono));
          expect(alarms.length).toBeLessThanOrEqual(2 * alarmLimits.atOnce);
          for (const { id, active } of alarms) {
            expect(told.get(id) ?? false).not.toBe(active);
            told.set(id, active);
            everTold.add(id);
          }
        };
        for (const [n, active, pause] of events) {
          const id = `c${n}`;
          if ((truth.get(id) ?? false) !== active) changed.add(id);
          truth.set(id, active);
          hear(book, alarm(id, active, 1 + n), mono);
          mono += pause;
          tell();
        }
        for (let n = 0; n < 20; n++) {
          mono += alarmLimits.every;
          tell();
        }
        for (const id of changed) expect([id, told.get(id), everTold.has(id)]).toEqual([id, truth.get(id), true]);
      }),
      { numRuns: 60 },
    );
  });

  it("[F36] more conditions than are followed are counted, never dropped in silence", () => {
    const book = newAlarmBook();
    for (let n = 0; n < alarmLimits.conditions + 7; n++) note(book, alarm(`c${n}`, true));
    const flood = tellAlarms(book, at(0)).find(({ id }) => id === ownAlarms.flood);
    expect(flood?.what).toContain("7 changes");
    clearAlarm(book, "c1", 5);
  });
});

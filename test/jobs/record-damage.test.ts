/** A record found damaged: recorded once, an alarm, no new start; and all of that over when a whole round finds nothing. */
import { expect, test } from "vitest";
import { alarmsOf } from "../../src/hmi/alarms.ts";
import { evidenceOff } from "../../src/jobs/evidence-status.ts";
import { startGates } from "../../src/jobs/gates.ts";
import type { RecordDamage } from "../../src/jobs/keeping-event.ts";
import { findJob } from "../../src/jobs/state.ts";
import { syncOff } from "../../src/jobs/sync-status.ts";
import type { OperationId } from "../../src/kernel/names.ts";
import { begin, cellWithOrder, goodLayer, job, prepare, type Story, start, tina } from "./story.ts";

const what = "The body of entry 300 (LayerDecided) is not the one it was written with.";
const damage: RecordDamage = { rule: "body-changed", entry: 300, from: 300, to: 512, what };

function gateOf(story: Story) {
  const of = findJob(story.state, job)!;
  const now = { at: story.at, mono: story.at };
  return startGates(story.state, of, of.order.route[0]!.id as OperationId, tina, now).find(
    ({ gate }) => gate === "record",
  );
}

test("[F67][F94] damage stops new starts in words, stands as an alarm, and is recorded once", () => {
  const story = cellWithOrder();
  prepare(story);
  expect(gateOf(story)).toMatchObject({ state: "open" });
  story.tell({ kind: "record-scrubbed", damage, entries: 900 });
  story.tell({ kind: "record-scrubbed", damage, entries: 900 });
  expect(story.events.filter(({ type }) => type === "RecordDamaged")).toEqual([{ type: "RecordDamaged", ...damage }]);
  const shut = gateOf(story);
  expect(shut).toMatchObject({
    state: "shut",
    owner: "engineer",
    remedy: expect.stringContaining("central QA's copy"),
  });
  expect(shut?.what).toBe(`Something among entries 300 to 511 of the record on the disk is damaged. ${what}`);
  expect(
    start(story)
      .refusal?.gates?.filter(({ state }) => state === "shut")
      .map((one) => one.gate),
  ).toEqual(["record"]);
  const alarms = alarmsOf(story.state, syncOff(0), story.at, evidenceOff()).filter(({ key }) => key === "record");
  expect(alarms).toMatchObject([{ priority: 1, owner: "engineer", what: shut?.what }]);
});

test("[F67] other damage is another entry; a whole round without any ends it, and a start is possible again", () => {
  const story = cellWithOrder();
  prepare(story);
  story.tell({ kind: "record-scrubbed", damage: null, entries: 900 });
  expect(story.events.map(({ type }) => type)).not.toContain("RecordFoundWhole");
  story.tell({ kind: "record-scrubbed", damage, entries: 900 });
  story.tell({ kind: "record-scrubbed", damage: { ...damage, from: 12, entry: 12 }, entries: 900 });
  expect(story.state.recordDamage).toMatchObject({ entry: 12 });
  story.tell({ kind: "record-scrubbed", damage: null, entries: 901 });
  expect(story.state.recordDamage).toBe(null);
  expect(story.events.at(-1)).toEqual({ type: "RecordFoundWhole", entries: 901 });
  expect(gateOf(story)).toMatchObject({ state: "open" });
  expect(alarmsOf(story.state, syncOff(0), story.at, evidenceOff()).map(({ key }) => key)).not.toContain("record");
});

test("[F67][L3] what is being made goes on while the record is found damaged", () => {
  const story = cellWithOrder();
  begin(story);
  goodLayer(story, 1);
  story.tell({ kind: "record-scrubbed", damage, entries: 900 });
  goodLayer(story, 2);
  expect(findJob(story.state, job)?.attempts[0]).toMatchObject({ accepted: 2, hold: null });
});

/** Evidence that does not reach central QA is an alarm of low priority with its remedy, and nothing else stops for it. */
import { expect, test } from "vitest";
import { alarmsOf } from "../../src/hmi/alarms.ts";
import { evidenceOff } from "../../src/jobs/evidence-status.ts";
import { emptyState } from "../../src/jobs/state.ts";
import { syncOff } from "../../src/jobs/sync-status.ts";

test("[F83] [L8] a full disk at central is told with its remedy; evidence that only waits is no alarm", () => {
  const alarm = { code: "storage-full", what: "Central QA's disk has no room for evidence.", remedy: "It makes room." };
  const waiting = { ...evidenceOff(), state: "away" as const, waiting: 3, oldestAt: 5 };
  const told = (status: typeof waiting & { alarm: typeof alarm | null }) =>
    alarmsOf(emptyState, syncOff(0), 0, status).filter(({ key }) => key === "evidence");
  expect(told({ ...waiting, alarm: null })).toEqual([]);
  expect(told({ ...waiting, alarm })).toMatchObject([{ priority: 3, what: alarm.what, remedy: alarm.remedy }]);
});

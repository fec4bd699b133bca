/** What a failed ledger leaves for the next start, and what that start makes of it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decide } from "../../../src/jobs/decide/decide.ts";
import { emptyState } from "../../../src/jobs/state.ts";
import type { Digest } from "../../../src/kernel/names.ts";
import { forgetLastFault, keepLastFault, readLastFault } from "../../../src/ledger/io/last-fault.ts";
import { setup } from "../../jobs/route-story.ts";
import { newFolders } from "../drafts.ts";

const aDigest = "0".repeat(64) as Digest;
const versions = {
  software: "test",
  softwareDigest: aDigest,
  configDigest: aDigest,
  modelDigest: null,
  cameraDigest: null,
  runtime: "test",
};
const fault = { code: "disk-error", what: "The data disk did not do what it was told.", remedy: "Check it." } as const;

test("[L1] the fault that ended a run is kept beside the keys until the next start has recorded it", async () => {
  const { keysDir } = await newFolders();
  expect(await readLastFault(keysDir)).toBe(null);
  await keepLastFault(keysDir, fault, 1_790_000_000_000);
  const lastFault = await readLastFault(keysDir);
  expect(lastFault).toEqual({ code: "disk-error", what: fault.what, at: 1_790_000_000_000 });
  const message = { kind: "boot", boot: "b1", versions, setup, lastFault } as const;
  const { events } = decide(emptyState, { at: 1_790_000_001_000, mono: 1, id: "m1", message });
  expect(events.slice(0, 2)).toMatchObject([{ type: "CellBooted" }, { type: "StorageFailed", ...lastFault }]);
  await forgetLastFault(keysDir);
  expect(await readLastFault(keysDir)).toBe(null);
});

test("a note that cannot be read says at least that there was one", async () => {
  const { keysDir } = await newFolders();
  writeFileSync(join(keysDir, "last-fault.json"), "{");
  expect(await readLastFault(keysDir)).toMatchObject({ code: "unknown" });
});

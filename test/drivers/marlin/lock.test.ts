/** The lock of a port: whole or not there, left behind or somebody's, and never of two at once. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeEach, expect, test } from "vitest";
import { lockPort } from "../../../src/drivers/marlin/io/lock.ts";

const folder = mkdtempSync(join(tmpdir(), "locks-"));
const file = join(folder, "cellward_dev_null.lock");
beforeEach(() => rmSync(file, { force: true }));
afterAll(() => rmSync(folder, { recursive: true }));

/** Takes the lock and gives it back until it is told to stop. */
const taker = `
  const { workerData: { stop, folder, lock } } = require("node:worker_threads");
  import(lock).then(({ lockPort }) => {
    while (Atomics.load(stop, 0) === 0) { const got = lockPort("/dev/null", folder); if (got.ok) got.value(); }
  });`;

test("[F32] nobody ever reads a lock that is half written, and takes it for one that was left behind", async () => {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const lock = new URL("../../../src/drivers/marlin/io/lock.ts", import.meta.url).href;
  const worker = new Worker(taker, { eval: true, workerData: { stop, folder, lock } });
  const gone = new Promise((done, fail) => worker.once("exit", done).once("error", fail));
  let [whole, half] = [0, 0];
  while (whole < 500 && half === 0) {
    try {
      if (/^\d+ \d+\n$/.test(readFileSync(file, "utf8"))) whole++;
      else half++;
    } catch {
      // Given back at this moment.
    }
    if (whole === 0) await new Promise((done) => setImmediate(done));
  }
  Atomics.store(stop, 0, 1);
  await gone;
  expect(half).toBe(0);
});

test("[F32] a lock that was left behind is taken over once, and nothing lies beside it", () => {
  for (const left of ["999999999 1\n", `${process.pid} 1\n`, "garbage", ""]) {
    writeFileSync(file, left);
    const [one, two] = [lockPort("/dev/null", folder), lockPort("/dev/null", folder)];
    expect([one.ok, two]).toEqual([true, { ok: false, error: `process ${process.pid} uses the port` }]);
    expect(readdirSync(folder)).toEqual(["cellward_dev_null.lock"]);
    if (one.ok) one.value();
    expect(readdirSync(folder)).toEqual([]);
  }
});

test("[F32] while one takes a lock over, another waits; and who died in the middle of it bars nobody for long", () => {
  writeFileSync(file, "999999999 1\n");
  writeFileSync(`${file}.turn`, "999999999 1\n");
  expect(lockPort("/dev/null", folder)).toEqual({ ok: false, error: "another process is taking the port" });
  const again = lockPort("/dev/null", folder);
  expect(again.ok).toBe(true);
});

/** The presence driver against the simulated device on a real tty: proofs, noise, repeats, unplugging. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { openPresenceDevice, type PresenceDevice } from "../../../src/drivers/presence/io/device.ts";
import type { PresenceProof } from "../../../src/drivers/presence/pairing.ts";
import { type PresenceBench, realClock, startPresenceBench } from "./bench.ts";

let bench: PresenceBench;
let device: PresenceDevice;
const proofs: PresenceProof[] = [];
let changed: () => void = () => undefined;

beforeAll(async () => {
  bench = await startPresenceBench();
  // Scanned and pressed while nobody listened: must count for nothing.
  await bench.post("/scan", { code: "JOB:J-OLD" });
  await bench.post("/press");
  device = openPresenceDevice({
    path: bench.tty,
    clock: realClock,
    retryMs: 50,
    onProof: (proof) => proofs.push(proof),
    onChange: () => changed(),
  });
});
afterAll(async () => {
  await device.close();
  await bench.close();
});

function until(holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    changed = () => holds() && resolve();
    changed();
  });
}

it("[F29][F30] proves presence by scan and press over the tty; what was pressed before it listened counts for nothing", async () => {
  await until(() => device.status().online);
  expect(proofs).toEqual([]);
  await bench.post("/scan", { code: "JOB:J-1" });
  await until(() => device.status().scanned === "J-1");
  await bench.post("/fault", { name: "noise" });
  await bench.post("/press");
  await until(() => device.status().what === "Scan and press were taken.");
  await bench.post("/fault", { name: "repeat-press" });
  await bench.post("/press");
  await until(() => device.status().what.includes("first"));
  expect(proofs.map((proof) => proof.job)).toEqual(["J-1"]);
});

it("[F29] survives being unplugged, and forgets the scan that came before", async () => {
  await bench.post("/scan", { code: "JOB:J-2" });
  await until(() => device.status().scanned === "J-2");
  await bench.post("/fault", { name: "unplug" });
  await until(() => !device.status().online);
  await bench.post("/fault", { name: "replug" });
  await until(() => device.status().online);
  await bench.post("/press");
  await until(() => device.status().what.includes("first"));
  await bench.post("/scan", { code: "JOB:J-2" });
  await bench.post("/press");
  await until(() => device.status().what === "Scan and press were taken.");
  expect(proofs.map((proof) => proof.job)).toEqual(["J-1", "J-2"]);
});

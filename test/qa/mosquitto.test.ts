/** Central QA on Debian's Mosquitto, with the configuration and the topic rules that docs/central-qa.md hands out. */
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { messageBytes } from "../../src/ledger/batch.ts";
import { openCheckpoint } from "../../src/ledger/checkpoint.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { origin } from "../ledger/plain-drafts.ts";
import { createCell, story } from "./cell.ts";
import { configText, connectCell, install, startQaHere } from "./installation.ts";
import { startMosquitto } from "./mosquitto.ts";

test("[F81][F90] receipts go through, and a cell's certificate opens its own topics alone", async () => {
  const [cell, other] = [createCell(), createCell("cell-2", "hospital.example/cell-2")];
  cell.append(...story(12));
  const installation = await install([cell, other], "mqtts://localhost:1");
  const port = await startMosquitto(installation.keys);
  writeFileSync(installation.config, configText([cell, other], `mqtts://localhost:${port}`));
  const { page } = await startQaHere(installation);
  await expect.poll(async () => (await fetch(`${page.url}/healthz`)).status, { timeout: 10_000 }).toBe(200);

  const wire = await connectCell(installation, port, "cell-1");
  const spy = await connectCell(installation, port, "cell-2");
  await spy.client.subscribeAsync(["cellward/1/cell-1/down", "cellward/1/+/up"], { qos: 1 }).catch(() => undefined);
  // The other cell's certificate says cell 1's own words on cell 1's topic: the broker drops them.
  await spy.client.publishAsync("cellward/1/cell-1/up", Buffer.from(await cell.message(0, 5)), { qos: 1 });
  await wire.say(messageBytes({ kind: "hello", origin, size: 13, id: "q1" }));
  expect(await wire.next("at")).toMatchObject({ size: 0 });
  await wire.say(await cell.message(0));
  const { note, size } = await wire.next("receipt");
  expect(size).toBe(13);
  expect(openCheckpoint(note, origin, [cell.signer.key], checkSignature).ok).toBe(true);
  // The spy hears its own answer, and nothing was for it before.
  await spy.say(messageBytes({ kind: "hello", origin: other.registered.origin, size: 1, id: "q2" }));
  expect(await spy.next("at")).toMatchObject({ origin: other.registered.origin, id: "q2" });
  expect(spy.heard()).toEqual([]);

  const stranger = await install([cell], "mqtts://localhost:1");
  await expect(connectCell(stranger, port, "cell-1")).rejects.toThrow();
});

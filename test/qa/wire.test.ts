/** Central QA as its own process, over TLS and a real broker: receipts, restarts, decisions, and who may say what. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decide, enrol, initQa, verifyQa } from "../../src/commands/io/qa.ts";
import { runQa } from "../../src/commands/io/qa-run.ts";
import { openQaStore, readQaConfig } from "../../src/commands/io/qa-set-up.ts";
import type { Terminal } from "../../src/commands/io/terminal.ts";
import { messageBytes } from "../../src/ledger/batch.ts";
import { utf8 } from "../../src/ledger/bytes.ts";
import { openCheckpoint } from "../../src/ledger/checkpoint.ts";
import { openCosignatures } from "../../src/ledger/cosignature.ts";
import { readDecision } from "../../src/ledger/decision.ts";
import { parseEnvelope, signersOf } from "../../src/ledger/dsse.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { draft, origin } from "../ledger/plain-drafts.ts";
import { createCell, story } from "./cell.ts";
import { brokerFor, configText, connectCell, install, ran, startQa, startQaHere } from "./installation.ts";

const hello = (size: number) => messageBytes({ kind: "hello", origin, size, id: "q1" });

test("[F79][F81] a cell hands over its log, central is killed and comes back, and nothing is lost or doubled", async () => {
  const cell = createCell();
  cell.append(...story(20));
  const installation = await install([cell], "mqtts://localhost:1");
  const broker = await brokerFor(installation.keys);
  writeFileSync(installation.config, configText([cell], `mqtts://localhost:${broker.port}`));
  const first = await startQa(installation);
  const wire = await connectCell(installation, broker.port, "cell-1");
  await until(first.url);
  await wire.say(hello(21));
  expect(await wire.next("at")).toMatchObject({ size: 0, id: "q1" });
  await wire.say(await cell.message(0, 10));
  const receipt = await wire.next("receipt");
  const held = openCheckpoint(receipt.note, origin, [cell.signer.key], checkSignature);
  expect(held).toMatchObject({ ok: true, value: { size: 10 } });
  const cosigned = openCosignatures(receipt.note, [installation.witness], checkSignature);
  expect(cosigned.ok && cosigned.value.length).toBe(1);
  await first.stop("SIGKILL");

  const second = await startQa(installation);
  await until(second.url);
  await wire.say(hello(21));
  expect(await wire.next("at")).toMatchObject({ size: 10 });
  expect(await wire.next("receipt")).toEqual(receipt);
  await wire.say(await cell.message(10));
  expect(await wire.next("receipt")).toMatchObject({ size: 21 });
  await second.stop();
  expect(second.log()).not.toContain("LayerAccepted");
  const verified = await ran((terminal) => verifyQa(terminal, installation.options));
  expect(verified).toMatchObject({ code: 0, value: { ok: true, logs: [{ entries: 21, cosigned: 21 }] } });
});

test("[F85] a decision made on the console is sent until the cell's own record holds it", async () => {
  const cell = createCell();
  const installation = await install([cell], "mqtts://localhost:1");
  const broker = await brokerFor(installation.keys);
  writeFileSync(installation.config, configText([cell], `mqtts://localhost:${broker.port}`));
  const said = { cell: "cell-1", action: "hold", target: "lot:04012345000016.L-77", reason: "material-recall" };
  const { page } = await startQaHere(installation);
  const decided = await ran((terminal) => decide(terminal, { ...installation.options, ...said }));
  expect(decided.code).toBe(0);
  const wire = await connectCell(installation, broker.port, "cell-1");
  await until(page.url);
  await wire.say(hello(1));
  const { envelope } = await wire.next("decision");
  const opened = parseEnvelope(utf8(envelope));
  if (!opened.ok) throw new Error(opened.error);
  expect(signersOf(opened.value, [installation.decision], checkSignature)).toEqual([installation.decision]);
  expect(readDecision(opened.value.payload)).toMatchObject({
    ok: true,
    value: { id: decided.value["id"], origin, action: "hold", target: { kind: "lot", id: "04012345000016.L-77" } },
  });
  await wire.say(hello(1));
  expect((await wire.next("decision")).envelope).toBe(envelope);
  // Once the record of the cell holds it, central says it no more.
  const id = String(decided.value["id"]);
  cell.append(draft("CentralDecided", { decision: { id } }));
  await wire.say(await cell.message(0));
  await wire.next("receipt");
  await wire.say(hello(2));
  await wire.next("at");
  await wire.say(hello(2));
  await wire.next("at");
  const again = await Promise.race([wire.next("decision"), wire.next("receipt")]);
  expect(again.kind).toBe("receipt");
});

test("[F90] nobody speaks for another cell, and nobody connects without a certificate of the installation", async () => {
  const [cell, other] = [createCell(), createCell("cell-2", "hospital.example/cell-2")];
  const installation = await install([cell, other], "mqtts://localhost:1");
  const broker = await brokerFor(installation.keys);
  const stranger = await install([cell], "mqtts://localhost:1");
  await expect(connectCell(stranger, broker.port, "cell-1")).rejects.toThrow();
  const wire = await connectCell(installation, broker.port, "cell-2");
  wire.client.publish("cellward/1/cell-1/up", Buffer.from(await cell.message(0)), { qos: 1 });
  await new Promise((done) => wire.client.once("close", () => done(null)));
  expect(broker.denied).toContain("cell-2 may not publish on cellward/1/cell-1/up");
  const granted = await connectCell(installation, broker.port, "cell-1");
  const [denied] = await granted.client
    .subscribeAsync("cellward/1/cell-2/down", { qos: 1 })
    .catch(() => [{ qos: 128 }]);
  expect(denied?.qos).toBe(128);
});

test("every command refuses in words what it cannot do", async () => {
  const cell = createCell();
  const installation = await install([cell], "mqtts://localhost:1");
  const { options, keys, root } = installation;
  const asked = { ...options, cell: "cell-1", action: "hold", target: "job:J1", reason: "audit" };
  const refusals: readonly (readonly [(terminal: Terminal) => Promise<number>, number, string])[] = [
    [
      (t) => initQa(t, { keys, name: "qa.example/witness", brokerHost: ["localhost"], evidenceHost: ["localhost"] }),
      7,
      "keys-refused",
    ],
    [
      (t) => initQa(t, { keys, name: "not a name", brokerHost: ["localhost"], evidenceHost: ["localhost"] }),
      2,
      "no-name",
    ],
    [(t) => enrol(t, "cell 1", keys, join(root, "x")), 2, "no-such-cell"],
    [(t) => enrol(t, "cell-1", keys, installation.handed("cell-1")), 7, "keys-refused"],
    [(t) => runQa(t, { ...options, config: join(root, "no.toml") }), 78, "configuration"],
    [(t) => runQa(t, { ...options, keys: join(root, "nowhere") }), 3, "keys-refused"],
    [(t) => verifyQa(t, { ...options, keys: root }), 2, "no-key"],
    [(t) => decide(t, { ...asked, action: "start" }), 2, "usage"],
    [(t) => decide(t, { ...asked, target: "printer" }), 2, "usage"],
    [(t) => decide(t, { ...asked, action: "lift" }), 2, "usage"],
    [(t) => decide(t, { ...asked, reason: "because" }), 2, "usage"],
    [(t) => decide(t, { ...asked, target: "cell:cell-2" }), 2, "usage"],
    [(t) => decide(t, { ...asked, cell: "cell-7" }), 2, "no-such-cell"],
  ];
  expect((await ran((t) => decide(t, asked))).value).toMatchObject({ code: "store-absent" });
  const read = await readQaConfig(installation.config);
  const store = read.ok ? await openQaStore(read.value.config, installation.data) : read;
  if (!store.ok) throw new Error(store.error.what);
  await store.value.close();
  for (const [command, code, word] of refusals) {
    const { code: exit, value } = await ran(command);
    expect([exit, value["code"]]).toEqual([code, word]);
    expect(String(value["remedy"]).length).toBeGreaterThan(5);
  }
});

test("a store that is away is said by its code, without the address and its password", async () => {
  const installation = await install([createCell()], "mqtts://localhost:1");
  const url = join(installation.root, "database.url");
  writeFileSync(url, "postgresql://qa:hunter22@localhost:1/qa\n");
  const more = `[store]\ndatabaseUrlFile = "database.url"`;
  writeFileSync(installation.config, configText([createCell()], "mqtts://localhost:1", more));
  const { code, value } = await ran((terminal) => verifyQa(terminal, installation.options));
  expect([code, value["code"]]).toEqual([3, "store-away"]);
  expect(JSON.stringify(value)).not.toContain("hunter22");
});

/** Waits until central hears the broker. */
async function until(url: string): Promise<void> {
  await expect.poll(async () => (await fetch(`${url}/healthz`)).status, { timeout: 10_000 }).toBe(200);
}

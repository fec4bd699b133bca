/** The evidence thread: seals, keeps the spool and the index of what is owed, and brings it to central, beside the cell. */
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { type RecordsStanding, startCourier } from "../../evidence/courier.ts";
import { follow } from "../../evidence/follow.ts";
import { createEvidenceClient } from "../../evidence/io/client.ts";
import { openOwedIndex } from "../../evidence/io/index.ts";
import { openSpool } from "../../evidence/io/spool.ts";
import { sealFor } from "../../intake/io/age.ts";
import { assert } from "../../kernel/assert.ts";
import { digestOf } from "../../kernel/hash.ts";
import { utf8 } from "../../ledger/bytes.ts";
import { openArtifacts } from "../../ledger/io/artifacts.ts";
import { checkSignature } from "../../ledger/io/crypto.ts";
import { flushFolder, makePrivateFolder, writeDurably } from "../../ledger/io/files.ts";
import type { EvidenceTask, ToCell, ToEvidence } from "./evidence.ts";
import { evidenceFolder, evidenceIndexFile, spoolFolder } from "./evidence-files.ts";
import { systemClock } from "./system.ts";

const port = parentPort;
assert(port, "this file is started as a thread");
const say = (message: ToCell) => port.postMessage(message);

const { dataDir, dataKey, origin, recipient, policy, client, decisions, bytesPerSecond, spoolBytes, keepFreeBytes } =
  workerData as EvidenceTask;
await makePrivateFolder(join(dataDir, evidenceFolder));
const index = openOwedIndex(join(dataDir, ...evidenceIndexFile), origin, policy);
const spool = await openSpool({
  folder: join(dataDir, ...spoolFolder),
  artifacts: openArtifacts(dataDir, dataKey),
  seal: (plain) => sealFor(recipient, plain),
  recipient: digestOf(utf8(recipient)),
  mostBytes: spoolBytes,
  files: { writeDurably, flushFolder },
  keepFreeBytes,
});
let records: RecordsStanding | null = null;
const courier = startCourier({
  index,
  spool,
  endpoint: createEvidenceClient(client),
  clock: systemClock,
  chance: Math.random,
  trust: { keys: decisions, origin, check: checkSignature },
  bytesPerSecond,
  records: () => records,
  log: (what, facts) => say({ kind: "log", what, ...(facts && { facts }) }),
  onStatus: (status) => say({ kind: "status", status }),
});
say({ kind: "want", next: index.next() });
port.on("message", (message: ToEvidence) => {
  if (message.kind === "records") {
    records = message;
    courier.poke();
    return;
  }
  if (message.kind === "entries") {
    say({ kind: "want", next: follow(index, message.entries) });
    courier.poke();
    return;
  }
  void courier.close().then(() => {
    index.close();
    say({ kind: "closed" });
    port.close();
  });
});

/** A cell's two ways to central QA without the rest of a cell, until it is killed (entry file of the kill test). */
import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openEvidence } from "../../src/commands/io/evidence.ts";
import { systemClock } from "../../src/commands/io/system.ts";
import type { CellConfig } from "../../src/config/schema.ts";
import { openArtifacts } from "../../src/ledger/io/artifacts.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { openLedger } from "../../src/ledger/io/ledger.ts";
import { parseKey } from "../../src/ledger/note.ts";
import { createMqttTransport } from "../../src/sync/io/mqtt.ts";
import { startSync } from "../../src/sync/sync.ts";
import { draft, started } from "../ledger/plain-drafts.ts";
import { madePicture, names } from "../qa/evidence-desk.ts";

const [dataDir = "", keysDir = "", handed = "", broker = "", url = "", layers = "0"] = process.argv.slice(2);
const file = (name: string): string => join(handed, name);
const key = (name: string) => {
  const read = parseKey(readFileSync(file(name), "utf8").trim());
  if (!read.ok) throw new Error(read.error);
  return read.value;
};
const witnesses = [key("witness.vkey")];
const opened = await openLedger({ dataDir, keysDir, witnesses, checkpointEveryMs: 50 });
if (!opened.ok) throw new Error(opened.error.what);
const { ledger, keys, lastBoot } = opened.value;
const artifacts = openArtifacts(dataDir, keys.dataKey);
const boot = (lastBoot ?? -1) + 1;
await ledger.append([started(boot)]);
// One picture of each pair belongs to a fail; the other stays until it is asked for.
for (let layer = 1; layer <= Number(layers); layer++) {
  const [frame, report] = [await artifacts.put(madePicture(layer)), await artifacts.put(madePicture(-layer, 2_000))];
  const fails = layer % 2 === 0;
  const drafts = [names(layer, fails ? "fail" : "pass", frame, report, fails ? "J1" : "J2")];
  await ledger.append(drafts.map((each) => ({ ...each, boot })));
}
const files = { caFile: file("ca.cert.pem"), certFile: file("cell.cert.pem"), keyFile: file("cell.key.pem") };
const sync = await startSync({
  ledger,
  transport: createMqttTransport({ url: broker, cell: "cell-1", ...files, protocolVersion: 4, log: () => undefined }),
  clock: systemClock,
  chance: () => 0,
  trust: {
    origin: ledger.origin,
    own: keys.trusted,
    witnesses,
    decisions: [key("decision.vkey")],
    check: checkSignature,
  },
  used: () => false,
  async onDecision({ issuedAt, expires, ...decision }) {
    const body = { decision: { ...decision, issuedAt: Date.parse(issuedAt), expires: Date.parse(expires) } };
    await ledger.append([draft("CentralDecided", body, null, boot)]);
    sync.headMoved();
  },
  onStatus: () => undefined,
  onAlarm: () => undefined,
  log: () => undefined,
  onDamage: (fault) => {
    throw new Error(fault.what);
  },
  onFatal(problem) {
    throw problem;
  },
});
const config = {
  cell: { id: "cell-1" },
  qa: { ...files, cosigner: [file("witness.vkey")], decisions: [file("decision.vkey")] },
  evidence: {
    url,
    recipientFile: file("evidence.recipient"),
    policy: "fails",
    everyNthLayer: 10,
    kibPerSecond: 6_144,
    spoolMiB: 8,
  },
};
const evidence = await openEvidence({
  config: config as unknown as CellConfig,
  dataDir,
  opened: opened.value,
  sync,
  log: (what, facts) => writeSync(1, `log ${what} ${JSON.stringify(facts ?? {})}\n`),
});
let said = "";
setInterval(() => {
  const { state, waiting, received, what } = evidence.status();
  const now = `evidence ${state} ${waiting} ${received} ${what}\n`;
  if (now !== said) writeSync(1, now);
  said = now;
}, 20);

/** Writes and hands over at once, and says how much is with QA, until it is killed; with `drain` it writes nothing (entry file of the crash test). */
import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/commands/io/system.ts";
import type { Clock } from "../../src/kernel/ports.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { openLedger } from "../../src/ledger/io/ledger.ts";
import { parseKey } from "../../src/ledger/note.ts";
import { createMqttTransport } from "../../src/sync/io/mqtt.ts";
import { startSync } from "../../src/sync/sync.ts";
import { draft, started } from "../ledger/plain-drafts.ts";

const [dataDir = "", keysDir = "", handed = "", url = "", mode = "write", speed = "1"] = process.argv.slice(2);
/** The courier's patience runs faster where a test has less of it. */
const faster = Number(speed);
const clock: Clock = {
  ...systemClock,
  monotonic: () => systemClock.monotonic() * faster,
  after: (wait, act) => systemClock.after(wait / faster, act),
};
const witness = parseKey(readFileSync(join(handed, "witness.vkey"), "utf8").trim());
if (!witness.ok) throw new Error(witness.error);
const opened = await openLedger({ dataDir, keysDir, witnesses: [witness.value], checkpointEveryMs: 50 });
if (!opened.ok) throw new Error(opened.error.what);
const { ledger, keys, lastBoot } = opened.value;
const file = (name: string): string => join(handed, name);
const sync = await startSync({
  ledger,
  transport: createMqttTransport({
    url,
    cell: "cell-1",
    caFile: file("ca.cert.pem"),
    certFile: file("cell.cert.pem"),
    keyFile: file("cell.key.pem"),
    protocolVersion: 4,
    log: () => undefined,
  }),
  clock,
  // Short waits: the test is about what is lost, not about patience.
  chance: () => 0,
  trust: { origin: ledger.origin, own: keys.trusted, witnesses: [witness.value], decisions: [], check: checkSignature },
  used: () => false,
  onDecision: async () => undefined,
  // A synchronous write, so that what was said was said before the kill.
  onStatus: ({ state, withQa, head }) => writeSync(1, `${state} ${withQa} ${head}\n`),
  onAlarm: ({ code }) => writeSync(1, `alarm ${code}\n`),
  log: () => undefined,
  onDamage: (fault) => {
    throw new Error(fault.what);
  },
  onFatal(problem) {
    throw problem;
  },
});

const boot = (lastBoot ?? -1) + 1;
if (mode === "write") {
  await ledger.append([started(boot)]);
  for (let n = 0; ; n++) {
    await ledger.append([draft("A", { n, filler: "x".repeat(n % 900) }, "J1", boot)]);
    sync.headMoved();
    // A busy cell, not a flood: what waits stays little.
    if (n % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

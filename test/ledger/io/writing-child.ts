/** Writes entries as fast as it can and says which are acknowledged, until it is killed (entry file of the crash test). */
import { writeSync } from "node:fs";
import { openLedger } from "../../../src/ledger/io/ledger.ts";
import { draft, started } from "../plain-drafts.ts";

const [dataDir = "", keysDir = ""] = process.argv.slice(2);
const opened = await openLedger({ dataDir, keysDir, checkpointEveryMs: 5 });
if (!opened.ok) throw new Error(opened.error.what);
const { ledger, lastBoot } = opened.value;
const boot = (lastBoot ?? -1) + 1;
await ledger.append([started(boot)]);

async function write(job: string): Promise<void> {
  for (let n = 0; ; n++) {
    const entries = await ledger.append([
      draft("A", { n }, job, boot),
      draft("B", { n, filler: "x".repeat(n % 900) }, job, boot),
    ]);
    // A synchronous write, so that what was said was said before the kill.
    writeSync(1, `${entries.at(-1)?.seq}\n`);
  }
}

await Promise.all(["J1", "J2", "J3", "J4"].map(write));

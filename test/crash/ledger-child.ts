/** A short life of a ledger (entry file): made, written to over three starts, with artifacts and checkpoints; says what is acknowledged. */
import { writeSync } from "node:fs";
import { join } from "node:path";
import { openArtifacts } from "../../src/ledger/io/artifacts.ts";
import { createLedger, openLedger } from "../../src/ledger/io/ledger.ts";
import { LedgerFailed, type LedgerFault } from "../../src/ledger/ledger.ts";
import { draft, origin, started } from "../ledger/plain-drafts.ts";

const [home = "", lives = "3", appends = "12"] = process.argv.slice(2);
const folders = { dataDir: join(home, "data"), keysDir: join(home, "keys") };

/** A synchronous write: what was said was said before whatever comes next. */
function say(words: object): void {
  writeSync(1, `${JSON.stringify(words)}\n`);
}

function end(fault: LedgerFault): never {
  say({ fault: fault.code, what: fault.what, remedy: fault.remedy });
  process.exit(3);
}

async function live(): Promise<void> {
  const opened = await openLedger({ ...folders, checkpointEveryMs: 0 });
  if (!opened.ok) return end(opened.error);
  const { ledger, keys, standing, lastBoot } = opened.value;
  if (standing.kind !== "current") throw new Error(`the ledger is ${standing.kind}: ${standing.what}`);
  const boot = (lastBoot ?? -1) + 1;
  const artifacts = openArtifacts(folders.dataDir, keys.dataKey);
  await ledger.append([started(boot)]);
  say({ entries: ledger.head().size });
  for (let n = 0; n < Number(appends); n++) {
    const frame = n % 5 === 2 ? { frame: await artifacts.put(Buffer.from(`picture ${boot} ${n} `.repeat(200))) } : {};
    const pair = [draft("A", { n, ...frame }, "J1", boot), draft("B", { n, filler: "x".repeat(n * 97) }, "J2", boot)];
    const entries = await ledger.append(pair);
    say({ seq: entries.at(-1)?.seq });
    if (n % 4 === 3) await ledger.checkpoint();
  }
  await ledger.close();
}

try {
  const made = await createLedger(folders, origin);
  if (!made.ok) end(made.error);
  say({ entries: 0 });
  for (let life = 0; life < Number(lives); life++) await live();
  say({ done: true });
} catch (problem) {
  if (problem instanceof LedgerFailed) end(problem.fault);
  // A file beside the ledger that could not be written.
  if (problem instanceof Error && "code" in problem) {
    end({ code: "disk-error", what: String(problem), remedy: "Check the disk." });
  }
  throw problem;
}

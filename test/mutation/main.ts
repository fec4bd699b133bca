/** `npm run mutate-records -- --count N --seed S [--json]`: mutants of signed records, by hand; exit code 4 where one is taken or the verifiers differ. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runCampaign } from "./campaign.ts";
import { startSecondVerifier } from "./second.ts";
import { makeSubjects } from "./subjects.ts";

const help = `Usage: npm run mutate-records -- [--count 10000] [--seed 1] [--json]
Makes records, exports, checkpoints, decisions and packages, changes them one by one, and shows each to both verifiers.
Needs /usr/bin/python3 with Debian's python3-cryptography. Exit code 0: every mutant was refused by both, for the same
reason, or is one that the format takes (docs/record-format.md, "What a change can do"); 2: usage; 4: anything else.`;

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const [count, seed] = [Number(values.count), Number(values.seed)];
if (values.help) {
  console.log(help);
} else if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  console.error(help);
  process.exitCode = 2;
} else {
  const root = mkdtempSync(join(tmpdir(), "cellward-mutants-"));
  const second = startSecondVerifier();
  try {
    const onProgress = (done: number) => console.error(`${done} of ${count} mutants`);
    const tally = await runCampaign({ subjects: await makeSubjects(root), count, seed, second, onProgress });
    const { accepted, disagreed, ...counted } = tally;
    if (values.json) console.log(JSON.stringify({ seed, ...counted, accepted, disagreed }));
    else {
      console.log(`seed ${seed}: ${tally.mutants} mutants, ${tally.refused} refused`);
      console.log(`taken as the format says: ${JSON.stringify(tally.tolerated)}`);
      console.log(`first rule said: ${JSON.stringify(tally.byRule)}`);
      for (const each of accepted) console.log(`TAKEN ${each.subject}: ${each.how}\n  ${each.ours}\n  ${each.second}`);
      for (const each of disagreed)
        console.log(`DIFFER ${each.subject}: ${each.how}\n  ${each.ours}\n  ${each.second}`);
      console.log(`${accepted.length} taken that must not be, ${disagreed.length} judged differently`);
    }
    process.exitCode = accepted.length + disagreed.length > 0 ? 4 : 0;
  } finally {
    second.close();
    rmSync(root, { recursive: true, force: true });
  }
}

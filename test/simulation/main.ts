/** `npm run simulate -- --seeds N [--from S] [--json]`: the seeded simulator by hand; exit code 4 when a law is broken. */
import { parseArgs } from "node:util";
import { runSeed } from "./run.ts";

const help = `Usage: npm run simulate -- [--seeds 10000] [--from 1] [--json]
Runs whole cells in virtual time from seeds and asks every law afterwards.
Exit code 0: every seed passed; 4: a law was broken (the seed is the bug report).`;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "10000" },
    from: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    "stop-at-first": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log(help);
} else {
  const from = Number(values.from);
  const count = Number(values.seeds);
  const total = { seeds: 0, broken: 0, entries: 0, boots: 0, attempts: 0, released: 0, virtualHours: 0 };
  const broken: { seed: number; accusations: readonly string[] }[] = [];
  for (let seed = from; seed < from + count; seed += 1) {
    const outcome = await runSeed(seed).catch((problem: unknown) => ({
      seed,
      accusations: [`the run itself broke: ${problem instanceof Error ? problem.message : problem}`],
      entries: 0,
      boots: 0,
      attempts: 0,
      released: 0,
      virtualHours: 0,
    }));
    total.seeds += 1;
    total.entries += outcome.entries;
    total.boots += outcome.boots;
    total.attempts += outcome.attempts;
    total.released += outcome.released;
    total.virtualHours += outcome.virtualHours;
    if (outcome.accusations.length > 0) {
      total.broken += 1;
      broken.push({ seed, accusations: outcome.accusations });
      if (!values.json) console.log(`seed ${seed}: ${outcome.accusations.join("; ")}`);
      if (values["stop-at-first"]) break;
    }
    if (!values.json && total.seeds % 500 === 0)
      console.error(`${total.seeds} of ${count} seeds, ${total.broken} broken`);
  }
  if (values.json) console.log(JSON.stringify({ ...total, findings: broken.slice(0, 10) }));
  else {
    console.log(
      `${total.seeds} seeds, ${total.broken} broken: ${total.entries} entries, ${total.boots} boots, ` +
        `${total.attempts} attempts, ${total.released} releases, ${Math.round(total.virtualHours)} hours of cell time`,
    );
  }
  process.exitCode = total.broken > 0 ? 4 : 0;
}

/** `npm run fuzz-guard -- --count N --seed S [--json]`: unsafe programs, none of which may pass; exit code 4 where one does. */
import { parseArgs } from "node:util";
import { fuzzGuard } from "./campaign.ts";

const help = `Usage: npm run fuzz-guard -- [--count 100000] [--seed 1] [--json]
Changes good programs until COUNT of them would leave the machine's limits by a second reader of G-code, and shows each to
the guard. Exit code 0: all were refused; 2: usage; 4: one was accepted (it is printed).`;
const { values } = parseArgs({
  options: {
    count: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
if (values.help) console.log(help);
else if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  console.error(help);
  process.exitCode = 2;
} else {
  const tally = fuzzGuard(count, seed, (unsafe) => console.error(`${unsafe} of ${count} unsafe programs`));
  const { accepted, codes, ...counted } = tally;
  if (values.json) console.log(JSON.stringify({ ...counted, accepted, codes }));
  else {
    console.log(
      `seed ${seed}: ${tally.made} programs, ${tally.unsafe} of them unsafe, ${accepted.length} of those accepted`,
    );
    console.log(
      `${tally.harmless} harmless by the second reader, ${tally.strict} of those refused: the guard is stricter`,
    );
    console.log(
      Object.entries(codes)
        .sort(([, a], [, b]) => b - a)
        .map(([code, times]) => `  ${code}: ${times}`)
        .join("\n"),
    );
    for (const { wrong, text } of accepted) console.log(`ACCEPTED although ${wrong}:\n${text}`);
  }
  if (accepted.length > 0) process.exitCode = 4;
}

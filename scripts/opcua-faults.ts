/** `npm run opcua-faults`: each fault of a machine on OPC UA struck on real sockets; with `--long` two hundred restarts of its server. */
import { badServers } from "../test/drivers/opcua/bad-servers.ts";
import { contest } from "../test/drivers/opcua/contest.ts";
import { refusalOf } from "../test/drivers/opcua/refusal.ts";
import { faultRows, isExpected, restartAgainAndAgain, strike } from "../test/drivers/opcua/struck.ts";

const help = `Usage: npm run opcua-faults [-- --long] [-- --json] [-- --only TEXT]

Starts the real driver and a simulated machine for each fault, strikes it while the machine works, and prints how long it took to be
noticed and told. Then it shows the driver servers with weak policies and wrong certificates, and lets two drivers with keys of their own
want one machine for a whole job. About ten minutes.
  --only TEXT   only the faults whose name holds TEXT
  --long        also restarts the server two hundred times (half an hour)
  --json        one JSON line for each row
Exit codes: 0 all as it must be; 4 something was not noticed or not as it must be; 2 usage.`;

const words = process.argv.slice(2);
const only = words.includes("--only") ? words[words.indexOf("--only") + 1] : "";
const flags = words.filter((word, n) => word !== "--only" && words[n - 1] !== "--only");
if (only === undefined || flags.some((word) => !["--long", "--json"].includes(word))) {
  console.log(help);
  process.exit(words.includes("--help") ? 0 : 2);
}
const json = words.includes("--json");
let wrong = 0;
// The library warns of what is wrong with these servers on purpose, on the same console.
const print = console.log.bind(console);
for (const noisy of ["log", "warn", "error"] as const) console[noisy] = () => undefined;

function say(row: Record<string, unknown>, right: boolean): void {
  if (!right) wrong++;
  print(json ? JSON.stringify({ ...row, right }) : `${right ? "RIGHT" : "WRONG"}  ${Object.values(row).join("; ")}`);
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const wanted = ({ fault }: { readonly fault: string }) => fault.includes(only);

for (const row of faultRows.filter(wanted)) {
  try {
    const seen = await strike(row);
    const { noticed, noticedMs, told, toldMs, sentence, left } = seen;
    const right = isExpected(row, noticed) && told === row.told && !/STILL|astray/.test(left);
    const times = [`noticed after ${seconds(noticedMs)} (${noticed})`, `told after ${seconds(toldMs)} (${told})`];
    say({ fault: row.fault, noticed: times[0], told: times[1], left: `left at: ${left}`, sentence }, right);
  } catch (problem) {
    say({ fault: row.fault, problem: problem instanceof Error ? problem.message : String(problem) }, false);
  }
}
for (const bad of badServers.filter(wanted)) {
  try {
    const { fault, ms } = await refusalOf(bad);
    say(
      { fault: bad.fault, code: fault.code, said: `after ${seconds(ms)}`, sentence: fault.what },
      fault.code === bad.code,
    );
  } catch (problem) {
    say({ fault: bad.fault, problem: problem instanceof Error ? problem.message : String(problem) }, false);
  }
}
const contests = [
  { fault: "two controllers want it, and it has a lock", serves: "job-control" },
  { fault: "two controllers want it, and it has no lock", serves: "job-control-v1" },
] as const;
for (const { fault, serves } of contests.filter(wanted)) {
  try {
    const { first, sentences, tries, jobs, commands, programs } = await contest(serves);
    const isAlone = commands.first > 0 && commands.second === 0 && jobs.length === 1 && programs.length === 0;
    const right = first === "finished" && tries > 0 && isAlone && !sentences.some((each) => each.startsWith("NOT"));
    const gave = `the second tried ${tries} times and gave the machine ${commands.second} commands`;
    say({ fault, first: `the first: ${first}`, gave, sentence: sentences.join(" ") }, right);
  } catch (problem) {
    say({ fault, problem: problem instanceof Error ? problem.message : String(problem) }, false);
  }
}
if (words.includes("--long")) {
  const progress = (done: number) => done % 20 === 0 && process.stderr.write(`${done} restarts\n`);
  const { restarts, finished, strays, memory, drivers } = await restartAgainAndAgain(200, progress);
  const [first, most] = [memory[0] ?? 0, Math.max(...memory)];
  say(
    {
      fault: `${restarts} restarts under other namespace indexes`,
      finished: `${finished} of ${restarts} jobs after them finished`,
      strays: `${strays.length} writes to another node than the machine's own`,
      memory: `the driver holds ${memory.join(", ")} MiB, in ${drivers} processes`,
    },
    finished === restarts && strays.length === 0 && most <= first * 1.25,
  );
}
process.exit(wrong === 0 ? 0 : 4);

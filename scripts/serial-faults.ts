/** `npm run serial-faults`: each fault of a serial printer struck in virtual time; with `--long` noise by hundreds and a ten-hour print. */

import { contestAtPort } from "../test/drivers/marlin/contest.ts";
import { earlyRows, faultRows, strike } from "../test/drivers/marlin/fault-rows.ts";
import { longPrint } from "../test/drivers/marlin/long-print.ts";
import { alterationsOf, flips, ofProgram, Virtual } from "../test/drivers/marlin/virtual.ts";
import { layered } from "../test/toolpath/bench.ts";

const help = `Usage: npm run serial-faults [-- --long] [-- --json]

Strikes every fault of a printer on a serial port in virtual time and prints how long it took to be noticed; then two real drivers
open one port.
  --long   also flips bytes in 200 jobs of each rate, and prints for ten virtual hours
  --json   one JSON line for each row
Exit codes: 0 all as it must be; 4 something was not noticed in time or not as it must be; 2 usage.`;

const words = process.argv.slice(2);
if (words.some((word) => !["--long", "--json"].includes(word))) {
  console.log(help);
  process.exit(words.includes("--help") ? 0 : 2);
}
const json = words.includes("--json");
let wrong = 0;

function say(row: Record<string, unknown>, right: boolean): void {
  if (!right) wrong++;
  console.log(
    json ? JSON.stringify({ ...row, right }) : `${right ? "RIGHT" : "WRONG"}  ${Object.values(row).join("; ")}`,
  );
}

for (const [rows, early] of [
  [faultRows, false],
  [earlyRows, true],
] as const)
  for (const row of rows) {
    const { code, noticedMs, afterMs, heaters } = strike(row, early);
    const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
    say(
      {
        fault: row.fault,
        code,
        noticed: `noticed after ${seconds(noticedMs)}`,
        told: `told after ${seconds(afterMs)}`,
        heaters: `heaters ${heaters}`,
      },
      code === row.code && noticedMs <= row.boundMs,
    );
  }

for (const locks of ["same", "own"] as const) {
  const { first, resends, second, sentence, start } = await contestAtPort(locks);
  say(
    {
      fault: `two drivers open one port, with ${locks === "same" ? "one folder" : "a folder each"} of locks`,
      first: `the first: ${first}, ${resends} lines again`,
      second: `the second: ${second}, its start ${start}`,
      sentence,
    },
    first === "finished" && resends === 0 && second === "port-refused" && start === "refused",
  );
}

/** Jobs over a wire that flips bytes both ways: how they end, and whether anything else was carried out. */
function noise(rate: number, whole: boolean, jobs: number): void {
  const ends: Record<string, number> = {};
  let [altered, alteredFinished] = [0, 0];
  const calm = new Virtual({ speed: 20 });
  if (!calm.open()) throw new Error("the simulated printer did not answer");
  calm.begin(layered(12));
  calm.end();
  const program = ofProgram(calm.executed);
  for (let seed = 1; seed <= jobs; seed++) {
    const bench = new Virtual({ speed: 20, profile: { advancedOk: seed % 2 === 0 } });
    bench.open();
    bench.begin(layered(12));
    bench.wire = flips(rate, seed, whole);
    const end = bench.end();
    ends[end] = (ends[end] ?? 0) + 1;
    const done = ofProgram(bench.executed);
    if (end === "finished" && done.join("\n") !== program.join("\n")) alteredFinished++;
    if (end !== "finished" && alterationsOf(done, program).some((line) => /^G[0123]\b|^G92|^M8[23]/.test(line)))
      altered++;
  }
  const kind = whole ? "whole bytes" : "a bit of a byte";
  say(
    {
      fault: `${rate * 100} % of bytes, ${kind}, both ways`,
      jobs: `${jobs} jobs`,
      ends: JSON.stringify(ends),
      altered: `failed jobs that had made a move of no program: ${altered}`,
      wrong: `finished jobs that were another program: ${alteredFinished}`,
    },
    alteredFinished === 0,
  );
}

if (words.includes("--long")) {
  for (const rate of [0.0002, 0.001, 0.003, 0.01, 0.05]) for (const whole of [false, true]) noise(rate, whole, 200);
  const { hours, layers, lines, kibAfterOneHour, kibAtEnd, seconds } = longPrint(10);
  const print = `${layers} layers, ${lines} lines, heap ${kibAfterOneHour} KiB after the first hour and ${kibAtEnd} KiB at the end, ${seconds} s of this machine`;
  say(
    { fault: `a print of ${hours.toFixed(1)} virtual hours`, print },
    kibAtEnd < kibAfterOneHour * 1.2 + 4096 && hours >= 10,
  );
}
process.exitCode = wrong === 0 ? 0 : 4;

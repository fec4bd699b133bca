/** Runs every property on cases that no run had before, round after round, and says how to repeat what fails. */
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

const help = `Usage: npm run explore -- [--rounds N] [FILE...]

Runs the test files that have properties (fast-check) with fresh seeds. \`npm test\` takes the same cases in every run, so that a
commit is judged the same everywhere; cases that it does not take are looked for here.

  --rounds N   how often (10)
  FILE         only test files whose path contains this

Exit codes: 0 nothing found; 1 a property failed; 2 usage.`;

const root = join(import.meta.dirname, "..");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "10" }, help: { type: "boolean", default: false } },
});
const rounds = Number(values.rounds);
if (values.help) {
  console.log(help);
  process.exit(0);
}
const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
  .filter(
    (name) => name.endsWith(".test.ts") && (positionals.length === 0 || positionals.some((p) => name.includes(p))),
  )
  .map((name) => join("test", name))
  .filter(hasProperties);
if (!Number.isInteger(rounds) || rounds < 1 || files.length === 0) {
  console.error(files.length === 0 ? "No test file with a property has such a path." : help);
  process.exit(2);
}

/** Whether a test file, or a suite beside the tests that it calls, has properties. */
function hasProperties(file: string): boolean {
  const text = readFileSync(join(root, file), "utf8");
  if (text.includes('from "fast-check"')) return true;
  const suites = [...text.matchAll(/from "(\.[^"]*\.ts)"/g)].map(([, name]) => join(dirname(file), name!));
  // Tests of the house's rules hold sources as text, whose imports are of no file.
  return suites.some((name) => name.startsWith("test/") && existsSync(join(root, name)) && hasProperties(name));
}

const failed: number[] = [];
for (let round = 1; round <= rounds; round++) {
  const seed = randomInt(2 ** 31 - 1);
  console.log(`Round ${round} of ${rounds}: ${files.length} files, seed ${seed}`);
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const env = { ...process.env, CELLWARD_TEST_SEED: `${seed}` };
  const run = spawnSync(process.execPath, [vitest, "run", "--reporter=dot", "--silent=true", ...files], {
    ...{ cwd: root, env, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  });
  if (run.status === 0) continue;
  failed.push(seed);
  console.log(run.stdout, run.stderr);
  console.log(`To repeat: CELLWARD_TEST_SEED=${seed} npm test -- FILE`);
}
console.log(
  failed.length === 0
    ? `${rounds} rounds: nothing found.`
    : `${failed.length} of ${rounds} rounds found something, with the seeds ${failed.join(", ")}.`,
);
process.exit(failed.length === 0 ? 0 : 1);

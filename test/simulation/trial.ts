/** `npm run mutants -- [--seeds N] [--json] [name ...]`: the real source and each wrong one, tried over seeds in one process. */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { Mutant } from "./mutant.ts";
import { mutants } from "./mutants.ts";
import type { Outcome } from "./run.ts";

/** What the seeds have shown of one program. */
export interface Verdict {
  readonly name: string;
  readonly convicted: boolean;
  readonly words: string;
}

const root = resolve(import.meta.dirname, "../..");
const mutable = ["src/", "test/simulation/"].map((folder) => pathToFileURL(join(root, folder)).href);

/** Every module of a mutant is a module of its own, told apart by the query of its address. */
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const name = mutantIn(context.parentURL);
    const isOurs = mutable.some((folder) => found.url.startsWith(folder));
    return name === null || !isOurs ? found : { ...found, url: `${found.url}?mutant=${name}` };
  },
  load(url, context, next) {
    const mutant = mutants.find(({ name }) => name === mutantIn(url));
    const path = url.startsWith("file:") ? fileURLToPath(url.replace(/\?.*$/, "")) : "";
    if (!mutant || path !== join(root, mutant.file)) return next(url, context);
    return { format: "module-typescript", source: patched(mutant), shortCircuit: true };
  },
});

function mutantIn(url: string | undefined): string | null {
  return url?.startsWith("file:") ? new URL(url).searchParams.get("mutant") : null;
}

/** The source with its one line changed; a line that is not there exactly once is a mutant that has to be written anew. */
function patched({ name, file, from, to }: Mutant): string {
  const parts = readFileSync(join(root, file), "utf8").split(from);
  if (parts.length !== 2) throw new Error(`mutant ${name}: its line stands ${parts.length - 1} times in ${file}`);
  return parts.join(to);
}

/** Runs seeds until one breaks a law: first the one that did so last, then all in order. */
async function tried({ name, seed: last = 1 }: Mutant, seeds: number): Promise<Verdict> {
  const { runSeed } = (await import(`./run.ts?mutant=${name}`)) as { runSeed: (seed: number) => Promise<Outcome> };
  const all = Array.from({ length: seeds }, (_, index) => index + 1);
  for (const seed of [last, ...all.filter((each) => each !== last)]) {
    const accusations = await runSeed(seed).then(
      (outcome) => outcome.accusations,
      (problem: unknown) => [`the run itself broke: ${problem instanceof Error ? problem.message : problem}`],
    );
    if (accusations[0] !== undefined) return { name, convicted: true, words: `seed ${seed}: ${accusations[0]}` };
  }
  return { name, convicted: false, words: `nothing found in ${seeds} seeds` };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: "string", default: "200" }, json: { type: "boolean", default: false } },
});
const seeds = Number(values.seeds);
let wrong = 0;
for (const mutant of mutants) {
  const { name, breaks } = mutant;
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const verdict = await tried(mutant, seeds).catch((problem: Error) => ({
    name,
    convicted: false,
    words: problem.message,
  }));
  if (!verdict.convicted) wrong += 1;
  if (values.json) console.log(JSON.stringify(verdict));
  else console.log(`${verdict.convicted ? "convicted" : "NOT CONVICTED"}  ${name} (${breaks}): ${verdict.words}`);
}
process.exitCode = wrong > 0 ? 4 : 0;

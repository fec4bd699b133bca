/** `npm run faults -- KIND`: the storage is struck by one kind of fault after the other, and what must hold is judged. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Kind, kinds, type Line } from "../test/crash/kinds.ts";

const help = `Usage: npm run faults -- KIND [options]

Kinds:
${Object.entries(kinds)
  .map(([name, { what }]) => `  ${name.padEnd(9)}${what}`)
  .join("\n")}
  all      each of them

Options:
  --long         every point, every byte, 100,000 power cuts (without: a sample of each)
  --at-most N    so many points of each row at most, evenly spread; said in the table
  --json         one JSON line for each row instead of the table
  --help

Needs strace. Exit codes: 0 all held, and the controls failed as they must; 4 something did not hold; 2 usage; 1 the run itself broke.`;

interface Options {
  readonly chosen: readonly Kind[];
  readonly long: boolean;
  readonly atMost: number;
  readonly json: boolean;
}

function readOptions(): Options | string {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        long: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
        "at-most": { type: "string", default: "Infinity" },
      },
    });
    if (values.help) return "help";
    const [name = ""] = positionals;
    if (positionals.length !== 1 || (name !== "all" && !Object.hasOwn(kinds, name))) return "Name one kind, or all.";
    const atMost = Number(values["at-most"]);
    if (!(atMost >= 1)) return "--at-most is a number from 1 on.";
    const chosen = name === "all" ? Object.values(kinds) : [kinds[name as keyof typeof kinds]];
    return { chosen, long: values.long, atMost, json: values.json };
  } catch (problem) {
    return problem instanceof Error ? problem.message : String(problem);
  }
}

async function main({ chosen, long, atMost, json }: Options): Promise<number> {
  const place = mkdtempSync(join(tmpdir(), "cellward-faults-"));
  const began = performance.now();
  const lines: Line[] = [];
  const progress = (text: string) => {
    if (!json) process.stderr.write(`\r${text.padEnd(100).slice(0, 100)}`);
  };
  const say = (line: Line) => {
    lines.push(line);
    if (json) return console.log(JSON.stringify(line));
    progress("");
    const { fault, points, violations, note } = line;
    console.log(`\r${line.right ? "RIGHT" : "WRONG"}  ${fault}: ${points} points, ${violations} violations. ${note}`);
    if (line.first !== null) console.log(`       the first: ${line.first}`);
  };
  try {
    for (const [index, kind] of chosen.entries()) {
      const own = join(place, String(index));
      mkdirSync(own);
      await kind.run({ place: own, long, atMost, say, progress });
    }
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  const wrong = lines.filter(({ right }) => !right).length;
  if (!json) console.log(`${lines.length} rows, ${wrong} wrong, ${Math.round((performance.now() - began) / 1000)} s`);
  return wrong === 0 ? 0 : 4;
}

const options = readOptions();
if (options === "help") console.log(help);
else if (typeof options === "string") {
  console.error(`${options}\n\n${help}`);
  process.exitCode = 2;
} else process.exit(await main(options));

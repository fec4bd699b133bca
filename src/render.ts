/** `cellward render`: draws layers as a camera would see them, good and faulty, with the exact truth beside each picture. */
import { mkdir, readdir, readFile } from "node:fs/promises";
import { resolve, sep } from "node:path";
import { parseArgs } from "node:util";
import { writeFilamentSet } from "./simulators/camera/io/write-set.ts";
import { filaments } from "./simulators/camera/look.ts";
import { printFaults, type StrandLayer } from "./simulators/camera/print-faults.ts";
import { faultKinds, faultKindsOf } from "./simulators/powder/bed.ts";
import { writePowderSet } from "./simulators/powder/io/write-set.ts";
import { toolpathRecipe } from "./toolpath/limits.ts";
import { planToolpath } from "./toolpath/plan.ts";
import { createStrandReader } from "./toolpath/strands.ts";

const help = `Usage: cellward render filament --program FILE --recipe FILE --out FOLDER [options]
       cellward render powder --out FOLDER [options]

Draws a set of pictures with their truth, as \`cellward inspect score --set FOLDER\` reads it: frames, known-good references, where
the part is to be seen, and a mask of what is wrong. Every second frame has a fault. Equal options give equal pictures.

  --program FILE     G-code, judged by the recipe as before a print
  --recipe FILE      the recipe's JSON; its toolpath limits are used
  --layers A-B       these layers of the part, the references among them (the last 24 and as many as references)
  --references N     how many of those layers are known-good references, evenly spread (8)
  --faults LIST      names with commas between; \`none\` draws good layers alone (all)
  --filament NAME    ${Object.keys(filaments).join(", ")} (ivory)
  --phase PHASE      of powder: recoated or fused (recoated)
  --count N          of powder: frames (24)
  --width N          pixels, 320 to 6000 (1600)
  --seed N           camera noise; of powder the whole machine (1)
  --list             prints the names of faults
  --json             one JSON value on standard output instead of a sentence

Exit codes: 0 written; 2 usage; 7 the program or the recipe cannot be used.`;

class Refusal extends Error {
  readonly code: number;
  constructor(what: string, code = 2) {
    super(what);
    this.code = code;
  }
}

const { values, positionals } = parse();

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        ...{ program: { type: "string" }, recipe: { type: "string" }, out: { type: "string" } },
        ...{ layers: { type: "string" }, references: { type: "string" }, faults: { type: "string" } },
        ...{ filament: { type: "string" }, phase: { type: "string" } },
        ...{ count: { type: "string" }, width: { type: "string", default: "1600" } },
        ...{ seed: { type: "string", default: "1" }, list: { type: "boolean" }, help: { type: "boolean" } },
        json: { type: "boolean", default: false },
      },
    });
  } catch (problem) {
    process.stderr.write(`${problem instanceof Error ? problem.message : problem}\n\n${help}\n`);
    process.exit(2);
  }
}

/** What each kind alone is drawn by. */
const ownOptions = {
  filament: ["program", "recipe", "layers", "references", "filament"],
  powder: ["phase", "count"],
} as const;

/** An option of the other kind would change nothing: it is a mistake. */
function refuseOthers(kind: keyof typeof ownOptions): void {
  const other = kind === "filament" ? "powder" : "filament";
  const strange = ownOptions[other].find((name) => values[name] !== undefined);
  if (strange !== undefined) throw new Refusal(`--${strange} is of ${other}, and means nothing for ${kind}.`);
}

const usual = { references: "8", count: "24" } as const;

function whole(name: "references" | "count" | "width" | "seed", low: number, high: number): number {
  const value = Number(values[name] ?? usual[name as keyof typeof usual]);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new Refusal(`--${name} is a whole number from ${low} to ${high}.`);
}

function chosen(known: readonly string[]): readonly string[] {
  if (values.faults === undefined) return known;
  if (values.faults === "none") return [];
  const names = values.faults.split(",").map((name) => name.trim());
  const strange = names.find((name) => !known.includes(name));
  if (strange === undefined) return names;
  throw new Refusal(`There is no fault ${JSON.stringify(strange)}. There are: ${known.join(", ")}.`);
}

async function emptyFolder(): Promise<string> {
  const { out } = values;
  if (out === undefined) throw new Refusal("--out names the folder to write.");
  try {
    await makeFolder(resolve(out));
    if ((await readdir(out)).length === 0) return out;
  } catch (problem) {
    throw new Refusal(`${out} cannot be made (${(problem as NodeJS.ErrnoException).code}).`, 7);
  }
  throw new Refusal(`${out} is not empty, perhaps of an earlier run that was stopped: name a new folder.`);
}

/** Makes a folder and those above it, one by one: a recursive call never returns where the system refuses as Linux does below /proc. */
async function makeFolder(path: string): Promise<void> {
  const parts = path.split(sep);
  for (let n = 2; n <= parts.length; n++) {
    try {
      await mkdir(parts.slice(0, n).join(sep));
    } catch (problem) {
      if ((problem as NodeJS.ErrnoException).code !== "EEXIST") throw problem;
    }
  }
}

/** Says what was written. */
function done(kind: keyof typeof ownOptions, out: string, frames: number, references: number): void {
  if (values.json) console.log(JSON.stringify({ ok: true, kind, out, frames, references }));
  else console.log(`${frames} frames and ${references} references in ${out}`);
}

async function read(option: "program" | "recipe"): Promise<Uint8Array> {
  const path = values[option];
  if (path === undefined) throw new Refusal(`--${option} names a file.`);
  try {
    return new Uint8Array(await readFile(path));
  } catch (problem) {
    throw new Refusal(`${path} cannot be read (${(problem as NodeJS.ErrnoException).code}).`, 7);
  }
}

async function layersOf(): Promise<readonly StrandLayer[]> {
  const [program, text] = [await read("program"), new TextDecoder().decode(await read("recipe"))];
  let recipe: unknown;
  try {
    recipe = JSON.parse(text);
  } catch {
    throw new Refusal(`${values.recipe} is no JSON.`, 7);
  }
  const toolpath = toolpathRecipe.safeParse((recipe as { toolpath?: unknown } | null)?.toolpath);
  if (!toolpath.success) throw new Refusal(`${values.recipe} holds no toolpath limits that can be used.`, 7);
  const plan = planToolpath(program, toolpath.data);
  if (!plan.ok) {
    const [first] = plan.error;
    throw new Refusal(`${values.program}, line ${first?.line}: ${first?.what}`, 7);
  }
  const reader = createStrandReader(program, plan.value, toolpath.data.guard);
  return plan.value.layers.map(({ layer, z_mm, height_mm }) => ({
    ...{ layer, top_mm: z_mm, height_mm },
    strands: reader.strands(layer).map(({ x0, y0, x1, y1, width_mm }) => ({ x0, y0, x1, y1, width: width_mm })),
  }));
}

/** Which layers become references and which become frames: a reference for every so many frames, so that both cover the build. */
function shared(count: number, references: number) {
  const [first, last] = (values.layers ?? `${Math.max(1, count - 23 - references)}-${count}`).split("-").map(Number);
  if (!(Number.isInteger(first) && Number.isInteger(last) && first! >= 1 && last! <= count && first! <= last!))
    throw new Refusal(`--layers is A-B with 1 <= A <= B <= ${count}.`);
  const numbers = Array.from({ length: last! - first! + 1 }, (_, n) => first! + n);
  if (numbers.length <= references)
    throw new Refusal(
      `${numbers.length} layers are not more than ${references} references: widen --layers, or lower --references.`,
    );
  const good = new Set(
    Array.from({ length: references }, (_, n) => Math.floor(((n + 0.5) * numbers.length) / references)),
  );
  return { references: numbers.filter((_, n) => good.has(n)), frames: numbers.filter((_, n) => !good.has(n)) };
}

async function filament(): Promise<void> {
  refuseOthers("filament");
  const look = Object.entries(filaments).find(([name]) => name === (values.filament ?? "ivory"))?.[1];
  if (look === undefined) throw new Refusal(`--filament is one of ${Object.keys(filaments).join(", ")}.`);
  const [width, seed, references] = [whole("width", 320, 6000), whole("seed", 0, 2 ** 31), whole("references", 1, 100)];
  const faults = chosen(Object.keys(printFaults));
  const layers = await layersOf();
  const numbers = shared(layers.length, references);
  const out = await emptyFolder();
  const set = { layers, ...numbers, faults, width: width - (width % 4), look: { filament: look, seed } };
  await writeFilamentSet(out, set, (n, all) => process.stderr.write(`${n} of ${all} pictures\n`));
  done("filament", out, numbers.frames.length, numbers.references.length);
}

async function powder(): Promise<void> {
  refuseOthers("powder");
  const [width, seed, count] = [whole("width", 320, 6000), whole("seed", 0, 2 ** 31), whole("count", 1, 1000)];
  const phase = values.phase === "fused" ? "fused" : (values.phase ?? "recoated") === "recoated" ? "recoated" : null;
  if (phase === null) throw new Refusal("--phase is recoated or fused.");
  const names = chosen(faultKindsOf(phase));
  const kinds = faultKindsOf(phase).filter((kind) => names.includes(kind));
  const faults = Array.from({ length: count }, (_, n) =>
    n % 2 === 0 || kinds.length === 0 ? [] : [kinds[(n >> 1) % kinds.length]!],
  );
  const out = await emptyFolder();
  await writePowderSet(out, seed, faults, phase, width);
  done("powder", out, count, 8);
}

const [what = ""] = positionals;
try {
  if (values.help === true) console.log(help);
  else if (values.list === true)
    console.log(["filament:", ...Object.keys(printFaults), "powder:", ...faultKinds].join("\n  "));
  else if (what === "filament" && positionals.length === 1) await filament();
  else if (what === "powder" && positionals.length === 1) await powder();
  else throw new Refusal(`Say what to draw: filament or powder.\n\n${help}`);
} catch (problem) {
  if (!(problem instanceof Refusal)) throw problem;
  if (values.json) console.log(JSON.stringify({ ok: false, what: problem.message.split("\n")[0] }));
  process.stderr.write(`${problem.message}\n`);
  process.exitCode = problem.code;
}

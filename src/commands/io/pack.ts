/** `cellward pack`: the design authority's side. Nothing is sealed or signed that the cell could not make. */
import { basename } from "node:path";
import { text } from "node:stream/consumers";
import { readPacks } from "../../inspection/io/packs.ts";
import { judgeRoute } from "../../intake/admit.ts";
import { readBounded, readRecipes } from "../../intake/io/files.ts";
import { makePackage } from "../../intake/io/pack.ts";
import { maxOrderFileBytes, type OrderFile, readOrderFile } from "../../intake/order-file.ts";
import { type Blob, bounds } from "../../intake/package/container.ts";
import { unlabelledOrder } from "../../intake/package/refusal.ts";
import { type Recipe, recipeDigest } from "../../intake/recipe.ts";
import type { ProcessPack } from "../../jobs/process-pack.ts";
import { digestOf } from "../../kernel/hash.ts";
import type { EquipmentId, JobId } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { labelProblem } from "../../labels/io/label-problem.ts";
import { writeDurably } from "../../ledger/io/files.ts";
import { exitCode } from "../exit-code.ts";
import { wouldOverwrite } from "./new-file.ts";
import { openSigningKey } from "./signing-key.ts";
import { systemClock } from "./system.ts";
import type { Terminal, Trouble } from "./terminal.ts";

export interface PackOptions {
  readonly order: string;
  readonly program: readonly string[];
  readonly attach: readonly string[];
  readonly identifiers: string;
  readonly recipient: string;
  readonly key: string;
  readonly out: string;
  readonly recipes: string;
  /** A folder of process packs beside those that come with the program. */
  readonly processes?: string;
}

const mostFormBytes = 4_096;

/** Reads, judges, seals, signs; the exit code is 7 where the order cannot be made. */
export async function pack(terminal: Terminal, options: PackOptions): Promise<number> {
  const taken = await wouldOverwrite(options.out);
  if (taken !== null) return terminal.trouble(taken, exitCode.refused);
  const prepared = await prepare(options);
  if (!prepared.ok) return terminal.trouble(prepared.error, exitCode.refused);
  const { order, files, recipe, packs, identifiers } = prepared.value;
  const signer = await openSigningKey(options.key);
  if (!signer.ok) return terminal.trouble(signer.error, exitCode.refused);
  const byName = new Map(files.map(({ name, bytes }) => [name, bytes]));
  // Which machine of a class it will be, only the cell knows.
  // Which machines the cell has is the cell's to know.
  const anyMachine = (kind: string) => ({ id: kind as EquipmentId, holdsLayers: true });
  const judged = judgeRoute(order, byName, recipe, anyMachine, packs);
  if (!judged.ok) return terminal.trouble(judged.error, exitCode.refused);
  const unlabelled = await labelProblem(
    {
      ...order,
      ...{
        id: order.id as JobId,
        gtin: recipe.gtin,
        notBefore: Date.parse(order.notBefore),
        route: judged.value.route,
      },
    },
    // How the cell calls itself on labels, only the cell knows: its own check has the last word.
    order.cell,
  );
  if (unlabelled !== null) return terminal.trouble(unlabelledOrder(order.id, unlabelled), exitCode.refused);
  const { format: _, recipe: name, ...rest } = order;
  const made = await makePackage({
    order: { ...rest, recipe: { name, digest: recipeDigest(recipe) } },
    identifiers,
    files,
    recipient: options.recipient.trim(),
    signer: signer.value,
  });
  if (!made.ok) {
    const remedy = "Correct what is named, and pack again.";
    return terminal.trouble(
      { code: "not-packed", what: `Nothing was packed: ${made.error}.`, remedy },
      exitCode.refused,
    );
  }
  await writeDurably(options.out, made.value, 0o644);
  const digest = digestOf(made.value);
  terminal.result(
    { ok: true, package: options.out, digest, order: order.id, by: signer.value.key.name },
    `Order ${order.id} is packed for ${order.cell} and signed as ${signer.value.key.name}: ${options.out}\n` +
      `SHA-256 ${digest}\nClinical release signs it next: cellward release ${options.out}`,
  );
  return exitCode.ok;
}

interface Prepared {
  readonly order: OrderFile;
  readonly files: readonly Blob[];
  readonly recipe: Recipe;
  readonly packs: readonly ProcessPack[];
  readonly identifiers: readonly [string, string];
}

async function prepare(options: PackOptions): Promise<Result<Prepared, Trouble>> {
  const bytes = await readBounded(options.order, maxOrderFileBytes);
  if (!bytes.ok)
    return refuse("order-file", `${options.order} cannot be read: ${bytes.error}.`, "Name the order file.");
  const order = readOrderFile(bytes.value);
  if (!order.ok) return refuse("order-file", order.error, "Correct it; docs/package-format.md names every member.");
  if (Date.parse(order.value.expires) <= systemClock.now()) {
    return refuse(
      "order-expired",
      `Order ${order.value.id} has expired (${order.value.expires}).`,
      "Give it a later end.",
    );
  }
  const recipes = await readRecipes(options.recipes);
  if (!recipes.ok) return refuse("recipes", recipes.error, "Name the folder of the cell's recipes with --recipes.");
  const recipe = recipes.value.find((each) => each.recipe === order.value.recipe);
  if (!recipe) {
    const what = `There is no recipe ${order.value.recipe} in ${options.recipes}.`;
    return refuse("recipe-unknown", what, "Name the folder of the cell's recipes with --recipes.");
  }
  const packs = await readPacks(options.processes);
  if (!packs.ok)
    return refuse("processes", packs.error, "Name the folder of the cell's process packs with --processes.");
  const files = await readFiles([...options.program, ...options.attach]);
  if (!files.ok) return files;
  const identifiers = await readIdentifiers(options.identifiers);
  return identifiers.ok
    ? ok({ order: order.value, files: files.value, recipe, packs: packs.value, identifiers: identifiers.value })
    : identifiers;
}

/** The files to be sealed, each under its own name; whether all that is needed is there, the judgement says. */
async function readFiles(paths: readonly string[]): Promise<Result<readonly Blob[], Trouble>> {
  const files: Blob[] = [];
  for (const path of paths) {
    const name = basename(path);
    if (files.some((each) => each.name === name)) {
      return refuse("file-twice", `Two files are called ${name}.`, "Give each file a name of its own.");
    }
    const bytes = await readBounded(path, bounds.blob);
    if (!bytes.ok) return refuse("file-unreadable", `${path} cannot be read: ${bytes.error}.`, "Name a plain file.");
    files.push({ name, bytes: bytes.value });
  }
  return ok(files);
}

/** Two lines, from a file or from standard input; no sentence ever repeats them (law 6). */
async function readIdentifiers(path: string): Promise<Result<readonly [string, string], Trouble>> {
  const read =
    path === "-" ? ok(new TextEncoder().encode(await text(process.stdin))) : await readBounded(path, mostFormBytes);
  const lines = read.ok
    ? new TextDecoder()
        .decode(read.value)
        .split("\n")
        .filter((line) => line.trim() !== "")
    : [];
  const [first, second] = lines;
  if (first !== undefined && second !== undefined && lines.length === 2) return ok([first, second]);
  const remedy = "Give exactly two lines: the two identifiers of the request form, in its order.";
  return refuse("identifiers", "The two identifiers cannot be read.", remedy);
}

function refuse(code: string, what: string, remedy: string): Result<never, Trouble> {
  return err({ code, what, remedy });
}

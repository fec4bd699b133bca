/** The intake folder: orders laid into it are judged and, if good, accepted; nothing in it starts anything. */
import { createHmac } from "node:crypto";
import { constants } from "node:fs";
import { open, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Controller } from "../../jobs/controller.ts";
import { findJob } from "../../jobs/state.ts";
import { digestOf } from "../../kernel/hash.ts";
import type { Digest } from "../../kernel/names.ts";
import type { Clock } from "../../kernel/ports.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Milliseconds } from "../../kernel/units.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import { normaliseIdentifier } from "../identifiers.ts";
import { admit, maxJobFileBytes, maxProgramBytes, readJobFile } from "../job-file.ts";
import { type Recipe, readRecipe, recipeDigest } from "../recipe.ts";

export interface Intake {
  /** The recipe with this digest, or null. */
  recipe(digest: Digest): Recipe | null;
  /** HMAC-SHA-256 of an identifier under the order's own key, lower-case hex; null for an unknown job. */
  identifierHmac(job: string, text: string): Promise<string | null>;
  stop(): void;
}

export interface IntakeOptions {
  readonly folder: string;
  readonly recipes: string;
  readonly controller: Controller;
  readonly artifacts: Artifacts;
  readonly clock: Clock;
  readonly log: (what: string) => void;
}

const lookEveryMs: Milliseconds = 1_000;
const mostFiles = 1_000;

/** Reads the recipes, then looks into the folder again and again. The error is a sentence about a recipe. */
export async function openIntake(options: IntakeOptions): Promise<Result<Intake, string>> {
  const recipes = await readRecipes(options.recipes);
  if (!recipes.ok) return recipes;
  const byName = new Map(recipes.value.map((recipe) => [recipe.recipe, recipe]));
  const byDigest = new Map(recipes.value.map((recipe) => [recipeDigest(recipe), recipe]));
  const judged = new Set<string>();
  let stopped = false;

  async function look(): Promise<void> {
    const names = await readdir(options.folder);
    for (const name of names.filter((each) => each.endsWith(".order.json")).slice(0, mostFiles)) {
      const path = join(options.folder, name);
      const bytes = await readBounded(path, maxJobFileBytes);
      const key = bytes.ok ? digestOf(bytes.value) : `${name}: ${bytes.error}`;
      if (stopped || judged.has(key)) continue;
      judged.add(key);
      const problem = bytes.ok
        ? await takeIn(path, bytes.value, byName, options)
        : `The order file ${name} cannot be read: ${bytes.error}.`;
      if (problem !== null) await refuse(problem);
    }
  }

  async function refuse(problem: string): Promise<void> {
    options.log(problem);
    await options.controller.submit({ kind: "refuse-order", what: problem });
  }

  function again(): void {
    if (stopped) return;
    look()
      .catch((problem: unknown) => options.log(`The intake folder cannot be read: ${problem}`))
      .then(() => options.clock.after(lookEveryMs, again));
  }

  again();
  return ok({
    recipe: (digest) => byDigest.get(digest) ?? null,
    identifierHmac: (job, text) => identifierHmac(options, job, text),
    stop() {
      stopped = true;
    },
  });
}

/** Null when the order was accepted or is here already; otherwise the sentence that refuses it. */
async function takeIn(
  path: string,
  bytes: Uint8Array,
  recipes: ReadonlyMap<string, Recipe>,
  { controller, artifacts }: IntakeOptions,
): Promise<string | null> {
  const file = readJobFile(bytes);
  if (!file.ok) return file.error;
  const source = digestOf(bytes);
  const programPath = join(dirname(path), file.value.program.file);
  // Only what the cell holds encrypted is taken off the folder; a refused order stays for whoever sent it.
  const clear = () => Promise.all([rm(programPath, { force: true }), rm(path, { force: true })]);
  if (findJob(controller.state(), file.value.id)?.order.source === source) {
    await clear();
    return null;
  }
  const recipe = recipes.get(file.value.recipe);
  if (!recipe) return `Order ${file.value.id} needs the recipe ${file.value.recipe}, which this cell does not have.`;
  const program = await readBounded(programPath, maxProgramBytes);
  if (!program.ok) return `The program of order ${file.value.id} cannot be read: ${program.error}.`;
  const admitted = admit(file.value, source, program.value, recipe);
  if (!admitted.ok) return admitted.error;
  await artifacts.put(program.value);
  await artifacts.put(bytes);
  const reply = await controller.submit({ kind: "accept-order", order: admitted.value.order });
  if (reply.kind === "refused") return reply.refusal.what;
  await clear();
  return null;
}

async function identifierHmac({ controller, artifacts }: IntakeOptions, job: string, text: string) {
  const order = findJob(controller.state(), job)?.order;
  const bytes = order ? await artifacts.get(order.source) : null;
  const file = bytes?.ok ? readJobFile(bytes.value) : null;
  if (!file?.ok) return null;
  const key = Buffer.from(file.value.identifiers.key, "hex");
  return createHmac("sha256", key).update(normaliseIdentifier(text)).digest("hex");
}

async function readRecipes(folder: string): Promise<Result<readonly Recipe[], string>> {
  const names = await readdir(folder).catch(() => null);
  if (names === null) return err(`The recipe folder ${folder} cannot be read.`);
  const recipes: Recipe[] = [];
  for (const name of names.filter((each) => each.endsWith(".json"))) {
    const bytes = await readBounded(join(folder, name), maxJobFileBytes);
    const recipe = bytes.ok ? readRecipe(bytes.value) : bytes;
    if (!recipe.ok) return err(`${join(folder, name)}: ${recipe.error}`);
    recipes.push(recipe.value);
  }
  return ok(recipes);
}

/**
 * Reads a plain file up to a limit. Links, pipes and devices are refused, and a size that a file system only claims is
 * not believed: what is read is counted.
 */
async function readBounded(path: string, limit: number): Promise<Result<Uint8Array, string>> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile()) return err("it is not a plain file");
      const chunks: Uint8Array[] = [];
      let size = 0;
      for (;;) {
        const { bytesRead, buffer } = await file.read(new Uint8Array(64 * 1024), 0, 64 * 1024, null);
        if (bytesRead === 0) return ok(new Uint8Array(Buffer.concat(chunks, size)));
        size += bytesRead;
        if (size > limit) return err(`it is larger than ${limit} bytes`);
        chunks.push(buffer.subarray(0, bytesRead));
      }
    } finally {
      await file.close();
    }
  } catch (problem) {
    const code = (problem as NodeJS.ErrnoException).code ?? String(problem);
    return err(code === "ELOOP" ? "it is a link" : code);
  }
}

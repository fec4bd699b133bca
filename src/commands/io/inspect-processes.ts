/** `cellward inspect processes`: the process packs that a cell knows, in words, and whether one's own can be used. */
import { readPackFile, readPacks } from "../../inspection/io/packs.ts";
import { packFor } from "../../intake/pack-rules.ts";
import type { Recipe } from "../../intake/recipe.ts";
import { type ProcessPack, packDigest } from "../../jobs/process-pack.ts";
import { ok } from "../../kernel/result.ts";
import { exitCode } from "../exit-code.ts";
import { packInWords, scorable } from "../process-words.ts";
import type { Terminal } from "./terminal.ts";

export interface ProcessesOptions {
  /** A folder of packs beside those that come with the program. */
  readonly processes?: string;
  /** One pack, alone. */
  readonly file?: string;
}

/** Exit code 0 where all can be used, 7 where one cannot. */
export async function inspectProcesses(terminal: Terminal, { processes, file }: ProcessesOptions): Promise<number> {
  const packs = file === undefined ? await readPacks(processes) : await alone(file);
  if (!packs.ok) return terminal.trouble({ code: "pack-refused", what: packs.error, remedy }, exitCode.refused);
  const told = packs.value.map((pack) => ({ digest: packDigest(pack), scorable: scorable(pack), ...pack }));
  terminal.result({ ok: true, packs: told }, packs.value.flatMap(packInWords).join("\n"));
  return exitCode.ok;
}

const remedy = "Correct what is named; docs/process-packs.md says what each member means.";

async function alone(file: string) {
  const pack = await readPackFile(file);
  return pack.ok ? ok([pack.value]) : pack;
}

/** Why a recipe cannot be made by the packs of a configuration, one sentence; null where all can. */
export async function whyOutside(recipes: readonly Recipe[], processes?: string): Promise<string | null> {
  const packs = await readPacks(processes);
  if (!packs.ok) return packs.error;
  for (const recipe of recipes) {
    const within = packFor(recipe, packs.value);
    if (!within.ok) return within.error;
  }
  return null;
}

/** The pack of one recipe; the error is a sentence. */
export async function packOf(recipe: Recipe, processes?: string) {
  const packs = await readPacks(processes);
  return packs.ok ? packFor(recipe, packs.value) : packs;
}

/** Which pack, on one line. */
export function packLine(pack: ProcessPack): string {
  return `within the process pack ${pack.process}, revision ${pack.revision}, SHA-256 ${packDigest(pack)}`;
}

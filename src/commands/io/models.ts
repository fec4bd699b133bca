/** `cellward model`: the register of inspection models, read from the record, and what two people sign about one at the running cell. */
import { loadConfig } from "../../config/io/load.ts";
import type { ShownView } from "../../hmi/api-route.ts";
import { readRecipes } from "../../intake/io/files.ts";
import { recipeDigest } from "../../intake/recipe.ts";
import { isModelEvent, type ModelEvent } from "../../jobs/model-event.ts";
import { type ModelStanding, standingOf } from "../../jobs/model-standing.ts";
import { afterModelEvent, type KnownModel, type Models } from "../../jobs/models.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { EpochMs } from "../../kernel/units.ts";
import { readRows } from "../../ledger/io/read-rows.ts";
import { exitCode } from "../exit-code.ts";
import { modelLines } from "../model-words.ts";
import { atDesk, codeOf, said } from "./keeping.ts";
import { readFacts, readShippedModel } from "./model-files.ts";
import { systemClock } from "./system.ts";
import type { Terminal, Trouble } from "./terminal.ts";

/** The register of a data folder, and everything that was ever signed about a model, in order. */
export interface Register {
  readonly models: Models;
  readonly history: readonly { readonly seq: number; readonly at: EpochMs; readonly event: ModelEvent }[];
  /** Entries that cannot be read as written. */
  readonly unread: number;
}

/** Reads the record, also while the cell runs on it. */
export function readRegister(dataDir: string): Result<Register, Trouble> {
  let models: Models = {};
  const history: Register["history"][number][] = [];
  const read = readRows(dataDir, ({ entry, body }) => {
    const event = { ...body, type: entry.type };
    if (!isModelEvent(event)) return;
    models = afterModelEvent(models, event);
    history.push({ seq: entry.seq, at: entry.at, event });
  });
  return read.ok ? ok({ models, history, unread: read.value.unreadInAll }) : read;
}

/** How the model of a configuration stands in a record. */
export async function standingIn(
  models: Models,
  manifest: string,
  demonstration: boolean,
): Promise<Result<ModelStanding, Trouble>> {
  const facts = await readFacts(manifest);
  if (!facts.ok) return facts;
  const standing = standingOf(models, facts.value, demonstration, systemClock.now());
  if (!demonstration || standing.code !== "model-unsigned") return ok(standing);
  const shipped = await readShippedModel();
  if (shipped?.manifest !== facts.value.manifest) return ok(standing);
  const what = "The inspection model that comes with the program is taken for this demonstration at its next start.";
  return ok({ state: "good", code: "demonstration", what, remedy: "" });
}

interface RegisterOptions {
  readonly config: string;
  readonly data: string;
}

/** `cellward model list`: the models that the record knows, and how the configured one stands. */
export async function listModels(terminal: Terminal, { config: file, data }: RegisterOptions): Promise<number> {
  const loaded = await configOf(file);
  if (!loaded.ok) return terminal.trouble(loaded.error, exitCode.configuration);
  const { inspection, cell } = loaded.value;
  const register = readRegister(data);
  if (!register.ok) return terminal.trouble(register.error, exitCode.notReady);
  const { models, unread } = register.value;
  const standing = await standingIn(models, inspection.model, cell.demonstration);
  const configured = standing.ok ? standing.value : { state: "bad", ...standing.error };
  const known = Object.values(models);
  const lines = [
    ...(known.length === 0
      ? ["The record knows no inspection model: nobody has signed for one."]
      : known.map(modelLines)),
    `The model of the configuration: ${configured.what}`,
    ...(configured.remedy === "" ? [] : [`  What to do: ${configured.remedy}`]),
    ...unreadLines(unread),
  ];
  const good = configured.state !== "bad";
  terminal.result({ ok: good && unread === 0, configured, models: known, unread }, lines.join("\n"));
  if (unread > 0) return exitCode.verificationFailed;
  return good ? exitCode.ok : exitCode.notReady;
}

/** `cellward model show MODEL`: what was signed about it, in order. */
export async function showModel(
  terminal: Terminal,
  model: string,
  { data }: { readonly data: string },
): Promise<number> {
  const register = readRegister(data);
  if (!register.ok) return terminal.trouble(register.error, exitCode.notReady);
  const { models, history, unread } = register.value;
  const found = findModel(Object.values(models), model);
  if (!found.ok) return terminal.trouble(found.error, exitCode.neverNamed);
  const own = history.filter(({ event }) => event.model === found.value.model);
  const lines = [modelLines(found.value), ...own.map(historyLine), ...unreadLines(unread)];
  terminal.result({ ok: unread === 0, model: found.value, history: own, unread }, lines.join("\n"));
  return unread > 0 ? exitCode.verificationFailed : exitCode.ok;
}

function historyLine({ seq, at, event }: Register["history"][number]): string {
  const by =
    event.type === "ModelApproved"
      ? `approved by ${event.approval.person} and ${event.second.person}`
      : event.type === "ModelRetired"
        ? `retired by ${event.approval.person}`
        : "taken for a demonstration";
  return `  entry ${seq}, ${new Date(at).toISOString()}: ${by}`;
}

function unreadLines(unread: number): readonly string[] {
  if (unread === 0) return [];
  return [`THIS MAY BE SHORT: ${unread} entries of the record cannot be read as written. Run \`cellward verify\`.`];
}

/** A model by its digest or the beginning of it. */
function findModel(models: readonly KnownModel[], text: string): Result<KnownModel, Trouble> {
  const found = models.filter(({ model }) => text.length >= 8 && model.startsWith(text));
  const [first] = found;
  if (first !== undefined && found.length === 1) return ok(first);
  const what =
    found.length > 1 ? `More than one model begins with ${text}.` : `The record knows no model ${text.slice(0, 64)}.`;
  return err({ code: "unknown-model", what, remedy: "Name it by its digest, as `cellward model list` prints it." });
}

export interface ApproveOptions {
  readonly config: string;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly recipe?: readonly string[] | undefined;
}

/** `cellward model approve`: QA, then an engineer, sign for the model that the running cell's configuration names. */
export async function approveModel(terminal: Terminal, options: ApproveOptions): Promise<number> {
  const recipes = await recipesOf(options);
  if (!recipes.ok) return terminal.trouble(recipes.error, exitCode.usage);
  const { from, until } = options;
  const wrong = [from, until].find((day) => day !== undefined && !isDay(day));
  if (wrong !== undefined) {
    const remedy = "Say it like 2026-12-31; days are those of UTC.";
    return terminal.trouble({ code: "usage", what: `${wrong.slice(0, 40)} is no day.`, remedy }, exitCode.usage);
  }
  const wanted = {
    ...(from !== undefined && { from }),
    ...(until !== undefined && { until }),
    ...(recipes.value.length > 0 && { recipes: recipes.value.join(",") }),
  };
  return atDesk(terminal, options.config, 2, async (desk, [first, second]) => {
    const shown = await desk.get<ShownView>(`/api/models/approval?${new URLSearchParams(wanted)}`);
    if (!shown.ok) return terminal.trouble(shown.error, codeOf(shown.error));
    const body = { wanted, shown: shown.value.digest, first, second };
    return said(terminal, await desk.post("/api/models/approval", body), shown.value);
  });
}

export interface RetireOptions {
  readonly config: string;
  readonly reason: string;
}

/** `cellward model retire MODEL`: QA signs at the running cell that it judges no further layer. */
export function retireModel(terminal: Terminal, model: string, { config, reason }: RetireOptions): Promise<number> {
  return atDesk(terminal, config, 1, async (desk, [signer]) => {
    const register = await desk.get<{ readonly models: readonly KnownModel[] }>("/api/models");
    if (!register.ok) return terminal.trouble(register.error, codeOf(register.error));
    const found = findModel(register.value.models, model);
    if (!found.ok) return terminal.trouble(found.error, exitCode.neverNamed);
    const what = { model: found.value.model, reason };
    const shown = await desk.get<ShownView>(`/api/models/retirement?${new URLSearchParams(what)}`);
    if (!shown.ok) return terminal.trouble(shown.error, codeOf(shown.error));
    const body = { what, shown: shown.value.digest, ...signer };
    return said(terminal, await desk.post("/api/models/retirement", body), shown.value);
  });
}

async function recipesOf({
  config: file,
  recipe: names = [],
}: ApproveOptions): Promise<Result<readonly Digest[], Trouble>> {
  if (names.length === 0) return ok([]);
  const loaded = await configOf(file);
  return loaded.ok ? recipesNamed(loaded.value.intake.recipes, names) : loaded;
}

/** Digests of the recipes that were named, as they lie in the configuration's folder; the newest revision of each. */
export async function recipesNamed(
  folder: string,
  names: readonly string[],
): Promise<Result<readonly Digest[], Trouble>> {
  const known = await readRecipes(folder);
  if (!known.ok) return err({ code: "recipes", what: known.error, remedy: "Correct the recipe that is named." });
  const digests: Digest[] = [];
  for (const name of names) {
    const [newest] = known.value.filter(({ recipe }) => recipe === name).toSorted((a, b) => b.revision - a.revision);
    if (!newest) {
      const remedy = `This cell has: ${[...new Set(known.value.map(({ recipe }) => recipe))].join(", ") || "none"}.`;
      return err({ code: "unknown-recipe", what: `There is no recipe ${name.slice(0, 64)}.`, remedy });
    }
    digests.push(recipeDigest(newest));
  }
  return ok(digests);
}

async function configOf(file: string) {
  const loaded = await loadConfig(file);
  if (loaded.ok) return ok(loaded.value.config);
  const remedy = "Correct the key that is named; `cellward config schema` prints the schema.";
  return err({ code: "configuration", what: loaded.error.join("\n"), remedy });
}

function isDay(text: string): boolean {
  return /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) && Number.isFinite(Date.parse(`${text}T00:00:00Z`));
}

/** The machine and the recipe that a command of `cellward devices` works with. */
import { loadConfig } from "../../config/io/load.ts";
import type { CellConfig, MachineConfig } from "../../config/schema.ts";
import type { ChildMachine, LoadProgram } from "../../drivers/io/child-machine.ts";
import { marlinConfig } from "../../drivers/marlin/config.ts";
import { readBounded, readRecipes } from "../../intake/io/files.ts";
import { type Recipe, readRecipe } from "../../intake/recipe.ts";
import { digestOf } from "../../kernel/hash.ts";
import type { EquipmentId } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { exitCode } from "../exit-code.ts";
import { createDriver } from "./drivers.ts";
import { configurationRemedy } from "./remedies.ts";
import type { Trouble } from "./terminal.ts";

export interface DeviceOptions {
  readonly config?: string;
  readonly keys?: string;
  /** A recipe's file, where the configuration's folder does not hold the one that is meant. */
  readonly recipe?: string;
  /** For a path of a serial port instead of a machine's name. */
  readonly baud?: string;
  readonly dialect?: string;
}

/** What is said where the folder of the certificates is not named. */
export const noKeys: Trouble = {
  code: "no-keys",
  what: "A machine on OPC UA needs the cell's certificates.",
  remedy: "Name the key folder with --keys.",
};

/** What went wrong, with the exit code that says so. */
export type Stopped = Trouble & { readonly exit: number };

export interface Target {
  readonly id: string;
  readonly machine: MachineConfig;
  /** Null where a port was named and no configuration. */
  readonly config: CellConfig | null;
}

/** The machine of that name, or a printer at that serial port that nobody has configured yet. */
export async function findTarget(named: string, options: DeviceOptions): Promise<Result<Target, Stopped>> {
  const loaded = options.config === undefined ? null : await loadConfig(options.config);
  if (loaded !== null && !loaded.ok) {
    const remedy = configurationRemedy(options.config ?? "");
    return stop(exitCode.configuration, "configuration", loaded.error.join(" "), remedy);
  }
  const config = loaded?.value.config ?? null;
  const machine = config?.machine.find(({ id }) => id === named);
  if (machine !== undefined) return ok({ id: named, machine, config });
  if (named.startsWith("/")) return atPort(named, options, config);
  const known = config?.machine.map(({ id }) => id).join(", ") ?? "";
  const what = `The configuration has no machine called ${named}.`;
  const remedy = `Name one of ${known || "its machines with --config"}, or a serial port by its path.`;
  return stop(exitCode.usage, "no-such-machine", what, remedy);
}

const atPortId = "printer-at-port";

function atPort(port: string, options: DeviceOptions, config: CellConfig | null): Result<Target, Stopped> {
  const section = {
    ...{ driver: "marlin", port, serial: null, vendor: "unknown", lockFolder: "/tmp" },
    ...(options.baud !== undefined && { baud: Number(options.baud) }),
    ...(options.dialect !== undefined && { dialect: options.dialect }),
  };
  const parsed = marlinConfig.safeParse(section);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const what = `The port cannot be used so: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}.`;
    return stop(exitCode.usage, "usage", what, "Correct the path, --baud or --dialect.");
  }
  const { driver: _, serial: __, ...marlin } = parsed.data;
  return ok({
    id: atPortId,
    machine: { id: atPortId, title: port, class: "any", serial: "any", marlin } as MachineConfig,
    config,
  });
}

/** The recipe that the machine's programs are judged by: the file that is named, or the only one of its class. */
export async function findRecipe(target: Target, options: DeviceOptions): Promise<Result<Recipe, Stopped>> {
  if (options.recipe !== undefined) {
    const bytes = await readBounded(options.recipe, 1 << 18);
    const recipe = bytes.ok ? readRecipe(bytes.value) : bytes;
    if (recipe.ok) return recipe;
    return stop(exitCode.usage, "recipe-unreadable", `${options.recipe}: ${recipe.error}`, "Correct the recipe.");
  }
  const folder = target.config?.intake.recipes;
  const all = folder === undefined ? ok([]) : await readRecipes(folder);
  if (!all.ok)
    return stop(exitCode.configuration, "recipes-unreadable", all.error, "Correct the recipe that is named.");
  const fitting = all.value.filter((recipe) => isFor(recipe, target.machine.class));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return ok(only);
  const what = `${fitting.length === 0 ? "No recipe" : "More than one recipe"} is for machines of class ${target.machine.class}.`;
  return stop(exitCode.usage, "which-recipe", what, "Name its file with --recipe: it has the limits of the machine.");
}

/** Whether a recipe is made on machines of a class, or has a step on one. */
function isFor({ equipmentClass, route }: Recipe, kind: string): boolean {
  return equipmentClass === kind || route.some((step) => "equipmentClass" in step && step.equipmentClass === kind);
}

/** Reads a program and gives it with its digest. */
export async function readProgram(path: string) {
  const bytes = await readBounded(path, 512 << 20);
  if (bytes.ok) return ok({ bytes: bytes.value, digest: digestOf(bytes.value) });
  return stop(
    exitCode.usage,
    "program-unreadable",
    `${path} cannot be read: ${bytes.error}.`,
    "Name the program's file.",
  );
}

/** Starts the target's driver, as the cell would. */
export function startDriver(
  { id, machine, config }: Target,
  keys: string | undefined,
  loadProgram: LoadProgram,
  remark: (text: string) => void,
): Result<ChildMachine, Stopped> {
  if (machine.opcua !== undefined && (config === null || keys === undefined))
    return err({ ...noKeys, exit: exitCode.usage });
  const parts = { equipment: id as EquipmentId, loadProgram, remark };
  const storeEvidence = async (bytes: Uint8Array) => digestOf(bytes);
  const cell = { keysDir: keys ?? "", origin: config?.cell.origin ?? "", storeEvidence };
  return ok(createDriver(machine, { ...parts, ...cell, ...(id === atPortId && { anonymous: true }) }));
}

/** A result that ends a command. */
export function stop(exit: number, code: string, what: string, remedy: string): Result<never, Stopped> {
  return err({ exit, code, what, remedy });
}

/** `cellward devices dry-run`: everything that a start would check and say, with nothing moved and nothing heated. */
import { existsSync, readFileSync } from "node:fs";
import { prepare } from "../../drivers/marlin/prepare.ts";
import { makeCopy } from "../../drivers/moonraker/copy.ts";
import { read, remove, store } from "../../drivers/moonraker/io/files.ts";
import { folder } from "../../drivers/moonraker/session.ts";
import type { MachineIdentity, Observation, Telemetry } from "../../equipment/machine.ts";
import type { Recipe } from "../../intake/recipe.ts";
import { reactionWords } from "../../jobs/reaction.ts";
import type { AttemptId, Digest } from "../../kernel/names.ts";
import { planToolpath } from "../../toolpath/plan.ts";
import { exitCode } from "../exit-code.ts";
import { bad, type Check, good, identityCheck } from "./check.ts";
import {
  type DeviceOptions,
  findRecipe,
  findTarget,
  noKeys,
  readProgram,
  startDriver,
  type Target,
} from "./device-target.ts";
import type { Task } from "./devices-dry-run-opcua.ts";
import type { Terminal } from "./terminal.ts";

const onlineWithin = 20_000;
/** Time for the first temperatures after it is online. */
const valuesWithin = 5000;

interface Program {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
}

/** Exit code 0 where all is good, 6 where nothing answers, 3 where something else is bad. */
export async function dryRun(terminal: Terminal, named: string, path: string, options: DeviceOptions): Promise<number> {
  const target = await findTarget(named, options);
  if (!target.ok) return terminal.trouble(target.error, target.error.exit);
  const program = await readProgram(path);
  if (!program.ok) return terminal.trouble(program.error, program.error.exit);
  const recipe = await findRecipe(target.value, options);
  if (target.value.machine.opcua !== undefined && (recipe.ok || recipe.error.code === "which-recipe")) {
    const task = { path, ...program.value, recipe: recipe.ok ? recipe.value : null };
    return dryRunTask(terminal, target.value, task, options);
  }
  if (!recipe.ok) return terminal.trouble(recipe.error, recipe.error.exit);
  const checks: Check[] = [...guardChecks(program.value.bytes, recipe.value), ...reactionChecks(recipe.value)];
  const load = async () => ({ bytes: program.value.bytes, recipe: recipe.value.toolpath });
  const driver = startDriver(target.value, options.keys, load, () => undefined);
  if (!driver.ok) return terminal.trouble(driver.error, driver.error.exit);
  let reached = false;
  try {
    terminal.progress("waiting for the machine");
    const heard = await hello(driver.value);
    reached = heard.identity !== null;
    checks.push(helloCheck(heard));
    if (reached) checks.push(heatCheck(await values(driver.value)));
    if (reached) checks.push(...(await storeChecks(target.value, program.value, recipe.value)));
  } finally {
    await driver.value.close();
  }
  return tell(terminal, reached, checks, [
    "begin: what stands before layer 1 (heat, home, prime)",
    "after each layer: park, wait for the verdict, go on",
    "end: heaters off, read back",
  ]);
}

/** A machine on OPC UA does its task as a whole: what is looked at is its program and its readiness. */
async function dryRunTask(terminal: Terminal, target: Target, task: Task, { keys }: DeviceOptions): Promise<number> {
  if (keys === undefined) return terminal.trouble(noKeys, exitCode.usage);
  if (!existsSync(keys)) {
    const remedy = "Name the folder that `cellward init` made with --keys.";
    return terminal.trouble(
      { code: "no-key-folder", what: `There is no key folder ${keys}.`, remedy },
      exitCode.refused,
    );
  }
  terminal.progress("waiting for the machine");
  // OPC UA takes long to load: only such a machine waits for it.
  const { taskMachineChecks, taskProgramChecks } = await import("./devices-dry-run-opcua.ts");
  const checks = taskProgramChecks(target, task);
  const seen = await taskMachineChecks(target, keys, task);
  const directives = ["begin: store the program, read it back, start", "the machine does its task as a whole"];
  return tell(terminal, seen.reached, [...checks, ...seen.checks], directives);
}

function tell(terminal: Terminal, reached: boolean, checks: readonly Check[], directives: readonly string[]): number {
  const wrong = checks.filter(({ state }) => state === "bad");
  const lines = checks.map(({ check, state, what, remedy }) => {
    const mark = { good: "ok  ", warning: "WARN", bad: "BAD " }[state];
    return `${mark} ${check}: ${what}${state === "good" ? "" : `\n     What to do: ${remedy}`}`;
  });
  const text = [
    ...lines,
    "Nothing was moved or heated. A start would tell it:",
    ...directives.map((each) => `  ${each}`),
  ];
  terminal.result({ ok: wrong.length === 0, checks, directives }, text.join("\n"));
  if (!reached) return exitCode.deviceUnreachable;
  return wrong.length === 0 ? exitCode.ok : exitCode.notReady;
}

function guardChecks(bytes: Uint8Array, recipe: Recipe): Check[] {
  const plan = planToolpath(bytes, recipe.toolpath);
  if (!plan.ok) {
    return plan.error.map(({ line, what, remedy }) =>
      bad("program", `${line > 0 ? `Line ${line}: ` : ""}${what}`, remedy),
    );
  }
  const { lines, layers, seconds, leastSeconds, extruded_mm3, box } = plan.value;
  const size = [0, 1, 2].map((axis) => ((box.max[axis] ?? 0) - (box.min[axis] ?? 0)).toFixed(1)).join(" x ");
  const what = `${lines} lines, ${layers.length} layers, ${size} mm, ${(extruded_mm3 / 1000).toFixed(2)} cm3, ${(seconds / 60).toFixed(1)} min of motion at the commanded feeds${leastSeconds === null ? "" : `, no less than ${(leastSeconds / 60).toFixed(1)} min with the machine's accelerations`}.`;
  return [good("program", `Every line is within the recipe's limits, capture macros included: ${what}`)];
}

/** What would follow a finding; said also where every one holds. */
function reactionChecks({ route }: Recipe): Check[] {
  return route.flatMap((step) => {
    if (step.kind !== "build") return [];
    return [good("reactions", `${step.title}: ${reactionWords(step.reactions).join("; ")}.`)];
  });
}

interface Heard {
  readonly identity: MachineIdentity | null;
  readonly last: Extract<Observation, { kind: "offline" }>["fault"] | null;
}

function hello(driver: { observe(hear: (observation: Observation) => void): void }): Promise<Heard> {
  return new Promise((resolve) => {
    let last: Heard["last"] = null;
    const timer = setTimeout(() => resolve({ identity: null, last }), onlineWithin);
    driver.observe((observation) => {
      if (observation.kind === "offline") last = observation.fault;
      if (observation.kind !== "online") return;
      clearTimeout(timer);
      resolve({ identity: observation.identity, last });
    });
  });
}

function helloCheck({ identity, last }: Heard): Check {
  if (identity !== null) return identityCheck(identity);
  return bad("machine", last?.what ?? "It does not answer.", last?.remedy ?? "Check power, cable and address.");
}

async function values(driver: { telemetry(): Telemetry | null }): Promise<Telemetry | null> {
  const until = performance.now() + valuesWithin;
  while (driver.telemetry() === null && performance.now() < until) await new Promise((done) => setTimeout(done, 100));
  return driver.telemetry();
}

function heatCheck(telemetry: Telemetry | null): Check {
  const { hotend = null, bed = null } = telemetry ?? {};
  if (hotend === null || bed === null) {
    return bad("temperatures", "It does not report its temperatures.", "An engineer checks the sensors.");
  }
  const what = `nozzle ${hotend.actual} °C, target ${hotend.target}; bed ${bed.actual} °C, target ${bed.target}.`;
  return hotend.target === 0 && bed.target === 0
    ? good("temperatures", what)
    : bad("temperatures", what, "A start needs a machine whose heaters are off: switch them off there.");
}

/** A printer that keeps a copy is given one, has it read back, and has it taken away again. */
async function storeChecks({ machine }: Target, program: Program, { toolpath }: Recipe): Promise<Check[]> {
  const { moonraker } = machine;
  if (!moonraker) return [];
  const plan = prepare({ ...program, recipe: toolpath });
  const attempt = "dry-run" as AttemptId;
  const copy = plan.ok ? makeCopy(plan.value, attempt) : plan;
  if (!copy.ok) return [bad("copy", copy.error.what, copy.error.remedy)];
  const { url, apiKeyFile, caFile } = moonraker;
  try {
    const apiKey = apiKeyFile === undefined ? null : readFileSync(apiKeyFile, "utf8").trim();
    const server = { url, apiKey, ca: caFile === undefined ? null : readFileSync(caFile) };
    const file = `${folder}${attempt}.gcode`;
    await store(server, file, copy.value);
    const digest = await read(server, file);
    await remove(server, file);
    const { bytes, stops } = copy.value;
    return digest === copy.value.digest
      ? [good("copy", `Stored (${bytes.length} bytes, ${stops.length} pauses), read back the same, removed.`)]
      : [bad("copy", "What was read back is not what was stored.", "Check the printer's storage.")];
  } catch (problem) {
    const what = `The copy could not be stored, read back or removed (${problem instanceof Error ? problem.message : problem}).`;
    return [bad("copy", what, "Check the printer's storage, and the API key.")];
  }
}

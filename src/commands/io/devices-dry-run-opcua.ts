/** The dry run at a machine on OPC UA: program, identity, readiness and program store; no job order is given to it. */
import { basename } from "node:path";
import { pkiFolder } from "../../drivers/io/opcua.ts";
import { clientUriOf, type OpcuaTarget, programsOf } from "../../drivers/opcua/config.ts";
import { jobFaults } from "../../drivers/opcua/faults.ts";
import { connect } from "../../drivers/opcua/io/connect.ts";
import { wordsOf } from "../../drivers/opcua/io/deadline.ts";
import { type Link, openLink } from "../../drivers/opcua/io/link.ts";
import { newUnitMemory } from "../../drivers/opcua/io/packml.ts";
import { isAtWork } from "../../drivers/opcua/job-state.ts";
import { layersReading } from "../../drivers/opcua/names.ts";
import type { Reply } from "../../drivers/opcua/requests.ts";
import { notReady, workMasterOf } from "../../drivers/opcua/starting.ts";
import type { Fault } from "../../equipment/machine.ts";
import { type Recipe, taskFor, taskPartOf, tasksAt } from "../../intake/recipe.ts";
import type { Digest } from "../../kernel/names.ts";
import { bad, type Check, good, identityCheck } from "./check.ts";
import type { Target } from "./device-target.ts";

export interface Task {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  /** Null where the configuration has not exactly one for this class of machine, and none was named. */
  readonly recipe: Recipe | null;
}

type Opcua = NonNullable<Target["machine"]["opcua"]>;

/** What stands in the program, held against the machine's section and the recipe; reaches for nothing. */
export function taskProgramChecks({ machine }: Target, task: Task): Check[] {
  const problem = jsonProblem(task);
  if (problem !== null) return [bad("program", problem, "Correct the program: nothing would be started with it.")];
  const workMaster = workMasterOf(
    task.bytes,
    task.recipe && taskPartOf(task.recipe, machine.class, basename(task.path)),
  );
  if (workMaster === null) return [faultCheck("program", jobFaults.noWorkMaster())];
  const what = `${task.bytes.length} bytes, SHA-256 ${task.digest.slice(0, 16)}; the machine is to do ${workMaster}.`;
  return [good("program", what), ...recipeChecks(machine.class, machine.opcua!, task)];
}

/** Only a program that calls itself JSON has to be that. */
function jsonProblem({ path, bytes }: Task): string | null {
  if (!path.endsWith(".json")) return null;
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return null;
  } catch (found) {
    return `${basename(path)} is not JSON (${wordsOf(found)}).`;
  }
}

function recipeChecks(kind: string, { readings, profile }: Opcua, { path, recipe }: Task): Check[] {
  if (recipe === null) {
    const what = "Which step it is for is not looked at: not exactly one recipe is for this machine.";
    return [{ check: "recipe", state: "warning", what, remedy: "Name the recipe with --recipe." }];
  }
  const step = taskFor(recipe, kind, basename(path));
  if (step === undefined) {
    const asked =
      tasksAt(recipe, kind)
        .map(({ program }) => program)
        .join(", ") || "no program";
    const what = `The recipe ${recipe.recipe} asks for ${asked} on machines of class ${kind}, not for ${basename(path)}.`;
    return [bad("recipe", what, "Give the file the name that the recipe asks for, or name another recipe.")];
  }
  const given = new Set([...readings.map(({ name }) => name), ...(profile === "additive" ? [layersReading] : [])]);
  const silent = (step.windows ?? []).filter(({ reading }) => !given.has(reading));
  if (silent.length > 0) {
    const names = silent.map(({ reading }) => reading).join(", ");
    const what = `The step ${step.title} has windows for ${names}, which this machine does not give: it would hold.`;
    return [bad("recipe", what, "Name them under `readings` of the machine's section.")];
  }
  const judged = [...step.characteristics.map(({ id }) => id), ...step.evidence].join(", ") || "nothing";
  return [good("recipe", `Step ${step.title} of ${recipe.recipe}, revision ${recipe.revision}; judged by ${judged}.`)];
}

interface Seen {
  /** It answered, and is trusted. */
  readonly reached: boolean;
  readonly checks: readonly Check[];
}

/**
 * Everything that only the machine can say. A machine at work is looked at and no more: it gets no sign of life from here, because
 * whoever gave it the job may be gone. The lock is never given back: it may be that of this cell, which runs.
 */
export async function taskMachineChecks({ id, machine, config }: Target, keys: string, task: Task): Promise<Seen> {
  const { signOfLife, ...plain } = { ...machine.opcua!, driver: "opcua" as const, serial: machine.serial };
  const clientUri = clientUriOf(config?.cell.origin ?? "");
  const target = { machine: { ...plain, lock: "none" as const }, equipment: id, pki: pkiFolder(keys), clientUri };
  let isFree = false;
  const first = await withLink(target, async (link) => {
    const seen = await link.request({ kind: "look" });
    isFree = seen.kind === "looked" && !seen.snapshot.jobs.some(({ state }) => isAtWork(state));
    return [identityCheck(link.arrival.identity), readiness(seen)];
  });
  if (!first.reached || !isFree) return first;
  const section = { ...plain, ...(signOfLife !== undefined && { signOfLife }) };
  const second = await withLink({ ...target, machine: section }, async (link) => {
    const stored = programsOf(section) === null ? [] : [await storeCheck(link, task)];
    return [readiness(await link.request({ kind: "look" })), ...stored];
  });
  return { ...second, checks: [first.checks[0]!, ...second.checks] };
}

/** Connects, resolves the machine's parts, and lets go again. */
async function withLink(target: OpcuaTarget, use: (link: Link) => Promise<readonly Check[]>): Promise<Seen> {
  const made = await connect(target, () => undefined);
  if (!made.ok) return { reached: false, checks: [faultCheck("machine", made.error)] };
  const deaf = { reading: () => undefined, alarm: () => undefined, hint: () => undefined };
  try {
    const link = await openLink(made.value, target, newUnitMemory([]), deaf);
    if (!link.ok) return { reached: true, checks: [faultCheck("machine", link.error)] };
    try {
      return { reached: true, checks: await use(link.value) };
    } finally {
      await link.value.close(false);
    }
  } catch (problem) {
    return { reached: false, checks: [bad("machine", `It stopped answering (${wordsOf(problem)}).`, "Try again.")] };
  } finally {
    await made.value.close();
  }
}

function readiness(seen: Reply): Check {
  if (seen.kind !== "looked") return bad("readiness", "Its jobs and its state cannot be read.", "Try again.");
  const unfit = notReady(seen.snapshot);
  if (unfit !== null) return faultCheck("readiness", unfit);
  const kept = seen.snapshot.interlocks.filter(({ startOnly }) => startOnly !== true).length;
  return good("readiness", `It would take a job now: no job is at work, and ${kept} conditions beside it hold.`);
}

const storedAs = "dry-run.json";

/** The program is written, read back and taken away again, as before a start. */
async function storeCheck(link: Link, { bytes, digest }: Task): Promise<Check> {
  const written = await link.request({ kind: "upload", name: storedAs, bytes, digest });
  const removed = await link.request({ kind: "remove", name: storedAs });
  const why = problemOf(written) ?? problemOf(removed);
  return why === null
    ? good("copy", `Stored (${bytes.length} bytes), read back the same, removed.`)
    : faultCheck("copy", why);
}

function problemOf(reply: Reply): Fault | null {
  if (reply.kind === "carried-out") return null;
  if (reply.kind === "refused") return reply.fault;
  return jobFaults.transfer(reply.kind === "lost" || reply.kind === "rejected" ? reply.why : reply.kind);
}

function faultCheck(check: string, { what, remedy }: Fault): Check {
  return bad(check, what, remedy);
}

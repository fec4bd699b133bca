/** `cellward devices try`: a program run as a prototype through the driver alone, with somebody at the machine. */
import { randomBytes } from "node:crypto";
import { basename, join } from "node:path";
import type { ChildMachine } from "../../drivers/io/child-machine.ts";
import { openPresenceDevice } from "../../drivers/presence/io/device.ts";
import type { Observation } from "../../equipment/machine.ts";
import { taskPartOf } from "../../intake/recipe.ts";
import type { AttemptId } from "../../kernel/names.ts";
import { ok, type Result } from "../../kernel/result.ts";
import { lockFolder } from "../../ledger/io/database.ts";
import { writeDurably } from "../../ledger/io/files.ts";
import { planToolpath, type ToolpathPlan } from "../../toolpath/plan.ts";
import { exitCode } from "../exit-code.ts";
import { endWords, follow, newTrial, progressLine, remark, reportOf, type Trial, type Tried } from "../trial.ts";
import {
  type DeviceOptions,
  findRecipe,
  findTarget,
  readProgram,
  type Stopped,
  startDriver,
  stop,
} from "./device-target.ts";
import { wouldOverwrite } from "./new-file.ts";
import { systemClock } from "./system.ts";
import type { Terminal } from "./terminal.ts";

export interface TryOptions extends DeviceOptions {
  readonly data?: string;
  /** The tty of the presence device, where the configuration names none or another. */
  readonly presence?: string;
  readonly out?: string;
}

const onlineWithin = 60_000;
const proofWithin = 120_000;
const lineEvery = 1000;

/** Exit code 0 where the whole program was made, 6 where nothing answers, 7 where it was refused, failed or was aborted. */
export async function tryProgram(
  terminal: Terminal,
  named: string,
  path: string,
  options: TryOptions,
): Promise<number> {
  const prepared = await prepare(named, path, options);
  if (!prepared.ok) return terminal.trouble(prepared.error, prepared.error.exit);
  const { trial, machine, presencePort, out, unlock } = prepared.value;
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  try {
    const ready = await standBy(terminal, trial, machine, presencePort, interrupted.signal);
    if (!ready.ok) return terminal.trouble(ready.error, ready.error.exit);
    await run(terminal, trial, machine, interrupted.signal);
    const report = reportOf(trial, ready.value);
    await writeDurably(out, Buffer.from(`${JSON.stringify(report, null, 1)}\n`), 0o600);
    const good = trial.end?.kind === "finished" && trial.end.program === trial.tried.program;
    terminal.result(
      { ok: good, ...report, report: out },
      [endWords(trial), ...remarkLines(trial), `Report: ${out}`].join("\n"),
    );
    return good ? exitCode.ok : exitCode.refused;
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    await machine.close();
    unlock();
  }
}

function remarkLines({ remarks, moreRemarks, incidents }: Trial): string[] {
  const more = moreRemarks > 0 ? [`  and ${moreRemarks} more`] : [];
  const unexpected = [...remarks].slice(0, 20).map(([text, times]) => `  ${times} x ${text}`);
  return [
    ...(remarks.size === 0
      ? ["Nothing was answered that the driver did not expect."]
      : ["Answers that the driver did not expect:"]),
    ...unexpected,
    ...(remarks.size > 20 ? [`  and ${remarks.size - 20} others in the report`] : more),
    ...incidents.map((each) => `On the way: ${each}`),
  ];
}

interface Prepared {
  readonly trial: Trial;
  readonly machine: ChildMachine;
  readonly presencePort: string;
  readonly out: string;
  readonly unlock: () => void;
}

async function prepare(named: string, path: string, options: TryOptions): Promise<Result<Prepared, Stopped>> {
  const target = await findTarget(named, options);
  if (!target.ok) return target;
  const presencePort = options.presence ?? target.value.config?.presence.port;
  if (presencePort === undefined) {
    const remedy = "Name the tty of the scanner with the enable button with --presence (docs/presence-device.md).";
    return stop(exitCode.usage, "no-presence-device", "Nothing moves without somebody at the machine.", remedy);
  }
  const recipe = await findRecipe(target.value, options);
  if (!recipe.ok) return recipe;
  const program = await readProgram(path);
  if (!program.ok) return program;
  const out = options.out ?? `trial-${target.value.id}-${new Date().toISOString().replace(/[:.]/g, "-")}.json`;
  const taken = await wouldOverwrite(out);
  if (taken !== null) return stop(exitCode.refused, taken.code, taken.what, taken.remedy);
  const { bytes, digest } = program.value;
  const plan = planToolpath(bytes, recipe.value.toolpath);
  if (target.value.machine.opcua === undefined && !plan.ok) {
    const [first] = plan.error;
    const where = first && first.line > 0 ? `Line ${first.line}: ` : "";
    return stop(
      exitCode.refused,
      "unsafe-toolpath",
      `${where}${first?.what ?? "The program was refused."}`,
      first?.remedy ?? "",
    );
  }
  const unlock = options.data === undefined ? () => {} : lockFolder((file) => join(options.data ?? "", file));
  if (unlock === null) {
    return stop(exitCode.refused, "cell-running", "The cell is running, and has its machines.", "Stop it first.");
  }
  const tried = triedOf(target.value.id, digest, bytes, plan.ok ? plan.value : null);
  const trial = newTrial(tried, `trial-${randomBytes(6).toString("hex")}` as AttemptId);
  // What a build's machine is told is the toolpath's part; of a task's, its step in the recipe.
  const part = taskPartOf(recipe.value, target.value.machine.class, basename(path));
  const load = async () => ({ bytes, recipe: part });
  const machine = startDriver(target.value, options.keys, load, (text) => remark(trial, text));
  if (!machine.ok) unlock();
  return machine.ok ? ok({ trial, machine: machine.value, presencePort, out, unlock }) : machine;
}

function triedOf(equipment: string, program: Tried["program"], bytes: Uint8Array, plan: ToolpathPlan | null): Tried {
  if (plan === null) return { equipment, program, linesUpTo: [0], lines: 0, layers: 0 };
  let [commands, at] = [0, 0];
  const upTo = (end: number): number => {
    for (; at < end; at++) if (bytes[at] === 10) commands++;
    return commands;
  };
  const linesUpTo = [upTo(plan.preamble.end), ...plan.layers.map(({ end }) => upTo(end))];
  return { equipment, program, linesUpTo, lines: plan.lines, layers: plan.layers.length };
}

/** Waits for the machine and for a person: a scan of this trial's code and a press of the enable button. */
async function standBy(
  terminal: Terminal,
  trial: Trial,
  machine: ChildMachine,
  presencePort: string,
  interrupted: AbortSignal,
): Promise<Result<string, Stopped>> {
  const fault = await online(trial, machine, interrupted);
  if (fault !== null) return stop(exitCode.deviceUnreachable, fault.code, fault.what, fault.remedy);
  const { identity, attempt, tried } = trial;
  terminal.progress(
    `${identity?.vendor} ${identity?.model}, ${identity?.serial}, ${identity?.firmware}${identity?.simulated ? ", SIMULATED" : ""}`,
  );
  terminal.progress(
    `Program ${tried.program.slice(0, 16)}: ${tried.lines} lines, ${tried.layers} layers. PROTOTYPE, not for human use.`,
  );
  terminal.progress(
    "It will heat and move. Look: the plate is clear, nobody's hand is in the machine, its stop is within reach.",
  );
  terminal.progress(`Scan a code that says JOB:${attempt}, and press the enable button within ten seconds.`);
  const proof = await proven(presencePort, attempt, interrupted);
  if (proof !== null) return ok(proof);
  const what = interrupted.aborted
    ? "It was given up before it began."
    : "Nobody has scanned the code and pressed the button.";
  return stop(exitCode.refused, "no-presence", what, "Nothing has moved. Begin anew, with somebody at the machine.");
}

function online(trial: Trial, machine: ChildMachine, interrupted: AbortSignal) {
  return new Promise<{ code: string; what: string; remedy: string } | null>((resolve) => {
    let last = { code: "machine-unreachable", what: "The machine does not answer.", remedy: "Check power and cable." };
    const timer = setTimeout(() => resolve(last), onlineWithin);
    const finish = (value: typeof last | null): void => {
      clearTimeout(timer);
      resolve(value);
    };
    interrupted.addEventListener("abort", () => finish(last), { once: true });
    machine.observe((observation) => {
      follow(trial, observation);
      if (observation.kind === "online") finish(null);
      // What says that it is another machine, or none that may be driven, does not change by waiting.
      if (observation.kind === "offline") {
        last = observation.fault;
        if (!/^(no-sign|port-|machine-not|connection)/.test(last.code)) finish(last);
      }
    });
  });
}

function proven(port: string, attempt: AttemptId, interrupted: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    const finish = (proof: string | null): void => {
      clearTimeout(timer);
      void device.close().then(() => resolve(proof));
    };
    const timer = setTimeout(() => finish(null), proofWithin);
    interrupted.addEventListener("abort", () => finish(null), { once: true });
    const device = openPresenceDevice({
      path: port,
      clock: systemClock,
      onProof: ({ job, proof }) => {
        if ((job as string) === (attempt as string)) finish(proof);
      },
    });
  });
}

async function run(terminal: Terminal, trial: Trial, machine: ChildMachine, interrupted: AbortSignal): Promise<void> {
  const { attempt, tried } = trial;
  trial.startedAt = Date.now();
  const tell = setInterval(() => terminal.progress(progressLine(trial, machine.telemetry(), Date.now())), lineEvery);
  const over = new Promise<void>((resolve) => {
    machine.observe((observation: Observation) => {
      const next = follow(trial, observation);
      if (next !== null) void machine.perform({ kind: "proceed", attempt, releasedLayer: next });
      if (trial.end !== null) resolve();
    });
  });
  const stopped = new Promise<"stop">((resolve) => {
    if (interrupted.aborted) resolve("stop");
    interrupted.addEventListener("abort", () => resolve("stop"), { once: true });
  });
  const answer = await machine.perform({ kind: "begin", attempt, program: tried.program, releasedLayer: 1 });
  if (answer.kind !== "done") trial.end ??= { kind: "refused", fault: answer.fault };
  else if ((await Promise.race([over, stopped])) === "stop" && trial.end === null) {
    terminal.progress("Aborting: motion stops, heaters go off.");
    const safe = await machine.perform({ kind: "abort", attempt });
    trial.end ??= { kind: "aborted", answer: safe.kind };
  }
  clearInterval(tell);
  trial.endedAt = Date.now();
}

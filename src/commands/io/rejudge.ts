/** `cellward rejudge`: stored layers judged again, as they were or under other limits or another model. */
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { loadConfig } from "../../config/io/load.ts";
import type { Fault } from "../../equipment/machine.ts";
import { evidenceBytes } from "../../inspection/evidence.ts";
import type { Build, Inspector } from "../../inspection/inspector.ts";
import { createInspector } from "../../inspection/io/supervisor.ts";
import { type InspectionLimits, inspectionLimits } from "../../inspection/limits.ts";
import { readSetup } from "../../inspection/setup.ts";
import { readRecipe } from "../../intake/recipe.ts";
import type { Event } from "../../jobs/event.ts";
import { digestOf, digestOfValue } from "../../kernel/hash.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import { openArtifacts } from "../../ledger/io/artifacts.ts";
import { writeDurably } from "../../ledger/io/files.ts";
import { openKeys } from "../../ledger/io/keys.ts";
import { readRows } from "../../ledger/io/read-rows.ts";
import { exitCode } from "../exit-code.ts";
import {
  type Acceptance,
  countRejudged,
  createRejudgePlan,
  type JudgedBuild,
  type Look,
  type NotRejudged,
  type Rejudged,
} from "../rejudge-plan.ts";
import { wouldOverwrite } from "./new-file.ts";
import { configurationRemedy } from "./remedies.ts";
import type { Terminal, Trouble } from "./terminal.ts";

export interface RejudgeOptions {
  readonly config: string;
  readonly data: string;
  readonly keys: string;
  readonly job?: string;
  /** First day, UTC, like 2026-01-31. */
  readonly since?: string;
  /** A JSON file of inspection limits, instead of those of each build. */
  readonly limits?: string;
  /** A model's manifest, instead of the one that the configuration names. */
  readonly model?: string;
  readonly workers?: string;
  /** Where the whole report is written, as JSON. */
  readonly out?: string;
}

/** What was asked for, checked before anything is read. */
interface Asked {
  readonly since: number;
  readonly limits: InspectionLimits | null;
  readonly manifest: string;
  readonly workers: number;
  /** Under what the record says: every report has to come out byte for byte. */
  readonly replays: boolean;
}

/** Most looks of which text and `--json` tell one by one; the file of `--out` has all. */
const mostTold = 200;
const tellEvery = 50;

/** Exit code 0 where a replay gave every report byte for byte, or a comparison was made; 4 where a replay did not. */
export async function rejudge(terminal: Terminal, options: RejudgeOptions): Promise<number> {
  const asked = await check(options);
  if (!asked.ok) return terminal.trouble(asked.error, asked.error.exit);
  const opened = await openKeys(options.keys, options.data);
  if (!opened.ok) return terminal.trouble(opened.error, exitCode.refused);
  const read = readBuilds(options, asked.value.since);
  if (!read.ok) return terminal.trouble(read.error, exitCode.notReady);
  const builds = read.value;
  if (builds.length === 0) return terminal.trouble(nothingJudged, exitCode.neverNamed);
  const artifacts = openArtifacts(options.data, opened.value.dataKey);
  const judged = await judgeAll(terminal, builds, artifacts, asked.value);
  if (!judged.ok) return terminal.trouble(judged.error, exitCode.configuration);
  return report(terminal, options, asked.value, judged.value);
}

async function check(options: RejudgeOptions): Promise<Result<Asked, Trouble & { readonly exit: number }>> {
  const wrong = (exit: number, code: string, what: string, remedy: string) => err({ exit, code, what, remedy });
  const since = options.since === undefined ? 0 : Date.parse(`${options.since}T00:00:00Z`);
  if (Number.isNaN(since)) {
    return wrong(exitCode.usage, "usage", `"${options.since}" is no day.`, "Say it like 2026-01-31.");
  }
  const workers = Number(options.workers ?? availableParallelism());
  if (!Number.isInteger(workers) || workers < 1 || workers > 64) {
    return wrong(exitCode.usage, "usage", "--workers is a number from 1 to 64.", "Leave it out for one a core.");
  }
  const taken = options.out === undefined ? null : await wouldOverwrite(options.out);
  if (taken !== null) return err({ ...taken, exit: exitCode.refused });
  const limits = options.limits === undefined ? ok(null) : await readLimits(options.limits);
  if (!limits.ok) return wrong(exitCode.usage, "limits-unreadable", limits.error, "Correct the file of limits.");
  const loaded = await loadConfig(options.config);
  if (!loaded.ok) {
    return wrong(exitCode.configuration, "configuration", loaded.error.join(" "), configurationRemedy(options.config));
  }
  const manifest = options.model ?? loaded.value.config.inspection.model;
  const replays = limits.value === null && options.model === undefined;
  return ok({ since, limits: limits.value, manifest, workers, replays });
}

async function readLimits(file: string): Promise<Result<InspectionLimits, string>> {
  try {
    const parsed = inspectionLimits.safeParse(JSON.parse(await readFile(file, "utf8")));
    if (parsed.success) return ok(parsed.data);
    const [issue] = parsed.error.issues;
    return err(`${file} holds no inspection limits: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}.`);
  } catch (problem) {
    return err(`${file} cannot be read: ${problem instanceof Error ? problem.message : String(problem)}.`);
  }
}

function readBuilds({ data, job }: RejudgeOptions, since: number): Result<readonly JudgedBuild[], Trouble> {
  const plan = createRejudgePlan();
  const read = readRows(data, ({ entry, body }) => {
    const event = { ...(body as object), type: entry.type } as unknown as Event;
    plan.take({ seq: entry.seq, at: entry.at, event });
  });
  if (!read.ok) return read;
  return ok(plan.builds().filter((build) => build.startedAt >= since && (job === undefined || build.job === job)));
}

interface Judged {
  readonly looks: readonly Rejudged[];
  readonly left: readonly NotRejudged[];
  readonly model: Digest;
}

/** As many builds side by side as there are workers, each with an inspector of its own. */
async function judgeAll(
  terminal: Terminal,
  builds: readonly JudgedBuild[],
  artifacts: Artifacts,
  asked: Asked,
): Promise<Result<Judged, Fault>> {
  const inspectors: Inspector[] = [];
  const [queue, looks, left] = [[...builds], [] as Rejudged[], [] as NotRejudged[]];
  const total = builds.reduce((sum, { steps }) => sum + steps.filter(({ kind }) => kind === "look").length, 0);
  const tell = (look: Rejudged): void => {
    looks.push(look);
    if (looks.length % tellEvery === 0) terminal.progress(`${looks.length} of ${total} pictures judged again`);
  };
  async function work(inspector: Inspector): Promise<void> {
    for (let build = queue.shift(); build !== undefined; build = queue.shift()) {
      const { job, attempt } = build;
      const loaded = await load(build, artifacts, asked.limits);
      const why = loaded.ok ? await judgeBuild(build, loaded.value, inspector, artifacts, tell) : loaded.error;
      if (why !== null) left.push({ job, attempt, what: why });
    }
  }
  try {
    for (let n = 0; n < Math.min(asked.workers, builds.length); n++) {
      const made = await createInspector({ manifest: asked.manifest });
      if (!made.ok) return made;
      inspectors.push(made.value);
    }
    await Promise.all(inspectors.map(work));
  } finally {
    await Promise.all(inspectors.map((each) => each.close()));
  }
  looks.sort((a, b) => a.seq - b.seq);
  return ok({ looks, left, model: inspectors[0]!.inHand.model });
}

/** What stays the same in the build; or what of it is not stored. */
async function load(
  build: JudgedBuild,
  artifacts: Artifacts,
  other: InspectionLimits | null,
): Promise<Result<Build, string>> {
  const [program, recipeBytes, setupBytes, limitsBytes] = [
    await artifacts.get(build.program),
    await artifacts.get(build.recipe),
    await artifacts.get(build.setup),
    await artifacts.get(build.limits),
  ];
  if (!program.ok) return err("Its program is not stored any more.");
  if (!recipeBytes.ok || !setupBytes.ok || !limitsBytes.ok) {
    return err("Recipe, camera set-up or limits of that time are not stored: it was recorded by an earlier release.");
  }
  const recipe = readRecipe(recipeBytes.value);
  const setup = readSetup(jsonOf(setupBytes.value));
  const limits = inspectionLimits.safeParse(other ?? jsonOf(limitsBytes.value));
  if (!recipe.ok || !setup.ok || !limits.success) return err("What its verdicts depended on cannot be read any more.");
  const plate = await artifacts.get(build.emptyPlate ?? setup.value.emptyPlate);
  if (!plate.ok) return err("The picture of its empty plate is not stored any more.");
  const fixed = { program: program.value, recipe: recipe.value.toolpath, setup: setup.value, limits: limits.data };
  return ok({ attempt: build.attempt, ...fixed, emptyPlate: plate.value, accepted: null, seen: [] });
}

const jsonOf = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString("utf8"));

/** Judges one build's pictures in their order, each against the picture that the record had accepted by then; null when all were, or why not. */
async function judgeBuild(
  { job, attempt, steps }: JudgedBuild,
  build: Build,
  inspector: Inspector,
  artifacts: Artifacts,
  tell: (look: Rejudged) => void,
): Promise<string | null> {
  const fault = await inspector.begin(build);
  if (fault !== null) return fault.what;
  const seen: Digest[] = [];
  let recorded: Acceptance | null = null;
  let reference: Digest | null = null;
  for (const step of steps) {
    if (step.kind === "accepted") {
      recorded = step;
      continue;
    }
    const frame = await artifacts.get(step.frame);
    if (!frame.ok) return `The picture of layer ${step.layer} (entry ${step.seq}) is not stored any more.`;
    if (reference !== (recorded?.frame ?? null)) {
      const trouble = await goBack(build, recorded, seen, inspector, artifacts);
      if (trouble !== null) return trouble;
      reference = recorded?.frame ?? null;
    }
    const { layer, take, markedAt, requestedAt, receivedAt, exposureStart } = step;
    const times = { markedAt, requestedAt, receivedAt, exposureStart };
    const said = await inspector.inspect({ attempt, layer, take, frame: frame.value, ...times });
    seen.push(step.frame);
    if (said.kind === "report" && said.verdict === "pass") reference = step.frame;
    tell({ job, attempt, ...compared(step, said) });
  }
  return null;
}

function compared(
  { seq, layer, take, verdict, evidence }: Look,
  said: Awaited<ReturnType<Inspector["inspect"]>>,
): Omit<Rejudged, "job" | "attempt"> {
  const base = { seq, layer, take, was: verdict };
  if (said.kind !== "report") return { ...base, now: "no-result", identical: false, reasons: [said.fault.what] };
  const identical = digestOf(evidenceBytes(said)) === evidence;
  return { ...base, now: said.verdict, identical, reasons: said.reasons.slice(0, 4) };
}

/** The inspector compares with what it passed itself; the record may have gone another way. */
async function goBack(
  build: Build,
  recorded: Acceptance | null,
  seen: readonly Digest[],
  inspector: Inspector,
  artifacts: Artifacts,
): Promise<string | null> {
  if (recorded === null) return (await inspector.begin({ ...build, seen }))?.what ?? null;
  const frame = await artifacts.get(recorded.frame);
  if (!frame.ok) return `The accepted picture of layer ${recorded.layer} is not stored any more.`;
  const fault = await inspector.accept(build.attempt, { layer: recorded.layer, frame: frame.value });
  return fault?.what ?? null;
}

async function report(terminal: Terminal, options: RejudgeOptions, asked: Asked, judged: Judged): Promise<number> {
  const { looks, left, model } = judged;
  const summary = countRejudged(looks);
  const limits = asked.limits === null ? null : digestOfValue(asked.limits);
  const changed = looks.filter(({ was, now, identical }) => was !== now || (asked.replays && !identical));
  const good = !asked.replays || (summary.identical === summary.looks && left.length === 0);
  const whole = { ok: good, mode: asked.replays ? "replay" : "compare", model, limits, ...summary, left };
  if (options.out !== undefined) {
    await writeDurably(options.out, Buffer.from(`${JSON.stringify({ ...whole, changed }, null, 1)}\n`), 0o600);
  }
  const told = changed.slice(0, mostTold);
  const text = [
    asked.replays
      ? `${summary.identical} of ${summary.looks} reports came out byte for byte as they were recorded.`
      : `${summary.looks} pictures judged again by model ${model.slice(0, 16)}${limits === null ? "" : `, limits ${limits.slice(0, 16)}`}: ${changed.length} verdicts would have been others.`,
    ...Object.entries(summary.verdicts).map(([pair, count]) => `  ${pair.replace(">", " -> ")}: ${count}`),
    ...told.map(lineOf),
    ...(changed.length > told.length ? [`  and ${changed.length - told.length} more; --out FILE has them all`] : []),
    ...left.map(({ job, attempt, what }) => `NOT judged again: ${job}, attempt ${attempt}. ${what}`),
  ];
  terminal.result({ ...whole, changed: told, changedInAll: changed.length }, text.join("\n"));
  return good ? exitCode.ok : exitCode.verificationFailed;
}

function lineOf({ job, attempt, seq, layer, take, was, now, reasons }: Rejudged): string {
  const differs = was === now ? `${was} again, but the report differs` : `${was} -> ${now}`;
  return `- ${job}, attempt ${attempt}, layer ${layer}, picture ${take} (entry ${seq}): ${differs}. ${reasons[0] ?? ""}`;
}

const nothingJudged: Trouble = {
  code: "nothing-judged",
  what: "The record holds no judged layer of what was asked for.",
  remedy: "Check the data folder, the number of the order and the day.",
};

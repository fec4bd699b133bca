/** `cellward rejudge`: stored layers judged again, as they were or under other limits or another model. */
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { loadConfig } from "../../config/io/load.ts";
import type { Fault } from "../../equipment/machine.ts";
import { evidenceBytes } from "../../inspection/evidence.ts";
import { type InspectionLimits, inspectionLimits } from "../../inspection/limits.ts";
import type { Event } from "../../jobs/event.ts";
import { firstCamera } from "../../jobs/views.ts";
import { digestOf, digestOfValue } from "../../kernel/hash.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import { openArtifacts } from "../../ledger/io/artifacts.ts";
import { writeDurably } from "../../ledger/io/files.ts";
import { openKeys } from "../../ledger/io/keys.ts";
import { readRows } from "../../ledger/io/read-rows.ts";
import { exitCode } from "../exit-code.ts";
import { layerReportOf } from "../layer-report.ts";
import {
  countRejudged,
  createRejudgePlan,
  type JudgedBuild,
  type Look,
  type NotRejudged,
  type Rejudged,
} from "../rejudge-plan.ts";
import { createReactions, type Reacting } from "../rejudge-reactions.ts";
import { judgeAgain, type Said } from "./judge-again.ts";
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

/** As many builds side by side as there are workers. */
async function judgeAll(
  terminal: Terminal,
  builds: readonly JudgedBuild[],
  artifacts: Artifacts,
  { manifest, workers, limits }: Asked,
): Promise<Result<Judged, Fault>> {
  const looks: Rejudged[] = [];
  const total = builds.reduce((sum, { steps }) => sum + steps.filter(({ kind }) => kind === "look").length, 0);
  const reactions = new Map(
    builds.map((build) => [build, [createReactions(build.reactions), createReactions(build.reactions)]]),
  );
  const said: Said = (build, look, report) => {
    const { job, attempt, camera } = build;
    const [then, now] = reactions.get(build)!;
    const followed = { was: then!.take(look.layer, recordedOf(look)), now: now!.take(look.layer, saidNow(report)) };
    looks.push({ job, attempt, camera, followed, ...compared(look, report) });
    if (looks.length % tellEvery === 0) terminal.progress(`${looks.length} of ${total} pictures judged again`);
  };
  const judged = await judgeAgain(builds, artifacts, { manifest, workers, limits: (own) => limits ?? own, said });
  if (!judged.ok) return judged;
  looks.sort((a, b) => a.seq - b.seq || (a.camera < b.camera ? -1 : 1));
  return ok({ looks, ...judged.value });
}

const recordedOf = ({ verdict, grade, findings, model }: Look): Reacting => ({
  ...{ verdict, grade, findings, isJudged: model !== null },
});

function saidNow(said: Parameters<Said>[2]): Reacting | null {
  if (said.kind !== "report") return null;
  const { verdict, grade, findings, digests } = layerReportOf(said, said.digests.frame);
  return { verdict, grade, findings, isJudged: digests.model !== null };
}

function compared(
  { seq, layer, take, verdict, evidence }: Look,
  said: Parameters<Said>[2],
): Omit<Rejudged, "job" | "attempt" | "camera" | "followed"> {
  const base = { seq, layer, take, was: verdict };
  if (said.kind !== "report") return { ...base, now: "no-result", identical: false, reasons: [said.fault.what] };
  const identical = digestOf(evidenceBytes(said)) === evidence;
  return { ...base, now: said.verdict, identical, reasons: said.reasons.slice(0, 4) };
}

async function report(terminal: Terminal, options: RejudgeOptions, asked: Asked, judged: Judged): Promise<number> {
  const { looks, left, model } = judged;
  const summary = countRejudged(looks);
  const limits = asked.limits === null ? null : digestOfValue(asked.limits);
  const changed = looks.filter(
    ({ was, now, identical, followed }) =>
      was !== now || followed.was !== followed.now || (asked.replays && !identical),
  );
  const good = !asked.replays || (summary.identical === summary.looks && left.length === 0);
  const whole = { ok: good, mode: asked.replays ? "replay" : "compare", model, limits, ...summary, left };
  if (options.out !== undefined) {
    await writeDurably(options.out, Buffer.from(`${JSON.stringify({ ...whole, changed }, null, 1)}\n`), 0o600);
  }
  const told = changed.slice(0, mostTold);
  const text = [
    asked.replays
      ? `${summary.identical} of ${summary.looks} reports came out byte for byte as they were recorded.`
      : `${summary.looks} pictures judged again by model ${model.slice(0, 16)}${limits === null ? "" : `, limits ${limits.slice(0, 16)}`}: ${changed.length} would have gone otherwise.`,
    ...Object.entries(summary.verdicts).map(([pair, count]) => `  ${pair.replace(">", " -> ")}: ${count}`),
    ...(asked.replays ? [] : ["by the recipe's reactions:"]),
    ...(asked.replays ? [] : Object.entries(summary.reactions)).map(
      ([pair, count]) => `  ${pair.replaceAll("-", " ").replace(">", " -> ")}: ${count}`,
    ),
    ...told.map(lineOf),
    ...(changed.length > told.length ? [`  and ${changed.length - told.length} more; --out FILE has them all`] : []),
    ...left.map(
      ({ job, attempt, camera, what }) => `NOT judged again: ${job}, attempt ${attempt}${by(camera)}. ${what}`,
    ),
  ];
  terminal.result({ ...whole, changed: told, changedInAll: changed.length }, text.join("\n"));
  return good ? exitCode.ok : exitCode.verificationFailed;
}

const by = (camera: string): string => (camera === firstCamera ? "" : `, camera ${camera}`);

function lineOf({ job, attempt, camera, seq, layer, take, was, now, followed, reasons }: Rejudged): string {
  const after =
    followed.was === followed.now
      ? ""
      : ` (${followed.was} -> ${followed.now})`.replaceAll("goes-on", "goes on").replaceAll("not-seen", "not seen");
  const same = after === "" ? `${was} again, but the report differs` : `${was} again`;
  const differs = `${was === now ? same : `${was} -> ${now}`}${after}`;
  return `- ${job}, attempt ${attempt}, layer ${layer}, picture ${take}${by(camera)} (entry ${seq}): ${differs}. ${reasons[0] ?? ""}`;
}

const nothingJudged: Trouble = {
  code: "nothing-judged",
  what: "The record holds no judged layer of what was asked for.",
  remedy: "Check the data folder, the number of the order and the day.",
};

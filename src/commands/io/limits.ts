/** `cellward limits`: limit sets made of a cell's own clean layers, proposed from the record and signed at the running cell. */
import { availableParallelism } from "node:os";
import { loadConfig } from "../../config/io/load.ts";
import { composeLimitSet, type LimitSet, measuringLimits } from "../../inspection/limit-set.ts";
import { type InspectionLimits, inspectionLimits } from "../../inspection/limits.ts";
import { shareOf } from "../../inspection/score/measures.ts";
import { readRecipe } from "../../intake/recipe.ts";
import type { Event } from "../../jobs/event.ts";
import { firstCamera } from "../../jobs/views.ts";
import { digestOfValue } from "../../kernel/hash.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import { openArtifacts } from "../../ledger/io/artifacts.ts";
import { writeDurably } from "../../ledger/io/files.ts";
import { openKeys } from "../../ledger/io/keys.ts";
import { readRows } from "../../ledger/io/read-rows.ts";
import { exitCode } from "../exit-code.ts";
import { type CleanBuilds, createLimitsPlan, createPeaks, rowsInWords, rowsOf } from "../limits-plan.ts";
import { judgeAgain } from "./judge-again.ts";
import { recipesNamed } from "./models.ts";
import { wouldOverwrite } from "./new-file.ts";
import { configurationRemedy } from "./remedies.ts";
import type { Terminal, Trouble } from "./terminal.ts";

export interface ProposeOptions {
  readonly config: string;
  readonly data: string;
  readonly keys: string;
  /** Name of a recipe; that of the newest build without it. */
  readonly recipe?: string;
  /** Which of several; the first without it. */
  readonly camera?: string;
  /** False pauses that are allowed, one in so many layers. */
  readonly oneIn: string;
  /** Percent. */
  readonly confidence: string;
  readonly workers?: string;
  readonly out?: string;
}

const tellEvery = 50;

/** Exit code 0 where a set was made, be it the recipe's own limits; 5 where the record has no clean layer for one. */
export async function proposeLimits(terminal: Terminal, options: ProposeOptions): Promise<number> {
  const budget = budgetOf(options);
  if (!budget.ok) return terminal.trouble(budget.error, exitCode.usage);
  const taken = options.out === undefined ? null : await wouldOverwrite(options.out);
  if (taken !== null) return terminal.trouble(taken, exitCode.refused);
  const loaded = await loadConfig(options.config);
  if (!loaded.ok) {
    const trouble = {
      code: "configuration",
      what: loaded.error.join(" "),
      remedy: configurationRemedy(options.config),
    };
    return terminal.trouble(trouble, exitCode.configuration);
  }
  const { inspection, intake } = loaded.value.config;
  const named = options.recipe === undefined ? ok([]) : await recipesNamed(intake.recipes, [options.recipe]);
  if (!named.ok) return terminal.trouble(named.error, exitCode.usage);
  const opened = await openKeys(options.keys, options.data);
  if (!opened.ok) return terminal.trouble(opened.error, exitCode.refused);
  const plan = createLimitsPlan();
  const read = readRows(options.data, ({ entry, body }) => {
    plan.take({ seq: entry.seq, at: entry.at, event: { ...(body as object), type: entry.type } as unknown as Event });
  });
  if (!read.ok) return terminal.trouble(read.error, exitCode.notReady);
  const clean = plan.clean(named.value[0] ?? null, options.camera ?? firstCamera);
  if (clean === null) return terminal.trouble(noClean, exitCode.neverNamed);
  const artifacts = openArtifacts(options.data, opened.value.dataKey);
  return measure(terminal, options, clean, artifacts, { manifest: inspection.model, ...budget.value });
}

interface Wanted {
  readonly manifest: string;
  readonly workers: number;
  readonly share: number;
  readonly confidence: number;
}

function budgetOf(options: ProposeOptions): Result<Omit<Wanted, "manifest">, Trouble> {
  const wrong = (what: string, remedy: string) => err({ code: "usage", what, remedy });
  const [oneIn, confidence] = [Number(options.oneIn), Number(options.confidence)];
  if (!Number.isInteger(oneIn) || oneIn < 10 || oneIn > 1_000_000) {
    return wrong(
      "--one-in is a number from 10 to 1000000.",
      "Say 10000 for one false pause in ten thousand clean layers.",
    );
  }
  if (!(confidence >= 50 && confidence <= 99.9)) {
    return wrong("--confidence is a number of percent from 50 to 99.9.", "Say 95 where nothing else is asked for.");
  }
  const workers = Number(options.workers ?? availableParallelism());
  if (!Number.isInteger(workers) || workers < 1 || workers > 64) {
    return wrong("--workers is a number from 1 to 64.", "Leave it out for one a core.");
  }
  return ok({ workers, share: 1 / oneIn, confidence: confidence / 100 });
}

async function measure(
  terminal: Terminal,
  { out, recipe: name }: ProposeOptions,
  found: CleanBuilds,
  artifacts: Artifacts,
  { manifest, workers, share, confidence }: Wanted,
): Promise<number> {
  const own = await ownLimits(found, artifacts);
  if (!own.ok) return terminal.trouble(own.error, exitCode.refused);
  const peaks = createPeaks(found, own.value);
  const all = found.builds.reduce((sum, { steps }) => sum + steps.filter(({ kind }) => kind === "look").length, 0);
  let done = 0;
  const judged = await judgeAgain(found.builds, artifacts, {
    ...{ manifest, workers, limits: () => measuringLimits(own.value) },
    said(build, look, said) {
      if (++done % tellEvery === 0) terminal.progress(`${done} of ${all} pictures measured`);
      if (said.kind === "report") peaks.take(build, look, said);
    },
  });
  if (!judged.ok) return terminal.trouble(judged.error, exitCode.configuration);
  const { recipe, setup, upTo } = found;
  const { model, left } = judged.value;
  const builds = peaks.builds();
  const of = { recipe, setup, model, base: digestOfValue(own.value), upTo };
  const set = composeLimitSet(of, own.value, builds, { share, confidence });
  const rows = rowsOf(set, own.value, builds);
  const written = out !== undefined && rows.some(({ why }) => why === null) ? out : null;
  if (written !== null) await writeDurably(written, Buffer.from(`${JSON.stringify(set, null, 1)}\n`), 0o600);
  const beyond = builds.flat().filter((each) => Object.values(each).some((peak) => peak >= 1)).length;
  const text = wordsOf(set, name ?? null, beyond, rowsInWords(rows));
  const lost = left.map(({ job, attempt, what }) => `NOT measured: ${job}, attempt ${attempt}. ${what}`);
  const where =
    written === null
      ? rows.some(({ why }) => why === null)
        ? []
        : ["No limit can be made tighter yet; no proposal was written."]
      : [`written to ${written}; QA and an engineer sign for it: \`cellward limits approve ${written}\``];
  terminal.result(
    { ok: true, set, digest: digestOfValue(set), rows, beyond, left, out: written },
    [...text, ...lost, ...where].join("\n"),
  );
  return exitCode.ok;
}

async function ownLimits({ recipe }: CleanBuilds, artifacts: Artifacts): Promise<Result<InspectionLimits, Trouble>> {
  const stored = await artifacts.get(recipe);
  const read = stored.ok ? readRecipe(stored.value) : null;
  const limits = read?.ok ? inspectionLimits.safeParse(read.value.inspection) : null;
  if (limits?.success) return ok(limits.data);
  const what = "The recipe of these layers is not stored, or its limits cannot be read any more.";
  return err({ code: "recipe-gone", what, remedy: "Build with the recipe's present revision first." });
}

function wordsOf(set: LimitSet, name: string | null, beyond: number, rows: readonly string[]): readonly string[] {
  const { layers, builds, budget, recipe, setup, model } = set;
  const [oneIn, percent] = [Math.round(1 / budget.share), Math.round(1000 * budget.confidence) / 10];
  const { high } = shareOf(beyond, layers);
  return [
    `recipe ${name ?? ""}${name === null ? "" : ", "}${recipe.slice(0, 16)}; camera set-up ${setup.slice(0, 16)}; model ${model.slice(0, 16)}`,
    `${layers} clean layers in ${builds} build${builds === 1 ? "" : "s"}; at most one false pause in ${oneIn} layers, at ${percent} % confidence`,
    ...rows,
    `the recipe's own limits would hold ${beyond} of these layers${layers === 0 ? "" : ` (95 %: at most ${(100 * high).toFixed(2)} %)`}`,
  ];
}

const noClean: Trouble = {
  code: "no-clean-layers",
  what: "The record holds no clean layer for a limit set: of a build that ended well, and that nobody found bad.",
  remedy: "Build first; check the data folder and the recipe's name.",
};

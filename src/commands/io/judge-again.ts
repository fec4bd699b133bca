/** Stored builds judged again, each by an inspector of its own: what a replay, a comparison and a limit set have in common. */
import type { Fault } from "../../equipment/machine.ts";
import type { Build, Inspector, NoResult } from "../../inspection/inspector.ts";
import { createInspector } from "../../inspection/io/supervisor.ts";
import { type InspectionLimits, inspectionLimits } from "../../inspection/limits.ts";
import type { InspectionReport } from "../../inspection/report.ts";
import { readSetup } from "../../inspection/setup.ts";
import { readRecipe } from "../../intake/recipe.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import type { Acceptance, JudgedBuild, Look, NotRejudged } from "../rejudge-plan.ts";

/** What came of one picture now. */
export type Said = (build: JudgedBuild, look: Look, said: InspectionReport | NoResult) => void;

export interface JudgeAgain {
  readonly manifest: string;
  /** Inspectors side by side. */
  readonly workers: number;
  /** The limits to judge by, from those of the build's time. */
  readonly limits: (own: InspectionLimits) => InspectionLimits;
  readonly said: Said;
}

/** Judges every look of the builds, as many builds side by side as there are workers; answers the builds that could not be, and the model. */
export async function judgeAgain(
  builds: readonly JudgedBuild[],
  artifacts: Artifacts,
  { manifest, workers, limits, said }: JudgeAgain,
): Promise<Result<{ readonly left: readonly NotRejudged[]; readonly model: Digest }, Fault>> {
  const inspectors: Inspector[] = [];
  const [queue, left] = [[...builds], [] as NotRejudged[]];
  async function work(inspector: Inspector): Promise<void> {
    for (let build = queue.shift(); build !== undefined; build = queue.shift()) {
      const { job, attempt, camera } = build;
      const loaded = await load(build, artifacts, limits);
      const why = loaded.ok ? await judgeBuild(build, loaded.value, inspector, artifacts, said) : loaded.error;
      if (why !== null) left.push({ job, attempt, camera, what: why });
    }
  }
  try {
    for (let n = 0; n < Math.min(workers, builds.length); n++) {
      const made = await createInspector({ manifest });
      if (!made.ok) return made;
      inspectors.push(made.value);
    }
    await Promise.all(inspectors.map(work));
  } finally {
    await Promise.all(inspectors.map((each) => each.close()));
  }
  return ok({ left, model: inspectors[0]!.inHand.model });
}

/** What stays the same in the build; or what of it is not stored. */
async function load(
  build: JudgedBuild,
  artifacts: Artifacts,
  by: JudgeAgain["limits"],
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
  const own = inspectionLimits.safeParse(jsonOf(limitsBytes.value));
  if (!recipe.ok || !setup.ok || !own.success) return err("What its verdicts depended on cannot be read any more.");
  const plate = await artifacts.get(build.emptyPlate ?? setup.value.emptyPlate);
  if (!plate.ok) return err("The picture of its empty plate is not stored any more.");
  const fixed = { program: program.value, recipe: recipe.value.toolpath, setup: setup.value, limits: by(own.data) };
  return ok({ attempt: build.attempt, ...fixed, emptyPlate: plate.value, accepted: null, seen: [] });
}

const jsonOf = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString("utf8"));

/** Judges one build's pictures in their order, each against the picture that the record had accepted by then; null when all were, or why not. */
async function judgeBuild(
  of: JudgedBuild,
  build: Build,
  inspector: Inspector,
  artifacts: Artifacts,
  tell: Said,
): Promise<string | null> {
  const { attempt, steps } = of;
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
    tell(of, step, said);
  }
  return null;
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

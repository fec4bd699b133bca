/** The challenge with the cell's own camera and inspector: two fresh pictures, every set of limits that its recipes have. */
import type { Fault } from "../../equipment/machine.ts";
import type { Camera } from "../../inspection/camera.ts";
import type { ChallengeReport } from "../../inspection/challenge.ts";
import { staleness } from "../../inspection/freshness.ts";
import type { Inspector } from "../../inspection/inspector.ts";
import { type InspectionLimits, inspectionLimits } from "../../inspection/limits.ts";
import type { CameraSetup } from "../../inspection/setup.ts";
import type { Recipe } from "../../intake/recipe.ts";
import { type ChallengeOutcome, type ChallengeTest, unseen } from "../../jobs/challenge.ts";
import { digestOfValue } from "../../kernel/hash.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import { type NewPicture, takeNew } from "./new-picture.ts";

/** With what the inspection is challenged. */
export interface Challenged {
  readonly camera: Camera;
  readonly setup: CameraSetup;
  readonly emptyPlate: Uint8Array;
  readonly inspector: Inspector;
  readonly artifacts: Artifacts;
  readonly recipes: readonly Recipe[];
}

/** Facts for the core, or why nothing could be asked. Both pictures are stored before it answers. */
export async function challengeInspection(asked: Challenged): Promise<Result<ChallengeOutcome, Fault>> {
  const { camera, setup, emptyPlate, inspector, artifacts, recipes } = asked;
  const limits = limitsOf(recipes);
  if (limits.length === 0) return err(noLimits);
  const under = await takeNew(camera, artifacts);
  if (!under.ok) return under;
  const over = await takeNew(camera, artifacts);
  // What was taken is named in the record, however it went on.
  const taken = [under, over].flatMap((each) => (each.ok ? [each.value.frame] : []));
  const given = (fault: Fault) => ok({ ...unseen(fault), artifacts: taken });
  if (!over.ok) return given(over.error);
  const stale = whyStale(under.value, over.value, setup);
  if (stale !== null) return given(stale);
  const pictures = [under.value.bytes, over.value.bytes] as const;
  const reports: ChallengeReport[] = [];
  for (const each of limits) {
    const report = await inspector.challenge({ setup, limits: each, emptyPlate, pictures });
    if (!report.ok) return given(report.error);
    reports.push(report.value);
  }
  return ok({
    artifacts: taken,
    model: reports[0]?.model ?? null,
    setup: digestOfValue(setup),
    tests: reports.map(testOf),
    reasons: [...new Set(reports.flatMap(({ reasons }) => reasons))].slice(0, mostReasons),
  });
}

const mostReasons = 8;

function testOf({ limits, isPlateClean, isLayerPassed, layer, planted }: ChallengeReport): ChallengeTest {
  const defects = planted.map(({ class: name, picture, found }) => ({ class: name, picture, found }));
  return { limits, isPlateClean, isLayerPassed, layer, planted: defects };
}

/** Each set once, in the order of their digests. */
function limitsOf(recipes: readonly Recipe[]): InspectionLimits[] {
  const byDigest = new Map<Digest, InspectionLimits>();
  for (const { inspection } of recipes) {
    const limits = inspectionLimits.safeParse(inspection);
    if (limits.success) byDigest.set(digestOfValue(limits.data), limits.data);
  }
  return [...byDigest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, limits]) => limits);
}

/** An old picture is no challenge: both were exposed after they were asked for. */
function whyStale(under: NewPicture, over: NewPicture, { exposureUnknown }: CameraSetup): Fault | null {
  const [before, plan] = [{ layer: 0, digest: under.frame }, { layer: 1 }];
  const timesOf = ({ frame: digest, requestedAt, receivedAt, exposureStart }: NewPicture) => ({
    ...{ digest, markedAt: requestedAt, requestedAt, receivedAt, exposureStart, plan },
  });
  const why =
    staleness({ ...timesOf(under), digest: over.frame }, before, new Set(), exposureUnknown) ??
    staleness(timesOf(over), before, new Set(), exposureUnknown);
  if (why === null) return null;
  return {
    code: "stale-picture",
    what: `The pictures for the challenge are no evidence: ${why}.`,
    remedy: "Check the camera, then challenge the inspection again.",
  };
}

const noLimits: Fault = {
  code: "no-limits",
  what: "No recipe of this cell has limits by which the inspection could be challenged.",
  remedy: "The engineer puts the recipes into their folder and starts the cell again.",
};

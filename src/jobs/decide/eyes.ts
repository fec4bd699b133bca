/** What the eye says: only positive evidence of every step passes a layer (law 3). */
import type { Fault } from "../../equipment/machine.ts";
import { digestOfValue } from "../../kernel/hash.ts";
import type { Digest } from "../../kernel/names.ts";
import { sharedSetup, whyNotCalibrated } from "../cameras.ts";
import type { Message } from "../message.ts";
import { centralObjections, modelObjection } from "../objections.ts";
import { isTolerated, type LayerReaction, reactionTo } from "../reaction.ts";
import { failedParts, type LayerReport } from "../report.ts";
import type { Attempt, Job, Look } from "../state.ts";
import { findMachine, layersOf, operationOf } from "../state.ts";
import { camerasOf, firstCamera, plateTogether, together, whyNotAll } from "../views.ts";
import type { Draft } from "./draft.ts";
import { openAttempt, raise } from "./draft.ts";
import { completeIfWhole, endAttempt } from "./ending.ts";

type Of<Kind extends Message["kind"]> = Extract<Message, { kind: Kind }>;

/** Camera and detector say whether they could look at all. */
export function inspectionStatus(draft: Draft, message: Of<"inspection-status">): void {
  const before = draft.state().inspection;
  const { kind: _, ...said } = message;
  const { ready, what, inHand, calibration, views = [] } = { ...before, ...said };
  const same =
    inHand?.model === before.inHand?.model &&
    inHand?.manifest === before.inHand?.manifest &&
    calibration?.setup === before.calibration?.setup &&
    calibration?.due === before.calibration?.due &&
    digestOfValue(views) === digestOfValue(before.views ?? []);
  if (ready === before.ready && what === before.what && same) return;
  draft.add({ type: "InspectionStatusChanged", ...said });
}

/** A picture is stored. One taken before the layer's marker shows an earlier layer: no evidence. */
export function captured(draft: Draft, message: Of<"captured">): void {
  const look = waiting(draft, message, "capture");
  if (!look) return;
  const { job, attempt } = look;
  const fault = whyNoEvidence(camerasOf(draft.state().setup, attempt.equipment), look.look, message);
  if (fault) return captureFailed(draft, { ...message, kind: "capture-failed", fault });
  const { layer, take, frame, requestedAt, receivedAt, exposureStart, camera, views = [] } = message;
  draft.add({
    type: "LayerCaptured",
    job: job.order.id,
    attempt: attempt.id,
    layer,
    take,
    frame,
    requestedAt,
    receivedAt,
    exposureStart,
    ...(camera !== undefined && { camera }),
    ...(views.length > 0 && { views }),
  });
}

/** Why what was taken is no evidence: every camera that has to look has taken a picture of its own, after the layer was done. */
function whyNoEvidence(wanted: readonly string[], look: Look, taken: Of<"captured">): Fault | null {
  const all = [{ ...taken, camera: taken.camera ?? firstCamera }, ...(taken.views ?? [])];
  const missing = whyNotAll(wanted, all);
  if (missing !== null) return { code: "view-missing", what: missing, remedy: "Check this camera and its cable." };
  const stale = all.find(({ requestedAt }) => requestedAt < look.markedAt);
  const of = all.length === 1 ? "" : ` of camera ${stale?.camera}`;
  const again = "It is taken again; if this stays, call the engineer.";
  if (stale !== undefined) {
    const what = `The picture${of} was asked for before the layer was done.`;
    return { code: "stale-picture", what, remedy: again };
  }
  if (new Set(all.map(({ frame }) => frame)).size === all.length) return null;
  const what = "Two cameras gave one and the same picture.";
  return { code: "repeated-picture", what, remedy: "Check that every camera has an address of its own." };
}

/** No picture came. */
export function captureFailed(draft: Draft, message: Of<"capture-failed">): void {
  const found = waiting(draft, message, "capture");
  if (!found) return;
  const { job, attempt, look } = found;
  const { layer, take, fault } = message;
  draft.add({ type: "CaptureFailed", job: job.order.id, attempt: attempt.id, layer, take, fault });
  lookAgainOrHold(draft, job, attempt, look, fault.what);
}

/** The inspection could not say anything. */
export function inspectionFailed(draft: Draft, message: Of<"inspection-failed">): void {
  const found = waiting(draft, message, "inspect");
  if (!found) return;
  const { job, attempt, look } = found;
  const { layer, take, fault } = message;
  draft.add({ type: "InspectionFailed", job: job.order.id, attempt: attempt.id, layer, take, fault });
  lookAgainOrHold(draft, job, attempt, look, fault.what);
}

/** A report of exactly the picture that was asked about. */
export function inspected(draft: Draft, message: Of<"inspected">): void {
  const found = waiting(draft, message, "inspect");
  if (!found) return;
  const { job, attempt, look } = found;
  const { layer, take } = message;
  // What several cameras come to together is concluded here, from what each of them said.
  const report = message.report.views === undefined ? message.report : together(message.report.views);
  if (report.digests.frame !== look.frame) {
    return inspectionFailed(draft, { ...message, kind: "inspection-failed", fault: wrongPicture });
  }
  const missing = whyNotEveryView(look, report);
  if (missing) return inspectionFailed(draft, { ...message, kind: "inspection-failed", fault: missing });
  const objection = whyNotItsJudge(draft, job, attempt, report);
  if (objection) return notJudged(draft, job, attempt, look, take, objection);
  const id = job.order.id;
  draft.add({ type: "LayerInspected", job: id, attempt: attempt.id, layer, take, report });
  if (isPositive(report)) {
    draft.add({ type: "LayerDecided", job: id, attempt: attempt.id, layer, verdict: "pass" });
    releaseNext(draft, attempt.id);
    return completeIfWhole(draft, attempt.id);
  }
  if (isFailure(report)) return foundSomething(draft, job, attempt, layer, report);
  lookAgainOrHold(draft, job, attempt, look, report.reasons[0] ?? "The picture cannot carry a judgement.");
}

const recalibrateEach = "The engineer runs `cellward camera calibrate` for each of them.";

/** Each camera's report is of exactly the picture that this camera took, and none is missing; null where that is so. */
function whyNotEveryView({ views: taken = [] }: Look, { views: said = [] }: LayerReport): Fault | null {
  const remedy = "It is asked again; if this stays, call the engineer.";
  const missing =
    taken.length === 0 && said.length === 0
      ? null
      : whyNotAll(
          taken.map(({ camera }) => camera),
          said,
        );
  if (missing !== null) return { code: "view-missing", what: `Not every picture was judged: ${missing}`, remedy };
  const shared = sharedSetup(said.map(({ camera, digests }) => ({ camera, setup: digests.setup })));
  if (shared !== null) return { code: "one-setup", what: shared, remedy: recalibrateEach };
  const other = said.find(
    ({ camera, digests }) => !taken.some((each) => each.camera === camera && each.frame === digests.frame),
  );
  return other === undefined ? null : wrongPicture;
}

/** Limits and model are those of the attempt, and the model may judge this; where no network answered, the report says so itself. */
function whyNotItsJudge(draft: Draft, job: Job, attempt: Attempt, report: LayerReport): Fault | null {
  const by = (report.views ?? [report]).map(({ digests }) => digests);
  const isOther = ({ setup, limits }: LayerReport["digests"]): boolean =>
    attempt.limits.some((due) => due.setup === setup && due.limits !== limits);
  if (by.some(isOther)) return otherLimits;
  const models = by.flatMap(({ model }) => (model === null ? [] : [model]));
  if (models.length === 0) return null;
  const { inHand } = draft.state().inspection;
  if (inHand !== null && models.some((model) => model !== inHand.model)) return otherModel;
  return modelObjection(draft.state(), job, attempt.simulated, draft.at);
}

/** No further look helps: the layer holds until somebody may judge it. */
function notJudged(draft: Draft, job: Job, attempt: Attempt, look: Look, take: number, fault: Fault): void {
  const { layer } = look;
  draft.add({ type: "InspectionFailed", job: job.order.id, attempt: attempt.id, layer, take, fault });
  holdBlind(draft, job, attempt, look, fault.what);
}

const otherModel: Fault = {
  code: "model-swapped",
  what: "The layer was judged by another model than the one that this cell has loaded.",
  remedy: "Call the engineer: the model was changed under the running cell.",
};

const otherLimits: Fault = {
  code: "limits-swapped",
  what: "The layer was judged by other limits than those that were signed for this build.",
  remedy: "Call the engineer: the limit set in the store is not the one that this build was started with.",
};

const wrongPicture: Fault = {
  code: "wrong-picture",
  what: "The inspection answered about another picture.",
  remedy: "It is asked again; if this stays, call the engineer.",
};

/** Releases as many layers as verdicts and the recipe's lag allow; the release behind the last layer is the program's end. */
export function releaseNext(draft: Draft, attemptId: string): void {
  const found = openAttempt(draft, attemptId);
  if (!found || found.attempt.hold) return;
  const { job, attempt } = found;
  const operation = operationOf(job.order, attempt.operation);
  if (operation.kind !== "build") return;
  const layer = Math.min(layersOf(operation) + 1, attempt.accepted + 1 + operation.lag);
  if (layer > attempt.released) draft.add({ type: "LayerReleased", job: job.order.id, attempt: attempt.id, layer });
}

/** Positive evidence of every step: a good picture, a network that answered, nothing found, the word pass. */
function isPositive(report: LayerReport): boolean {
  return (
    report.verdict === "pass" &&
    report.grade === "good" &&
    report.digests.model !== null &&
    report.findings.length === 0 &&
    (report.parts ?? []).every(({ verdict }) => verdict === "pass" || verdict === "not-made")
  );
}

/** The layer was seen well by every step, and something is wrong with it; all else is blind, and nothing tolerates that. */
function isFailure(report: LayerReport): boolean {
  return report.verdict === "fail" && report.grade === "good" && report.digests.model !== null;
}

/** What follows is the recipe's to say; where it is silent the layer holds. */
function foundSomething(draft: Draft, job: Job, attempt: Attempt, layer: number, report: LayerReport): void {
  const operation = operationOf(job.order, attempt.operation);
  const rules = operation.kind === "build" ? operation.reactions : undefined;
  if (rules === undefined) return failLayer(draft, job, attempt, layer, report, null);
  const after = reactionTo(rules, layer, report.findings, attempt.traces);
  const { reaction, found } = after;
  if (!isTolerated(reaction)) return failLayer(draft, job, attempt, layer, report, after);
  const base = { job: job.order.id, attempt: attempt.id, layer } as const;
  draft.add({ type: "LayerDecided", ...base, verdict: "tolerated", reaction, found });
  releaseNext(draft, attempt.id);
  completeIfWhole(draft, attempt.id);
}

/** Which parts, where some are whole: a layer that fails at all of them says nothing more by naming each. */
function atParts(failed: readonly number[], { parts }: LayerReport): string {
  if (failed.length === 0 || failed.length === parts?.length) return "";
  return ` at ${failed.length === 1 ? "part" : "parts"} ${failed.join(", ")} of ${parts?.length}`;
}

function failLayer(
  draft: Draft,
  job: Job,
  attempt: Attempt,
  layer: number,
  report: LayerReport,
  after: LayerReaction | null,
): void {
  const id = job.order.id;
  const why = [report.reasons[0] ?? "see the findings", ...(after?.why == null ? [] : [after.why])].join(" ");
  const parts = failedParts(report);
  const what = `Layer ${layer} failed${atParts(parts, report)}: ${why}`;
  const said = after === null ? {} : { reaction: after.reaction, found: after.found };
  const base = { job: id, attempt: attempt.id, layer } as const;
  draft.add({ type: "LayerDecided", ...base, verdict: "fail", ...said });
  const andThen = after?.reaction === "abort" ? ({ andThen: "abort" } as const) : {};
  draft.add({ type: "HoldRaised", ...base, cause: "layer-failed", what, person: null, ...andThen });
  raise(draft, id, attempt, "layer-failed", what, {
    layer,
    findings: report.findings,
    ...(parts.length > 0 && { parts }),
    evidence: evidenceOf(report),
  });
}

/** Picture and report of the camera that found something, the first where several did. */
function evidenceOf(report: LayerReport): { readonly frame: Digest; readonly report: Digest } {
  const by = report.views?.find(({ verdict }) => verdict === "fail") ?? report;
  return { frame: by.digests.frame, report: by.evidence };
}

/** A layer that was not seen is looked at again while takes are left, and then held: blind is a defect. */
function lookAgainOrHold(draft: Draft, job: Job, attempt: Attempt, look: Look, why: string): void {
  const id = job.order.id;
  if (look.takesLeft > 0) {
    const take = look.take + 1;
    return draft.add({ type: "RetakeOrdered", job: id, attempt: attempt.id, layer: look.layer, take, person: null });
  }
  holdBlind(draft, job, attempt, look, why);
}

function holdBlind(draft: Draft, job: Job, attempt: Attempt, look: Look, why: string): void {
  const what = `Layer ${look.layer} could not be judged: ${why}`;
  draft.add({
    type: "HoldRaised",
    job: job.order.id,
    attempt: attempt.id,
    layer: look.layer,
    cause: "blind",
    what,
    person: null,
  });
}

/** The look that this message is about, if it is the take in progress; late, doubled and foreign answers find none. */
function waiting(
  draft: Draft,
  message: { readonly attempt: string; readonly layer: number; readonly take: number },
  step: Look["step"],
): { job: Job; attempt: Attempt; look: Look } | null {
  const found = openAttempt(draft, message.attempt);
  const look = found?.attempt.looks.find((each) => each.layer === message.layer && each.take === message.take);
  if (!found || !look || look.step !== step) return null;
  if (step === "inspect" && look.layer !== found.attempt.accepted + 1) return null;
  return { ...found, look };
}

/** The camera has compared the plate with the empty one. */
export function plateChecked(draft: Draft, message: Of<"plate-checked">): void {
  const machine = findMachine(draft.state(), message.equipment);
  if (machine?.plate !== "declared" || machine.plateCheck !== message.check) return;
  const { equipment, check, frame, camera, views = [] } = message;
  const said = [{ ...message, camera: camera ?? firstCamera }, ...views];
  const { clear, what } = plateTogether(camerasOf(draft.state().setup, equipment), said);
  const seen = { clear, what, frame, ...(camera !== undefined && { camera }), ...(views.length > 0 && { views }) };
  const waiting = machine.openAttempt ? openAttempt(draft, machine.openAttempt) : undefined;
  draft.add({ type: "PlateChecked", job: waiting?.job.order.id ?? null, equipment, check, ...seen });
  if (waiting?.attempt.phase !== "starting") return;
  const { job, attempt } = waiting;
  const objections = centralObjections(draft.state(), job, operationOf(job.order, attempt.operation));
  const model = modelObjection(draft.state(), job, attempt.simulated, draft.at);
  const over = whyNotCalibrated(draft.state(), equipment, draft.at);
  const why = clear ? [...objections, model?.what ?? [], over ?? []].flat().join(" ") : what;
  if (why !== "") endAttempt(draft, job.order.id, attempt, "NotBegun", { cause: null, what: why });
}

/** The record told in sentences: every event as a quality manager would read it aloud. */
import type { LayerValue } from "../equipment/layer-values.ts";
import type { Event } from "../jobs/event.ts";
import { isLimitEvent } from "../jobs/limit-event.ts";
import { isModelEvent } from "../jobs/model-event.ts";
import { programOf } from "../jobs/order.ts";
import { failedParts, type LayerReport } from "../jobs/report.ts";
import { holdReasons, liftReasons } from "../jobs/retention.ts";
import type { Members } from "../kernel/members.ts";
import type { JobId, LotId } from "../kernel/names.ts";
import type { JsonObject } from "../ledger/entry.ts";
import { type Describe, type Described, type Fact, utcText } from "../ledger/page.ts";
import { recordKeeping, type SealedText } from "../people/person.ts";
import { limitLinesOf } from "./describe-limits.ts";
import { logLinesOf, logTitleOf } from "./describe-log.ts";
import { modelLinesOf } from "./describe-model.ts";
import { routeLinesOf, routeSentenceOf, routeTitleOf } from "./describe-route.ts";
import { createReviewTally } from "./review-rates.ts";
import { tellPlainly } from "./tell-plainly.ts";

/** Opens a sealed name, or null where its key was destroyed or is not here. */
export type OpenName = (of: JobId | LotId | typeof recordKeeping, sealed: SealedText) => string | null;

/** What a reader is told in the place of a name that was erased, by whose name it was; null where it was not. */
type Erased = (job: JobId) => string | null;

/** A whole record told with the names in it: where its texts were erased it says so, when and by whom. */
export function tellWith(openName: OpenName): (facts: readonly Fact[]) => Describe {
  return (facts) => {
    const erasures = new Map<JobId | null, string>();
    for (const { type, body, at } of facts) {
      const event = { ...(body as object), type } as unknown as Event;
      if (event.type !== "TextsErased") continue;
      const by = openName(recordKeeping, event.approval.name);
      erasures.set(event.job, `erased on ${utcText(at).slice(0, 10)} by ${by ?? event.approval.person}`);
    }
    return describeWith(openName, (job) => erasures.get(job) ?? null);
  };
}

/**
 * Tells entries of the record, with the names of those who signed (21 CFR 11.50); null leaves one of an unknown kind to the
 * general telling. A body is what some cell wrote, perhaps another software or somebody with its key: one that the
 * sentences do not fit, or that has something other than text where text belongs, is told field by field.
 */
export function describeWith(
  openName: OpenName,
  erased: Erased = () => null,
): (type: string, body: unknown) => Described | null {
  return (type, body) => {
    const plainly = tellPlainly(type, body as JsonObject);
    const event = { ...(body as object), type } as unknown as Event;
    try {
      const title = titleOf(event);
      const lines: readonly unknown[] = title === null ? [] : linesOf(event, openName, erased);
      return title === null || !lines.every(isText) ? plainly : { title, lines };
    } catch {
      return plainly;
    }
  };
}

function isText(line: unknown): line is string {
  return typeof line === "string";
}

/** The record in a few sentences: what was made, what was seen, what went wrong and who decided. */
export function summarise(facts: readonly { readonly type: string; readonly body: unknown }[]): readonly string[] {
  const events = facts.map(({ type, body }) => ({ ...(body as object), type }) as unknown as Event);
  const count = (type: Event["type"]) => events.filter((event) => event.type === type).length;
  const sentences: string[] = [];
  const stepOf = new Map<string, string>();
  for (const event of events) {
    if (event.type === "JobOrderAccepted") {
      const planned = event.order.route.reduce(
        (sum, step) => sum + (step.kind === "build" ? step.layersPlanned : 0),
        0,
      );
      sentences.push(
        `${event.order.title} for ${event.order.pseudonym}: ${event.order.copies} ordered, ${planned} layers each.`,
      );
    }
    if (event.type === "AttemptStarted") stepOf.set(event.attempt, event.operation);
    if (event.type === "AttemptEnded") {
      const step = stepOf.get(event.attempt);
      sentences.push(`Attempt ${event.attempt}${step ? ` at ${step}` : ""}: ${event.outcome}. ${event.what}`);
    }
    const told = routeSentenceOf(event);
    if (told !== null) sentences.push(told);
    if (event.type === "NonconformityRaised") sentences.push(`Nonconformity ${event.nonconformity}: ${event.what}`);
    if (event.type === "DispositionSigned") {
      sentences.push(
        `Disposition of ${event.nonconformity}: ${event.disposition}, signed by ${event.approval.person}.`,
      );
    }
    if (event.type === "JobEnded") sentences.push(`The order ${event.outcome.toLowerCase()}: ${event.what}`);
  }
  const layers = `Layers made ${count("LayerDone")}, photographed ${count("LayerCaptured")}, inspected ${count("LayerInspected")}, decided ${count("LayerDecided")}.`;
  const mild = (["log", "warn"] as const).map(
    (each) => events.filter((event) => event.type === "LayerDecided" && event.reaction === each).length,
  );
  const tolerated = mild.some((each) => each > 0)
    ? [`Layers tolerated by the recipe: ${mild[0]} logged, ${mild[1]} warned of.`]
    : [];
  const refused = count("RequestRefused");
  const steps = count("TimesInDoubt");
  const times =
    steps === 0
      ? []
      : [
          `TIMES IN DOUBT: the clock was changed ${steps} times meanwhile; entries stand in the order of their numbers.`,
        ];
  const open = events.some((event) => event.type === "JobEnded")
    ? []
    : ["The order has not ended: this record is not complete."];
  return [
    ...sentences,
    ...times,
    layers,
    ...tolerated,
    ...reviewSentences(facts),
    ...(refused > 0 ? [`Requests refused: ${refused}.`] : []),
    ...open,
  ];
}

/** What people made of the inspection's verdicts; nothing where nobody had to. */
function reviewSentences(facts: readonly { readonly type: string; readonly body: unknown }[]): readonly string[] {
  const tally = createReviewTally();
  for (const { type, body } of facts) tally.take(type, body as Members);
  return tally
    .report()
    .flatMap(({ held, confirmed, overruled, foundBad }) =>
      held + foundBad === 0
        ? []
        : [
            `Layers held by the inspection ${held}: confirmed by a person ${confirmed}, overruled ${overruled}. Passed and found bad by a person: ${foundBad}.`,
          ],
    );
}

function partsTold(report: LayerReport): string {
  const failed = failedParts(report);
  return failed.length === 0 ? "" : `; failed at part ${failed.join(", ")} of ${report.parts?.length}`;
}

const decidedWords = { pass: "accepted", fail: "failed", tolerated: "tolerated by the recipe" } as const;

function titleOf(event: Event): string | null {
  switch (event.type) {
    case "CellBooted":
      return `The cell started (${event.versions.software})`;
    case "JobOrderAccepted":
      return `Order ${event.job} accepted: ${event.order.title}`;
    case "IdentityConfirmed":
      return "Both identifiers and the side were confirmed";
    case "PresenceProven":
      return `Presence at the cell proven on ${event.device}`;
    case "AttemptStarted":
      return `Attempt ${event.attempt} started by ${event.person}${event.simulated ? " on a SIMULATED machine" : ""}`;
    case "AttemptBegan":
      return "The machine began";
    case "LayerDone":
      return `Layer ${event.layer} made`;
    case "LayerCaptured":
      return `Layer ${event.layer} photographed (take ${event.take})`;
    case "CaptureFailed":
      return `Layer ${event.layer}: no picture (take ${event.take})`;
    case "LayerInspected":
      return `Layer ${event.layer} inspected: picture ${event.report.grade}, verdict ${event.report.verdict}${partsTold(event.report)}`;
    case "InspectionFailed":
      return `Layer ${event.layer}: no inspection (take ${event.take})`;
    case "LayerDecided":
      return `Layer ${event.layer}: ${decidedWords[event.verdict]}${event.reaction === undefined ? "" : ` (${event.reaction})`}`;
    case "LayerReleased":
      return `Released up to layer ${event.layer}`;
    case "HoldRaised":
      return `HOLD: ${event.what}`;
    case "ReleaseConfirmed":
      return `The machine confirmed the release of layer ${event.layer}`;
    case "HoldConfirmed":
      return "The machine confirmed that it waits";
    case "RetakeOrdered":
      return `Layer ${event.layer} is looked at again (take ${event.take})`;
    case "FinishReported":
      return "The machine says that it has finished";
    case "OperationCompleted":
      return `Step ${event.operation} completed (copy ${event.unit})`;
    case "MachineMadeSafe":
      return "The machine confirmed that it has stopped and its heaters are off";
    case "MachineNotMadeSafe":
      return "The machine did NOT confirm that it has stopped and cooled";
    case "AttemptResumed":
      return `Resumed by ${event.person}`;
    case "AttemptEnded":
      return `Attempt ended: ${event.outcome}`;
    case "NonconformityRaised":
      return `Nonconformity ${event.nonconformity}: ${event.what}`;
    case "DispositionSigned":
      return `Disposition of ${event.nonconformity}: ${event.disposition}`;
    case "JobEnded":
      return `Order ${event.job} ${event.outcome === "Ended" ? "ended" : "aborted"}`;
    case "RequestRefused":
      return `Refused (${event.request}): ${event.what}`;
    default:
      return routeTitleOf(event) ?? logTitleOf(event);
  }
}

function linesOf(event: Event, openName: OpenName, erased: Erased): string[] {
  const nameOf = (name: string) => openName(recordKeeping, name);
  if (isLimitEvent(event)) return limitLinesOf(event, nameOf);
  return isModelEvent(event) ? modelLinesOf(event, nameOf) : linesOfOthers(event, openName, erased);
}

function linesOfOthers(event: Event, openName: OpenName, erased: Erased): string[] {
  switch (event.type) {
    case "CellBooted":
      return [
        `software ${event.versions.softwareDigest}`,
        `configuration ${event.versions.configDigest}`,
        `model ${event.versions.modelDigest ?? "none"}, manifest ${event.versions.modelManifest ?? "not said"}`,
        `camera set-up ${event.versions.cameraDigest ?? "none"}`,
        `runtime ${event.versions.runtime}`,
      ];
    case "JobOrderAccepted":
      return [
        `for ${event.order.pseudonym}, side ${event.order.side}, ${event.order.copies} to be made`,
        ...event.order.route.map(
          (step) => `step ${step.title}${programOf(step) ? `: program ${programOf(step)}` : ""}`,
        ),
      ];
    case "LayerDone":
      return [
        `hotend ${event.summary.hotend.min} to ${event.summary.hotend.max} C, bed ${event.summary.bed.min} to ` +
          `${event.summary.bed.max} C, ${Math.round(event.summary.durationMs / 1000)} s, ${event.summary.resends} resends`,
        ...(event.values?.values ?? []).map(valueText),
      ];
    case "LayerCaptured":
      return [`picture ${event.frame}`];
    case "LayerInspected":
      return [
        ...event.report.reasons,
        ...event.report.findings.map(
          (found) =>
            `${found.class}: ${found.measured} ${found.unit}, limit ${found.limit} ${found.unit}, at x ${found.box.x_mm} y ${found.box.y_mm} mm`,
        ),
      ];
    case "CaptureFailed":
    case "InspectionFailed":
    case "MachineNotMadeSafe":
      return [event.fault.what];
    case "FinishReported":
      return [
        `program as sent ${event.executed.program}`,
        `${event.executed.lines} lines, ${event.executed.resends} resends`,
      ];
    case "AttemptEnded":
    case "JobEnded":
    case "MachineUnwatched":
      return [event.what];
    case "DispositionSigned":
    case "LayerFoundBad":
      return [...signature(event, openName, erased), `reason: ${event.reason}`];
    case "LegalHoldSet":
    case "LegalHoldLifted":
    case "TextsErased":
    case "ArtifactsDropped":
      return keepingLines(event, openName);
    case "UnitReleased":
      return signature(event, openName, erased);
    default:
      return [...routeLinesOf(event), ...logLinesOf(event)];
  }
}

function signature(
  { job, approval }: Extract<Event, { type: "DispositionSigned" | "LayerFoundBad" | "UnitReleased" }>,
  openName: OpenName,
  erased: Erased,
) {
  const gone = erased(job);
  if (gone !== null)
    return [
      `signed by ${approval.person} (name ${gone}), meaning: ${approval.meaning}`,
      `signed over ${approval.shown}`,
    ];
  const name = openName(job, approval.name) ?? "a person whose name is not here";
  return [`signed by ${name} (${approval.person}), meaning: ${approval.meaning}`, `signed over ${approval.shown}`];
}

/** Names of whoever keeps the record are sealed apart, so that they outlive what they had erased. */
function keepingLines(
  event: Extract<Event, { type: "LegalHoldSet" | "LegalHoldLifted" | "TextsErased" | "ArtifactsDropped" }>,
  openName: OpenName,
): string[] {
  const { approval } = event;
  const name = openName(recordKeeping, approval.name) ?? "a person whose name is not here";
  const signed = `signed by ${name} (${approval.person}), meaning: ${approval.meaning}`;
  if (event.type === "LegalHoldSet") return [holdReasons[event.reason], signed];
  if (event.type === "LegalHoldLifted") return [liftReasons[event.reason], signed];
  const sure = `the clock was right, as ${event.support.by} bears out`;
  return event.type === "TextsErased"
    ? [signed, sure]
    : [...event.dropped.map((digest) => `dropped ${digest}`), signed, sure];
}

/** A value over a layer in one line. */
function valueText({ reading, unit, min, mean, max, samples, gap, unheard_s, bad = 0 }: LayerValue): string {
  const heard = samples === 0 ? "not heard" : `${min} to ${max} ${unit}, mean ${mean}, heard ${samples} times`;
  return `${reading}: ${heard}${bad > 0 ? `, no good value ${bad} times` : ""}${gap ? `, GAP of ${unheard_s} s` : ""}`;
}

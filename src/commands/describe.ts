/** The record told in sentences: every event as a quality manager would read it aloud. */
import type { Event } from "../jobs/event.ts";
import type { Described } from "../ledger/page.ts";

/** Tells one entry of the record; null leaves it to the general telling. */
export function describeEvent(type: string, body: unknown): Described | null {
  const event = { type, ...(body as object) } as unknown as Event;
  const title = titleOf(event);
  return title === null ? null : { title, lines: linesOf(event) };
}

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
      return `Layer ${event.layer} inspected: picture ${event.report.grade}, verdict ${event.report.verdict}`;
    case "InspectionFailed":
      return `Layer ${event.layer}: no inspection (take ${event.take})`;
    case "LayerDecided":
      return `Layer ${event.layer}: ${event.verdict === "pass" ? "accepted" : "failed"}`;
    case "LayerReleased":
      return `Released up to layer ${event.layer}`;
    case "HoldRaised":
      return `HOLD: ${event.what}`;
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
      return null;
  }
}

function linesOf(event: Event): string[] {
  switch (event.type) {
    case "CellBooted":
      return [
        `software ${event.versions.softwareDigest}`,
        `configuration ${event.versions.configDigest}`,
        `model ${event.versions.modelDigest ?? "none"}`,
        `runtime ${event.versions.runtime}`,
      ];
    case "JobOrderAccepted":
      return [
        `for ${event.order.pseudonym}, side ${event.order.side}, ${event.order.copies} to be made`,
        ...event.order.route.map((step) => `step ${step.title}: program ${step.program}`),
        "clean and dry, sleeves, measuring, label, sterilisation hand-off, release: not built yet",
      ];
    case "LayerDone":
      return [
        `hotend ${event.summary.hotend.min} to ${event.summary.hotend.max} C, bed ${event.summary.bed.min} to ` +
          `${event.summary.bed.max} C, ${Math.round(event.summary.durationMs / 1000)} s, ${event.summary.resends} resends`,
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
      return [event.fault.what];
    case "AttemptEnded":
    case "JobEnded":
      return [event.what];
    case "DispositionSigned":
      return [`${event.approval.meaning}`, `reason: ${event.reason}`, `signed over ${event.approval.shown}`];
    default:
      return [];
  }
}

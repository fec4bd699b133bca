/** What happened along the route, told in sentences: results, parts, labels, hand-over, release, the machine's alarms. */

import { shelvingReasons } from "../jobs/alarm-deeds.ts";
import { foundWords } from "../jobs/decide/review.ts";
import type { Event } from "../jobs/event.ts";
import { utcText } from "../ledger/page.ts";
import { limitLines } from "./describe-limits.ts";
import { judgeLine } from "./describe-model.ts";

/** The event in one line; null where it is not of the route. */
export function routeTitleOf(event: Event): string | null {
  switch (event.type) {
    case "ResultsJudged":
      return `Results judged: ${event.results.filter(({ verdict }) => verdict === "pass").length} of ${event.results.length} within their limits`;
    case "LayerFoundBad":
      return `Layer ${event.layer}, which had passed, was found BAD: ${foundWords[event.finding]}`;
    case "ChallengeStarted":
      return `${event.approval.person} had the inspection challenged on the empty plate`;
    case "ChallengeJudged":
      return event.passed
        ? `The inspection PASSED its challenge: ${event.what}`
        : `The inspection did NOT pass its challenge: ${event.what}`;
    case "PartTagged":
      return `Copy ${event.unit} got the tag ${event.tag}`;
    case "PartConfirmed":
      return `Copy ${event.unit} scanned at ${event.equipment} for ${event.operation}`;
    case "PartRefused":
      return `Another part than copy ${event.unit} was scanned at ${event.equipment}`;
    case "LabelRequested":
      return `Label ${event.label} of copy ${event.unit} ordered`;
    case "LabelPrinted":
      return `Label ${event.label} of copy ${event.unit} printed`;
    case "LabelNotPrinted":
      return `Label ${event.label} of copy ${event.unit} NOT confirmed by the printer`;
    case "LabelVerified":
      return `Label ${event.label} on copy ${event.unit} scanned back: it says what it must`;
    case "LabelVoided":
      return `Label ${event.label} of copy ${event.unit} voided: ${event.why}`;
    case "HandedOver":
      return `Copy ${event.unit} handed over to ${event.to} in ${event.container}`;
    case "UnitReleased":
      return `Copy ${event.unit} RELEASED${event.simulated ? " as a SIMULATED device, not for human use" : ""}`;
    case "MachineUnwatched":
      return `${event.equipment} was not watched for ${Math.round((event.to - event.from) / 1000)} s`;
    case "ForeignActionSeen":
      return `SOMEBODY ELSE acted at ${event.equipment}: ${event.what}`;
    case "ForeignActionLookedInto":
      return `${event.person} looked into what was done at ${event.equipment}`;
    case "WindowLeft":
      return `OUT OF ITS WINDOW at ${event.equipment}: ${event.what}`;
    case "AlarmAcknowledged":
      return `Alarm ${event.alarm} acknowledged by ${event.person}: ${event.what}`;
    case "AlarmShelved":
      return `Alarm ${event.alarm} put aside by ${event.person}: ${shelvingReasons[event.reason]}`;
    case "AlarmUnshelved":
      return `Alarm ${event.alarm} taken from the shelf by ${event.person}`;
    case "MachineAlarmChanged":
      return `${event.equipment}: alarm ${event.alarm.active ? "came" : "went"}: ${event.alarm.what}`;
    default:
      return keepingTitleOf(event);
  }
}

/** The record and its keeping: clock, damage, legal holds, erasure, drops. */
function keepingTitleOf(event: Event): string | null {
  switch (event.type) {
    case "ClockStepped":
    case "TimesInDoubt":
      return `The clock was changed: it said ${utcText(event.said)} where ${utcText(event.expected)} was to be expected`;
    case "RecordDamaged":
      return `The record on the disk was found DAMAGED among entries ${event.from} to ${event.to - 1} (${event.rule}): ${event.what}`;
    case "RecordFoundWhole":
      return `All ${event.entries} entries of the record were read again and found as they were written`;
    case "ClockCorrected":
      return `Two people signed that the clock was wrong while entries ${event.from} to ${event.to} were written`;
    case "LegalHoldSet":
      return `LEGAL HOLD on ${event.job ?? "everything in this cell"}`;
    case "LegalHoldLifted":
      return `The legal hold on ${event.job ?? "everything in this cell"} was lifted`;
    case "TextsErased":
      return `Personal texts of ${event.of.kind} ${event.of.id} ERASED`;
    case "TextKeyDestroyed":
      return "The key of the erased texts is destroyed";
    case "ArtifactsDropped":
      return `${event.dropped.length} ${event.what === "pictures" ? "pictures" : "files"} DROPPED by policy`;
    case "ArtifactsRemoved":
      return `${event.removed} dropped files removed from the disk`;
    default:
      return null;
  }
}

/** The facts below the line. */
export function routeLinesOf(event: Event): string[] {
  switch (event.type) {
    case "AttemptStarted":
      return [
        `${event.machine.vendor} ${event.machine.model}, serial ${event.machine.serial}, software ${event.machine.firmware}`,
        ...event.materials.map(
          ({ material, lot, batch, quantity, unit }) => `${quantity} ${unit} of ${material}, lot ${batch} (${lot})`,
        ),
        ...(event.part === null ? [] : [`part ${event.part}`]),
        ...judgeLine(event.judge ?? null),
        ...limitLines(event.limitSets),
      ];
    case "ResultsJudged":
      return event.results.map(
        ({ characteristic, value, unit, lower, upper, verdict }) =>
          `${characteristic}: ${value ?? "no result"} ${unit} (${lower ?? "no limit"} to ${upper ?? "no limit"}): ${verdict}`,
      );
    case "ChallengeJudged":
      return [event, ...(event.views ?? [])].flatMap((each) => [
        ...("camera" in each ? [`camera ${each.camera}`] : []),
        `model ${each.model ?? "none"}, camera set-up ${each.setup ?? "none"}`,
        ...each.tests.flatMap(({ limits, isLayerPassed, planted }) => [
          `limits ${limits}: what is whole ${isLayerPassed ? "passed" : "did NOT pass"}`,
          ...planted.map((each) => `${each.class} ${each.found ? "found" : "MISSED"}, painted as ${each.picture}`),
        ]),
        ...each.reasons,
      ]);
    case "LabelRequested":
      return [`code ${event.content.code.replaceAll("\u001d", "|")}`];
    case "LabelNotPrinted":
      return [event.fault.what];
    case "TimesInDoubt":
      return ["Entries stand in the order of their numbers; times before and after this cannot be subtracted."];
    case "ClockCorrected":
      return [
        `those readings, up to ${utcText(event.said)}, no longer count for any expiry`,
        `the clock was right when this was signed, as ${event.support.by} bears out`,
      ];
    default:
      return [];
  }
}

/** What a reader wants to know first of the route: labelled, handed over, released; null for everything else. */
export function routeSentenceOf(event: Event): string | null {
  switch (event.type) {
    case "LabelVerified":
      return `Copy ${event.unit}: its label was scanned back and says what it must.`;
    case "HandedOver":
      return `Copy ${event.unit}: handed over to ${event.to} in ${event.container}.`;
    case "UnitReleased":
      return `Copy ${event.unit} RELEASED, signed by ${event.approval.person}${event.simulated ? "; SIMULATED, not for human use" : ""}.`;
    default:
      return null;
  }
}

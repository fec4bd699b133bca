/** decide: what a message leads to, as events or a refusal; pure, synchronous, and the same every time. */
import { unreachable } from "../../kernel/assert.ts";
import type {
  AlarmMessage,
  CentralMessage,
  Envelope,
  EyeMessage,
  MachineMessage,
  Message,
  ModelMessage,
  RecordMessage,
  RouteMessage,
} from "../message.ts";
import type { State } from "../state.ts";
import { acknowledgeAlarm, shelveAlarm, unshelveAlarm } from "./alarms.ts";
import { boot, enrol, recordScrubbed, recordSignIn } from "./cell.ts";
import { centralDecision, centralLink } from "./central.ts";
import { challenged, startChallenge } from "./challenge.ts";
import { clockStepped, correctClock } from "./clock.ts";
import { dispose } from "./disposition.ts";
import type { Decision, Draft } from "./draft.ts";
import { startDraft } from "./draft.ts";
import { captured, captureFailed, inspected, inspectionFailed, inspectionStatus, plateChecked } from "./eyes.ts";
import { lookedInto } from "./foreign.ts";
import {
  artifactsRemoved,
  dropArtifacts,
  eraseTexts,
  liftLegalHold,
  setLegalHold,
  textKeyDestroyed,
} from "./keeping.ts";
import { labelPrinted, requestLabel, scanLabel, voidLabel } from "./labels.ts";
import { approveLimits, withdrawLimits } from "./limits.ts";
import { decideLot, loadMaterial, receiveLot } from "./lots.ts";
import { answered } from "./machine-answers.ts";
import { observed } from "./machine-observations.ts";
import { approveModel, retireModel } from "./models.ts";
import { confirmPart, tagPart } from "./parts.ts";
import { refuse } from "./refuse.ts";
import { handOver, release } from "./releasing.ts";
import { findLayerBad } from "./review.ts";
import { hold, lookAgain, resume, stop } from "./running.ts";
import { acceptOrder, cancelJob, confirmIdentity, declarePlateClear, provePresence, start } from "./starting.ts";
import { windowLeft } from "./windows.ts";

/** Decides one message on a (provisional) state. The returned state has the events applied. */
export function decide(state: State, envelope: Envelope): Decision {
  const draft = startDraft(state, envelope, envelope.id);
  route(draft, envelope.message);
  return draft.done();
}

function route(draft: Draft, message: Message): void {
  switch (message.kind) {
    case "boot":
      return boot(draft, message);
    case "enrol":
      return enrol(draft, message);
    case "record-sign-in":
      return recordSignIn(draft, message);
    case "accept-order":
      return acceptOrder(draft, message);
    case "refuse-order":
      return refuse(draft, "accept-order", null, null, { code: "order-invalid", what: message.what });
    case "confirm-identity":
      return confirmIdentity(draft, message);
    case "declare-plate-clear":
    case "declare-looked-into":
    case "prove-presence":
    case "start-challenge":
      return atTheMachine(draft, message);
    case "start":
      return start(draft, message);
    case "hold":
    case "resume":
    case "look-again":
    case "stop":
    case "dispose":
    case "find-layer-bad":
      return aboutAnAttempt(draft, message);
    case "clock-stepped":
    case "record-scrubbed":
    case "correct-clock":
    case "set-legal-hold":
    case "lift-legal-hold":
    case "erase-texts":
    case "drop-artifacts":
    case "text-key-destroyed":
    case "artifacts-removed":
      return aboutTheRecord(draft, message);
    case "cancel-job":
      return cancelJob(draft, message);
    case "answered":
    case "observed":
    case "window-left":
      return fromMachine(draft, message);
    case "inspection-status":
    case "challenged":
    case "captured":
    case "capture-failed":
    case "inspected":
    case "inspection-failed":
    case "plate-checked":
      return fromEye(draft, message);
    case "central-decision":
    case "central-link":
      return fromCentral(draft, message);
    default:
      return alongTheRoute(draft, message);
  }
}

type AboutAnAttempt = Extract<
  Message,
  { kind: "hold" | "resume" | "look-again" | "stop" | "dispose" | "find-layer-bad" }
>;

/** What people do about an attempt, and sign about what was seen of it. */
function aboutAnAttempt(draft: Draft, message: AboutAnAttempt): void {
  switch (message.kind) {
    case "hold":
      return hold(draft, message);
    case "resume":
      return resume(draft, message);
    case "look-again":
      return lookAgain(draft, message);
    case "stop":
      return stop(draft, message);
    case "dispose":
      return dispose(draft, message);
    case "find-layer-bad":
      return findLayerBad(draft, message);
    default:
      return unreachable(message);
  }
}

type AtTheMachine = Extract<
  Message,
  { kind: "declare-plate-clear" | "declare-looked-into" | "prove-presence" | "start-challenge" }
>;

/** What somebody says who stands there. */
function atTheMachine(draft: Draft, message: AtTheMachine): void {
  switch (message.kind) {
    case "declare-plate-clear":
      return declarePlateClear(draft, message);
    case "declare-looked-into":
      return lookedInto(draft, message);
    case "prove-presence":
      return provePresence(draft, message);
    case "start-challenge":
      return startChallenge(draft, message);
    default:
      return unreachable(message);
  }
}

/** Material, parts, labels, hand-over and release; alarms on the way, and the models that judge layers. */
function alongTheRoute(draft: Draft, message: RouteMessage | AlarmMessage | ModelMessage): void {
  switch (message.kind) {
    case "acknowledge-alarm":
      return acknowledgeAlarm(draft, message);
    case "shelve-alarm":
      return shelveAlarm(draft, message);
    case "unshelve-alarm":
      return unshelveAlarm(draft, message);
    case "approve-model":
      return approveModel(draft, message);
    case "retire-model":
      return retireModel(draft, message);
    case "approve-limits":
      return approveLimits(draft, message);
    case "withdraw-limits":
      return withdrawLimits(draft, message);
    case "receive-lot":
      return receiveLot(draft, message);
    case "decide-lot":
      return decideLot(draft, message);
    case "load-material":
      return loadMaterial(draft, message);
    case "tag-part":
      return tagPart(draft, message);
    case "confirm-part":
      return confirmPart(draft, message);
    case "request-label":
      return requestLabel(draft, message);
    case "label-printed":
    case "label-not-printed":
      return labelPrinted(draft, message);
    case "scan-label":
      return scanLabel(draft, message);
    case "void-label":
      return voidLabel(draft, message);
    case "hand-over":
      return handOver(draft, message);
    case "release":
      return release(draft, message);
    default:
      return unreachable(message);
  }
}

/** The clock, the scrub, legal holds, erasure, and what need not be kept any longer. */
function aboutTheRecord(draft: Draft, message: RecordMessage): void {
  switch (message.kind) {
    case "clock-stepped":
      return clockStepped(draft, message);
    case "record-scrubbed":
      return recordScrubbed(draft, message);
    case "correct-clock":
      return correctClock(draft, message);
    case "set-legal-hold":
      return setLegalHold(draft, message);
    case "lift-legal-hold":
      return liftLegalHold(draft, message);
    case "erase-texts":
      return eraseTexts(draft, message);
    case "drop-artifacts":
      return dropArtifacts(draft, message);
    case "text-key-destroyed":
      return textKeyDestroyed(draft, message);
    case "artifacts-removed":
      return artifactsRemoved(draft, message);
    default:
      return unreachable(message);
  }
}

function fromMachine(draft: Draft, message: MachineMessage): void {
  if (message.kind === "answered") answered(draft, message);
  else if (message.kind === "window-left") windowLeft(draft, message);
  else observed(draft, message);
}

function fromCentral(draft: Draft, message: CentralMessage): void {
  if (message.kind === "central-decision") centralDecision(draft, message);
  else centralLink(draft, message);
}

function fromEye(draft: Draft, message: EyeMessage): void {
  switch (message.kind) {
    case "inspection-status":
      return inspectionStatus(draft, message);
    case "challenged":
      return challenged(draft, message);
    case "captured":
      return captured(draft, message);
    case "capture-failed":
      return captureFailed(draft, message);
    case "inspected":
      return inspected(draft, message);
    case "inspection-failed":
      return inspectionFailed(draft, message);
    case "plate-checked":
      return plateChecked(draft, message);
    default:
      return unreachable(message);
  }
}

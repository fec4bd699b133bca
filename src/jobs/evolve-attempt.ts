/** How one attempt changes with one event: layers made, seen, decided, released. */
import { assert, unreachable } from "../kernel/assert.ts";
import type { EpochMs } from "../kernel/units.ts";
import type { JobEvent } from "./event.ts";
import type { JobKeepingEvent } from "./keeping-event.ts";
import { tracesAfter } from "./reaction.ts";
import type { Setup } from "./setup.ts";
import type { Attempt, Look } from "./state.ts";
import { firstCamera } from "./views.ts";

/** The events that change an attempt after its start. */
export type AttemptChange = Exclude<
  JobEvent,
  {
    type:
      | "JobOrderAccepted"
      | "PresenceProven"
      | "IdentityConfirmed"
      | "AttemptStarted"
      | "NonconformityRaised"
      | "DispositionSigned"
      | "OperationCompleted"
      | "JobEnded"
      | "PartTagged"
      | "PartConfirmed"
      | "PartRefused"
      | "LabelRequested"
      | "LabelPrinted"
      | "LabelNotPrinted"
      | "LabelVerified"
      | "LabelVoided"
      | "HandedOver"
      | "UnitReleased"
      | JobKeepingEvent["type"]
      | "LayerFoundBad"
      | "MachineMadeSafe"
      | "MachineNotMadeSafe";
  }
>;

/** Applies one event of this attempt. */
export function evolveAttempt(attempt: Attempt, event: AttemptChange, at: EpochMs, setup: Setup): Attempt {
  assert(attempt.phase !== "ended", `${event.type} on attempt ${attempt.id}, which has ended`);
  switch (event.type) {
    case "AttemptBegan":
      return { ...attempt, phase: "running" };
    case "LayerDone":
      return layerDone(attempt, event, setup);
    case "LayerCaptured":
      return patchLook(attempt, event.layer, { step: "inspect", frame: event.frame, ...viewsIn(event) });
    case "CaptureFailed":
    case "InspectionFailed":
      return attempt;
    case "LayerInspected":
      return patchLook(attempt, event.layer, { inferred: true });
    case "RetakeOrdered":
      return retake(attempt, event, setup);
    case "LayerDecided":
      return layerDecided(attempt, event);
    case "LayerReleased":
      return { ...attempt, released: event.layer };
    case "ReleaseConfirmed":
      return { ...attempt, confirmed: event.layer };
    case "HoldRaised": {
      const hands = event.person === null ? attempt : { ...attempt, executors: [...attempt.executors, event.person] };
      const held = { cause: event.cause, layer: event.layer, what: event.what, since: at, confirmed: false };
      const toBeAborted = attempt.toBeAborted || event.andThen === "abort";
      const blinded = event.cause === "blind" && event.layer !== null;
      return { ...(blinded ? patchLook(hands, event.layer, { step: "blind" }) : hands), hold: held, toBeAborted };
    }
    case "HoldConfirmed":
      return { ...attempt, hold: attempt.hold && { ...attempt.hold, confirmed: true } };
    case "AttemptResumed":
      // The machine was told to hold; only a new release lets it begin another layer.
      return {
        ...attempt,
        hold: null,
        confirmed: Math.min(attempt.confirmed, attempt.printed),
        executors: [...attempt.executors, event.person],
      };
    case "FinishReported":
      return { ...attempt, finished: event.executed };
    case "ResultsJudged":
    case "WindowLeft":
      return attempt;
    case "AttemptEnded":
      return {
        ...attempt,
        phase: "ended",
        outcome: event.outcome,
        hold: null,
        looks: [],
        executors: event.person === null ? attempt.executors : [...attempt.executors, event.person],
      };
    default:
      return unreachable(event);
  }
}

function layerDone(attempt: Attempt, event: Extract<JobEvent, { type: "LayerDone" }>, setup: Setup): Attempt {
  assert(event.layer === attempt.printed + 1, `layer ${event.layer} done after layer ${attempt.printed}`);
  const look: Look = {
    layer: event.layer,
    take: 1,
    takesLeft: setup.takesAllowed - 1,
    step: "capture",
    frame: null,
    inferred: false,
    markedAt: event.summary.markedAt,
  };
  return { ...attempt, printed: event.layer, looks: [...attempt.looks, look] };
}

function retake(attempt: Attempt, event: Extract<JobEvent, { type: "RetakeOrdered" }>, setup: Setup): Attempt {
  const before = attempt.looks.find((look) => look.layer === event.layer);
  assert(before, `retake of layer ${event.layer}, which waits for no look`);
  const executors = event.person === null ? attempt.executors : [...attempt.executors, event.person];
  return patchLook({ ...attempt, executors }, event.layer, {
    take: event.take,
    takesLeft: event.person === null ? before.takesLeft - 1 : setup.takesAllowed - 1,
    step: "capture",
    frame: null,
    ...(before.views !== undefined && { views: [] }),
    inferred: false,
  });
}

/** Who took what, where anything else than the cell's first camera alone looked. */
function viewsIn(event: Extract<JobEvent, { type: "LayerCaptured" }>): Pick<Look, "views"> {
  const { camera = firstCamera, frame, views = [] } = event;
  if (event.camera === undefined && views.length === 0) return {};
  return { views: [{ camera, frame }, ...views.map((each) => ({ camera: each.camera, frame: each.frame }))] };
}

function layerDecided(attempt: Attempt, event: Extract<JobEvent, { type: "LayerDecided" }>): Attempt {
  const look = attempt.looks[0];
  assert(look && look.layer === event.layer, `layer ${event.layer} decided out of order`);
  assert(look.frame !== null && look.inferred, `layer ${event.layer} decided unseen`);
  return {
    ...attempt,
    looks: attempt.looks.slice(1),
    accepted: event.verdict === "fail" ? attempt.accepted : event.layer,
    captured: attempt.captured + 1,
    inferred: attempt.inferred + 1,
    verdicts: `${attempt.verdicts}${verdictMarks[event.verdict]}`,
    warned: event.reaction === "warn" ? [...attempt.warned, event.layer] : attempt.warned,
    traces: tracesAfter(attempt.traces, event.layer, event.found ?? []),
  };
}

const verdictMarks = { pass: "p", tolerated: "t", fail: "f" } as const;

function patchLook(attempt: Attempt, layer: number | null, patch: Partial<Look>): Attempt {
  return { ...attempt, looks: attempt.looks.map((look) => (look.layer === layer ? { ...look, ...patch } : look)) };
}

/** The challenge of the inspection: what was planted and found, whether that is a pass, and how long it counts. */
import type { Fault } from "../equipment/machine.ts";
import type { Digest } from "../kernel/names.ts";
import type { EpochMs, Milliseconds } from "../kernel/units.ts";
import type { Approval } from "../people/person.ts";

/** Every class of defect that has to be planted and found. */
export const challengedClasses = ["missing", "thin", "extra", "unchanged", "shift"] as const;

/** One defect that was painted into a copy of the picture. */
export interface PlantedDefect {
  readonly class: string;
  /** SHA-256 of the painted picture's pixels. */
  readonly picture: Digest;
  readonly found: boolean;
}

/** What came of the challenge under one set of limits. */
export interface ChallengeTest {
  readonly limits: Digest;
  /** The untouched picture shows an empty plate. */
  readonly isPlateClean: boolean;
  /** A painted layer without a defect passed; the digest is of its pixels. */
  readonly isLayerPassed: boolean;
  readonly layer: Digest;
  readonly planted: readonly PlantedDefect[];
}

/** What the eye answers: facts, from which the core concludes. */
export interface ChallengeOutcome {
  /** The pictures that were taken, stored: what is compared with, and what everything was painted into. */
  readonly artifacts: readonly Digest[];
  readonly model: Digest | null;
  /** Of the camera's set-up. */
  readonly setup: Digest | null;
  readonly tests: readonly ChallengeTest[];
  /** What came out wrong, in words; empty where nothing did. */
  readonly reasons: readonly string[];
  /** What came of it before each other camera; absent where there is one. */
  readonly views?: readonly ChallengeBefore[];
}

/** The same before one of several cameras. */
export type ChallengeBefore = Omit<ChallengeOutcome, "views"> & { readonly camera: string };

/** Which set-up one of several cameras goes by. */
export interface SetupOfCamera {
  readonly camera: string;
  readonly setup: Digest | null;
}

export type ChallengeEvent =
  /** Somebody has looked at the empty plate and asks for it; until it is judged nothing is begun. */
  | { readonly type: "ChallengeStarted"; readonly challenge: string; readonly approval: Approval }
  | ({
      readonly type: "ChallengeJudged";
      readonly challenge: string;
      readonly passed: boolean;
      readonly what: string;
    } & ChallengeOutcome);

/** What the core knows of it. */
export interface ChallengeState {
  /** The one under way: owed to the eye. */
  readonly open: string | null;
  /** How the last one came out; null where there was none yet. */
  readonly last: {
    readonly passed: boolean;
    readonly what: string;
    readonly at: EpochMs;
    readonly model: Digest | null;
    readonly setup: Digest | null;
    /** Of the other cameras, where there were any. */
    readonly views?: readonly SetupOfCamera[];
  } | null;
}

export const noChallenge: ChallengeState = { open: null, last: null };

/** Nothing could be asked of the inspection: that is a miss too. */
export function unseen({ what }: Pick<Fault, "what">): ChallengeOutcome {
  return { artifacts: [], model: null, setup: null, tests: [], reasons: [what] };
}

/** True only with positive evidence: pictures, a model, and under each set of limits every class found and nothing else. */
export function isChallengePassed({ artifacts, model, setup, tests, reasons }: ChallengeOutcome): boolean {
  const seen = artifacts.length === 2 && model !== null && setup !== null;
  return seen && reasons.length === 0 && tests.length > 0 && tests.every(isTestPassed);
}

function isTestPassed({ isPlateClean, isLayerPassed, planted }: ChallengeTest): boolean {
  const found = (name: string) => planted.some((each) => each.class === name && each.found);
  return isPlateClean && isLayerPassed && planted.every((each) => each.found) && challengedClasses.every(found);
}

/** True for the events of a challenge. */
export function isChallengeEvent(event: { readonly type: string }): event is ChallengeEvent {
  return event.type === "ChallengeStarted" || event.type === "ChallengeJudged";
}

/** The challenge after one of its events. */
export function afterChallenge(before: ChallengeState, event: ChallengeEvent, at: EpochMs): ChallengeState {
  if (event.type === "ChallengeStarted") return { ...before, open: event.challenge };
  const { passed, what, model, setup, views } = event;
  const others = views?.map((each) => ({ camera: each.camera, setup: each.setup }));
  return { open: null, last: { passed, what, at, model, setup, ...(others && { views: others }) } };
}

/** A start of the controller ends one that was under way: nobody knows how it came out, so it is missed. */
export function afterBoot(before: ChallengeState, at: EpochMs): ChallengeState {
  if (before.open === null) return before;
  const what = "It was cut off by a restart of the controller.";
  return { open: null, last: { passed: false, what, at, model: null, setup: null } };
}

/** What the cell asks for, and what it runs on now. */
export interface ChallengeRule {
  /** How long a passed challenge counts; null where none is asked for. */
  readonly validMs: Milliseconds | null;
  readonly model: Digest | null;
  readonly setup: Digest | null;
  /** Of the other cameras, where there are any. */
  readonly views?: readonly SetupOfCamera[];
}

/** Why nothing may be begun, in one sentence, or null. A missed challenge stands until one is passed, whatever is asked for. */
export function whySuspended({ open, last }: ChallengeState, rule: ChallengeRule, now: EpochMs): string | null {
  if (open !== null) return "The inspection is being challenged.";
  if (last !== null && !last.passed) return `The inspection did not pass its challenge. ${last.what}`;
  if (rule.validMs === null) return null;
  if (last === null) return "The inspection was never challenged in this cell.";
  const age = now - last.at;
  if (age > rule.validMs) return "The last challenge of the inspection is too long ago.";
  // A correction has taken the time at which it was passed out of the count.
  if (age < 0) return "The clock was wrong when the inspection was challenged last.";
  if (last.model !== rule.model) return "The inspection was challenged with another model.";
  if (last.setup !== rule.setup) return "The camera was commissioned anew since the last challenge.";
  const other = rule.views?.find(
    ({ camera, setup }) => setup !== last.views?.find((each) => each.camera === camera)?.setup,
  );
  return other === undefined ? null : `Camera ${other.camera} was commissioned anew since the last challenge.`;
}

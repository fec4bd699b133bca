/** From the record's entries to the looks that can be judged again: each build with its pictures, in the order they were judged. */
import type { Recorded } from "../jobs/controller.ts";
import type { Event } from "../jobs/event.ts";
import type { Verdict } from "../jobs/report.ts";
import type { Digest } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import { createFollower } from "./build-in-hand.ts";

/** One picture that was judged, and what was said of it. */
export interface Look {
  readonly kind: "look";
  readonly seq: number;
  readonly layer: number;
  readonly take: number;
  readonly frame: Digest;
  readonly markedAt: EpochMs;
  readonly requestedAt: EpochMs;
  readonly receivedAt: EpochMs;
  readonly exposureStart: EpochMs | null;
  readonly verdict: Verdict;
  /** Digest of the whole report. */
  readonly evidence: Digest;
  /** Null where no network answered. */
  readonly model: Digest | null;
}

/** From here on this picture is what the next layer is compared with: its layer passed, or a person accepted it. */
export interface Acceptance {
  readonly kind: "accepted";
  readonly layer: number;
  readonly frame: Digest;
}

/** Everything that is needed to judge one attempt again. */
export interface JudgedBuild {
  readonly job: string;
  readonly attempt: string;
  readonly startedAt: EpochMs;
  readonly program: Digest;
  readonly recipe: Digest;
  readonly setup: Digest;
  readonly limits: Digest;
  /** Null where the plate of the camera's set-up was compared with. */
  readonly emptyPlate: Digest | null;
  readonly steps: readonly (Look | Acceptance)[];
}

export interface RejudgePlan {
  /** Takes the next entry of the record. */
  take(recorded: Recorded): void;
  /** The builds in which a picture was judged; one that goes on is among them as far as it went. */
  builds(): readonly JudgedBuild[];
}

interface Growing {
  readonly job: string;
  readonly startedAt: EpochMs;
  readonly marks: Map<number, EpochMs>;
  readonly steps: (Look | Acceptance)[];
  accepted: number;
  found: Omit<JudgedBuild, "job" | "startedAt" | "attempt" | "steps"> | null;
}

/** A plan that has heard nothing yet; it must hear every entry of the record, in order. */
export function createRejudgePlan(): RejudgePlan {
  const follower = createFollower();
  const growing = new Map<string, Growing>();

  function look(event: Extract<Event, { type: "LayerInspected" }>, seq: number): void {
    const [build, hand] = [growing.get(event.attempt), follower.inHand()];
    const picture = hand?.frames.get(event.layer);
    const markedAt = build?.marks.get(event.layer);
    if (!build || !hand || !picture || markedAt === undefined) return;
    const { layer, take, report } = event;
    const { verdict, evidence, digests } = report;
    const { program, recipe, emptyPlate } = hand;
    build.found ??= { program, recipe, emptyPlate, setup: digests.setup, limits: digests.limits };
    const said = { verdict, evidence, model: digests.model };
    build.steps.push({ kind: "look", seq, layer, take, markedAt, ...picture, ...said });
  }

  /** After each entry: whether another picture is now the reference. */
  function accepted(): void {
    const hand = follower.inHand();
    const build = hand === null ? undefined : growing.get(hand.attempt);
    if (!hand?.accepted || !build || hand.accepted.layer === build.accepted) return;
    build.accepted = hand.accepted.layer;
    build.steps.push({ kind: "accepted", ...hand.accepted });
  }

  return {
    take(recorded) {
      const { event, seq, at } = recorded;
      follower.hear(recorded);
      if (event.type === "AttemptStarted") {
        const begun = { job: event.job, startedAt: at, marks: new Map(), steps: [], accepted: 0, found: null };
        growing.set(event.attempt, begun);
      }
      if (event.type === "LayerDone") growing.get(event.attempt)?.marks.set(event.layer, event.summary.markedAt);
      if (event.type === "LayerInspected") look(event, seq);
      accepted();
    },
    builds: () =>
      [...growing].flatMap(([attempt, { job, startedAt, steps, found }]) =>
        found === null ? [] : [{ job, attempt, startedAt, steps, ...found }],
      ),
  };
}

/** What became of one look. */
export interface Rejudged {
  readonly job: string;
  readonly attempt: string;
  readonly seq: number;
  readonly layer: number;
  readonly take: number;
  readonly was: Verdict;
  /** `no-result` where the inspector could not say anything now. */
  readonly now: Verdict | "no-result";
  /** The whole report came out byte for byte as it was recorded. */
  readonly identical: boolean;
  readonly reasons: readonly string[];
}

/** A build that could not be judged again, with why. */
export interface NotRejudged {
  readonly job: string;
  readonly attempt: string;
  readonly what: string;
}

/** All that came of it, in numbers. */
export interface RejudgeSummary {
  readonly looks: number;
  readonly identical: number;
  /** By what was said and what is said now, like `pass>fail`. */
  readonly verdicts: Readonly<Record<string, number>>;
}

/** Counts what came of the looks. */
export function countRejudged(looks: readonly Rejudged[]): RejudgeSummary {
  const verdicts: Record<string, number> = {};
  for (const { was, now } of looks) verdicts[`${was}>${now}`] = (verdicts[`${was}>${now}`] ?? 0) + 1;
  return { looks: looks.length, identical: looks.filter(({ identical }) => identical).length, verdicts };
}

/** From the record's entries to the looks that can be judged again: each build with its pictures, in the order they were judged. */
import type { Recorded } from "../jobs/controller.ts";
import type { Event } from "../jobs/event.ts";
import type { JobOrder } from "../jobs/order.ts";
import type { ReactionRules } from "../jobs/reaction.ts";
import type { Finding, PictureGrade, Verdict } from "../jobs/report.ts";
import { camerasOfCell, ownReport } from "../jobs/views.ts";
import type { Digest } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import { type BuildInHand, createFollower, type Follower } from "./build-in-hand.ts";
import type { Followed } from "./rejudge-reactions.ts";

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
  readonly grade: PictureGrade;
  /** Of a look that failed. */
  readonly findings: readonly Finding[];
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

/** Everything that is needed to judge again what one camera saw of one attempt. */
export interface JudgedBuild {
  readonly job: string;
  readonly attempt: string;
  /** The camera whose pictures these are. */
  readonly camera: string;
  readonly startedAt: EpochMs;
  readonly program: Digest;
  readonly recipe: Digest;
  readonly setup: Digest;
  readonly limits: Digest;
  /** Null where the plate of the camera's set-up was compared with. */
  readonly emptyPlate: Digest | null;
  /** What follows findings by its order; null where every one holds. */
  readonly reactions: ReactionRules | null;
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
  readonly reactions: ReactionRules | null;
  readonly marks: Map<number, EpochMs>;
  /** What each camera saw of it. */
  readonly byCamera: Map<string, Seen>;
}

interface Seen {
  readonly steps: (Look | Acceptance)[];
  accepted: number;
  found: Omit<JudgedBuild, "job" | "startedAt" | "attempt" | "camera" | "reactions" | "steps"> | null;
}

const none: readonly Finding[] = [];

/** A plan that has heard nothing yet; it must hear every entry of the record, in order. */
export function createRejudgePlan(): RejudgePlan {
  const followers = new Map<string, Follower>();
  const orders: JobOrder[] = [];
  const growing = new Map<string, Growing>();

  /** A start names the cameras that look from then on; one that is new knows of the time before only what was ordered. */
  function follow(cameras: readonly string[]): void {
    for (const camera of cameras) {
      if (followers.has(camera)) continue;
      const follower = createFollower({ camera, machine: null });
      for (const order of orders) follower.know(order);
      followers.set(camera, follower);
    }
  }

  function seenBy({ byCamera }: Growing, camera: string): Seen {
    const known = byCamera.get(camera) ?? { steps: [], accepted: 0, found: null };
    byCamera.set(camera, known);
    return known;
  }

  function look(
    event: Extract<Event, { type: "LayerInspected" }>,
    seq: number,
    camera: string,
    hand: BuildInHand,
  ): void {
    const build = growing.get(event.attempt);
    const own = ownReport(event.report, camera);
    const picture = hand.frames.get(event.layer);
    const markedAt = build?.marks.get(event.layer);
    if (!build || own === null || !picture || markedAt === undefined) return;
    const { layer, take } = event;
    const { verdict, grade, evidence, digests } = own;
    const findings = verdict === "fail" ? own.findings : none;
    const { program, recipe, emptyPlate } = hand;
    const seen = seenBy(build, camera);
    seen.found ??= { program, recipe, emptyPlate, setup: digests.setup, limits: digests.limits };
    const said = { verdict, grade, findings, evidence, model: digests.model };
    seen.steps.push({ kind: "look", seq, layer, take, markedAt, ...picture, ...said });
  }

  /** After each entry: whether another picture is now the reference. */
  function accepted(camera: string, hand: BuildInHand): void {
    const build = growing.get(hand.attempt);
    if (!hand.accepted || !build) return;
    const seen = seenBy(build, camera);
    if (hand.accepted.layer === seen.accepted) return;
    seen.accepted = hand.accepted.layer;
    seen.steps.push({ kind: "accepted", ...hand.accepted });
  }

  function hear(recorded: Recorded): void {
    const { event, seq } = recorded;
    for (const [camera, follower] of followers) {
      const before = attemptsOf(event).flatMap((attempt) => follower.inHand(attempt) ?? []);
      follower.hear(recorded);
      for (const hand of before) {
        if (event.type === "LayerInspected") look(event, seq, camera, hand);
        accepted(camera, hand);
      }
    }
  }

  function reactionsOf(job: string, operation: string): ReactionRules | null {
    const step = orders.find(({ id }) => id === job)?.route.find(({ id }) => id === operation);
    return (step?.kind === "build" ? step.reactions : undefined) ?? null;
  }

  /** The attempts that an entry may say something of; a disposition names none. */
  function attemptsOf(event: Event): readonly string[] {
    if ("attempt" in event && event.attempt !== null) return [event.attempt];
    return event.type === "DispositionSigned" ? [...growing.keys()] : [];
  }

  return {
    take(recorded) {
      const { event, at } = recorded;
      if (event.type === "CellBooted") follow(camerasOfCell(event.setup));
      if (event.type === "JobOrderAccepted") orders.push(event.order);
      hear(recorded);
      if (event.type === "AttemptStarted") {
        const reactions = reactionsOf(event.job, event.operation);
        growing.set(event.attempt, { job: event.job, startedAt: at, reactions, marks: new Map(), byCamera: new Map() });
      }
      if (event.type === "LayerDone") growing.get(event.attempt)?.marks.set(event.layer, event.summary.markedAt);
    },
    builds: () =>
      [...growing].flatMap(([attempt, { job, startedAt, reactions, byCamera }]) =>
        [...byCamera].flatMap(([camera, { steps, found }]) =>
          found === null ? [] : [{ job, attempt, camera, startedAt, reactions, steps, ...found }],
        ),
      ),
  };
}

/** What became of one look. */
export interface Rejudged {
  readonly job: string;
  readonly attempt: string;
  readonly camera: string;
  readonly seq: number;
  readonly layer: number;
  readonly take: number;
  readonly was: Verdict;
  /** `no-result` where the inspector could not say anything now. */
  readonly now: Verdict | "no-result";
  /** The whole report came out byte for byte as it was recorded. */
  readonly identical: boolean;
  readonly reasons: readonly string[];
  /** What follows by the reactions of its order, as this camera's word alone would have it: then, and now. */
  readonly followed: { readonly was: Followed; readonly now: Followed };
}

/** A build that could not be judged again, with why. */
export interface NotRejudged {
  readonly job: string;
  readonly attempt: string;
  readonly camera: string;
  readonly what: string;
}

/** All that came of it, in numbers. */
export interface RejudgeSummary {
  readonly looks: number;
  readonly identical: number;
  /** By what was said and what is said now, like `pass>fail`. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** By what followed and what would follow, like `log>hold`. */
  readonly reactions: Readonly<Record<string, number>>;
}

/** Counts what came of the looks. */
export function countRejudged(looks: readonly Rejudged[]): RejudgeSummary {
  const [verdicts, reactions]: [Record<string, number>, Record<string, number>] = [{}, {}];
  const count = (of: Record<string, number>, { was, now }: { readonly was: string; readonly now: string }): void => {
    of[`${was}>${now}`] = (of[`${was}>${now}`] ?? 0) + 1;
  };
  for (const { was, now, followed } of looks) {
    count(verdicts, { was, now });
    count(reactions, followed);
  }
  return { looks: looks.length, identical: looks.filter(({ identical }) => identical).length, verdicts, reactions };
}

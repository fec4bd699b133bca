/** From the record's entries to the looks that can be judged again: each build with its pictures, in the order they were judged. */
import type { Recorded } from "../jobs/controller.ts";
import type { Event } from "../jobs/event.ts";
import type { JobOrder } from "../jobs/order.ts";
import type { Verdict } from "../jobs/report.ts";
import { camerasOfCell, ownReport } from "../jobs/views.ts";
import type { Digest } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import { type BuildInHand, createFollower, type Follower } from "./build-in-hand.ts";

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
  /** What each camera saw of it. */
  readonly byCamera: Map<string, Seen>;
}

interface Seen {
  readonly steps: (Look | Acceptance)[];
  accepted: number;
  found: Omit<JudgedBuild, "job" | "startedAt" | "attempt" | "camera" | "steps"> | null;
}

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
    const { verdict, evidence, digests } = own;
    const { program, recipe, emptyPlate } = hand;
    const seen = seenBy(build, camera);
    seen.found ??= { program, recipe, emptyPlate, setup: digests.setup, limits: digests.limits };
    const said = { verdict, evidence, model: digests.model };
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
        growing.set(event.attempt, { job: event.job, startedAt: at, marks: new Map(), byCamera: new Map() });
      }
      if (event.type === "LayerDone") growing.get(event.attempt)?.marks.set(event.layer, event.summary.markedAt);
    },
    builds: () =>
      [...growing].flatMap(([attempt, { job, startedAt, byCamera }]) =>
        [...byCamera].flatMap(([camera, { steps, found }]) =>
          found === null ? [] : [{ job, attempt, camera, startedAt, steps, ...found }],
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
}

/** Counts what came of the looks. */
export function countRejudged(looks: readonly Rejudged[]): RejudgeSummary {
  const verdicts: Record<string, number> = {};
  for (const { was, now } of looks) verdicts[`${was}>${now}`] = (verdicts[`${was}>${now}`] ?? 0) + 1;
  return { looks: looks.length, identical: looks.filter(({ identical }) => identical).length, verdicts };
}

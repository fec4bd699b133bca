/** Follows the ledger for the inspector: which build is in hand, what it is compared with, which pictures it has had. */
import type { Recorded } from "../jobs/controller.ts";
import type { Event } from "../jobs/event.ts";
import type { JobOrder } from "../jobs/order.ts";
import { firstCamera, ownPicture, ownPlate, ownReport } from "../jobs/views.ts";
import type { Digest } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";

/** An attempt in hand: its program and recipe, the empty plate before it, and the last accepted picture. */
export interface BuildInHand {
  readonly attempt: string;
  readonly equipment: string;
  readonly program: Digest;
  readonly recipe: Digest;
  /** Limits that were signed for, by the camera's set-up; the recipe's own count for others. */
  readonly limits: readonly { readonly setup: Digest; readonly limits: Digest }[];
  emptyPlate: Digest | null;
  accepted: { readonly layer: number; readonly frame: Digest } | null;
  readonly frames: Map<number, Picture>;
  readonly seen: Digest[];
  /** The layer that failed last. */
  failed: { readonly nonconformity: string; readonly layer: number } | null;
  /** True once the inspector has the build. */
  begun: boolean;
  /** The layer whose picture the inspector compares with, 0 for the empty plate; it takes what it passes by itself. */
  reference: number;
}

export interface Picture {
  readonly frame: Digest;
  readonly requestedAt: EpochMs;
  readonly receivedAt: EpochMs;
  readonly exposureStart: EpochMs | null;
}

/** What the inspector must be told because of an entry. */
export type Consequence =
  | { readonly kind: "nothing" }
  | { readonly kind: "ended"; readonly attempt: string }
  /** A person, or the recipe, accepted a layer that had failed: from now on it is what the next one is compared with. */
  | { readonly kind: "conceded"; readonly build: BuildInHand };

export interface Follower {
  /** What is known of this attempt; null where it is over, or not followed. */
  inHand(attempt: string): BuildInHand | null;
  /** The inspector has this build now, and no other. */
  begun(build: BuildInHand): void;
  /** What it has to know of an order that was accepted before it began to hear. */
  know(order: JobOrder): void;
  hear(recorded: Recorded): Consequence;
}

/** Whose pictures are followed. */
export interface Followed {
  readonly camera: string;
  /** The one machine that it looks at; null: every machine. */
  readonly machine: string | null;
}

const nothing: Consequence = { kind: "nothing" };
const all: Followed = { camera: firstCamera, machine: null };

/**
 * A follower that has heard nothing yet. It must know every open order, and hear every entry from then on, in order: a start
 * ends every open attempt and trusts no plate, so there is nothing else to know of the time before.
 */
export function createFollower({ camera, machine }: Followed = all): Follower {
  const builds = new Map<string, BuildInHand>();
  const emptyPlates = new Map<string, Digest | null>();
  const recipes = new Map<string, Digest>();
  const programs = new Map<string, Digest>();

  function open(event: Extract<Event, { type: "AttemptStarted" }>): void {
    const { attempt, equipment } = event;
    // One machine has one attempt: where another was open there, a start has ended it without a word.
    for (const [name, each] of builds) if (each.equipment === equipment) builds.delete(name);
    const program = programs.get(`${event.job}/${event.operation}`);
    const recipe = recipes.get(event.job);
    if (!program || !recipe) return;
    const emptyPlate = emptyPlates.get(equipment) ?? null;
    const fresh = { accepted: null, frames: new Map(), seen: [], failed: null, begun: false, reference: 0 };
    const limits = event.limitSets ?? [];
    builds.set(attempt, { attempt, equipment, program, recipe, limits, emptyPlate, ...fresh });
  }

  /** An inspector that was never given the build need not hear of its end. */
  function end(attempt: string): Consequence {
    const begun = builds.get(attempt)?.begun ?? false;
    builds.delete(attempt);
    return begun ? { kind: "ended", attempt } : nothing;
  }

  function plateSeen(event: Extract<Event, { type: "PlateChecked" }>): void {
    const emptyPlate = event.clear ? ownPlate(event, camera) : null;
    emptyPlates.set(event.equipment, emptyPlate);
    // The last look before the machine begins is the plate that the first layer is compared with.
    for (const build of builds.values())
      if (build.equipment === event.equipment && !build.begun) build.emptyPlate = emptyPlate;
  }

  function know({ id, recipe, route }: JobOrder): void {
    recipes.set(id, recipe);
    for (const step of route) if (step.kind === "build") programs.set(`${id}/${step.id}`, step.program);
  }

  function disposed(event: Extract<Event, { type: "DispositionSigned" }>): Consequence {
    if (event.disposition !== "concession") return nothing;
    const build = [...builds.values()].find(({ failed }) => failed?.nonconformity === event.nonconformity);
    return build === undefined ? nothing : conceded(build);
  }

  return {
    inHand: (attempt) => builds.get(attempt) ?? null,
    begun(build) {
      for (const each of builds.values()) each.begun = each === build;
      build.reference = build.accepted?.layer ?? 0;
    },
    know,
    hear({ event }) {
      if ("equipment" in event && machine !== null && event.equipment !== machine) return nothing;
      switch (event.type) {
        case "JobOrderAccepted":
          know(event.order);
          return nothing;
        case "PlateChecked":
          plateSeen(event);
          return nothing;
        case "AttemptStarted":
          open(event);
          return nothing;
        case "DispositionSigned":
          return disposed(event);
        case "AttemptEnded":
          return end(event.attempt);
        default: {
          const build = "attempt" in event && event.attempt !== null ? builds.get(event.attempt) : undefined;
          return build === undefined ? nothing : follow(build, event, camera);
        }
      }
    },
  };
}

function follow(build: BuildInHand, event: Event, camera: string): Consequence {
  if (event.type === "LayerCaptured") {
    const picture = ownPicture(event, camera);
    if (picture === null) build.frames.delete(event.layer);
    else build.frames.set(event.layer, picture);
  }
  const report = event.type === "LayerInspected" ? ownReport(event.report, camera) : null;
  if (report !== null) build.seen.push(report.digests.frame);
  if (event.type === "LayerDecided" && event.verdict === "pass") accept(build, event.layer);
  if (event.type === "NonconformityRaised" && event.cause === "layer-failed" && event.layer !== null) {
    build.failed = { nonconformity: event.nonconformity, layer: event.layer };
  }
  if (event.type !== "LayerDecided" || event.verdict !== "tolerated") return nothing;
  accept(build, event.layer);
  return build.begun ? { kind: "conceded", build } : nothing;
}

/** A concession of anything else than the layer that failed accepts no picture: what was not decided is no reference. */
function conceded(build: BuildInHand): Consequence {
  if (build.failed !== null) accept(build, build.failed.layer);
  return build.begun ? { kind: "conceded", build } : nothing;
}

function accept(build: BuildInHand, layer: number): void {
  const picture = build.frames.get(layer);
  if (picture) build.accepted = { layer, frame: picture.frame };
}

/** Follows the ledger for the inspector: which build is in hand, what it is compared with, which pictures it has had. */
import type { Recorded } from "../jobs/controller.ts";
import type { Event } from "../jobs/event.ts";
import type { JobOrder } from "../jobs/order.ts";
import type { Digest } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";

/** The attempt in hand: its program and recipe, the empty plate before it, and the last accepted picture. */
export interface BuildInHand {
  readonly attempt: string;
  readonly program: Digest;
  readonly recipe: Digest;
  /** Digest of the limits of its limit set; null where the recipe's own count. */
  readonly limits: Digest | null;
  emptyPlate: Digest | null;
  accepted: { readonly layer: number; readonly frame: Digest } | null;
  readonly frames: Map<number, Picture>;
  readonly seen: Digest[];
  /** The layer that failed last. */
  failed: { readonly nonconformity: string; readonly layer: number } | null;
  /** True once the inspector has the build. */
  begun: boolean;
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
  inHand(): BuildInHand | null;
  /** What it has to know of an order that was accepted before it began to hear. */
  know(order: JobOrder): void;
  hear(recorded: Recorded): Consequence;
}

const nothing: Consequence = { kind: "nothing" };

/**
 * A follower that has heard nothing yet. It must know every open order, and hear every entry from then on, in order: a start
 * ends every open attempt and trusts no plate, so there is nothing else to know of the time before.
 */
export function createFollower(): Follower {
  let inHand: BuildInHand | null = null;
  let emptyPlate: Digest | null = null;
  const recipes = new Map<string, Digest>();
  const programs = new Map<string, Digest>();

  function open(event: Extract<Event, { type: "AttemptStarted" }>): BuildInHand | null {
    const { attempt } = event;
    const program = programs.get(`${event.job}/${event.operation}`);
    const recipe = recipes.get(event.job);
    if (!program || !recipe) return null;
    const fresh = { accepted: null, frames: new Map(), seen: [], failed: null, begun: false };
    return { attempt, program, recipe, limits: event.limitSet?.limits ?? null, emptyPlate, ...fresh };
  }

  /** An inspector that was never given the build need not hear of its end. */
  function end(attempt: string): Consequence {
    if (inHand?.attempt !== attempt) return nothing;
    const { begun } = inHand;
    inHand = null;
    return begun ? { kind: "ended", attempt } : nothing;
  }

  function know({ id, recipe, route }: JobOrder): void {
    recipes.set(id, recipe);
    for (const step of route) if (step.kind === "build") programs.set(`${id}/${step.id}`, step.program);
  }

  return {
    inHand: () => inHand,
    know,
    hear({ event }) {
      switch (event.type) {
        case "JobOrderAccepted":
          know(event.order);
          return nothing;
        case "PlateChecked":
          emptyPlate = event.clear ? event.frame : null;
          // The last look before the machine begins is the plate that the first layer is compared with.
          if (inHand && !inHand.begun) inHand.emptyPlate = emptyPlate;
          return nothing;
        case "AttemptStarted":
          inHand = open(event);
          return nothing;
        case "DispositionSigned":
          return inHand && event.disposition === "concession" ? conceded(inHand, event.nonconformity) : nothing;
        case "AttemptEnded":
          return end(event.attempt);
        default:
          return inHand && "attempt" in event && event.attempt === inHand.attempt ? follow(inHand, event) : nothing;
      }
    },
  };
}

function follow(build: BuildInHand, event: Event): Consequence {
  if (event.type === "LayerCaptured") {
    const { frame, requestedAt, receivedAt, exposureStart = null } = event;
    build.frames.set(event.layer, { frame, requestedAt, receivedAt, exposureStart });
  }
  if (event.type === "LayerInspected") build.seen.push(event.report.digests.frame);
  if (event.type === "LayerDecided" && event.verdict === "pass") accept(build, event.layer);
  if (event.type === "NonconformityRaised" && event.cause === "layer-failed" && event.layer !== null) {
    build.failed = { nonconformity: event.nonconformity, layer: event.layer };
  }
  if (event.type !== "LayerDecided" || event.verdict !== "tolerated") return nothing;
  accept(build, event.layer);
  return build.begun ? { kind: "conceded", build } : nothing;
}

/** A concession of anything else than the layer that failed accepts no picture: what was not decided is no reference. */
function conceded(build: BuildInHand, nonconformity: string): Consequence {
  const { failed } = build;
  if (failed?.nonconformity !== nonconformity) return nothing;
  accept(build, failed.layer);
  return build.begun ? { kind: "conceded", build } : nothing;
}

function accept(build: BuildInHand, layer: number): void {
  const picture = build.frames.get(layer);
  if (picture) build.accepted = { layer, frame: picture.frame };
}

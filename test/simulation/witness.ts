/** Reads the disk as a stranger would: what the world checks itself against, with none of the core's own folding. */
import type { CentralDecision } from "../../src/jobs/central.ts";
import type { JobOrder } from "../../src/jobs/order.ts";
import { textOf } from "../../src/ledger/bytes.ts";
import type { MemoryDisk } from "../../src/ledger/memory.ts";
import type { IssuedMaterial } from "../../src/materials/lot.ts";

/** What stands on disk about one attempt. */
export interface Testimony {
  accepted: number;
  ended: boolean;
}

export interface Witness {
  /** What the disk says about an attempt now, or undefined when its start is not on disk. */
  attempt(id: string): Testimony | undefined;
  /** Every body on disk so far, with its type. */
  facts(): readonly Fact[];
}

export interface Fact {
  readonly type: string;
  readonly at: number;
  /** The world's own time, which never jumps: the simulator's monotonic clock runs on over restarts. */
  readonly mono: number;
  readonly body: Body;
}

/** The members that the laws read; which of them a fact has goes by its type, as docs/record-format.md says. */
export interface Body {
  /** Of a plate. */
  readonly clear: boolean;
  /** What the other cameras took or saw. */
  readonly views?: readonly {
    readonly camera: string;
    readonly frame: string;
    readonly clear: boolean;
    readonly artifacts?: readonly string[];
  }[];
  readonly job: string;
  readonly attempt: string;
  readonly layer: number;
  readonly frame: string;
  readonly verdict: string;
  readonly andThen?: "abort";
  readonly outcome: string;
  readonly nonconformity: string;
  readonly cause: string;
  readonly what: string;
  readonly disposition: string;
  readonly parts?: readonly number[];
  readonly unit: number;
  readonly operation: string;
  readonly equipment: string;
  readonly person: string;
  readonly presence: string;
  readonly proof: string;
  readonly order: JobOrder;
  readonly windows?: readonly { readonly samples: number }[];
  readonly approval: { readonly person: string };
  readonly second: { readonly person: string };
  readonly from: number;
  readonly to: number;
  readonly plateCheck: string | null;
  readonly part: string | null;
  readonly tag: string;
  readonly label: number;
  readonly materials: readonly IssuedMaterial[];
  readonly material: string;
  readonly lot: string;
  readonly status: string;
  readonly quantity: number;
  readonly expires: number;
  readonly simulated: boolean;
  readonly decision: CentralDecision;
  readonly frozen: boolean;
  readonly report: {
    readonly verdict: string;
    readonly grade: string;
    readonly parts?: readonly { readonly part: number; readonly verdict: string }[];
    readonly digests: { readonly frame: string; readonly model: string | null; readonly limits: string };
    readonly views?: readonly { readonly digests: { readonly frame: string } }[];
  };
  readonly model: string;
  readonly until: number | null;
  readonly versions: { readonly modelDigest: string | null };
  /** The cell's; of a limit set the digest of a camera's. */
  readonly setup: { readonly challengeValidMs?: number };
  readonly calibration?: { readonly setup: string } | null;
  readonly set: string;
  readonly recipe: string;
  readonly limits: string;
  readonly tightened: readonly { readonly from: number; readonly to: number }[];
  readonly limitSets?: readonly { readonly set: string; readonly setup: string; readonly limits: string }[];
  readonly challenge: string;
  readonly passed: boolean;
  readonly artifacts: readonly string[];
}

/** Follows a disk; it may be read by several cells one after the other. */
export function createWitness(disk: MemoryDisk): Witness {
  const attempts = new Map<string, Testimony>();
  const facts: Fact[] = [];
  const failedLayer = new Map<string, { attempt: string; layer: number }>();

  function follow(): void {
    while (facts.length < disk.rows.length) {
      const row = disk.rows[facts.length]!;
      const entry = JSON.parse(textOf(row.entry) ?? "") as { type: string; at: number; mono: number };
      const fact: Fact = {
        type: entry.type,
        at: entry.at,
        mono: entry.mono,
        body: JSON.parse(textOf(row.body) ?? "") as Body,
      };
      facts.push(fact);
      note(fact);
    }
  }

  function note({ type, body }: Fact): void {
    if (type === "AttemptStarted") attempts.set(body.attempt, { accepted: 0, ended: false });
    const attempt = attempts.get(body.attempt);
    if (attempt && type === "LayerDecided" && body.verdict !== "fail") attempt.accepted = body.layer;
    if (attempt && type === "AttemptEnded") attempt.ended = true;
    if (type === "NonconformityRaised" && body.cause === "layer-failed")
      failedLayer.set(body.nonconformity, { attempt: body.attempt, layer: body.layer });
    if (type === "DispositionSigned" && body.disposition === "concession") {
      const conceded = failedLayer.get(body.nonconformity);
      if (conceded) attempts.get(conceded.attempt)!.accepted = conceded.layer;
    }
  }

  return {
    attempt(id) {
      follow();
      return attempts.get(id);
    },
    facts() {
      follow();
      return facts;
    },
  };
}

/** The port through which the cell has its layers judged; the heavy work happens in a process of its own. */
import type { Fault } from "../equipment/machine.ts";
import type { ModelInHand } from "../jobs/models.ts";
import type { Digest } from "../kernel/names.ts";
import type { Result } from "../kernel/result.ts";
import type { EpochMs } from "../kernel/units.ts";
import type { ToolpathRecipe } from "../toolpath/limits.ts";
import type { ChallengeReport, ChallengeRequest } from "./challenge.ts";
import type { InspectionLimits } from "./limits.ts";
import type { InspectionReport, SurfaceReport } from "./report.ts";
import type { CameraSetup } from "./setup.ts";
import type { SurfaceLimits } from "./surface/limits.ts";

/** What stays the same while one attempt is printed, and what was already accepted of it. */
export interface Build {
  readonly attempt: string;
  /** The program exactly as the machine gets it. */
  readonly program: Uint8Array;
  /** The recipe the program was planned with: its guard's limits are needed to read it. */
  readonly recipe: ToolpathRecipe;
  readonly setup: CameraSetup;
  readonly limits: InspectionLimits;
  /** JPEG of the empty plate: what layer 1 is compared with. */
  readonly emptyPlate: Uint8Array;
  /** The last layer that was accepted, with its frame; null before layer 1. */
  readonly accepted: AcceptedFrame | null;
  /** Digests of every frame received in this build so far. */
  readonly seen: readonly Digest[];
}

/** A frame whose layer passed, or which a person accepted. */
export interface AcceptedFrame {
  readonly layer: number;
  readonly frame: Uint8Array;
}

/** One frame to be judged. */
export interface InspectionRequest {
  readonly attempt: string;
  /** 1-based. */
  readonly layer: number;
  /** 1 for the first picture of the layer. */
  readonly take: number;
  /** JPEG as the camera delivered it. */
  readonly frame: Uint8Array;
  /** When the machine marked the layer complete. */
  readonly markedAt: EpochMs;
  readonly requestedAt: EpochMs;
  readonly receivedAt: EpochMs;
  /** Null where the camera does not say. */
  readonly exposureStart: EpochMs | null;
}

/** A build whose layers are judged by their surface; the good frames that they are compared with stand in the inspector's set-up. */
export interface SurfaceBuild extends Pick<Build, "attempt" | "accepted" | "seen"> {
  readonly limits: SurfaceLimits;
}

/** One frame of a phase of a layer. */
export interface SurfaceRequest extends InspectionRequest {
  /** A phase of the process pack, at whose end the machine marked the layer. */
  readonly phase: string;
  /** Picture of the layer as it should be, pixel on pixel, part white on black; null where parts do not show. */
  readonly expected: Uint8Array | null;
}

/** Judges surfaces: the same port, with frames that say in which phase of the layer they were taken. */
export type SurfaceInspector = Inspector<SurfaceBuild, SurfaceRequest, SurfaceReport>;

/** The layer was not judged; it holds. */
export interface NoResult {
  readonly kind: "no-result";
  readonly attempt: string;
  readonly layer: number;
  readonly take: number;
  readonly fault: Fault;
}

/** Judges layers. Never rejects; answers every call in bounded time. */
export interface Inspector<B = Build, Q = InspectionRequest, R = InspectionReport> {
  /** SHA-256 of the model in force. */
  readonly inHand: ModelInHand;
  /** Prepares for a build; must come before its first frame. Answers a fault where the build cannot be inspected. */
  begin(build: B): Promise<Fault | null>;
  /** Judges one frame. A frame that passes becomes the reference of the next layer by itself. */
  inspect(request: Q): Promise<R | NoResult>;
  /** Makes a frame the reference although it did not pass: a person accepted the layer. */
  accept(attempt: string, accepted: AcceptedFrame): Promise<Fault | null>;
  /** Finds out whether planted defects are found; no build may be in hand. */
  challenge(request: ChallengeRequest): Promise<Result<ChallengeReport, Fault>>;
  /** Forgets the build. */
  end(attempt: string): Promise<void>;
  /** Ends the inspector and its process. */
  close(): Promise<void>;
}

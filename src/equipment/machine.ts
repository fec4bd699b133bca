/** What a cell may tell a machine and what a machine may say back: the vocabulary shared by core and drivers. */
import type { AttemptId, Digest, EquipmentId } from "../kernel/names.ts";
import type { Celsius, EpochMs, Milliseconds } from "../kernel/units.ts";

/**
 * What the cell tells a machine. Layers are 1-based; a released layer one above the last planned one releases the end
 * of the program (what stands behind the last layer), so that nothing moves before the last verdict either. Repeating one changes nothing: a driver knows its attempt and its layer.
 * `begin` alone can never be repeated by the core, because a machine that forgot could make the part twice.
 */
export type Directive =
  /**
   * Run the program from its start; layers up to and including `releasedLayer` may be made (0 = none). `part` is the tag
   * of the part that was confirmed at the machine, which compares it with its own reader where it has one; absent for a build.
   */
  | {
      readonly kind: "begin";
      readonly attempt: AttemptId;
      readonly program: Digest;
      readonly releasedLayer: number;
      readonly part?: string;
    }
  /** Layers up to and including `releasedLayer` may be made. */
  | { readonly kind: "proceed"; readonly attempt: AttemptId; readonly releasedLayer: number }
  /** Begin no further layer even if released, until the next `proceed`; toward safety. */
  | { readonly kind: "hold"; readonly attempt: AttemptId }
  /** Stop motion, all heaters off, park if that is safe; whatever runs is over. Toward safety. */
  | { readonly kind: "abort"; readonly attempt: AttemptId };

/** Exactly one of these answers each directive, in bounded time. */
export type Answer =
  /** `waits`, to a hold alone: the machine stands between two layers already. Absent where it does not, or the driver cannot tell. */
  | { readonly kind: "done"; readonly waits?: true }
  /** It was certainly not carried out: nothing moved, nothing heated. */
  | { readonly kind: "refused"; readonly fault: Fault }
  /** Nobody can say whether it was carried out. */
  | { readonly kind: "unknown"; readonly fault: Fault };

/** Something that went wrong at a machine, in words for a technician (law 8). */
export interface Fault {
  /** Stable name, kebab-case, e.g. `resend-storm`, `machine-reset`, `no-sign-of-life`, `unsafe-toolpath`. */
  readonly code: string;
  /** What happened and why, one sentence. */
  readonly what: string;
  /** What to do about it, and who can, one sentence. */
  readonly remedy: string;
}

/** Who a machine says it is; another identity at the same address is refused. */
export interface MachineIdentity {
  readonly vendor: string;
  readonly model: string;
  /** The machine's own serial number or UUID. */
  readonly serial: string;
  readonly firmware: string;
  /** The machine says that it is a simulation: every record it touches says so. */
  readonly simulated: boolean;
}

/** Unasked news from a machine. Each is said once; the core ignores what belongs to no open attempt. */
export type Observation =
  | { readonly kind: "online"; readonly identity: MachineIdentity }
  | { readonly kind: "offline"; readonly fault: Fault }
  /** A layer is complete, motion has stopped (M400 or like), the tool is parked out of view. */
  | { readonly kind: "layer-done"; readonly attempt: AttemptId; readonly layer: number; readonly summary: LayerSummary }
  /** The program ran to its end; heaters are off. */
  | { readonly kind: "finished"; readonly attempt: AttemptId; readonly executed: Execution }
  /** The attempt ended at the machine before its end (reset, thermal fault, unsafe line, storm of resends, lost link). */
  | {
      readonly kind: "failed";
      readonly attempt: AttemptId;
      readonly fault: Fault;
      readonly heaters: "off" | "unknown";
    }
  /** For a while the machine was not watched; what it did meanwhile is known only as far as it tells afterwards. */
  | { readonly kind: "gap"; readonly from: EpochMs; readonly to: EpochMs; readonly what: string }
  /** The machine's own alarm came or went. */
  | { readonly kind: "alarm"; readonly alarm: MachineAlarm }
  /**
   * Somebody acted at the machine's own panel or through another client. `what` is one sentence; `attempt` is the one that
   * was open at the driver, if any. It does not end the attempt: where that is over too, `failed` follows.
   */
  | { readonly kind: "foreign-action"; readonly attempt: AttemptId | null; readonly what: string };

/** An alarm as its machine tells it (OPC UA Part 9 condition or like). */
export interface MachineAlarm {
  /** The machine's stable name of the condition. */
  readonly id: string;
  readonly active: boolean;
  /** 1 (least) to 1000 (OPC UA Part 5). */
  readonly severity: number;
  /** The machine's own words. */
  readonly what: string;
  /** When the machine says that it changed. */
  readonly at: EpochMs;
}

/** What the machine's own numbers said while a layer was made. */
export interface LayerSummary {
  readonly hotend: Range<Celsius>;
  readonly bed: Range<Celsius>;
  readonly durationMs: Milliseconds;
  readonly resends: number;
  /** Time of the layer's marker: no picture exposed before it is evidence of this layer. */
  readonly markedAt: EpochMs;
}

export interface Range<T extends number> {
  readonly min: T;
  readonly max: T;
}

/** What was really sent, for comparison with what was ordered. */
export interface Execution {
  /** SHA-256 of the program bytes as sent, without line numbers, checksums and inserted macros. */
  readonly program: Digest;
  readonly lines: number;
  readonly resends: number;
  /** What the machine measured or logged; absent where its work is judged otherwise. */
  readonly results?: readonly Result[];
  /** Curves and logs, stored before this is said. */
  readonly evidence?: readonly { readonly name: string; readonly digest: Digest }[];
}

/** One result of an operation, as the machine reported it. */
export interface Result {
  /** Name of the characteristic, an identifier of the recipe. */
  readonly characteristic: string;
  readonly value: number;
  readonly unit: string;
  /** The instrument that measured, or null where the machine names none. */
  readonly gauge: string | null;
}

/** Live values for the screen; never recorded one by one, never shown without their age. */
export interface Telemetry {
  readonly equipment: EquipmentId;
  readonly at: EpochMs;
  readonly hotend: { readonly actual: Celsius; readonly target: Celsius } | null;
  readonly bed: { readonly actual: Celsius; readonly target: Celsius } | null;
  /** Other live values of the machine, each with the time it is from. */
  readonly readings?: readonly Reading[];
}

export interface Reading {
  readonly name: string;
  readonly value: number | string | boolean;
  readonly unit: string;
  readonly at: EpochMs;
  /** The machine has no good value; `value` says why in words. */
  readonly bad?: true;
}

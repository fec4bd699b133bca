/** What the cell notices at its machines beside what it told them: somebody else's hand, and that a person looked into it. */
import type { Breach } from "../equipment/window.ts";
import type { AttemptId, EquipmentId, JobId, PersonId } from "../kernel/names.ts";
import type { Seconds } from "../kernel/units.ts";

export type WatchEvent =
  /** Somebody acted at the machine's own panel or through another client (feature 32). */
  | {
      readonly type: "ForeignActionSeen";
      /** The job and the attempt that the machine was at work on, if any. */
      readonly job: JobId | null;
      readonly attempt: AttemptId | null;
      readonly equipment: EquipmentId;
      readonly what: string;
    }
  /** A person has looked at the machine and at what is set there; starts are possible again. */
  | { readonly type: "ForeignActionLookedInto"; readonly equipment: EquipmentId; readonly person: PersonId };

/** A watched value left its window while an attempt was at work, or was not heard (features 13 and 35). */
export interface WindowEvent {
  readonly type: "WindowLeft";
  readonly job: JobId;
  readonly attempt: AttemptId;
  readonly equipment: EquipmentId;
  /** Name of the window in the recipe. */
  readonly window: string;
  readonly breach: Breach;
  readonly what: string;
}

/** What one window saw of an attempt, as it stands in the record when the machine has finished. */
export interface WindowAccount {
  readonly window: string;
  readonly samples: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly longestOutside_s: Seconds;
}

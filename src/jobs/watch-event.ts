/** What the cell notices at its machines beside what it told them: somebody else's hand, and that a person looked into it. */
import type { AttemptId, EquipmentId, JobId, PersonId } from "../kernel/names.ts";

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

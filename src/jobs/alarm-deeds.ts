/** What people do about alarms (ISA-18.2, IEC 62682): acknowledged by somebody, or shelved for a while, with a reason. */
import type { EquipmentId, PersonId } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";

/** Why an alarm may be put aside for a while; a code, so that nothing typed enters the record. */
export const shelvingReasons = {
  "being-mended": "It is known and being mended.",
  nuisance: "It comes and goes without a cause; the engineer knows.",
  "under-test": "The machine is under test.",
} as const;
export type ShelvingReason = keyof typeof shelvingReasons;

/** Longest time on the shelf: a shift. */
export const mostShelvedMs = 8 * 3_600_000;
/** An acknowledgement of what the record does not see going counts for a shift; then somebody looks again. */
export const acknowledgedForMs = 8 * 3_600_000;

/** Alarms that somebody acted on; of more the oldest is forgotten, and so stands as one that nobody has seen. */
const mostKept = 1000;

export type AlarmEvent =
  | {
      readonly type: "AlarmAcknowledged";
      /** The alarm's stable name, like `machine/press-1/door`. */
      readonly alarm: string;
      /** What it said. */
      readonly what: string;
      readonly person: PersonId;
    }
  | {
      readonly type: "AlarmShelved";
      readonly alarm: string;
      readonly what: string;
      readonly reason: ShelvingReason;
      /** It comes back by itself then. */
      readonly until: EpochMs;
      readonly person: PersonId;
    }
  | { readonly type: "AlarmUnshelved"; readonly alarm: string; readonly person: PersonId };

export interface AlarmDeed {
  readonly acknowledged: { readonly person: PersonId; readonly at: EpochMs } | null;
  readonly shelved: {
    readonly person: PersonId;
    readonly reason: ShelvingReason;
    readonly until: EpochMs;
  } | null;
}

/** By the alarm's name, in the order in which somebody acted. */
export type AlarmDeeds = Readonly<Record<string, AlarmDeed>>;

const none: AlarmDeed = { acknowledged: null, shelved: null };

/** What an entry changes; `at` is its time. */
export function afterAlarmEvent(deeds: AlarmDeeds, event: AlarmEvent, at: EpochMs): AlarmDeeds {
  const before = deeds[event.alarm] ?? none;
  switch (event.type) {
    case "AlarmAcknowledged":
      return withDeed(deeds, event.alarm, { ...before, acknowledged: { person: event.person, at } });
    case "AlarmShelved": {
      const { person, reason, until } = event;
      return withDeed(deeds, event.alarm, { ...before, shelved: { person, reason, until } });
    }
    case "AlarmUnshelved":
      return withDeed(deeds, event.alarm, { ...before, shelved: null });
  }
}

/** The alarm went: when it comes again, nobody has seen it yet. What lies on the shelf stays there. */
export function withoutAcknowledgement(deeds: AlarmDeeds, alarms: (name: string) => boolean): AlarmDeeds {
  const touched = Object.entries(deeds).filter(([name, deed]) => deed.acknowledged !== null && alarms(name));
  return touched.reduce((all, [name, deed]) => withDeed(all, name, { ...deed, acknowledged: null }), deeds);
}

function withDeed(deeds: AlarmDeeds, alarm: string, deed: AlarmDeed): AlarmDeeds {
  const { [alarm]: _, ...others } = deeds;
  if (deed.acknowledged === null && deed.shelved === null) return others;
  const kept = Object.entries(others).slice(-(mostKept - 1));
  return { ...Object.fromEntries(kept), [alarm]: deed };
}

/** Name of a machine's own alarm. */
export function machineAlarmName(equipment: EquipmentId, id: string): string {
  return `machine/${equipment}/${id}`;
}

/** How what is known of the record itself changes with one event: damage, holds, erasures, drops. */
import type { EpochMs } from "../kernel/units.ts";
import type { CellKeepingEvent, JobKeepingEvent } from "./keeping-event.ts";
import { type Keeping, textsName } from "./retention.ts";
import type { State } from "./state.ts";

type Dropping = Extract<JobKeepingEvent, { type: "ArtifactsDropped" | "ArtifactsRemoved" }>;

type Kept = Extract<CellKeepingEvent, { type: `LegalHold${string}` | `Text${string}` }>;

/** Applies what happened to the record itself; what the clock said is read before. */
export function evolveKeeping(state: State, event: CellKeepingEvent, at: EpochMs): State {
  if (event.type === "ClockCorrected") return state;
  if (event.type === "RecordDamaged" || event.type === "RecordFoundWhole") {
    return { ...state, recordDamage: damageAfter(event) };
  }
  return { ...state, keeping: afterKeeping(state.keeping, event, at) };
}

/** Applies a drop, or the removal of what was dropped. */
export function evolveDrop(state: State, event: Dropping): State {
  return { ...state, keeping: afterDrop(state.keeping, event) };
}

function damageAfter(
  event: Extract<CellKeepingEvent, { type: "RecordDamaged" | "RecordFoundWhole" }>,
): State["recordDamage"] {
  if (event.type === "RecordFoundWhole") return null;
  const { type: _, ...damage } = event;
  return damage;
}

/** Applies a hold, a lift, an erasure or the end of one. */
function afterKeeping(before: Keeping, event: Kept, at: EpochMs): Keeping {
  switch (event.type) {
    case "LegalHoldSet": {
      const { job, reason } = event;
      return { ...before, holds: [...before.holds, { job, reason, since: at }] };
    }
    case "LegalHoldLifted":
      return { ...before, holds: before.holds.filter(({ job }) => job !== event.job) };
    case "TextsErased": {
      const { of, approval } = event;
      const erasure = { of, at, by: approval.person, destroyed: false };
      return { ...before, erasures: { ...before.erasures, [textsName(of)]: erasure } };
    }
    case "TextKeyDestroyed": {
      const name = textsName(event.of);
      const erasure = before.erasures[name];
      if (erasure === undefined) return before;
      return { ...before, erasures: { ...before.erasures, [name]: { ...erasure, destroyed: true } } };
    }
  }
}

function afterDrop(before: Keeping, event: Dropping): Keeping {
  const { count, owed } = before.drops[event.job] ?? { count: 0, owed: [] };
  const drop =
    event.type === "ArtifactsDropped"
      ? { count: count + event.dropped.length, owed: [...owed, ...event.dropped] }
      : { count, owed: [] };
  return { ...before, drops: { ...before.drops, [event.job]: drop } };
}

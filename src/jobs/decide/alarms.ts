/** Acknowledging and shelving alarms: who did it, and for how long; no gate ever looks at it. */
import type { PersonId } from "../../kernel/names.ts";
import { holds } from "../../people/person.ts";
import { mostShelvedMs } from "../alarm-deeds.ts";
import type { Message } from "../message.ts";
import { findPerson } from "../state.ts";
import type { Draft } from "./draft.ts";
import { refuse } from "./refuse.ts";

type Of<Kind extends Message["kind"]> = Extract<Message, { kind: Kind }>;

/** Anybody of this cell may say that they have seen an alarm. */
export function acknowledgeAlarm(draft: Draft, { alarm, what, person }: Of<"acknowledge-alarm">): void {
  if (!isKnown(draft, "acknowledge-alarm", person)) return;
  draft.add({ type: "AlarmAcknowledged", alarm, what, person });
}

/** Only QA or an engineer puts one aside, for a shift at most, and none that asks to act at once. */
export function shelveAlarm(draft: Draft, message: Of<"shelve-alarm">): void {
  const { alarm, what, reason, forMs, priority, person } = message;
  if (!isKnown(draft, "shelve-alarm", person)) return;
  const found = findPerson(draft.state(), person);
  if (!holds(found, "engineer") && !holds(found, "qa")) {
    return refuse(draft, "shelve-alarm", person, null, {
      code: "wrong-role",
      what: "Only an engineer or QA shelves an alarm; anybody may acknowledge it.",
    });
  }
  if (priority === 1 || !(forMs > 0 && forMs <= mostShelvedMs)) {
    return refuse(draft, "shelve-alarm", person, null, {
      code: "not-shelvable",
      what: "What asks to act at once is not shelved, and nothing longer than eight hours. Mend its cause.",
    });
  }
  draft.add({ type: "AlarmShelved", alarm, what, reason, until: draft.at + forMs, person });
}

/** Takes it from the shelf before its time; anybody may. */
export function unshelveAlarm(draft: Draft, { alarm, person }: Of<"unshelve-alarm">): void {
  if (!isKnown(draft, "unshelve-alarm", person) || !draft.state().alarmDeeds[alarm]?.shelved) return;
  draft.add({ type: "AlarmUnshelved", alarm, person });
}

function isKnown(draft: Draft, request: string, person: PersonId): boolean {
  if (findPerson(draft.state(), person)) return true;
  refuse(draft, request, person, null, { code: "unknown-person", what: "This person is not enrolled in this cell." });
  return false;
}

/** The cell's own start, its record and its people. */
import type { Message } from "../message.ts";
import { openAttempts } from "../state.ts";
import type { Draft } from "./draft.ts";
import { endAttempt } from "./ending.ts";
import { admitForDemonstration } from "./models.ts";

type Of<Kind extends Message["kind"]> = Extract<Message, { kind: Kind }>;

/** A boot closes what nobody watched: every open attempt is over, its outcome unknown (law 4). */
export function boot(draft: Draft, message: Of<"boot">): void {
  draft.add({ type: "CellBooted", boot: message.boot, versions: message.versions, setup: message.setup });
  if (message.shippedModel) admitForDemonstration(draft, message.shippedModel);
  if (message.lastFault) draft.add({ type: "StorageFailed", ...message.lastFault });
  for (const { job, attempt } of openAttempts(draft.state())) {
    endAttempt(draft, job.order.id, attempt, "OutcomeUnknown", {
      cause: "outcome-unknown",
      what: `The controller stopped while layer ${attempt.printed + 1} was being made; nobody can know what the machine did.`,
    });
  }
}

/** What a round of the scrub found is recorded once; what was mended, when a whole round has found nothing. */
export function recordScrubbed(draft: Draft, { damage, entries }: Of<"record-scrubbed">): void {
  const before = draft.state().recordDamage;
  if (damage === null) {
    if (before !== null) draft.add({ type: "RecordFoundWhole", entries });
  } else if (before?.entry !== damage.entry || before.from !== damage.from || before.to !== damage.to) {
    draft.add({ type: "RecordDamaged", ...damage });
  }
}

/** A person is known here from now on. */
export function enrol(draft: Draft, message: Of<"enrol">): void {
  draft.add({ type: "PersonEnrolled", person: message.person, roles: message.roles });
}

/** Every attempt to sign in leaves a trace (21 CFR 11.300(d)). */
export function recordSignIn(draft: Draft, message: Of<"record-sign-in">): void {
  draft.add({ type: "SignInRecorded", person: message.person, outcome: message.outcome });
}

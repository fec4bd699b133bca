/** The clock: steps are recorded for the cell and for every job in the making; two people can sign that it was wrong. */
import { digestOfValue } from "../../kernel/hash.ts";
import { holds } from "../../people/person.ts";
import { type ClockReadings, isSupported, stretchesOf, supportToleranceMs } from "../clock.ts";
import type { Message } from "../message.ts";
import type { RefusalCode } from "../refusal.ts";
import { findPerson } from "../state.ts";
import type { Draft } from "./draft.ts";
import { refuse } from "./refuse.ts";

type Of<Kind extends Message["kind"]> = Extract<Message, { kind: Kind }>;

/** What both signatures of a correction mean. */
export const clockMeaning =
  "I compared the clock with another one: it is right now, and it was wrong while these entries were written.";

/** Exactly what must be on the screen when a correction is signed. */
export function shownForClock(clock: ClockReadings, from: number, to: number) {
  const stretches = (stretchesOf(clock, from, to) ?? []).map((each) => ({ ...each }));
  return { from, to, stretches, meaning: clockMeaning };
}

/** The clock jumped: said for the cell, and in the record of every job that is in the making (feature 75). */
export function clockStepped(draft: Draft, { expected, said }: Of<"clock-stepped">): void {
  draft.add({ type: "ClockStepped", expected, said });
  for (const { order, ended, attempts } of Object.values(draft.state().jobs)) {
    if (!ended && attempts.length > 0) draft.add({ type: "TimesInDoubt", job: order.id, expected, said });
  }
}

/**
 * Takes readings out of what expiry compares with. Only readings ahead of a clock that something else bears out: so no
 * order becomes startable that has expired by a reading which anybody has reason to trust.
 */
export function correctClock(draft: Draft, message: Of<"correct-clock">): void {
  const { from, to, approval, second, support } = message;
  const reject = (code: RefusalCode, what: string) =>
    refuse(draft, "correct-clock", approval.person, null, { code, what });
  const { clock, ...state } = draft.state();
  const signers = [approval, second].map(({ person }) => findPerson({ clock, ...state }, person));
  if (!holds(signers[0], "qa")) return reject("wrong-role", "Only QA may sign that the clock was wrong.");
  if (!signers[1]) return reject("unknown-person", "The second signer is not enrolled in this cell.");
  if (approval.person === second.person) {
    return reject("own-work", "Two people sign that the clock was wrong. Ask a second person.");
  }
  if (clock.corrected.some((each) => each.from <= to && each.to >= from)) {
    return reject("already-decided", "A correction of these entries was signed before.");
  }
  const stretches = stretchesOf(clock, from, to);
  if (stretches === null) {
    const what = `Entries ${from} to ${to} are not whole stretches between two settings of the clock that are over.`;
    return reject("not-a-stretch", `${what} Choose from the list that \`cellward clock show\` prints.`);
  }
  if (!isSupported(support, draft.wall)) {
    const what = "Nothing bears out that the clock is right now.";
    return reject(
      "time-unsure",
      `${what} Let network time set it, or connect the cell with central QA, and sign again.`,
    );
  }
  const behind = stretches.find(({ highest }) => highest <= draft.wall + supportToleranceMs);
  if (behind) {
    const what = `The clock was not ahead while entries ${behind.from} to ${behind.to} were written: they stay as they are.`;
    return reject("not-ahead", what);
  }
  const shown = digestOfValue(shownForClock(clock, from, to));
  if ([approval, second].some((each) => each.shown !== shown || each.meaning !== clockMeaning)) {
    return reject(
      "not-what-was-shown",
      "The signatures do not belong to these entries. Open them again and sign again.",
    );
  }
  const said = Math.max(...stretches.map(({ highest }) => highest));
  draft.add({ type: "ClockCorrected", from, to, said, approval, second, support });
}

/** What was signed about limit sets, told in sentences. */
import { type LimitEvent, type LimitSetFacts, limitReasons } from "../jobs/limit-event.ts";
import type { LimitSetOnDuty } from "../jobs/limit-sets.ts";
import type { Approval } from "../people/person.ts";

/** Which limits judge the layers of an attempt, where two people signed for tighter ones. */
export function limitLines(sets: readonly LimitSetOnDuty[] = []): string[] {
  return sets.map(
    ({ set, setup, by }) =>
      `layers seen by camera set-up ${setup.slice(0, 12)} are judged by limit set ${set}, approved by ${by.join(" and ")}`,
  );
}

/** What a set says, a line each. */
export function limitFactLines({ recipe, setup, model, tightened, budget, layers, builds }: LimitSetFacts): string[] {
  const percent = Math.round(1000 * budget.confidence) / 10;
  return [
    `for recipe ${recipe}, camera set-up ${setup}, model ${model}`,
    ...tightened.map(({ limit, from, to }) => `${limit}: ${to} instead of ${from}`),
    `made of ${layers} whole layers in ${builds} builds: at most one false pause in ${Math.round(1 / budget.share)} layers, at ${percent} % confidence`,
  ];
}

/** The facts below the line of an entry, with who signed, by their names where they can be opened. */
export function limitLinesOf(event: LimitEvent, nameOf: (sealed: string) => string | null): string[] {
  const signed = ({ person, name, meaning, shown }: Approval) => [
    `signed by ${nameOf(name) ?? "a person whose name is not here"} (${person}), meaning: ${meaning}`,
    `signed over ${shown}`,
  ];
  if (event.type === "LimitSetWithdrawn") {
    return [`limit set ${event.set}`, limitReasons[event.reason], ...signed(event.approval)];
  }
  return [`limit set ${event.set}`, ...limitFactLines(event), ...signed(event.approval), ...signed(event.second)];
}

/** Refusing a person's request: the reason goes to whoever asked and, as an event, into the record. */
import type { JobId, PersonId } from "../../kernel/names.ts";
import type { Refusal } from "../refusal.ts";
import { findJob } from "../state.ts";
import type { Draft } from "./draft.ts";

/** Refuses and records who asked for what (never what was typed). */
export function refuse(
  draft: Draft,
  request: string,
  person: PersonId | null,
  job: JobId | null,
  refusal: Refusal,
): void {
  const known = job !== null && findJob(draft.state(), job) !== undefined;
  draft.add({
    type: "RequestRefused",
    job: known ? job : null,
    request,
    person,
    code: refusal.code,
    what: refusal.what,
  });
  draft.refuse(refusal);
}

/** Signatures of a second person: what is shown with its digest, and name and password for the signature (R11). */
import { digestOfValue } from "../../kernel/hash.ts";
import type { Digest, JobId, LotId, PersonId } from "../../kernel/names.ts";
import type { Approval, recordKeeping } from "../../people/person.ts";
import type { ShownView } from "../api-route.ts";
import type { Answer, Desk } from "../route.ts";
import { authenticate, refused } from "./access.ts";

/** What a signer sends. */
export interface Signer {
  readonly name: string;
  readonly password: string;
  /** Digest of what was on the screen. */
  readonly shown: string;
}

/** What is going to be signed, with the names of the people in it. */
export function shownView(desk: Desk, facts: Readonly<Record<string, unknown>>, meaning: string): ShownView {
  return { facts, digest: digestOfValue(facts), meaning, names: namesIn(desk, facts) };
}

/** Every text in it that is somebody's pseudonym; no other text has that form. */
function namesIn(desk: Desk, value: unknown): Record<string, string> {
  if (typeof value === "string") {
    const name = desk.people.nameOf(value as PersonId);
    return name === null ? {} : { [value]: name };
  }
  if (value === null || typeof value !== "object") return {};
  return Object.assign({}, ...Object.values(value).map((member) => namesIn(desk, member)));
}

/**
 * Checks the signer's name and password and hands the signature on; whoever is signed in stays signed in. The name is
 * sealed under the text key of what is signed.
 */
export async function signed(
  desk: Desk,
  { name, password, shown }: Signer,
  about: JobId | LotId | typeof recordKeeping,
  meaning: string,
  go: (approval: Approval) => Promise<Answer>,
): Promise<Answer> {
  const outcome = await authenticate(desk, name, password);
  if (outcome.outcome !== "accepted") {
    const answer = refused(outcome);
    // Not 401: the session of whoever is signed in is not in question.
    return { ...answer, status: answer.status === 401 ? 403 : answer.status } as Answer;
  }
  const { member } = outcome;
  const sealed = await desk.sealing.seal(about, member.name);
  return go({ person: member.person, name: sealed, at: desk.clock.now(), meaning, shown: shown as Digest });
}

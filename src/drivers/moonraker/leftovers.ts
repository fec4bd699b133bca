/** Copies that lie at the printer after their attempt: they are the design itself, so they go, or somebody is told. */

import type { Instant } from "./session.ts";
import { observe, type Session, type Transferred } from "./session.ts";
import { printState } from "./status.ts";

const againAfter = 2000;
const triesBeforeAlarm = 3;

/** Removes one copy at a time; one that is being printed cannot be removed yet. */
export function clearLeftovers(session: Session, now: Instant): void {
  if (session.phase !== "ready" || session.safing !== null) return;
  for (const [file, left] of session.leftovers) {
    if (left.token !== null) return;
    const { state, file: printed } = printState(session.status);
    const inUse = printed === file && (state === "printing" || state === "paused");
    if (inUse || now.mono < left.nextAt) continue;
    left.token = session.nextToken++;
    session.out.push({ kind: "remove", token: left.token, file });
    return;
  }
}

/** A removal was done and shown, or was not; true where the token belonged to one. */
export function removed(session: Session, token: number, outcome: Transferred, now: Instant): boolean {
  const found = [...session.leftovers].find(([, left]) => left.token === token);
  if (found === undefined) return false;
  const [file, left] = found;
  left.token = null;
  if (outcome.ok) {
    session.leftovers.delete(file);
    if (left.alarmed) tell(session, file, false, "", now);
    return true;
  }
  left.tries++;
  left.nextAt = now.mono + againAfter;
  if (left.tries < triesBeforeAlarm || left.alarmed) return true;
  left.alarmed = true;
  tell(session, file, true, outcome.why, now);
  return true;
}

function tell(session: Session, file: string, active: boolean, why: string, now: Instant): void {
  const what = active
    ? `A copy of a program (${file}) could not be removed from the printer's storage (${why}): the design lies there.`
    : `The copy of a program (${file}) is gone from the printer's storage.`;
  observe(session, {
    kind: "alarm",
    alarm: { id: `copy-left/${file}`, active, severity: 600, what, at: now.utc },
  });
}

/** Signing in and out, enrolment by one-time code, and who is at the panel. */
import type { PersonId } from "../../kernel/names.ts";
import type { Authentication, Member } from "../../people/store.ts";
import type { SessionView, SignedIn } from "../api.ts";
import { enrol, nothing, signIn } from "../requests.ts";
import { type Answer, type Desk, good, problem, type Route, route } from "../route.ts";
import { isSimulated } from "../views.ts";

export const accessRoutes: readonly Route[] = [
  route({
    method: "GET",
    url: "/api/session",
    access: "open",
    params: nothing,
    body: nothing,
    handle: async ({ desk, person }) => good(await sessionView(desk, person)),
  }),
  route({
    method: "POST",
    url: "/api/sign-in",
    access: "open",
    limit: "guess",
    params: nothing,
    body: signIn,
    handle: async ({ desk, body }) => {
      const outcome = await authenticate(desk, body.name, body.password);
      if (outcome.outcome !== "accepted") return refused(outcome);
      await known(desk, outcome.member);
      return { ...good(signedIn(outcome.member)), session: outcome.member.person };
    },
  }),
  route({
    method: "POST",
    url: "/api/enrol",
    access: "open",
    limit: "guess",
    params: nothing,
    body: enrol,
    handle: async ({ desk, body }) => {
      const enrolled = await desk.people.enrol(body.code, body.name, body.password);
      if (!enrolled.ok) return problem(400, enrolled.error.code, enrolled.error.what);
      await known(desk, enrolled.value);
      return good(signedIn(enrolled.value));
    },
  }),
  route({
    method: "POST",
    url: "/api/sign-out",
    access: "session",
    params: nothing,
    body: nothing,
    handle: () => ({ ...good({ done: true }), session: null }),
  }),
  // A person touched the screen: the only thing besides a deed that keeps a session from lapsing.
  route({
    method: "POST",
    url: "/api/touch",
    access: "session",
    params: nothing,
    body: nothing,
    handle: () => good({ done: true }),
  }),
];

/** Checks name and password and records that it was tried, whatever came of it (21 CFR 11.300(d)). */
export async function authenticate(desk: Desk, name: string, password: string): Promise<Authentication> {
  const outcome = await desk.people.authenticate(name, password);
  const person = outcome.outcome === "accepted" ? outcome.member.person : outcome.person;
  await desk.controller.submit({ kind: "record-sign-in", person, outcome: outcome.outcome });
  return outcome;
}

/** The answer to a name and password that did not do. */
export function refused(outcome: Exclude<Authentication, { outcome: "accepted" }>): Answer {
  return outcome.outcome === "locked"
    ? problem(
        423,
        "account-locked",
        "This account is locked after too many wrong passwords.",
        "Wait, or ask the engineer.",
      )
    : problem(401, "sign-in-refused", "Name and password do not belong together.", "Type both again.");
}

/** Tells the core of a person it does not know yet, or whose roles have changed. */
async function known(desk: Desk, { person, roles }: Member): Promise<void> {
  const before = desk.controller.state().people[person];
  if (before && before.roles.join() === roles.join()) return;
  await desk.controller.submit({ kind: "enrol", person, roles });
}

async function sessionView(desk: Desk, person: PersonId | null): Promise<SessionView> {
  const state = desk.controller.state();
  const member =
    person === null ? undefined : (await desk.people.list()).find((each) => each.person === person && !each.disabled);
  return {
    at: desk.clock.now(),
    cell: state.setup?.cell ?? "Cell",
    site: desk.config.site,
    simulated: isSimulated(state),
    person: member ? signedIn(member) : null,
    idleMs: desk.config.sessions.idleMs,
  };
}

function signedIn({ person, name, roles }: Member): SignedIn {
  return { person, name, roles };
}

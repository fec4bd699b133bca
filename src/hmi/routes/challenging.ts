/** The challenge of the inspection: exactly what is signed, and the signature by which the eye is owed it; nothing moves by it. */
import { challengeMeaning, shownForChallenge } from "../../jobs/decide/challenge.ts";
import { recordKeeping } from "../../people/person.ts";
import { nothing, signing } from "../requests.ts";
import { good, type Route, route, say } from "../route.ts";
import { shownView, signed } from "./signing.ts";

export const challengeRoutes: readonly Route[] = [
  route({
    method: "GET",
    url: "/api/challenge",
    access: "session",
    params: nothing,
    body: nothing,
    handle: ({ desk }) => good(shownView(desk, shownForChallenge(desk.controller.state()), challengeMeaning)),
  }),
  route({
    method: "POST",
    url: "/api/challenge",
    access: "session",
    limit: "guess",
    params: nothing,
    body: signing,
    handle: ({ desk, body }) =>
      signed(desk, body, recordKeeping, challengeMeaning, (approval) =>
        say(desk, { kind: "start-challenge", approval }),
      ),
  }),
];

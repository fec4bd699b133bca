/** What people sign about the inspection: a passed layer that is bad (its verdict stays), and the challenge. */
import {
  type AcceptedVerdict,
  acceptedVerdict,
  meaningOfFoundBad,
  shownForFoundBad,
} from "../../jobs/decide/review.ts";
import type { FoundClass } from "../../jobs/review-event.ts";
import { findAttempt } from "../../jobs/state.ts";
import type { AttemptId } from "../../kernel/names.ts";
import { readLayer } from "../layers.ts";
import { phrasesFor } from "../reasons.ts";
import { findingBad, foundBadQuery, nothing, ofLayer } from "../requests.ts";
import { type Answer, type Desk, good, problem, type Route, route, say } from "../route.ts";
import { challengeRoutes } from "./challenging.ts";
import { shownView, signed } from "./signing.ts";

export const reviewingRoutes: readonly Route[] = [
  ...challengeRoutes,
  route({
    method: "GET",
    url: "/api/found-bad",
    access: "session",
    params: nothing,
    body: nothing,
    handle: () => good(phrasesFor("found-bad", "layer-found-bad")),
  }),
  route({
    method: "GET",
    url: "/api/attempts/:attempt/layers/:layer/found-bad",
    access: "session",
    params: ofLayer,
    body: foundBadQuery,
    handle: async ({ desk, params, body }) => {
      const asked = await askedOf(desk, params, body);
      if ("answer" in asked) return asked.answer;
      const { said, verdict } = asked;
      return good(shownView(desk, shownForFoundBad(said, verdict), meaningOfFoundBad(verdict)));
    },
  }),
  route({
    method: "POST",
    url: "/api/attempts/:attempt/layers/:layer/found-bad",
    access: "session",
    limit: "guess",
    params: ofLayer,
    body: findingBad,
    handle: async ({ desk, params, body }) => {
      const asked = await askedOf(desk, params, body);
      if ("answer" in asked) return asked.answer;
      return signed(desk, body, asked.said.job, meaningOfFoundBad(asked.verdict), (approval) =>
        say(desk, { kind: "find-layer-bad", ...asked.said, approval }),
      );
    },
  }),
];

interface Asked {
  readonly said: Parameters<typeof shownForFoundBad>[0];
  readonly verdict: AcceptedVerdict;
}

/** What would be said of the layer, with the picture and the report by which it had passed. */
async function askedOf(
  desk: Desk,
  { attempt, layer }: { readonly attempt: string; readonly layer: number },
  { finding, reason }: { readonly finding: FoundClass; readonly reason: string },
): Promise<Asked | { readonly answer: Answer }> {
  const found = findAttempt(desk.controller.state(), attempt);
  const record = await desk.readAttempt(attempt);
  const seen = record && (await readLayer(desk.history, record.layers, layer));
  if (!found || !seen?.report) {
    return { answer: problem(404, "no-report", "Nothing is known of this layer.", "Name a layer that was judged.") };
  }
  const evidence = { frame: seen.frame, report: seen.report.evidence };
  const verdict = acceptedVerdict(found.attempt, layer) ?? "pass";
  return {
    said: { job: found.job.order.id, attempt: attempt as AttemptId, layer, finding, reason, evidence },
    verdict,
  };
}

/** Inspection models at the desk: what lies on the disk and what the record says of it, approval by two people, retirement. */
import type { z } from "zod";
import { modelMeanings, shownForModel, shownForRetirement } from "../../jobs/decide/models.ts";
import type { Effectivity } from "../../jobs/model-event.ts";
import type { Digest } from "../../kernel/names.ts";
import { recordKeeping } from "../../people/person.ts";
import { modelApproval, modelQuery, modelRetirement, nothing, retirementQuery } from "../requests.ts";
import { good, type Route, refusal, route, say } from "../route.ts";
import { shownView, signed } from "./signing.ts";

const dayMs = 86_400_000;

export const modelRoutes: readonly Route[] = [
  route({
    method: "GET",
    url: "/api/models",
    access: "session",
    params: nothing,
    body: nothing,
    handle: async ({ desk }) => {
      const configured = await desk.models.configured();
      const { models, inspection } = desk.controller.state();
      return good({
        configured: configured.ok ? configured.value : null,
        fault: configured.ok ? null : configured.error,
        loaded: inspection.inHand,
        models: Object.values(models),
      });
    },
  }),
  route({
    method: "GET",
    url: "/api/models/approval",
    access: "session",
    params: nothing,
    body: modelQuery,
    handle: async ({ desk, body }) => {
      const facts = await desk.models.configured();
      if (!facts.ok) return refusal(409, facts.error);
      const shown = shownForModel(desk.controller.state(), facts.value, wantedOf(body));
      return good(shownView(desk, shown, modelMeanings.approve));
    },
  }),
  route({
    method: "POST",
    url: "/api/models/approval",
    access: "session",
    limit: "guess",
    params: nothing,
    body: modelApproval,
    handle: async ({ desk, body: { wanted, shown, first, second } }) => {
      const facts = await desk.models.keep();
      if (!facts.ok) return refusal(409, facts.error);
      const { approve } = modelMeanings;
      return signed(desk, { ...first, shown }, recordKeeping, approve, (approval) =>
        signed(desk, { ...second, shown }, recordKeeping, approve, (other) =>
          say(desk, {
            ...{ kind: "approve-model", facts: facts.value, wanted: wantedOf(wanted) },
            ...{ approval, second: other },
          }),
        ),
      );
    },
  }),
  route({
    method: "GET",
    url: "/api/models/retirement",
    access: "session",
    params: nothing,
    body: retirementQuery,
    handle: ({ desk, body: { model, reason } }) => {
      const shown = shownForRetirement(desk.controller.state(), model as Digest, reason);
      return good(shownView(desk, shown, modelMeanings.retire));
    },
  }),
  route({
    method: "POST",
    url: "/api/models/retirement",
    access: "session",
    limit: "guess",
    params: nothing,
    body: modelRetirement,
    handle: ({ desk, body: { what, ...signer } }) =>
      signed(desk, signer, recordKeeping, modelMeanings.retire, (approval) =>
        say(desk, { kind: "retire-model", model: what.model as Digest, reason: what.reason, approval }),
      ),
  }),
];

/** The last day is over at midnight UTC. */
function wantedOf({ from, until, recipes }: z.infer<typeof modelQuery>): Effectivity {
  return {
    from: from ?? null,
    until: until === undefined ? null : until + dayMs,
    recipes: recipes === undefined ? null : (recipes as Digest[]),
  };
}

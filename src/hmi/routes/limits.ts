/** Limit sets at the desk: what one says of the recipe's limits, approval by two people, withdrawal. */
import { limitMeanings, shownForLimits, shownForWithdrawal } from "../../jobs/decide/limits.ts";
import type { Digest } from "../../kernel/names.ts";
import { recordKeeping } from "../../people/person.ts";
import { limitApproval, limitProposal, limitWithdrawal, nothing, withdrawalQuery } from "../requests.ts";
import { good, type Route, refusal, route, say } from "../route.ts";
import { shownView, signed } from "./signing.ts";

export const limitRoutes: readonly Route[] = [
  route({
    method: "GET",
    url: "/api/limits",
    access: "session",
    params: nothing,
    body: nothing,
    handle: ({ desk }) => good({ sets: Object.values(desk.controller.state().limitSets) }),
  }),
  route({
    method: "POST",
    url: "/api/limits/proposal",
    access: "session",
    params: nothing,
    body: limitProposal,
    handle: ({ desk, body: { set } }) => {
      const facts = desk.limits.read(set);
      if (!facts.ok) return refusal(409, facts.error);
      return good(shownView(desk, shownForLimits(desk.controller.state(), facts.value), limitMeanings.approve));
    },
  }),
  route({
    method: "POST",
    url: "/api/limits/approval",
    access: "session",
    limit: "guess",
    params: nothing,
    body: limitApproval,
    handle: async ({ desk, body: { set, shown, first, second } }) => {
      const facts = await desk.limits.keep(set);
      if (!facts.ok) return refusal(409, facts.error);
      const { approve } = limitMeanings;
      return signed(desk, { ...first, shown }, recordKeeping, approve, (approval) =>
        signed(desk, { ...second, shown }, recordKeeping, approve, (other) =>
          say(desk, { kind: "approve-limits", facts: facts.value, approval, second: other }),
        ),
      );
    },
  }),
  route({
    method: "GET",
    url: "/api/limits/withdrawal",
    access: "session",
    params: nothing,
    body: withdrawalQuery,
    handle: ({ desk, body: { set, reason } }) => {
      const shown = shownForWithdrawal(desk.controller.state(), set as Digest, reason);
      return good(shownView(desk, shown, limitMeanings.withdraw));
    },
  }),
  route({
    method: "POST",
    url: "/api/limits/withdrawal",
    access: "session",
    limit: "guess",
    params: nothing,
    body: limitWithdrawal,
    handle: ({ desk, body: { what, ...signer } }) =>
      signed(desk, signer, recordKeeping, limitMeanings.withdraw, (approval) =>
        say(desk, { kind: "withdraw-limits", set: what.set as Digest, reason: what.reason, approval }),
      ),
  }),
];

/** What central QA says: recorded on arrival, acted on once, never a start (law 5, feature 85). */
import type { Message } from "../message.ts";
import type { Draft } from "./draft.ts";
import { refuse } from "./refuse.ts";

type Of<Kind extends Message["kind"]> = Extract<Message, { kind: Kind }>;

/** A verified decision. One that was taken in before changes nothing; a late one is refused and recorded. */
export function centralDecision(draft: Draft, { decision, envelope }: Of<"central-decision">): void {
  if (Object.hasOwn(draft.state().central.nonces, decision.nonce)) return;
  if (draft.at >= decision.expires) {
    const what = `Decision ${decision.id} of central QA came too late and was not acted on.`;
    return refuse(draft, "central-decision", null, null, { code: "not-central", what });
  }
  draft.add({ type: "CentralDecided", decision, envelope });
}

/** Sync froze or goes on. What two signatures have proved, no unsigned word of the wire takes back or words otherwise. */
export function centralLink(draft: Draft, { frozen, what, proven = false }: Of<"central-link">): void {
  const { frozen: before, provenAt } = draft.state().central;
  if (provenAt !== null) return;
  if (proven && frozen) return draft.add({ type: "CentralLinkChanged", frozen, what, provenAt: draft.at });
  if ((before !== null) === frozen && (!frozen || before === what)) return;
  draft.add({ type: "CentralLinkChanged", frozen, what });
}

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

/** Sync froze or goes on. */
export function centralLink(draft: Draft, { frozen, what }: Of<"central-link">): void {
  const before = draft.state().central.frozen;
  if ((before !== null) === frozen && (!frozen || before === what)) return;
  draft.add({ type: "CentralLinkChanged", frozen, what });
}

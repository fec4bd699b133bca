/** What the recipe's reactions make of looks that are judged again: what would have followed then, and what would follow now. */
import { type Reaction, type ReactionRules, reactionTo, type Trace, tracesAfter } from "../jobs/reaction.ts";
import type { LayerReport } from "../jobs/report.ts";

/** `goes-on`: the layer passed; `not-seen`: it is looked at again, and then held. */
export type Followed = Reaction | "goes-on" | "not-seen";

/** What a reaction depends on. */
export type Reacting = Pick<LayerReport, "verdict" | "grade" | "findings"> & { readonly isJudged: boolean };

/** Follows one camera's looks at one build, in their order; where the recipe has no reactions every finding holds. */
export function createReactions(rules: ReactionRules | null) {
  let traces: readonly Trace[] = [];
  return {
    /** Null: the inspector said nothing. */
    take(layer: number, said: Reacting | null): Followed {
      if (said?.verdict === "pass" && said.grade === "good" && said.isJudged) return "goes-on";
      if (said?.verdict !== "fail" || said.grade !== "good" || !said.isJudged) return "not-seen";
      if (rules === null) return "hold";
      const { reaction, found } = reactionTo(rules, layer, said.findings, traces);
      traces = tracesAfter(traces, layer, found);
      return reaction;
    },
  };
}

/** Judging again says what would have followed: by the recipe's reactions, over the layers, then and now. */
import { describe, expect, it } from "vitest";
import { countRejudged, type Rejudged } from "../../src/commands/rejudge-plan.ts";
import { createReactions, type Reacting } from "../../src/commands/rejudge-reactions.ts";
import type { ReactionRules } from "../../src/jobs/reaction.ts";

const rules: ReactionRules = {
  ...{ within_mm: 1, gap: 1 },
  rules: [
    {
      ...{ class: "thin", unit: "mm2" },
      levels: [
        { from: 0, reaction: "log" },
        { from: 40, reaction: "hold" },
      ],
      tolerated: { inRow: 9, linked: 3, sizeLinked: 500 },
    },
  ],
};
const box = { x_mm: 1, y_mm: 1, w_mm: 2, h_mm: 2 };
const thin = (measured: number, change: Partial<Reacting> = {}): Reacting => ({
  ...{ verdict: "fail", grade: "good", isJudged: true },
  findings: [{ class: "thin", box, measured, limit: 5, unit: "mm2", score: 0.9 }],
  ...change,
});
const whole: Reacting = { verdict: "pass", grade: "good", findings: [], isJudged: true };

describe("[F56][F53] what follows a look that is judged again", () => {
  it("is the recipe's to say, and adds up over the layers as in the running cell", () => {
    const follow = createReactions(rules);
    const looks = [whole, thin(6), thin(6), thin(6), whole, whole, thin(45)];
    expect(looks.map((said, at) => follow.take(at + 1, said))).toEqual([
      ...["goes-on", "log", "log", "hold", "goes-on", "goes-on", "hold"],
    ]);
  });

  it("is a hold where the recipe says nothing, and nothing softens a layer that was not seen", () => {
    const [silent, follow] = [createReactions(null), createReactions(rules)];
    expect(silent.take(1, thin(6))).toBe("hold");
    for (const said of [
      thin(6, { verdict: "blind" }),
      thin(6, { grade: "degraded" }),
      thin(6, { isJudged: false }),
      { ...whole, isJudged: false },
      null,
    ])
      expect(follow.take(1, said)).toBe("not-seen");
  });

  it("is counted by what followed and what would follow", () => {
    const look = (was: Rejudged["followed"]["was"], now: Rejudged["followed"]["now"]): Rejudged => ({
      ...{ job: "J", attempt: "A", camera: "camera-1", seq: 1, layer: 1, take: 1, was: "fail", now: "fail" },
      ...{ identical: true, reasons: [], followed: { was, now } },
    });
    const { reactions } = countRejudged([look("log", "hold"), look("log", "hold"), look("goes-on", "goes-on")]);
    expect(reactions).toEqual({ "log>hold": 2, "goes-on>goes-on": 1 });
  });
});

/** What several cameras have to do with the laws: none of them may be missing where something passes. */
import type { Case } from "./case.ts";
import { secondCamera as camera } from "./orders.ts";
import type { Fact } from "./witness.ts";

/** A layer passes, and a plate is clear, only by the word of every camera that looks at it. */
export function judgeViews({ second, accuse }: Case, facts: readonly Fact[]): void {
  if (second === null) return;
  const taken = new Map<string, readonly { readonly camera: string; readonly frame: string }[]>();
  const judged = new Map<string, readonly string[]>();
  for (const { type, body } of facts) {
    const name = `${body.attempt}/${body.layer}`;
    if (type === "LayerCaptured") taken.set(name, body.views ?? []);
    if (type === "LayerInspected")
      judged.set(
        name,
        (body.report.views ?? []).map((each) => each.digests.frame),
      );
    if (type === "PlateChecked" && body.clear && !(body.views ?? []).some((each) => each.clear))
      accuse(`law 5: the plate of ${body.equipment} is clear, and the second camera has not said so`);
    if (type !== "LayerDecided" || body.verdict === "fail") continue;
    const frame = taken.get(name)?.find((each) => each.camera === camera)?.frame ?? "";
    const truth = second.truths.get(frame);
    if (!truth) accuse(`law 3: layer ${name} passed without the second camera's picture`);
    else if (!judged.get(name)?.includes(frame))
      accuse(`law 3: layer ${name} passed, and nobody judged its second picture`);
    else if (truth.blind) accuse(`law 3: layer ${name} passed while the second camera was blind`);
    else if (truth.defective) accuse(`law 3: layer ${name} passed with what only the second camera saw`);
    else if (`${truth.attempt}/${truth.layer}` !== name)
      accuse(`law 3: layer ${name} passed on another's second picture`);
  }
}

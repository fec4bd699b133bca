/** The laws of human review, asked of what is on disk: what a person finds bad stops the copy, and takes no verdict away. */
import type { Case } from "./case.ts";
import type { Fact } from "./witness.ts";

/** A layer found bad had passed, is said once, has its one nonconformity, and nothing goes on before QA has decided. */
export function judgeReviews({ accuse }: Case, facts: readonly Fact[]): void {
  const passed = new Set<string>();
  const found = new Map<string, number>();
  const open = new Map<string, string>();
  const raised = new Map<string, number>();
  for (const { type, body } of facts) {
    const name = `${body.attempt}/${body.layer}`;
    if (type === "LayerDecided" && body.verdict !== "fail") passed.add(name);
    if (type === "LayerFoundBad") {
      if (!passed.has(name)) accuse(`layer ${name} was found bad and had not passed`);
      found.set(name, (found.get(name) ?? 0) + 1);
    }
    if (type === "NonconformityRaised" && body.cause === "layer-found-bad") {
      raised.set(name, (raised.get(name) ?? 0) + 1);
      open.set(body.nonconformity, body.attempt);
    }
    if (type === "DispositionSigned") open.delete(body.nonconformity);
    const goesOn = type === "LayerReleased" || type === "AttemptResumed" || type === "OperationCompleted";
    if (goesOn && [...open.values()].includes(body.attempt)) accuse(`${body.attempt} went on over a layer found bad`);
  }
  for (const [name, times] of found) {
    if (times !== 1) accuse(`layer ${name} was found bad ${times} times`);
    if (raised.get(name) !== 1) accuse(`layer ${name} was found bad with ${raised.get(name) ?? 0} nonconformities`);
  }
}

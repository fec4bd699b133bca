/** The laws of the reactions, asked of what is on disk and of what the world knows: what is not seen, too large or goes on too long is never tolerated. */
import type { Case } from "./case.ts";
import { simulatedReactions } from "./orders.ts";
import type { Fact } from "./witness.ts";

/** Sizes by the order's only rule, written down again. */
const [heldFrom_mm2, abortedFrom_mm2, mostLayers] = [40, 100, 2];

/** What is tolerated was seen, is small and does not go on; what is to be aborted never goes on, and ends at the end of a layer. */
export function judgeReactions(court: Case, facts: readonly Fact[]): void {
  toleratesLittle(court, facts);
  abortsAtLayerEnd(court, facts);
}

function toleratesLittle({ eye, accuse }: Case, facts: readonly Fact[]): void {
  const reacting = new Set<string>();
  const rules = new Map<string, boolean>();
  const frames = new Map<string, string>();
  const judges = new Map<string, string | null>();
  const found = new Set<string>();
  for (const { type, body } of facts) {
    const name = `${body.attempt}/${body.layer}`;
    if (type === "JobOrderAccepted")
      for (const step of body.order.route)
        if (step.kind === "build" && step.reactions !== undefined) reacting.add(`${body.job}/${step.id}`);
    if (type === "AttemptStarted") rules.set(body.attempt, reacting.has(`${body.job}/${body.operation}`));
    if (type === "LayerCaptured") frames.set(name, body.frame);
    if (type === "LayerInspected") judges.set(name, body.report.digests.model);
    if (type !== "LayerDecided") continue;
    const truth = eye.truths.get(frames.get(name) ?? "");
    if (body.verdict !== "pass" && truth?.thin_mm2 != null) found.add(name);
    if (body.verdict !== "tolerated") continue;
    if (!rules.get(body.attempt)) accuse(`layer ${name} was tolerated by a recipe that tolerates nothing`);
    if (!truth || truth.blind) accuse(`law 3: layer ${name} was tolerated blind`);
    else if (`${truth.attempt}/${truth.layer}` !== name)
      accuse(`law 3: layer ${name} was tolerated on another picture`);
    else if (truth.thin_mm2 === null || truth.thin_mm2 >= heldFrom_mm2)
      accuse(`layer ${name} was tolerated with more than the recipe tolerates`);
    if ((judges.get(name) ?? null) === null) accuse(`law 3: layer ${name} was tolerated without a network`);
    const layers = chainOf(found, body.attempt, body.layer);
    if (layers > mostLayers) accuse(`layer ${name} was tolerated as the ${layers}th at one place`);
  }
}

/** Layers with a finding that lead to this one, over no more than the gap. */
function chainOf(found: ReadonlySet<string>, attempt: string, layer: number): number {
  const reach = Array.from({ length: simulatedReactions.gap + 1 }, (_, n) => layer - 1 - n);
  const below = reach.find((each) => found.has(`${attempt}/${each}`));
  return below === undefined ? 1 : 1 + chainOf(found, attempt, below);
}

function abortsAtLayerEnd({ eye, printer, accuse }: Case, facts: readonly Fact[]): void {
  const frames = new Map<string, string>();
  const orders = new Map<string, boolean>();
  const doomed = new Set<string>();
  const held = new Set<string>();
  const atEnd = new Set<string>();
  const printed = new Map<string, number>();
  const released = new Map<string, number>();
  for (const { type, body } of facts) {
    const { attempt } = body;
    if (type === "JobOrderAccepted")
      orders.set(
        body.job,
        body.order.route.some((step) => step.kind === "build" && step.reactions !== undefined),
      );
    if (type === "LayerCaptured") frames.set(`${attempt}/${body.layer}`, body.frame);
    const size = eye.truths.get(frames.get(`${attempt}/${body.layer}`) ?? "")?.thin_mm2 ?? 0;
    const isAborted = size >= abortedFrom_mm2 && orders.get(body.job) === true;
    if (type === "LayerDecided" && body.verdict === "fail" && isAborted) doomed.add(attempt);
    if (type === "LayerReleased") released.set(attempt, body.layer);
    if (type === "HoldRaised") held.delete(attempt);
    if (type === "HoldConfirmed") held.add(attempt);
    if (type === "LayerDone") {
      printed.set(attempt, body.layer);
      if (held.has(attempt)) atEnd.add(attempt);
    }
    if (!doomed.has(attempt)) continue;
    const goesOn = type === "LayerReleased" || type === "AttemptResumed" || type === "OperationCompleted";
    if (goesOn) accuse(`${attempt} went on (${type}), and its recipe aborts it`);
    if (type !== "AttemptEnded" || body.outcome !== "Aborted" || !/the recipe aborts/.test(body.what)) continue;
    const waits = (printed.get(attempt) ?? 0) >= (released.get(attempt) ?? 1) || atEnd.has(attempt);
    if (!waits && printer.interrupted.has(attempt) && !/Nobody can say/.test(body.what))
      accuse(`${attempt} was aborted in the middle of a layer`);
  }
}

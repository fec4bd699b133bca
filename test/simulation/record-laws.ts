/** What was released: its record gathered from the disk alone, and once more by a check that knows nothing of the core. */
import { afterReading, noReadings } from "../../src/jobs/clock.ts";
import type { Event } from "../../src/jobs/event.ts";
import type { JobOrder, Operation } from "../../src/jobs/order.ts";
import { type BatchRecord, emptyRecord } from "../../src/jobs/record/batch-record.ts";
import { gather } from "../../src/jobs/record/gather.ts";
import { omissions, releaseFaults } from "../../src/jobs/record/omissions.ts";
import type { Case } from "./case.ts";
import type { Body, Fact } from "./witness.ts";

/** Asks of every release whether its record was complete when it was signed, and who had signed it. */
export function judgeRecords({ accuse }: Case, facts: readonly Fact[]): void {
  const records = new Map<string, BatchRecord>();
  const lots = new Map<string, string>();
  let marked = false;
  let clock = noReadings;
  for (const [index, { type, body, at }] of facts.entries()) {
    clock = afterReading(clock, { type, ...body } as unknown as Event, at);
    if (type === "CentralDecided" && body.decision.action === "demonstration") marked = true;
    if (type === "LotDecided") lots.set(body.lot, body.status);
    if (!body.job) continue;
    const before = records.get(body.job) ?? emptyRecord;
    const after = gather(before, { type, ...body } as unknown as Event, clock.highest);
    records.set(body.job, after);
    if (type !== "UnitReleased") continue;
    const name = `${body.job}/${body.unit}`;
    const context = { demonstration: true, marked, objections: [] };
    for (const { what } of omissions(before, body.unit, context)) accuse(`${name} was released although: ${what}`);
    for (const what of releaseFaults(after, body.unit)) accuse(`${name} was released, and: ${what}`);
    const own = facts.slice(0, index).filter((fact) => fact.body.job === body.job);
    for (const hole of holesIn(own, body)) accuse(`${name} was released with a hole: ${hole}`);
    const taken = own.flatMap((fact) =>
      fact.type === "AttemptStarted" && fact.body.unit === body.unit ? fact.body.materials : [],
    );
    for (const { lot } of taken) {
      if (lots.get(lot) !== "released")
        accuse(`${name} was released, and lot ${lot} that went into it is ${lots.get(lot)}`);
    }
    if (!marked) accuse(`${name} is simulated and was released before central QA had marked the cell`);
    if (!body.simulated) accuse(`${name} is simulated and its release does not say so`);
  }
}

/** What is missing for a release, counted anew from the facts of its job. */
function holesIn(facts: readonly Fact[], { unit, approval }: Body): string[] {
  const order = facts.find(({ type }) => type === "JobOrderAccepted")?.body.order;
  if (!order) return ["no order"];
  const holes: string[] = [];
  const of = (type: string) =>
    facts.filter((fact) => fact.type === type && fact.body.unit === unit).map(({ body }) => body);
  for (const step of order.route.slice(0, -1)) {
    const done = of("OperationCompleted").filter(({ operation }) => operation === step.id).length;
    if (done !== 1) holes.push(`${step.id} was completed ${done} times`);
    holes.push(...holesInStep(facts, order, step, of));
  }
  const attempts = new Set(of("AttemptStarted").map(({ attempt }) => attempt));
  for (const { nonconformity } of of("NonconformityRaised")) {
    const signed = facts.find(({ type, body }) => type === "DispositionSigned" && body.nonconformity === nonconformity);
    if (!signed) holes.push(`${nonconformity} is open`);
    if (signed?.body.disposition === "scrap") holes.push(`${nonconformity} has scrapped it`);
  }
  const hands = facts.filter(
    ({ type, body }) => body.person && !noHand.has(type) && (body.unit === unit || attempts.has(body.attempt)),
  );
  if (hands.some(({ body }) => body.person === approval.person)) holes.push("it was released by whoever made it");
  return holes;
}

/** QA voids a label by a decision, and who scanned another part has not touched this one. */
const noHand = new Set(["LabelVoided", "PartRefused"]);

function holesInStep(facts: readonly Fact[], order: JobOrder, step: Operation, of: (type: string) => Body[]): string[] {
  if (step.kind === "label") {
    const verified = of("LabelVerified");
    const good = verified.filter(({ label }) => of("LabelPrinted").some((body) => body.label === label));
    const leftOver = of("LabelPrinted").filter(
      ({ label }) => ![...verified, ...of("LabelVoided")].some((body) => body.label === label),
    );
    return good.length === 1 && leftOver.length === 0
      ? []
      : [`${good.length} labels count, ${leftOver.length} are left over`];
  }
  if (step.kind === "handover") return of("HandedOver").length === 1 ? [] : ["it was not handed over"];
  if (step.kind === "release") return [];
  const last = of("AttemptStarted").findLast(({ operation }) => operation === step.id);
  if (!last) return [`${step.id} was never started`];
  const about = (type: string) => facts.filter((fact) => fact.type === type && fact.body.attempt === last.attempt);
  const outcome = about("AttemptEnded")[0]?.body.outcome;
  const layers = step.kind === "build" ? about("LayerDecided").length : 0;
  return [
    ...(outcome === "Completed" || outcome === "Rejected" ? [] : [`${step.id} ended ${outcome}`]),
    ...(step.kind === "build" && layers !== step.layersPlanned ? [`${layers} layers of ${order.id}`] : []),
    ...(about("AttemptBegan").length === 1 ? [] : [`${step.id} never began`]),
    ...(about("FinishReported").length === 1 ? [] : [`${step.id} was never finished`]),
    ...(step.kind === "task" && about("ResultsJudged").length !== 1 ? [`${step.id} was never judged`] : []),
  ];
}

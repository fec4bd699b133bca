/** The route of a job as the screens show it: its steps with results, its copies with tags, labels and material. */
import { equipmentOf, isByMachine, type Operation, operationById } from "../jobs/order.ts";
import { unitOf } from "../jobs/record/batch-record.ts";
import type { Attempt, Job, Label, State, Unit } from "../jobs/state.ts";
import { nextUnit } from "../jobs/units.ts";
import { gs1Bracketed, parseGs1 } from "../materials/gs1.ts";
import type { NextStep } from "./api.ts";
import type { LabelView, ResultView, StepView, UnitView, UsedMaterial } from "./api-route.ts";
import { type Looks, named } from "./looks.ts";
import { materialTitle } from "./supply-views.ts";

/** A step as it is named. */
export function nextStep(operation: Operation): NextStep {
  const { id, title, kind } = operation;
  return { id, title, kind, equipment: equipmentOf(operation) };
}

/** Number of the copy that is at work, or next, or else the last. */
export function unitInHand(job: Job): number {
  const open = job.attempts.find(({ phase }) => phase !== "ended");
  return open?.unit ?? nextUnit(job)?.number ?? job.units.at(-1)?.number ?? 1;
}

/** Every step for one copy. */
export function routeView(state: State, job: Job, number: number): StepView[] {
  const unit = job.units.find((each) => each.number === number);
  const completed = unit?.completed ?? 0;
  const running = job.attempts.some((each) => each.unit === number && each.phase !== "ended");
  const goesOn = !job.ended && !unit?.scrapped;
  return job.order.route.map((step, index) => ({
    id: step.id,
    title: step.title,
    kind: step.kind,
    state:
      index < completed ? "done" : index > completed || !goesOn ? "waiting" : running ? "running" : ("next" as const),
    equipment: isByMachine(step) ? equipmentTitle(state, step.equipment) : null,
    results: resultsOf(
      job,
      job.attempts.findLast((each) => each.unit === number && each.operation === step.id),
    ),
  }));
}

/** What an attempt measured, with the titles of its recipe. */
export function resultsOf(job: Job, attempt: Attempt | undefined): ResultView[] {
  if (!attempt) return [];
  const operation = operationById(job.order, attempt.operation);
  const asked = operation?.kind === "task" ? operation.characteristics : [];
  const judged = job.record.attempts.find(({ id }) => id === attempt.id)?.results ?? [];
  return judged.map((each) => ({
    ...each,
    title: asked.find(({ id }) => id === each.characteristic)?.title ?? each.characteristic,
  }));
}

/** One copy with what belongs to it. */
export function unitView(state: State, job: Job, unit: Unit, looks: Looks): UnitView {
  const record = unitOf(job.record, unit.number);
  return {
    number: unit.number,
    state: stateOf(job, unit, record?.released !== null && record?.released !== undefined),
    tag: unit.tag,
    confirmed: unit.confirmed?.operation ?? null,
    labels: unit.labels.map((each) =>
      labelView(each, looks.journal.labelFault(job.order.id, unit.number, each.number)),
    ),
    materials: job.attempts.filter((each) => each.unit === unit.number).flatMap((each) => usedIn(state, job, each)),
    handovers: (record?.handovers ?? []).map(({ to, container, person }) => ({
      to,
      container,
      by: named(person, looks),
    })),
  };
}

function stateOf(job: Job, unit: Unit, released: boolean): UnitView["state"] {
  if (unit.scrapped) return "scrapped";
  if (released) return "released";
  return unit.completed === job.order.route.length ? "made" : "in-hand";
}

function usedIn(state: State, job: Job, attempt: Attempt): UsedMaterial[] {
  const step = operationById(job.order, attempt.operation)?.title ?? attempt.operation;
  return attempt.materials.map(({ material, batch, quantity, unit }) => {
    return { step, title: materialTitle(state, material), batch, quantity, unit };
  });
}

function labelView({ number, state, content, pdf }: Label, fault: LabelView["fault"]): LabelView {
  const read = parseGs1(content.code);
  const { title, pseudonym, side, madeAt, simulated } = content;
  const text = read.ok ? gs1Bracketed(read.value) : "";
  const isThere = pdf !== null && state !== "voided";
  return { number, state, text, pdf: isThere, fault, title, pseudonym, side, madeAt, simulated };
}

/** A machine's title in the cell's configuration, or else its name. */
export function equipmentTitle(state: State, id: string): string {
  return state.setup?.equipment.find((each) => each.id === id)?.title ?? id;
}

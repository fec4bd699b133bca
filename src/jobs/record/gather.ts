/** One event more in a batch record; asks nothing and forbids nothing, so that a record with holes shows its holes. */
import type { PersonId } from "../../kernel/names.ts";
import type { EpochMs } from "../../kernel/units.ts";
import type { Event } from "../event.ts";
import { lastLookAtPlate } from "../plate.ts";
import type { Reacted } from "../reaction.ts";
import type { AttemptRecord, BatchRecord, LabelRecord, SeenReport, UnitRecord } from "./batch-record.ts";
import { emptyRecord, noLayers, unitOf, withLayer } from "./batch-record.ts";

type Said<Type extends Event["type"]> = Extract<Event, { type: Type }>;

/** The record with one more of its job's events, which happened at `at`. */
export function gather(record: BatchRecord, event: Event, at: EpochMs): BatchRecord {
  switch (event.type) {
    case "JobOrderAccepted":
      return { ...record, order: event.order };
    case "IdentityConfirmed":
      return { ...record, identityBy: event.person };
    case "PresenceProven":
      return { ...record, proofs: { ...record.proofs, [event.proof]: true } };
    case "AttemptStarted":
      return started(record, event, at);
    case "AttemptResumed":
      return handled(withoutProof(record, event.presence), event.attempt, event.person);
    case "HoldRaised":
    case "RetakeOrdered":
      return handled(record, event.attempt, event.person);
    case "PlateChecked":
      return patchAttempts(record, isLastLookOf(event.check), (attempt) => ({ ...attempt, plateSeen: event.clear }));
    case "MachineUnwatched":
    case "TimesInDoubt":
      return doubted(record, event);
    case "NonconformityRaised": {
      const { nonconformity: id, unit, attempt, cause, what, layer } = event;
      const raised = { id, unit, attempt, cause, what, layer, disposition: null };
      return { ...record, nonconformities: [...record.nonconformities, raised] };
    }
    case "DispositionSigned":
      return disposed(record, event);
    case "AttemptBegan":
    case "LayerDone":
    case "LayerCaptured":
    case "LayerInspected":
    case "LayerDecided":
    case "FinishReported":
    case "ResultsJudged":
      return patchAttempt(record, event.attempt, (attempt) => afterStart(attempt, event));
    case "AttemptEnded":
      return handled(
        patchAttempt(record, event.attempt, (attempt) => afterStart(attempt, event)),
        event.attempt,
        event.person,
      );
    case "PartTagged":
    case "PartConfirmed":
    case "PartRefused":
    case "LabelRequested":
    case "LabelPrinted":
    case "LabelNotPrinted":
    case "LabelVerified":
    case "LabelVoided":
    case "HandedOver":
    case "UnitReleased":
    case "OperationCompleted":
      return patchUnit(record, event.unit, (unit) => ofUnit(unit, event));
    default:
      return record;
  }
}

/** A time in which nobody watched a machine, or by which nobody can count. */
function doubted(record: BatchRecord, event: Said<"MachineUnwatched" | "TimesInDoubt">): BatchRecord {
  if (event.type === "MachineUnwatched") {
    const { equipment, from, to } = event;
    return { ...record, unwatched: [...record.unwatched, { equipment, from, to }] };
  }
  const { expected, said } = event;
  return { ...record, clockSteps: [...record.clockSteps, { expected, said }] };
}

/** Many events of one job gathered one after the other, for whoever judges whole records. */
export interface Gathering {
  take(event: Event, at: EpochMs): void;
  /** The record so far, without the presence proofs that nothing has used: no judgement asks for them. */
  record(): BatchRecord;
}

/** The same as `gather` over every event, without copying all unused presence proofs for each of them. */
export function createGathering(): Gathering {
  let record = emptyRecord;
  const proofs = new Set<string>();
  return {
    take(event, at) {
      if (event.type === "PresenceProven") {
        proofs.add(event.proof);
        return;
      }
      const used = event.type === "AttemptStarted" || event.type === "AttemptResumed" ? event.presence : null;
      const proven = used !== null && proofs.delete(used);
      record = gather(proven ? { ...record, proofs: { [used]: true } } : record, event, at);
    },
    record: () => record,
  };
}

function started(record: BatchRecord, event: Said<"AttemptStarted">, at: EpochMs): BatchRecord {
  const { attempt: id, unit, operation, equipment, person, machine, simulated, part, materials } = event;
  const { identityBy } = record;
  const attempt: AttemptRecord = {
    ...{ id, unit, operation, equipment, startedAt: at, person, machine, simulated, part, materials, identityBy },
    plateSeen: false,
    presenceProven: Object.hasOwn(record.proofs, event.presence),
    partConfirmed: part !== null && unitOf(record, unit)?.confirmed === operation,
    ...{ began: false, made: noLayers, captured: noLayers, inspected: noLayers, decided: noLayers },
    ...{ models: [], failed: [], tolerated: [], lastReport: null, parts: [], conceded: [] },
    ...{ executed: null, results: null, evidence: [], outcome: null },
  };
  const before = withoutProof(record, event.presence);
  const withAttempt = { ...before, identityBy: null, attempts: [...record.attempts, attempt] };
  const hands = identityBy === null ? [person] : [person, identityBy];
  return patchUnit(withAttempt, unit, (each) => ({ ...each, confirmed: null, hands: touched(each, ...hands) }));
}

/** A proof that a start or a resume has used proves nothing more. */
function withoutProof(record: BatchRecord, used: string): BatchRecord {
  const { [used]: _, ...proofs } = record.proofs;
  return { ...record, proofs };
}

/** Somebody had a hand in the copy that this attempt is about. */
function handled(record: BatchRecord, id: string, person: PersonId | null): BatchRecord {
  const attempt = record.attempts.find((each) => each.id === id);
  if (person === null || !attempt) return record;
  return patchUnit(record, attempt.unit, (unit) => ({ ...unit, hands: touched(unit, person) }));
}

function isLastLookOf(check: string): (attempt: AttemptRecord) => boolean {
  return ({ id }) => lastLookAtPlate(id) === check;
}

type OfAttempt =
  | "AttemptBegan"
  | "LayerDone"
  | "LayerCaptured"
  | "LayerInspected"
  | "LayerDecided"
  | "FinishReported"
  | "ResultsJudged"
  | "AttemptEnded";

function afterStart(attempt: AttemptRecord, event: Said<OfAttempt>): AttemptRecord {
  switch (event.type) {
    case "AttemptBegan":
      return { ...attempt, began: true };
    case "LayerDone":
      return { ...attempt, made: withLayer(attempt.made, event.layer) };
    case "LayerCaptured":
      return { ...attempt, captured: withLayer(attempt.captured, event.layer) };
    case "LayerInspected": {
      const inspected = withLayer(attempt.inspected, event.layer);
      const { verdict, grade, findings, parts = [], digests } = event.report;
      const lastReport = { layer: event.layer, verdict, grade, findings, parts, isJudged: digests.model !== null };
      return { ...attempt, inspected, lastReport, models: withModel(attempt.models, event) };
    }
    case "LayerDecided":
      return withDecision({ ...attempt, decided: withLayer(attempt.decided, event.layer) }, event);
    case "FinishReported": {
      const evidence = (event.executed.evidence ?? []).map(({ name }) => name);
      return { ...attempt, executed: event.executed.program, evidence };
    }
    case "ResultsJudged":
      return { ...attempt, results: event.results };
    case "AttemptEnded":
      return { ...attempt, outcome: event.outcome };
  }
}

function withDecision(before: AttemptRecord, event: Said<"LayerDecided">): AttemptRecord {
  const attempt = { ...withParts(before, event.layer), lastReport: null };
  const { verdict, layer, reaction = "hold", found = [] } = event;
  if (verdict === "pass") return attempt;
  if (verdict === "fail") return { ...attempt, failed: [...attempt.failed, layer] };
  const seen = isBorneOut(before.lastReport, layer, found);
  return { ...attempt, tolerated: [...attempt.tolerated, { layer, reaction, found, seen }] };
}

/** What was tolerated is what a report of that layer found, and every step had judged it. */
function isBorneOut(report: SeenReport | null, layer: number, found: readonly Reacted[]): boolean {
  if (report === null || report.layer !== layer || !report.isJudged) return false;
  if (report.verdict !== "fail" || report.grade !== "good" || report.findings.length !== found.length) return false;
  return report.findings.every((each, at) => {
    const told = found[at];
    return told?.class === each.class && told.unit === each.unit && told.measured === each.measured;
  });
}

function withParts(attempt: AttemptRecord, layer: number): AttemptRecord {
  const seen = attempt.lastReport;
  if (seen === null || seen.layer !== layer || seen.parts.length === 0) return attempt;
  const parts = seen.parts.map(({ part, verdict }) => {
    const known = attempt.parts.find((each) => each.part === part) ?? { part, passed: 0, failed: [] };
    if (verdict === "pass") return { ...known, passed: known.passed + 1 };
    return verdict === "not-made" ? known : { ...known, failed: [...known.failed, layer] };
  });
  return { ...attempt, parts };
}

type OfUnit =
  | "PartTagged"
  | "PartConfirmed"
  | "PartRefused"
  | "LabelRequested"
  | "LabelPrinted"
  | "LabelNotPrinted"
  | "LabelVerified"
  | "LabelVoided"
  | "HandedOver"
  | "UnitReleased"
  | "OperationCompleted";

function withModel(models: AttemptRecord["models"], { report }: Said<"LayerInspected">): AttemptRecord["models"] {
  const all = (report.views ?? [report]).flatMap(({ digests: { model } }) => (model === null ? [] : [model]));
  const more = new Set(all.filter((model) => !models.includes(model)));
  return more.size === 0 ? models : [...models, ...more];
}

function ofUnit(unit: UnitRecord, event: Said<OfUnit>): UnitRecord {
  switch (event.type) {
    case "PartTagged":
      return { ...unit, tag: event.tag, hands: touched(unit, event.person) };
    case "PartConfirmed": {
      const confirmed = event.tag === unit.tag ? event.operation : null;
      return { ...unit, confirmed, hands: touched(unit, event.person) };
    }
    case "PartRefused":
      return { ...unit, confirmed: null };
    case "LabelRequested": {
      const { label: number, content } = event;
      const label = { number, content, issued: false, printed: false, verified: false, voided: false };
      return { ...unit, labels: [...unit.labels, label], hands: touched(unit, event.person) };
    }
    case "LabelPrinted":
      return patchLabel(unit, event.label, { issued: true, printed: true });
    case "LabelNotPrinted":
      // Half a label, or one that comes late, is a label too: it is void or it is open.
      return patchLabel(unit, event.label, { issued: true });
    case "LabelVerified":
      return { ...patchLabel(unit, event.label, { verified: true }), hands: touched(unit, event.person) };
    case "LabelVoided": {
      const voided = patchLabel(unit, event.label, { voided: true });
      // Who orders the rework of a wrong label decides on the device and did not make it.
      return event.why === "wrong-label" ? voided : { ...voided, hands: touched(unit, event.person) };
    }
    case "HandedOver": {
      const { operation, to, container, person } = event;
      const handovers = [...unit.handovers, { operation, to, container, person }];
      return { ...unit, handovers, hands: touched(unit, person) };
    }
    case "UnitReleased":
      return { ...unit, released: { approval: event.approval, simulated: event.simulated } };
    case "OperationCompleted":
      return { ...unit, completed: [...unit.completed, event.operation] };
  }
}

function disposed(record: BatchRecord, event: Said<"DispositionSigned">): BatchRecord {
  const about = record.nonconformities.find(({ id }) => id === event.nonconformity);
  if (!about) return record;
  const { disposition: kind, approval } = event;
  const settled = {
    ...record,
    nonconformities: record.nonconformities.map((each) =>
      each === about ? { ...each, disposition: { kind, approval } } : each,
    ),
  };
  if (kind === "scrap") return patchUnit(settled, about.unit, (unit) => ({ ...unit, scrapped: true }));
  const { layer, attempt, cause } = about;
  const accepts = kind === "concession" && cause !== "layer-found-bad";
  if (!accepts || layer === null || attempt === null) return settled;
  return patchAttempt(settled, attempt, (each) => ({ ...each, conceded: [...each.conceded, layer] }));
}

type ChangeAttempt = (each: AttemptRecord) => AttemptRecord;

function patchAttempt(record: BatchRecord, id: string, change: ChangeAttempt): BatchRecord {
  return patchAttempts(record, (each) => each.id === id, change);
}

function patchAttempts(
  record: BatchRecord,
  isMeant: (each: AttemptRecord) => boolean,
  change: ChangeAttempt,
): BatchRecord {
  return { ...record, attempts: record.attempts.map((each) => (isMeant(each) ? change(each) : each)) };
}

function patchUnit(record: BatchRecord, number: number, change: (each: UnitRecord) => UnitRecord): BatchRecord {
  const known = unitOf(record, number);
  if (known) return { ...record, units: record.units.map((each) => (each === known ? change(each) : each)) };
  const fresh: UnitRecord = {
    ...{ number, tag: null, confirmed: null, completed: [], labels: [], handovers: [], hands: [] },
    ...{ released: null, scrapped: false },
  };
  return { ...record, units: [...record.units, change(fresh)] };
}

function patchLabel(unit: UnitRecord, number: number, patch: Partial<LabelRecord>): UnitRecord {
  return { ...unit, labels: unit.labels.map((each) => (each.number === number ? { ...each, ...patch } : each)) };
}

function touched(unit: UnitRecord, ...people: readonly PersonId[]): readonly PersonId[] {
  return [...new Set([...unit.hands, ...people])];
}

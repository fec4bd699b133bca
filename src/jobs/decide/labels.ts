/** The label of a device: made from the record, printed, put on, and scanned back before it counts (features 46, 47). */
import { assert } from "../../kernel/assert.ts";
import type { PersonId } from "../../kernel/names.ts";
import type { EpochMs } from "../../kernel/units.ts";
import { type Gs1, gs1Text, makeGs1, parseGs1 } from "../../materials/gs1.ts";
import { labelAgrees } from "../../materials/label-agreement.ts";
import type { Message } from "../message.ts";
import { findPast } from "../past.ts";
import { isSimulated } from "../record/batch-record.ts";
import type { RefusalCode } from "../refusal.ts";
import type { LabelContent } from "../route-event.ts";
import type { Job, Label, State, Unit } from "../state.ts";
import { findJob } from "../state.ts";
import { nextOperation, nextUnit } from "../units.ts";
import type { Draft } from "./draft.ts";
import { raiseOnUnit } from "./draft.ts";
import { endJobIfMade } from "./ending.ts";
import { refuse, stepAllowed } from "./refuse.ts";

type Of<Kind extends Message["kind"]> = Extract<Message, { kind: Kind }>;

/** Orders the label of the copy in hand; at most one label of a copy is alive. */
export function requestLabel(draft: Draft, message: Of<"request-label">): void {
  const { person } = message;
  const found = labelling(draft, "request-label", message);
  if (!found) return;
  const { job, unit, label } = found;
  if (label) {
    const what = "There is a label of this device already, or may be. Put it on and scan it, or void it first.";
    return refuse(draft, "request-label", person, message.job, { code: "already-decided", what });
  }
  const content = contentOf(job, unit.number, draft.at);
  const number = unit.labels.length + 1;
  draft.add({ type: "LabelRequested", job: message.job, unit: unit.number, label: number, content, person });
}

/** Whether an order can be labelled at all is asked when it comes in: why not, one sentence, or null. */
export function whyNotLabelled(gtin: string, order: string): string | null {
  const made = makeGs1({ gtin, lot: order, serial: "1", madeOn: "260101" });
  return made.ok ? null : made.error;
}

function contentOf({ order, record }: Job, unit: number, at: EpochMs): LabelContent {
  const made = makeGs1({ gtin: order.gtin, lot: order.id, serial: String(unit), madeOn: yymmdd(at) });
  assert(made.ok, "an order that cannot be labelled is never accepted");
  const { pseudonym, side, title, pathway, gtin } = order;
  return {
    ...{ gtin, lot: order.id, serial: String(unit), madeAt: at, pseudonym, side, title, pathway },
    simulated: isSimulated(record, unit),
    code: gs1Text(made.value),
  };
}

function yymmdd(at: EpochMs): string {
  return new Date(at).toISOString().slice(2, 10).replaceAll("-", "");
}

/** The printer's answer. */
export function labelPrinted(draft: Draft, message: Of<"label-printed" | "label-not-printed">): void {
  const { job, unit, label } = message;
  const unitState = findJob(draft.state(), job)?.units.find(({ number }) => number === unit);
  if (unitState?.labels.find(({ number }) => number === label)?.state !== "requested") return;
  if (message.kind === "label-printed") draft.add({ type: "LabelPrinted", job, unit, label, pdf: message.pdf });
  else draft.add({ type: "LabelNotPrinted", job, unit, label, fault: message.fault });
}

/** What the scanner read from the label on the device. Another device's label is a nonconformity. */
export function scanLabel(draft: Draft, message: Of<"scan-label">): void {
  const { person } = message;
  const found = labelling(draft, "scan-label", message);
  if (!found) return;
  const { job, unit, label, operation } = found;
  const reject = (code: RefusalCode, what: string) => refuse(draft, "scan-label", person, message.job, { code, what });
  if (label?.state !== "printed") return reject("not-labelled", "No printed label of this device waits for its scan.");
  const read = parseGs1(message.scanned);
  // What else was scanned, perhaps a patient's wristband, never enters the record (law 6).
  if (!read.ok) return reject("wrong-label", "This code is not that of a device's label. Scan the label again.");
  if (!labelAgrees(label.content.code, message.scanned).ok) {
    const whose = ownerOf(draft.state(), read.value, message.scanned);
    const what = `The label on the device is not its own: it is that of ${whose}.`;
    raiseOnUnit(draft, job.order.id, unit.number, "label-mismatch", what);
    return reject("wrong-label", `${what} Nothing goes on until QA has decided.`);
  }
  const id = job.order.id;
  draft.add({ type: "LabelVerified", job: id, unit: unit.number, label: label.number, person });
  draft.add({ type: "OperationCompleted", job: id, unit: unit.number, operation, attempt: null });
  endJobIfMade(draft, id);
}

/** Whose label was read; only names that this cell knows already go into the record. */
function ownerOf(state: State, { lot, serial }: Gs1, scanned: string): string {
  const past = findPast(state, lot ?? "");
  if (past) return `a device of order ${past.id}, which has ended`;
  const other = findJob(state, lot ?? "");
  const copy = other?.units.find(({ number }) => String(number) === serial);
  if (!other || !copy) return "a device that this cell does not know";
  const ours = copy.labels.some(({ content }) => labelAgrees(content.code, scanned).ok);
  return `copy ${copy.number} of order ${other.order.id}${ours ? "" : ", but not as this cell printed it"}`;
}

/** A label that is spoilt is voided before another is printed, so that none is left over (21 CFR 820.45). */
export function voidLabel(draft: Draft, message: Of<"void-label">): void {
  const found = labelling(draft, "void-label", message);
  if (!found) return;
  const { job, unit, label } = found;
  if (!label) {
    const what = "There is no label of this device to void.";
    return refuse(draft, "void-label", message.person, message.job, { code: "not-labelled", what });
  }
  if (label.state === "requested") {
    const what = "The label is being printed. Wait for it, so that none is left over.";
    return refuse(draft, "void-label", message.person, message.job, { code: "not-labelled", what });
  }
  const { person, why } = message;
  draft.add({ type: "LabelVoided", job: job.order.id, unit: unit.number, label: label.number, person, why });
}

/** The label of a copy that is neither voided nor confirmed. */
export function liveLabel(unit: Unit): Label | undefined {
  return unit.labels.find(({ state }) => state !== "voided");
}

function labelling(
  draft: Draft,
  request: string,
  message: { readonly job: Job["order"]["id"]; readonly person: PersonId },
) {
  const job = stepAllowed(draft, request, message.job, "label", message.person);
  const unit = job && nextUnit(job);
  const next = job && nextOperation(job);
  return job && unit && next ? { job, unit, label: liveLabel(unit), operation: next.id } : null;
}

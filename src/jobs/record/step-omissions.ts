/** What the record of one step of the route lacks: who, with what, on which machine, with which result. */
import { makeGs1, parseGs1 } from "../../materials/gs1.ts";
import type { BuildOperation, JobOrder, MachineOperation, Operation, TaskOperation } from "../order.ts";
import { whyNotTolerable } from "../reaction.ts";
import type { Gate, Omission } from "../refusal.ts";
import type { AttemptRecord, BatchRecord, LabelRecord, Layers, UnitRecord } from "./batch-record.ts";
import { isSimulated, lastAttempt } from "./batch-record.ts";

/** Everything that is missing for this step of this unit. */
export function stepOmissions(record: BatchRecord, order: JobOrder, unit: UnitRecord, step: Operation): Omission[] {
  const say = speaker(step);
  const undone = unit.completed.includes(step.id)
    ? []
    : [say("step", "it was not completed.", "Do the step that the route names.")];
  switch (step.kind) {
    case "build":
    case "task":
      return [...undone, ...machineOmissions(record, order, unit, step, say)];
    case "label":
      return [...undone, ...labelOmissions(record, unit, say)];
    case "handover":
      return [...undone, ...handoverOmissions(unit, step, say)];
    case "release":
      return [];
  }
}

type Say = (code: string, what: string, remedy: string, owner?: Gate["owner"]) => Omission;

function speaker(step: Operation): Say {
  return (code, what, remedy, owner = "technician") => ({
    code: `${step.id}/${code}`,
    what: `${step.title}: ${what}`,
    remedy,
    owner,
  });
}

/** A record is never completed afterwards, and a step that is done is not done again. */
const again = "Nothing is added to a record afterwards: cancel the order, scrap the part, and ask for a new order.";

function machineOmissions(
  record: BatchRecord,
  order: JobOrder,
  unit: UnitRecord,
  step: MachineOperation,
  say: Say,
): Omission[] {
  const attempt = lastAttempt(record, unit.number, step.id);
  if (!attempt) return [say("start", "no start stands in the record.", "Start the step.")];
  const { machine } = attempt;
  const asked: [boolean, string, string][] = [
    [attempt.equipment === step.equipment, "equipment", `it was done on ${attempt.equipment}, not ${step.equipment}.`],
    [machine.serial !== "", "serial", "the machine's serial number is missing."],
    [machine.model !== "", "model", "the machine's model is missing."],
    [machine.firmware !== "", "firmware", "the version of the machine's software is missing."],
    [attempt.person !== "", "operator", "nobody stands for the start."],
    [attempt.startedAt >= order.notBefore, "early", "it was started before the order's first day."],
    [attempt.startedAt < order.expires, "late", "it was started after the order had expired."],
    [attempt.presenceProven, "presence", "the proof that somebody stood at the cell is missing."],
    [attempt.began, "begin", "that the machine began is missing."],
    [attempt.executed !== null, "finish", "the machine's report of its end is missing."],
    [
      attempt.executed === null || attempt.executed === step.program,
      "program",
      "the machine executed another program than the ordered one.",
    ],
    [attempt.outcome !== null, "outcome", "how it ended is missing."],
  ];
  return [
    ...asked.flatMap(([there, code, what]) => (there ? [] : [say(code, what, again, "qa")])),
    ...outcomeOmissions(record, attempt, say),
    ...materialOmissions(attempt, step, say),
    ...(step.kind === "build" ? buildOmissions(attempt, step, say) : taskOmissions(record, attempt, step, unit, say)),
  ];
}

function outcomeOmissions(record: BatchRecord, attempt: AttemptRecord, say: Say): Omission[] {
  if (attempt.outcome === null || attempt.outcome === "Completed") return [];
  if (attempt.outcome === "Rejected" && isConceded(record, attempt)) return [];
  return [say("ended", `it ended ${attempt.outcome}.`, again, "qa")];
}

function isConceded(record: BatchRecord, attempt: AttemptRecord): boolean {
  return record.nonconformities.some(
    ({ attempt: id, cause, disposition }) =>
      id === attempt.id && cause === "result-out-of-limits" && disposition?.kind === "concession",
  );
}

function materialOmissions(attempt: AttemptRecord, step: MachineOperation, say: Say): Omission[] {
  return step.materials.flatMap((need) => {
    const issued = attempt.materials.filter(({ material }) => material === need.material);
    if (issued.length === 0) return [say("material", `the lot of ${need.material} is missing.`, again, "qa")];
    const total = issued.reduce((sum, { quantity }) => sum + quantity, 0);
    return [
      ...(total < need.quantity
        ? [say("quantity", `${total} of ${need.quantity} ${need.unit} of ${need.material} were issued.`, again, "qa")]
        : []),
      ...issued.flatMap(({ batch, unit, expires, releasedBy }) => [
        ...(batch === "" ? [say("lot", `the lot number of ${need.material} is missing.`, again, "qa")] : []),
        ...(unit === need.unit
          ? []
          : [say("unit", `lot ${batch} was issued in ${unit}, not ${need.unit}.`, again, "qa")]),
        ...(releasedBy === null ? [say("lot-released", `lot ${batch} was not released by QA.`, again, "qa")] : []),
        ...(attempt.startedAt >= expires ? [say("lot-expired", `lot ${batch} had expired.`, again, "qa")] : []),
      ]),
    ];
  });
}

function buildOmissions(attempt: AttemptRecord, step: BuildOperation, say: Say): Omission[] {
  const { layersPlanned: planned } = step;
  const counts: [Layers, string, string][] = [
    [attempt.made, "layers-made", "made"],
    [attempt.captured, "layers-captured", "photographed"],
    [attempt.inspected, "layers-inspected", "inspected"],
    [attempt.decided, "layers-decided", "decided"],
  ];
  const open = attempt.failed.filter((layer) => !attempt.conceded.includes(layer));
  return [
    ...(attempt.identityBy === null || attempt.identityBy !== attempt.person
      ? [say("identity", "whoever started it had not compared the two identifiers.", again, "qa")]
      : []),
    ...(attempt.plateSeen ? [] : [say("plate", "the plate was not seen clear before it.", again, "qa")]),
    ...counts.flatMap(([{ upTo, beyond }, code, done]) => {
      const count = upTo + beyond.length;
      return upTo === planned && count === planned
        ? []
        : [say(code, `${count} of ${planned} layers were ${done}.`, again, "qa")];
    }),
    ...attempt.tolerated.flatMap(({ layer, found, seen }) => {
      const why = seen ? whyNotTolerable(step.reactions, found) : "no report of it bears that out.";
      return why === null ? [] : [say("layer-tolerated", `layer ${layer} was tolerated, and ${why}`, again, "qa")];
    }),
    ...open.map((layer) => say("layer-failed", `layer ${layer} failed and was not conceded.`, again, "qa")),
  ];
}

function taskOmissions(
  record: BatchRecord,
  attempt: AttemptRecord,
  step: TaskOperation,
  unit: UnitRecord,
  say: Say,
): Omission[] {
  const part =
    attempt.part === null || attempt.part !== unit.tag
      ? [say("part", "the part that was worked on is not this copy.", again, "qa")]
      : attempt.partConfirmed
        ? []
        : [say("part-scan", "the part was not scanned at the machine.", again, "qa")];
  const evidence = step.evidence
    .filter((name) => !attempt.evidence.includes(name))
    .map((name) => say("evidence", `the ${name} is missing.`, again, "qa"));
  return [...part, ...evidence, ...resultOmissions(record, attempt, step, say)];
}

function resultOmissions(record: BatchRecord, attempt: AttemptRecord, step: TaskOperation, say: Say): Omission[] {
  const { results } = attempt;
  if (results === null) {
    return step.characteristics.length === 0 ? [] : [say("results", "its results were never judged.", again, "qa")];
  }
  return step.characteristics.flatMap(({ id, title, unit, lower, upper }) => {
    const judged = results.find(({ characteristic }) => characteristic === id);
    if (!judged || judged.value === null) return [say("result", `the result ${title} is missing.`, again, "qa")];
    const within = (lower === null || judged.value >= lower) && (upper === null || judged.value <= upper);
    if (judged.unit !== unit) return [say("result-unit", `${title} is in ${judged.unit}, not ${unit}.`, again, "qa")];
    if (judged.gauge === null) return [say("gauge", `what measured ${title} is missing.`, again, "qa")];
    if (within || isConceded(record, attempt)) return [];
    return [say("result-limit", `${title} is ${judged.value} ${unit}, outside its limits.`, again, "qa")];
  });
}

const relabel = "Print the label, put it on the device and scan it.";

function labelOmissions(record: BatchRecord, unit: UnitRecord, say: Say): Omission[] {
  const label = unit.labels.findLast(({ voided }) => !voided);
  if (!label) return [say("label", "no label was made for this copy.", relabel)];
  return [
    ...(label.printed ? [] : [say("label-print", "the label was not printed.", relabel)]),
    ...(label.verified ? [] : [say("label-scan", "the label was not scanned back.", relabel)]),
    ...codeOmissions(record, unit, label, say),
  ];
}

/** The code and the words on the label against the order that the record holds. */
function codeOmissions(record: BatchRecord, unit: UnitRecord, { content }: LabelRecord, say: Say): Omission[] {
  const { order } = record;
  const read = parseGs1(content.code);
  const voidIt = "Void the label and print a new one.";
  if (!read.ok || !makeGs1(read.value).ok) return [say("label-code", "the label's code is no GS1 code.", voidIt)];
  const { gtin, lot, serial, madeOn } = read.value;
  const words = content.pseudonym === order?.pseudonym && content.side === order.side;
  const asked: [boolean, string, string][] = [
    [gtin === order?.gtin, "label-device", "the label's code names another device identifier."],
    [lot === order?.id, "label-order", "the label's code names another order."],
    [serial === String(unit.number), "label-serial", "the label's code names another copy."],
    [madeOn !== null, "label-date", "the label's code lacks the day of manufacture."],
    [words, "label-words", "the label names another pseudonym or side than the order."],
    [content.simulated === isSimulated(record, unit.number), "label-simulated", "the label is wrong about SIMULATED."],
  ];
  return asked.flatMap(([agrees, code, what]) => (agrees ? [] : [say(code, what, voidIt)]));
}

function handoverOmissions(unit: UnitRecord, step: Extract<Operation, { kind: "handover" }>, say: Say): Omission[] {
  const done = unit.handovers.findLast(({ operation }) => operation === step.id);
  const remedy = "Hand the device over and scan the container.";
  if (!done) return [say("handover", `it was not handed over to ${step.to}.`, remedy)];
  return [
    ...(done.to === step.to ? [] : [say("handover-to", `it went to ${done.to}, not to ${step.to}.`, again, "qa")]),
    ...(done.container === "" ? [say("container", "the container is missing.", remedy)] : []),
    ...(done.person === "" ? [say("handover-by", "nobody stands for the hand-over.", remedy)] : []),
  ];
}

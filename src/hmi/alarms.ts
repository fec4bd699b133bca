/** What needs somebody to act now, read off the state; everything else is no alarm (ISA-18.2). */

import type { MachineAlarm } from "../equipment/machine.ts";
import { acknowledgedForMs, machineAlarmName } from "../jobs/alarm-deeds.ts";
import { whyCalibrationIsOver } from "../jobs/calibration.ts";
import { calibrationsOf } from "../jobs/cameras.ts";
import { centralReasons } from "../jobs/central.ts";
import { supportToleranceMs } from "../jobs/clock.ts";
import type { EvidenceStatus } from "../jobs/evidence-status.ts";
import { recalibrate } from "../jobs/gates.ts";
import { standingOf } from "../jobs/model-standing.ts";
import { modelObjection, nameOfTarget } from "../jobs/objections.ts";
import { type EquipmentState, type Job, jobState, openNonconformity, type State } from "../jobs/state.ts";
import { damageText } from "../jobs/step-gates.ts";
import type { SyncStatus } from "../jobs/sync-status.ts";
import type { EpochMs } from "../kernel/units.ts";
import { utcText } from "../ledger/page.ts";
import type { Alarm as Shown } from "./api.ts";

/** An alarm before it is known what people did about it. */
type Alarm = Omit<Shown, "single" | "firstOut" | "acknowledgedAt" | "shelvedUntil">;

/** Every alarm that stands: most urgent first, what nobody has seen before what somebody has, the shelf last. */
export function alarmsOf(state: State, sync: SyncStatus, at: EpochMs, evidence: EvidenceStatus): Shown[] {
  const all = [
    ...clockAlarm(state, at),
    ...keepingAlarm(state),
    ...gaugeAlarms(state, at),
    ...calibrationAlarm(state, at),
    ...machineAlarms(state),
    ...inspectionAlarm(state),
    ...modelAlarm(state, at),
    ...challengeAlarm(state),
    ...recordAlarm(state),
    ...centralAlarms(state, sync),
    ...evidenceAlarm(evidence),
    ...Object.values(state.jobs).flatMap((job) => [...jobAlarms(state, job, at), ...warnedAlarm(job)]),
  ];
  const firsts = new Set(
    Object.values(state.equipment).flatMap(({ id, firstOut }) =>
      firstOut === null ? [] : [machineAlarmName(id, firstOut)],
    ),
  );
  const shown = all.map((alarm): Shown => {
    const single = !isCount(alarm.key);
    const deed = single ? state.alarmDeeds[alarm.key] : undefined;
    const seenAt = deed?.acknowledged?.at ?? null;
    const until = deed?.shelved?.until ?? null;
    return {
      ...alarm,
      single,
      firstOut: firsts.has(alarm.key),
      acknowledgedAt: seenAt !== null && at < seenAt + acknowledgedForMs ? seenAt : null,
      // What asks to act at once never lies on a shelf, also where it was less urgent before.
      shelvedUntil: until !== null && at < until && alarm.priority > 1 ? until : null,
    };
  });
  const order = ({ shelvedUntil, priority, acknowledgedAt, firstOut }: Shown): number =>
    (shelvedUntil === null ? 0 : 100) + 10 * priority + (acknowledgedAt === null ? 0 : 2) + (firstOut ? 0 : 1);
  return shown.sort((a, b) => order(a) - order(b));
}

/** The line that counts the rest of a machine's flood. */
function isCount(key: string): boolean {
  return /^machine\/[^/]+$/.test(key);
}

/** The record knows a later time than the clock says: orders expire by the later one. */
function clockAlarm({ clock }: State, at: EpochMs): Alarm[] {
  if (clock.highest <= at + supportToleranceMs) return [];
  const what = `The record has a reading of the clock of ${utcText(clock.highest)}; orders and lots expire by that time.`;
  const remedy =
    "Compare the clock. Where that reading was wrong, QA and a second person sign it: `cellward clock show`.";
  return [{ key: "clock", priority: 2, what, where: "Clock", remedy, owner: "qa", job: null }];
}

/** Instruments that are overdue, or will be within a month. */
function gaugeAlarms({ setup }: State, at: EpochMs): Alarm[] {
  const dayMs = 86_400_000;
  return (setup?.gauges ?? []).flatMap(({ id, title, due }): Alarm[] => {
    const days = Math.ceil((due - at) / dayMs);
    if (days > 30) return [];
    const what =
      days <= 0
        ? `The calibration of ${title} (${id}) is overdue: its readings are refused.`
        : `The calibration of ${title} (${id}) ends in ${days} ${days === 1 ? "day" : "days"}.`;
    const remedy = "Have it calibrated, and put its new date into the configuration.";
    const base = { key: `gauge/${id}`, where: title, remedy, owner: "engineer", job: null } as const;
    return [{ ...base, priority: days <= 0 ? 2 : 3, what }];
  });
}

/** Days before the end of the camera's calibration from which on it is told, and from which on it is urgent. */
const toldDays = 30;
const urgentDays = 7;

/** A camera's calibration is over, will be soon, or nobody knows when it was made. */
function calibrationAlarm(state: State, at: EpochMs): Alarm[] {
  return calibrationsOf(state).flatMap(({ camera, calibration, of }): Alarm[] => {
    if (calibration === null) return [];
    const [key, where] = camera === null ? ["calibration", "Camera"] : [`calibration/${camera}`, `Camera ${camera}`];
    const base = { key, where, remedy: recalibrate, owner: "engineer", job: null } as const;
    if (calibration.due === null) {
      const whose = camera === null ? "The camera's set-up" : `The set-up of camera ${camera}`;
      return [{ ...base, priority: 3, what: `${whose} does not say when it was calibrated.` }];
    }
    const over = whyCalibrationIsOver(calibration, at, of);
    if (over !== null) return [{ ...base, priority: 2, what: over }];
    const days = Math.ceil((calibration.due - at) / 86_400_000);
    if (days > toldDays) return [];
    const what = `${of} ends in ${days} ${days === 1 ? "day" : "days"}.`;
    return [{ ...base, priority: days > urgentDays ? 3 : 2, what }];
  });
}

/** Texts that were erased whose key is still there. */
function keepingAlarm({ keeping }: State): Alarm[] {
  if (Object.values(keeping.erasures).every(({ destroyed }) => destroyed)) return [];
  const what = "The key of texts that were erased is not destroyed yet. It is tried again.";
  const remedy = "If this stays, let the engineer look at the key folder.";
  return [{ key: "erasure", priority: 2, what, where: "Record", remedy, owner: "engineer", job: null }];
}

/** Holds of central QA, and sync that does not go on by itself. */
function centralAlarms({ central }: State, { alarm, state: link }: SyncStatus): Alarm[] {
  const base = { where: "Central QA", owner: "qa", job: null } as const;
  const holds = central.holds.map(({ target, reason }): Alarm => {
    const what = `Central QA holds ${nameOfTarget(target)}. ${centralReasons[reason]}`;
    const job = target.kind === "job" ? target.id : null;
    return { ...base, key: `central/${target.kind}/${target.id}`, priority: 2, what, remedy: "Ask central QA.", job };
  });
  const frozen = central.frozen;
  const isFrozen = frozen !== null || link === "frozen";
  const said = frozen ?? alarm?.what;
  if (said === undefined || (!isFrozen && !alarm)) return holds;
  const remedy = alarm?.remedy ?? "Do not use this cell. Call QA and the engineer.";
  return [...holds, { ...base, key: "sync", priority: isFrozen ? 1 : 2, what: said, where: "Records to QA", remedy }];
}

/** Evidence that does not reach central QA stops nothing here. */
function evidenceAlarm({ alarm }: EvidenceStatus): Alarm[] {
  if (alarm === null) return [];
  const { what, remedy } = alarm;
  return [{ key: "evidence", priority: 3, what, where: "Evidence to QA", remedy, owner: "engineer", job: null }];
}

/** Alarms of one machine that are told one by one; the rest of a flood is one line. */
const toldOneByOne = 5;

/** The machine's own alarms, the most severe first (OPC UA Part 9: severity 1 to 1000). */
function ownAlarms(machine: EquipmentState, where: string): Alarm[] {
  const first = ({ id }: MachineAlarm): number => (id === machine.firstOut ? 1 : 0);
  // In a flood the first of all is told one by one, however mild it is.
  const sorted = [...machine.alarms].sort((a, b) => first(b) - first(a) || b.severity - a.severity);
  const base = { where, owner: "technician", job: null } as const;
  const remedy = "Look at the machine; mend what it names there.";
  const told = sorted.slice(0, toldOneByOne).map((alarm): Alarm => {
    const key = machineAlarmName(machine.id, alarm.id);
    return { ...base, key, priority: priorityOf(alarm), what: `The machine says: ${alarm.what}`, remedy };
  });
  const rest = sorted.slice(toldOneByOne);
  const [worst] = rest;
  if (!worst) return told;
  const what = `${rest.length} more alarms of the machine.`;
  return [...told, { ...base, key: `machine/${machine.id}`, priority: priorityOf(worst), what, remedy }];
}

function priorityOf({ severity }: MachineAlarm): Alarm["priority"] {
  return severity >= 800 ? 1 : severity >= 400 ? 2 : 3;
}

function machineAlarms(state: State): Alarm[] {
  return Object.values(state.equipment).flatMap((machine): Alarm[] => {
    const where = state.setup?.equipment.find((each) => each.id === machine.id)?.title ?? machine.id;
    const alarms = ownAlarms(machine, where);
    if (machine.unsafe) {
      alarms.push({
        key: `unsafe/${machine.id}`,
        priority: 1,
        what: "The machine has not confirmed that it stopped and cools.",
        where,
        remedy: "If it is hot or moving, switch it off at its own switch. Then call the engineer.",
        owner: "engineer",
        job: machine.unsafe.job,
      });
    }
    if (machine.foreign) {
      const what = `Somebody else acted at the machine. ${machine.foreign.what}`;
      const remedy = "Look at the machine and at what is set there, then say so before the next start.";
      const priority = machine.openAttempt ? 1 : 2;
      alarms.push({ key: `foreign/${machine.id}`, priority, what, where, remedy, owner: "technician", job: null });
    }
    if (!machine.online && machine.fault) {
      const { what, remedy } = machine.fault;
      const priority = machine.openAttempt ? 1 : 2;
      alarms.push({ key: `offline/${machine.id}`, priority, what, where, remedy, owner: "technician", job: null });
    }
    return alarms;
  });
}

/** The loaded model may not judge here, or will not for much longer. */
function modelAlarm({ models, inspection, setup, boot }: State, at: EpochMs): Alarm[] {
  if (boot === null || inspection.inHand === null) return [];
  const { state, what, remedy } = standingOf(models, inspection.inHand, setup?.demonstration ?? false, at);
  if (state === "good") return [];
  const priority = state === "bad" ? 2 : 3;
  return [{ key: "model", priority, what, where: "Inspection model", remedy, owner: "qa", job: null }];
}

function inspectionAlarm(state: State): Alarm[] {
  if (state.inspection.ready || state.boot === null) return [];
  return [
    {
      key: "inspection",
      priority: 2,
      what: state.inspection.what,
      where: "Camera",
      remedy: "Check the camera, its light and its cable; then call the engineer.",
      owner: "engineer",
      job: null,
    },
  ];
}

/** A missed challenge asks for somebody at once; one that is only too old meets whoever starts. */
function challengeAlarm({ challenge: { last } }: State): Alarm[] {
  if (last === null || last.passed) return [];
  const what = `The inspection did not pass its challenge; nothing is built. ${last.what}`;
  const remedy = "Clear the plate and challenge it again. If it misses again, mend camera, lamp or model.";
  return [{ key: "challenge", priority: 1, what, where: "Inspection", remedy, owner: "engineer", job: null }];
}

function recordAlarm({ recordDamage }: State): Alarm[] {
  if (recordDamage === null) return [];
  const remedy = "Nothing new is started. Call the engineer: keep the disk and mend the record from central QA's copy.";
  const base = { key: "record", where: "Record", owner: "engineer", job: null } as const;
  return [{ ...base, priority: 1, what: damageText(recordDamage), remedy }];
}

/** Something was found that the recipe tolerates with a warning; each further layer tells it anew, whoever has seen the last. */
function warnedAlarm(job: Job): Alarm[] {
  const attempt = job.attempts.find(({ phase }) => phase !== "ended");
  const last = attempt?.warned.at(-1);
  if (!attempt || last === undefined) return [];
  const where = job.order.id;
  const count = attempt.warned.length;
  const what = `Something was found in ${count === 1 ? "one layer" : `${count} layers`}, last in layer ${last}; the recipe lets it go on.`;
  const remedy = "Look at the layer. Hold the job where you doubt it; QA reads each of them before the release.";
  return [{ key: `warned/${attempt.id}/${last}`, priority: 3, what, where, remedy, owner: "technician", job: where }];
}

function jobAlarms(state: State, job: Job, at: EpochMs): Alarm[] {
  const where = job.order.id;
  const attempt = job.attempts.find(({ phase }) => phase !== "ended");
  const held = attempt?.hold;
  const open = openNonconformity(job);
  if (held && jobState(job) === "Interrupted") {
    const base = { key: `hold/${where}`, where, job: where, what: `On hold. ${held.what}` };
    if (attempt.toBeAborted) {
      const remedy = "The recipe aborts it at the end of the layer. Wait until the machine is safe; then QA decides.";
      return [{ ...base, priority: 1, remedy, owner: "technician" }];
    }
    if (held.cause === "layer-failed" && open) {
      return [{ ...base, priority: 1, remedy: "Let QA look at the layer and decide.", owner: "qa" }];
    }
    if (held.cause === "foreign-action" && open) {
      return [{ ...base, priority: 1, remedy: "Look at the machine; then QA decides.", owner: "qa" }];
    }
    if (held.cause === "parameter" && open) {
      return [{ ...base, priority: 1, remedy: "Look at the machine's values; then QA decides.", owner: "qa" }];
    }
    if (held.cause === "blind") {
      const model = modelObjection(state, job, attempt.simulated, at);
      if (model) return [{ ...base, priority: 1, remedy: `${model.remedy} Then look again.`, owner: "qa" }];
      return [{ ...base, priority: 1, remedy: "Mend what blinds the camera, then look again.", owner: "technician" }];
    }
    return [{ ...base, priority: 3, remedy: "Resume or stop it at the cell.", owner: "technician" }];
  }
  if (!open) return [];
  const remedy = "Let QA decide on the nonconformity.";
  return [{ key: `nc/${open.id}`, priority: 2, what: open.what, where, remedy, owner: "qa", job: where }];
}

/** What needs somebody to act now, read off the state; everything else is no alarm (ISA-18.2). */
import { type Job, jobState, openNonconformity, type State } from "../jobs/state.ts";
import type { Alarm } from "./api.ts";

/** Every alarm that stands, most urgent first. */
export function alarmsOf(state: State): Alarm[] {
  const all = [...machineAlarms(state), ...inspectionAlarm(state), ...Object.values(state.jobs).flatMap(jobAlarms)];
  return all.sort((a, b) => a.priority - b.priority);
}

function machineAlarms(state: State): Alarm[] {
  return Object.values(state.equipment).flatMap((machine): Alarm[] => {
    const where = state.setup?.equipment.find((each) => each.id === machine.id)?.title ?? machine.id;
    const alarms: Alarm[] = [];
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
    if (!machine.online && machine.fault) {
      const { what, remedy } = machine.fault;
      const priority = machine.openAttempt ? 1 : 2;
      alarms.push({ key: `offline/${machine.id}`, priority, what, where, remedy, owner: "technician", job: null });
    }
    return alarms;
  });
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

function jobAlarms(job: Job): Alarm[] {
  const where = job.order.id;
  const held = job.attempts.find((attempt) => attempt.phase !== "ended")?.hold;
  const open = openNonconformity(job);
  if (held && jobState(job) === "Interrupted") {
    const base = { key: `hold/${where}`, where, job: where, what: `On hold. ${held.what}` };
    if (held.cause === "layer-failed" && open) {
      return [{ ...base, priority: 1, remedy: "Let QA look at the layer and decide.", owner: "qa" }];
    }
    if (held.cause === "blind") {
      return [{ ...base, priority: 1, remedy: "Mend what blinds the camera, then look again.", owner: "technician" }];
    }
    return [{ ...base, priority: 3, remedy: "Resume or stop it at the cell.", owner: "technician" }];
  }
  if (!open) return [];
  const remedy = "Let QA decide on the nonconformity.";
  return [{ key: `nc/${open.id}`, priority: 2, what: open.what, where, remedy, owner: "qa", job: where }];
}

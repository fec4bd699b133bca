/** Alarms and conditions (OPC 10000-9): each alarm of the station is a condition with acknowledgement and refresh. */
import { DataType, type Namespace, NodeId, StatusCodes, type UAObject } from "node-opcua";
import type { AlarmName } from "../operation.ts";
import type { Station } from "../station.ts";
import { scalar } from "./variants.ts";

type Condition = ReturnType<Namespace["instantiateOffNormalAlarm"]>;
interface Due {
  readonly message: string;
  readonly severity: number;
}

const severities: Readonly<Record<AlarmName, number>> = {
  "door-open": 500,
  "press-overforce": 800,
  "dryer-overtemperature": 800,
  "detergent-low": 200,
};
const floodSeverity = 300;
/** Conditions of a flood are made and raised so many at a time, since each costs milliseconds. */
const mostAtOnce = 25;

/** Makes the station's conditions under `machine`; the returned function raises and ends what has changed. */
export function installAlarms(own: Namespace, machine: UAObject, station: Station): () => void {
  // Binds ConditionRefresh and the condition methods of the types.
  own.addressSpace.installAlarmsAndConditionsService();
  const folder = own.addObject({ browseName: "Alarms", componentOf: machine, typeDefinition: "FolderType" });
  const conditions = new Map<string, Condition>();
  const active = new Set<string>();
  const condition = (name: string): Condition => {
    const known = conditions.get(name);
    if (known !== undefined) return known;
    const made = own.instantiateOffNormalAlarm({
      browseName: name,
      componentOf: folder,
      conditionName: name,
      conditionSource: machine,
      inputNode: NodeId.nullNodeId,
      normalState: null,
    });
    // node-opcua takes the qualified name, whose namespace index is not the same after a restart.
    made.sourceName.setValueFromSource(scalar(DataType.String, machine.browseName.name));
    keepWhileActive(made);
    conditions.set(name, made);
    return made;
  };
  for (const name of Object.keys(severities)) condition(name);
  return () => {
    const due = dueAlarms(station);
    let left = mostAtOnce;
    for (const [name, { message, severity }] of due) {
      if (active.has(name) || left-- <= 0) continue;
      active.add(name);
      const alarm = condition(name);
      alarm.activateAlarm();
      alarm.raiseNewCondition({ message, severity, quality: StatusCodes.Good, retain: true });
    }
    for (const name of active) {
      if (due.has(name)) continue;
      active.delete(name);
      const alarm = condition(name);
      const acknowledged = alarm.ackedState.getValue();
      alarm.deactivateAlarm(!acknowledged);
      alarm.raiseNewCondition({ quality: StatusCodes.Good, retain: !acknowledged });
    }
  };
}

function dueAlarms(station: Station): ReadonlyMap<string, Due> {
  const due = new Map<string, Due>();
  for (const { name, message } of station.alarms()) due.set(name, { message, severity: severities[name] });
  const flood = station.faults.find("alarm-flood")?.count ?? 0;
  for (let n = 1; n <= flood; n++)
    due.set(`flood-${n}`, { message: `Alarm ${n} of a flood.`, severity: floodSeverity });
  return due;
}

/** node-opcua drops Retain at an acknowledgement; an alarm that is still active has to keep it (OPC 10000-9, 5.5.2). */
function keepWhileActive(alarm: Condition): void {
  alarm.on("acknowledged", () => {
    if (!alarm.activeState.getValue()) return;
    alarm.raiseNewCondition({ quality: StatusCodes.Good, retain: true });
  });
}

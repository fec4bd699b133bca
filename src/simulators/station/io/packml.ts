/** The PackML object (OPC 30050): three nested state machines, and the commands that stop, clear and reset the unit. */
import {
  type AddressSpace,
  DataType,
  type ISessionContext,
  type Namespace,
  promoteToStateMachine,
  StatusCodes,
  type UAMethod,
  type UAObject,
  type UAVariable,
  type Variant,
} from "node-opcua";
import { type PackState, packStates } from "../packml.ts";
import type { OperationMode, Station, UnitCommand } from "../station.ts";
import { loseAnswer } from "./job-control.ts";
import { callerOf, type StationLock } from "./lock.ts";
import { installOrder } from "./order.ts";
import { scalar } from "./variants.ts";

const packml = "http://opcfoundation.org/UA/PackML/";
const machineStates: readonly PackState[] = ["Clearing", "Stopped", "Stopping"];
const baseStates: readonly PackState[] = ["Aborting", "Aborted"];
/** ProductionMaintenanceModeEnum. */
const unitModes: Readonly<Record<OperationMode, number>> = { Processing: 1, Maintenance: 2, Setup: 3 };

/** Makes PackML under the machine. Where work begins with a job order there is no Start here; `alone`, it begins so. */
export function installPackml(
  own: Namespace,
  machine: UAObject,
  { station, lock, alone }: { readonly station: Station; readonly lock: StationLock; readonly alone: boolean },
): () => void {
  const space = own.addressSpace as AddressSpace;
  const ns = space.getNamespaceIndex(packml);
  const object = space.findObjectType("PackMLBaseObjectType", ns)!.instantiate({
    browseName: { name: "PackML", namespaceIndex: own.index },
    componentOf: machine,
    namespace: own,
    optionals: [
      ...["Abort", "Clear", "CurrentState.Number"].map((name) => `BaseStateMachine.${name}`),
      ...["Stop", "Reset", "CurrentState.Number"].map((name) => `BaseStateMachine.MachineState.${name}`),
      ...["Reset", "CurrentState.Number", ...(alone ? ["Start", "Hold", "Unhold", "Unsuspend"] : [])].map(
        (name) => `BaseStateMachine.MachineState.ExecuteState.${name}`,
      ),
    ],
  }) as UAObject;
  const child = (of: UAObject, name: string): UAObject => of.getComponentByName(name, ns) as UAObject;
  const base = child(object, "BaseStateMachine");
  const middle = child(base, "MachineState");
  const execute = child(middle, "ExecuteState");
  const bindTo = (of: UAObject, name: string, act: () => boolean): void =>
    (of.getMethodByName(name, ns) as UAMethod).bindMethod(async (_inputs: Variant[], context: ISessionContext) => {
      station.commanded(callerOf(context).client);
      if (!lock.allows(context)) return { statusCode: StatusCodes.BadUserAccessDenied, outputArguments: [] };
      const statusCode = act() ? StatusCodes.Good : StatusCodes.BadInvalidState;
      if (station.faults.find("lost-answers") !== null) await loseAnswer(station);
      return { statusCode, outputArguments: [] };
    });
  const bind = (of: UAObject, command: UnitCommand): void => bindTo(of, command, () => station.pack(command));
  bind(base, "Abort");
  bind(base, "Clear");
  bind(middle, "Stop");
  bind(middle, "Reset");
  bind(execute, "Reset");
  if (alone) {
    const told = installOrder(own, machine, station);
    bindTo(execute, "Start", told.start);
    bindTo(execute, "Hold", () => told.command("Pause"));
    bindTo(execute, "Unhold", () => told.command("Resume"));
    bindTo(execute, "Unsuspend", () => told.command("Resume"));
  }
  const machines = {
    base: promoteToStateMachine(base),
    middle: promoteToStateMachine(middle),
    execute: promoteToStateMachine(execute),
  };
  const mode = child(object, "Status").getComponentByName("UnitModeCurrent", ns) as UAVariable;
  const number = own.addVariable({
    browseName: "StateCurrent",
    componentOf: child(object, "Status"),
    dataType: "Int32",
    accessLevel: "CurrentRead",
  });
  let shown = "";
  return () => {
    const unit = station.unit();
    if (`${unit} ${station.mode()}` === shown) return;
    shown = `${unit} ${station.mode()}`;
    const isBase = baseStates.includes(unit);
    const isMachine = machineStates.includes(unit);
    machines.base.setState(isBase ? unit : "Cleared");
    machines.middle.setState(isBase ? null : isMachine ? unit : "Running");
    machines.execute.setState(isBase || isMachine ? null : unit);
    number.setValueFromSource(scalar(DataType.Int32, packStates[unit]));
    mode.setValueFromSource(scalar(DataType.Int32, unitModes[station.mode()]));
  };
}

/** The robot in the station's server: a motion device system of OPC 40010-1 with one safety state. */
import { type AddressSpace, DataType, type Namespace, type UAObject, type UAVariable } from "node-opcua";
import { operationalModes, type Robot } from "../robot.ts";
import { scalar } from "./variants.ts";

/** Makes the robot below DeviceSet; the returned function shows what its safety controller says now. */
export function installRobot(own: Namespace, robot: Robot): () => void {
  const space = own.addressSpace as AddressSpace;
  const di = space.getNamespaceIndex("http://opcfoundation.org/UA/DI/");
  const robotics = space.getNamespaceIndex("http://opcfoundation.org/UA/Robotics/");
  const system = space.findObjectType("MotionDeviceSystemType", robotics)!.instantiate({
    browseName: "Robot",
    organizedBy: space.rootFolder.objects.getFolderElementByName("DeviceSet", di)!,
    namespace: own,
  });
  const states = system.getComponentByName("SafetyStates", robotics) as UAObject;
  const state = space.findObjectType("SafetyStateType", robotics)!.instantiate({
    browseName: "Cell",
    componentOf: states,
    namespace: own,
  });
  const parameters = state.getComponentByName("ParameterSet", di) as UAObject;
  const shown = (name: string): UAVariable => parameters.getComponentByName(name, robotics) as UAVariable;
  const [emergency, protective, mode] = [shown("EmergencyStop"), shown("ProtectiveStop"), shown("OperationalMode")];
  return () => {
    const { emergencyStop, protectiveStop, operationalMode } = robot.safety();
    emergency.setValueFromSource(scalar(DataType.Boolean, emergencyStop));
    protective.setValueFromSource(scalar(DataType.Boolean, protectiveStop));
    mode.setValueFromSource(scalar(DataType.Int32, operationalModes[operationalMode]));
  };
}

/** The station's address space: a machine of OPC 40001-1 with job management, PackML, programs and telemetry. */
import { type AddressSpace, DataType, type Namespace, type UAObject, type UAVariable } from "node-opcua";
import type { Robot } from "../robot.ts";
import type { Station } from "../station.ts";
import { installAlarms } from "./alarms.ts";
import { placeDecoys } from "./decoys.ts";
import { installJobControl } from "./job-control.ts";
import { installLock, openToAll } from "./lock.ts";
import { installPackml } from "./packml.ts";
import { installPrograms } from "./programs.ts";
import { installRobot } from "./robot.ts";
import { machineStates } from "./states.ts";
import { installTelemetry } from "./telemetry.ts";
import { scalar, text } from "./variants.ts";

/** The station's own namespace. */
export const stationUri = "http://cellward.example/UA/FinishingStation/";
const uri = { machinery: "http://opcfoundation.org/UA/Machinery/", di: "http://opcfoundation.org/UA/DI/" };

/** How work is given to it: by job control in its second edition, under the URI of the first, with layers, or by PackML alone. */
export type Serves = "job-control" | "job-control-v1" | "additive" | "packml";

/** What stands on the station's plate. */
export interface Identity {
  readonly name: string;
  readonly serial: string;
  readonly softwareRevision: string;
}

/** The ProductInstanceUri of a serial number. */
export function productInstanceUri(serial: string): string {
  return `urn:cellward.example:finishing-station:${serial}`;
}

/** What is built; `dummies` other namespaces come before the own one, with decoys in them. */
export interface Build {
  readonly identity: Identity;
  readonly dummies: number;
  readonly serves: Serves;
  readonly robot: Robot | null;
}

/** Builds everything. The result shows the values of now. */
export function buildMachine(
  space: AddressSpace,
  station: Station,
  { identity, dummies, serves, robot }: Build,
  clock: () => number,
): () => void {
  const others = Array.from({ length: dummies }, (_, n) =>
    space.registerNamespace(`http://cellward.example/UA/Dummy/${n + 1}/`),
  );
  const own = space.registerNamespace(stationUri) as Namespace;
  const machineryNs = space.getNamespaceIndex(uri.machinery);
  const machines = space.rootFolder.objects.getFolderElementByName("Machines", machineryNs) as UAObject;
  const machine = own.addObject({
    browseName: identity.name,
    organizedBy: machines,
    eventSourceOf: space.rootFolder.objects.server,
  });
  identify(own, machine, identity);
  const blocks = own.addObject({
    browseName: { name: "MachineryBuildingBlocks", namespaceIndex: machineryNs },
    componentOf: machine,
    typeDefinition: "FolderType",
  });
  const unitAlone = serves === "packml";
  // A machine of the first edition has no lock: many have none.
  const lock = serves === "job-control-v1" ? openToAll : installLock(own, machine, clock);
  const shows = [
    machineStates(own, machine, blocks, station),
    ...(unitAlone ? [] : [installJobControl(own, machine, blocks, { station, lock, plate: identity })]),
    installAlarms(own, machine, station),
    installPackml(own, machine, { station, lock, alone: unitAlone }),
    lock.show,
    installPrograms(own, machine, station.files),
    installTelemetry(own, machine, station, clock),
    ...(robot === null ? [] : [installRobot(own, robot)]),
  ];
  placeDecoys(own, others as Namespace[], (nodeId) => station.stray(nodeId));
  return () => shows.forEach((show) => void show());
}

function identify(own: Namespace, machine: UAObject, identity: Identity): void {
  const space = own.addressSpace as AddressSpace;
  const di = space.getNamespaceIndex(uri.di);
  const plate = space.findObjectType("MachineIdentificationType", space.getNamespaceIndex(uri.machinery))!.instantiate({
    browseName: { name: "Identification", namespaceIndex: di },
    componentOf: machine,
    namespace: own,
    optionals: ["Model", "SoftwareRevision"],
  });
  const set = (name: string, dataType: DataType, value: unknown): void =>
    (plate.getPropertyByName(name, di) as UAVariable).setValueFromSource(scalar(dataType, value));
  set("ProductInstanceUri", DataType.String, productInstanceUri(identity.serial));
  set("Manufacturer", DataType.LocalizedText, text("Cellward"));
  set("Model", DataType.LocalizedText, text("Simulated finishing station"));
  set("SerialNumber", DataType.String, identity.serial);
  set("SoftwareRevision", DataType.String, identity.softwareRevision);
  own.addVariable({
    browseName: "Simulated",
    propertyOf: plate,
    dataType: "Boolean",
    accessLevel: "CurrentRead",
    value: scalar(DataType.Boolean, true),
  });
}

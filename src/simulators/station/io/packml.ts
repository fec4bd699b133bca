/** The PackML object (OPC 30050): the unit's state by name and number, and the commands that clear and reset it. */
import { type AddressSpace, DataType, type Namespace, type UAObject, type UAVariable } from "node-opcua";
import { packStates } from "../packml.ts";
import type { Station } from "../station.ts";
import { scalar, text } from "./variants.ts";

const packml = "http://opcfoundation.org/UA/PackML/";

/** Makes PackML under the machine. */
export function installPackml(own: Namespace, machine: UAObject, station: Station): () => void {
  const space = own.addressSpace as AddressSpace;
  const ns = space.getNamespaceIndex(packml);
  const object = space.findObjectType("PackMLBaseObjectType", ns)!.instantiate({
    browseName: { name: "PackML", namespaceIndex: own.index },
    componentOf: machine,
    namespace: own,
  });
  const variable = (browseName: string, dataType: string): UAVariable =>
    own.addVariable({ browseName, componentOf: object, dataType, accessLevel: "CurrentRead" });
  const name = variable("UnitState", "LocalizedText");
  const number = variable("UnitStateNumber", "UInt32");
  let shown = "";
  return () => {
    const unit = station.unit();
    if (unit === shown) return;
    shown = unit;
    name.setValueFromSource(scalar(DataType.LocalizedText, text(unit)));
    number.setValueFromSource(scalar(DataType.UInt32, packStates[unit]));
  };
}

/** MachineryItemState and MachineryOperationMode (OPC 40001-1): what the machine does, and in which mode. */
import { type AddressSpace, type Namespace, promoteToStateMachine, type UAObject } from "node-opcua";
import { itemState } from "../packml.ts";
import type { Station } from "../station.ts";

const machinery = "http://opcfoundation.org/UA/Machinery/";

/** Makes both under the machine, and refers to them from its building blocks, as the standard has them. */
export function machineStates(own: Namespace, machine: UAObject, blocks: UAObject, station: Station): () => void {
  const space = own.addressSpace as AddressSpace;
  const ns = space.getNamespaceIndex(machinery);
  const make = (name: string, type: string) => {
    const object = space.findObjectType(type, ns)!.instantiate({
      browseName: { name, namespaceIndex: ns },
      componentOf: machine,
      namespace: own,
      optionals: ["CurrentState.Number"],
    });
    blocks.addReference({ referenceType: "HasAddIn", nodeId: object.nodeId });
    return promoteToStateMachine(object as UAObject);
  };
  const item = make("MachineryItemState", "MachineryItemState_StateMachineType");
  const mode = make("MachineryOperationMode", "MachineryOperationModeStateMachineType");
  let shown = "";
  return () => {
    const next = `${itemState(station.unit())} ${station.mode()}`;
    if (next === shown) return;
    shown = next;
    item.setState(itemState(station.unit()));
    mode.setState(station.mode());
  };
}

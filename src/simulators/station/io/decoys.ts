/** Variables that stand where the station's own stood under other namespace indexes, and tell of everybody who writes there. */
import { DataType, type Namespace, StatusCodes, type UAVariable } from "node-opcua";
import { scalar } from "./variants.ts";

/** Puts a decoy for each writable variable of `own` into every one of `others`; `stray` hears each write. */
export function placeDecoys(own: Namespace, others: readonly Namespace[], stray: (nodeId: string) => void): void {
  for (const variable of writable(own)) {
    for (const other of others) {
      const decoy = other.addVariable({
        nodeId: `i=${variable.nodeId.value}`,
        browseName: variable.browseName.name ?? "",
        dataType: "BaseDataType",
        accessLevel: "CurrentRead | CurrentWrite",
        userAccessLevel: "CurrentRead | CurrentWrite",
      });
      const set = () => {
        stray(decoy.nodeId.toString());
        return StatusCodes.Good;
      };
      decoy.bindVariable({ get: () => scalar(DataType.UInt32, 0), set }, true);
    }
  }
}

/** Variables with a number for an id that a client may write. */
function writable(own: Namespace): readonly UAVariable[] {
  const found: UAVariable[] = [];
  for (const node of (own as unknown as { nodeIterator(): IterableIterator<unknown> }).nodeIterator()) {
    const variable = node as UAVariable;
    const mayWrite = typeof variable.accessLevel === "number" && (variable.accessLevel & currentWrite) !== 0;
    if (mayWrite && typeof variable.nodeId.value === "number") found.push(variable);
  }
  return found;
}

/** The bit of AccessLevel that lets a client write (OPC 10000-3, 8.57). */
const currentWrite = 2;

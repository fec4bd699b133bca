/** The two editions of job control, under the URI of each. */
import type { AddressSpace } from "node-opcua";

/** Namespaces of OPC 10031-4, by edition. */
export const jobControlUris = {
  v1: "http://opcfoundation.org/UA/ISA95-JOBCONTROL",
  v2: "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/",
} as const;

/** The one of them that this server has. */
export function jobControlUriIn(space: AddressSpace): string {
  return space.getNamespaceIndex(jobControlUris.v1) >= 0 ? jobControlUris.v1 : jobControlUris.v2;
}

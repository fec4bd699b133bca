/** What OPC 40540 adds to job control: the runs of a job with the layers that each has completed. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AddressSpace, DataType, type ExtensionObject, type Variant } from "node-opcua";
import type { Job, JobState } from "../jobs.ts";
import { jobControlUris } from "./editions.ts";
import { arrayOf } from "./variants.ts";

const uri = "http://opcfoundation.org/UA/AdditiveManufacturing/";

/**
 * Writes the one data type that is needed as a nodeset, by the names of the specification (10.1); the numbers of the nodes are this
 * file's own. Gives its name.
 */
export function additiveNodeset(folder: string): string {
  const file = join(folder, "additive.xml");
  const field = (name: string, type: string, optional: boolean) =>
    `<Field Name="${name}" DataType="${type}"${optional ? ' IsOptional="true"' : ""}/>`;
  writeFileSync(
    file,
    `<?xml version="1.0" encoding="utf-8"?>
<UANodeSet xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd">
  <NamespaceUris><Uri>${uri}</Uri><Uri>${jobControlUris.v2}</Uri></NamespaceUris>
  <Models><Model ModelUri="${uri}" Version="1.0.0" PublicationDate="2024-12-18T00:00:00Z">
    <RequiredModel ModelUri="http://opcfoundation.org/UA/"/><RequiredModel ModelUri="${jobControlUris.v2}"/>
  </Model></Models>
  <UADataType NodeId="ns=1;i=77" BrowseName="1:RunInfoDataType">
    <DisplayName>RunInfoDataType</DisplayName>
    <References>
      <Reference ReferenceType="i=45" IsForward="false">i=22</Reference>
      <Reference ReferenceType="i=38">ns=1;i=78</Reference>
    </References>
    <Definition Name="1:RunInfoDataType">
      ${field("CurrentLayer", "i=7", true)}
      ${field("Identifier", "i=12", false)}
      ${field("State", "ns=2;i=3006", false)}
      ${field("RemainingTime", "i=290", true)}
    </Definition>
  </UADataType>
  <UAObject NodeId="ns=1;i=78" BrowseName="Default Binary" SymbolicName="DefaultBinary">
    <DisplayName>Default Binary</DisplayName>
    <References>
      <Reference ReferenceType="i=38" IsForward="false">ns=1;i=77</Reference>
      <Reference ReferenceType="i=40">i=76</Reference>
    </References>
  </UAObject>
</UANodeSet>
`,
  );
  return file;
}

/** The member `Runs` of a job's response, or null where this server is no additive machine or the order named no layers. */
export function runsOf(
  space: AddressSpace,
  { order, state, startedAt, endedAt }: Job,
  states: (state: JobState) => readonly ExtensionObject[],
): Variant | null {
  const ns = space.getNamespaceIndex(uri);
  const type = ns < 0 ? null : space.findDataType("RunInfoDataType", ns);
  if (type === null || order.layersPlanned === null) return null;
  const seconds = startedAt === null ? 0 : ((endedAt ?? Date.now()) - startedAt) / 1000;
  const isDone = state.name === "Ended";
  const currentLayer = isDone
    ? order.layersPlanned
    : Math.min(order.layersPlanned - 1, Math.floor(seconds * layersPerSecond));
  const run = { currentLayer, identifier: `${order.id}-run-1`, state: states(state)[0] };
  return arrayOf(DataType.ExtensionObject, [space.constructExtensionObject(type.nodeId, run)]);
}

const layersPerSecond = 10;

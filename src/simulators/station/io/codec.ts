/** Job orders and responses as the structures of OPC 10031-4 v2, read from and written to node-opcua's objects. */
import {
  type AddressSpace,
  DataType,
  type EUInformation,
  type ExtensionObject,
  type NodeId,
  resolveNodeId,
  type Variant,
} from "node-opcua";
import { err, ok, type Result } from "../../../kernel/result.ts";
import { type Job, type JobOrder, type JobState, stateNumbers, substates } from "../jobs.ts";
import type { Finding } from "../operation.ts";
import { runsOf } from "./additive.ts";
import { jobControlUriIn } from "./editions.ts";
import { arrayOf, engineeringUnits, scalar, text } from "./variants.ts";

interface Parameter {
  readonly ID: string | null;
  readonly value: Variant | null;
}
interface OrderFields {
  readonly jobOrderID: string | null;
  readonly workMasterID: readonly { readonly ID: string | null }[] | null;
  readonly priority?: number;
  readonly jobOrderParameters: readonly Parameter[] | null;
}

/** Reads an ISA95JobOrderDataType. Fails in words when a member that this station needs is missing. */
export function readOrder(value: unknown): Result<JobOrder, string> {
  const fields = value as OrderFields | null;
  const id = fields?.jobOrderID ?? "";
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(id)) return err("JobOrderID is missing or not acceptable");
  const [workMaster, ...more] = fields?.workMasterID ?? [];
  if (workMaster?.ID == null || more.length > 0) return err("one WorkMasterID is needed");
  const given = new Map((fields?.jobOrderParameters ?? []).map((parameter) => [parameter.ID, parameter.value?.value]));
  const read = (name: string): string | null => {
    const member: unknown = given.get(name);
    return typeof member === "string" && member !== "" ? member : null;
  };
  const [programFile, programDigest, partTag] = [read("ProgramFile"), read("ProgramDigest"), read("PartTag")];
  if (programFile === null || programDigest === null || partTag === null) {
    return err("the parameters ProgramFile, ProgramDigest and PartTag are needed");
  }
  const priority = fields?.priority ?? 0;
  const layers: unknown = given.get("LayersPlanned");
  const layersPlanned = typeof layers === "number" ? layers : null;
  return ok({
    id,
    workMaster: workMaster.ID,
    programFile,
    programDigest,
    partTag,
    layersPlanned,
    priority,
    raw: value,
  });
}

/** What makes the structures; one for each address space, since the namespace indexes differ. */
export interface Codec {
  listEntry(job: Job): ExtensionObject;
  response(job: Job, softwareRevision: string, equipment: string): ExtensionObject;
  workMaster(id: string): ExtensionObject;
  states(state: JobState): readonly ExtensionObject[];
  /** An empty response: what a provider answers when it knows nothing. */
  noResponse(): ExtensionObject;
}

/** Finds the data types by namespace URI. */
export function codecOf(space: AddressSpace): Codec {
  const ns = space.getNamespaceIndex(jobControlUriIn(space));
  const type = (name: string): NodeId => {
    const found = space.findDataType(name, ns);
    if (found === null) throw new Error(`the nodeset has no ${name}`);
    return found.nodeId;
  };
  const make = (name: string, fields: Record<string, unknown>): ExtensionObject =>
    space.constructExtensionObject(type(name), fields);

  const states = (state: JobState): ExtensionObject[] => {
    const top = make("ISA95StateDataType", {
      browsePath: { elements: [] },
      stateText: text(state.name),
      stateNumber: stateNumbers[state.name],
    });
    if (state.sub === null) return [top];
    const { machine, number } = substates[state.sub];
    const name = machine === "Prepare" ? `${state.name}Substates` : machine;
    const step = { referenceTypeId: resolveNodeId("HasComponent"), isInverse: false, includeSubtypes: true };
    const sub = make("ISA95StateDataType", {
      browsePath: { elements: [{ ...step, targetName: { namespaceIndex: ns, name } }] },
      stateText: text(state.sub),
      stateNumber: number,
    });
    return [top, sub];
  };
  const parameter = (id: string, value: Variant, units: EUInformation | null): ExtensionObject =>
    make("ISA95ParameterDataType", { ID: id, value, ...(units === null ? {} : { engineeringUnits: units }) });
  const finding = ({ id, value, unit }: Finding): ExtensionObject =>
    typeof value === "number"
      ? parameter(id, scalar(DataType.Double, value), engineeringUnits(unit))
      : parameter(id, arrayOf(DataType.Double, [...value]), null);
  const response = (job: Job, softwareRevision: string, equipment: string): ExtensionObject => {
    const { id } = job.order;
    const data = job.findings.map(finding);
    const result = job.state.name === "Ended" && job.why === null ? 1 : job.state.name === "Running" ? 0 : 2;
    data.push(
      parameter("JobResult", scalar(DataType.Int32, result), null),
      parameter("SoftwareRevision", scalar(DataType.String, softwareRevision), null),
      parameter("PartTag", scalar(DataType.String, job.order.partTag), null),
    );
    const runs = runsOf(space, job, states);
    if (runs !== null) data.push(parameter("Runs", runs, null));
    if (job.executedDigest !== null) {
      data.push(parameter("ProgramDigest", scalar(DataType.String, job.executedDigest), null));
    }
    return make("ISA95JobResponseDataType", {
      jobResponseID: `${id}-response`,
      jobOrderID: id,
      ...(job.why === null ? {} : { description: text(job.why) }),
      ...(job.startedAt === null ? {} : { startTime: new Date(job.startedAt) }),
      ...(job.endedAt === null ? {} : { endTime: new Date(job.endedAt) }),
      jobState: states(job.state),
      jobResponseData: data,
      equipmentActuals: [make("ISA95EquipmentDataType", { ID: equipment })],
    });
  };
  return {
    listEntry: (job) => make("ISA95JobOrderAndStateDataType", { jobOrder: job.order.raw, state: states(job.state) }),
    response,
    workMaster: (id) => make("ISA95WorkMasterDataType", { ID: id }),
    states,
    noResponse: () => make("ISA95JobResponseDataType", { jobResponseID: "", jobOrderID: "", jobState: [] }),
  };
}

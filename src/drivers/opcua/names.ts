/** The names under which a machine's parts are found: namespaces by URI, parts by browse path, states by number. */

/** Namespaces of the companion specifications; their indexes differ from server to server and from start to start. */
export const namespaces = {
  ua: "http://opcfoundation.org/UA/",
  di: "http://opcfoundation.org/UA/DI/",
  machinery: "http://opcfoundation.org/UA/Machinery/",
  jobs: "http://opcfoundation.org/UA/Machinery/Jobs/",
  isa95: "http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/",
  packml: "http://opcfoundation.org/UA/PackML/",
} as const;

/** Earlier editions under a URI of their own; machines go on serving them. */
export const editions: readonly { readonly of: string; readonly uri: string }[] = [
  { of: namespaces.isa95, uri: "http://opcfoundation.org/UA/ISA95-JOBCONTROL" },
  { of: namespaces.isa95, uri: "http://opcfoundation.org/UA/ISA95-JOBCONTROL/" },
];

/** One step of a browse path: the namespace by URI, and the browse name. */
export interface PathStep {
  readonly namespace: string;
  readonly name: string;
}

type Namespace = keyof typeof namespaces;

/** `path("machinery:MachineryBuildingBlocks", "jobs:JobManagement")`. */
export function path(...steps: readonly `${Namespace}:${string}`[]): readonly PathStep[] {
  return steps.map((step) => {
    const at = step.indexOf(":");
    return { namespace: namespaces[step.slice(0, at) as Namespace], name: step.slice(at + 1) };
  });
}

/** A path in words, for whoever has to look for it. */
export function nameOf(steps: readonly PathStep[]): string {
  return steps.map(({ name }) => name).join("/");
}

const blocks = "machinery:MachineryBuildingBlocks";
const control = [blocks, "jobs:JobManagement", "jobs:JobOrderControl"] as const;

/** Steps below the machine's node, in the namespace of that node where they name none. */
export function below(namespace: string, steps: readonly (string | PathStep)[]): readonly PathStep[] {
  return steps.map((step) => (typeof step === "string" ? { namespace, name: step } : step));
}

/** Methods of ISA95JobOrderReceiverObjectType that this driver calls (OPC 10031-4, 7.2.1). */
export type JobMethod = "StoreAndStart" | "Pause" | "Resume" | "Stop" | "Abort" | "Cancel" | "Clear";

export const jobMethods: readonly JobMethod[] = [
  "StoreAndStart",
  "Pause",
  "Resume",
  "Stop",
  "Abort",
  "Cancel",
  "Clear",
];

/** Where a job method stands below the machine's node. */
export function methodPath(method: JobMethod): readonly PathStep[] {
  return path(...control, `isa95:${method}`);
}

/** The nameplate (OPC 40001-1, 8.2), below the machine's node. */
export const plateParts = {
  manufacturer: path("di:Identification", "di:Manufacturer"),
  model: path("di:Identification", "di:Model"),
  serial: path("di:Identification", "di:SerialNumber"),
  productInstanceUri: path("di:Identification", "di:ProductInstanceUri"),
  softwareRevision: path("di:Identification", "di:SoftwareRevision"),
} as const;

/** The same of a device of OPC 10000-100, which carries its nameplate itself. */
export const devicePlateParts: typeof plateParts = {
  manufacturer: path("di:Manufacturer"),
  model: path("di:Model"),
  serial: path("di:SerialNumber"),
  productInstanceUri: path("di:ProductInstanceUri"),
  softwareRevision: path("di:SoftwareRevision"),
};

/** Name of the reading that says how many layers an additive machine has completed. */
export const layersReading = "layers-completed";

/** Where each part of the job control stands below the machine's node; not every machine serves every part. */
export const jobParts = {
  itemState: path(blocks, "machinery:MachineryItemState", "ua:CurrentState", "ua:Number"),
  itemStateId: path(blocks, "machinery:MachineryItemState", "ua:CurrentState", "ua:Id"),
  operationMode: path(blocks, "machinery:MachineryOperationMode", "ua:CurrentState", "ua:Number"),
  operationModeId: path(blocks, "machinery:MachineryOperationMode", "ua:CurrentState", "ua:Id"),
  jobControl: path(...control),
  jobOrderList: path(...control, "isa95:JobOrderList"),
  jobResults: path(blocks, "jobs:JobManagement", "jobs:JobOrderResults"),
  jobResponse: path(blocks, "jobs:JobManagement", "jobs:JobOrderResults", "isa95:RequestJobResponseByJobOrderID"),
} as const;

/** Where PackML's parts stand below its object (OPC 30050, 6.3); the numbers of the states are optional there. */
export const packmlParts = {
  base: path("packml:BaseStateMachine", "ua:CurrentState", "ua:Id"),
  machine: path("packml:BaseStateMachine", "packml:MachineState", "ua:CurrentState", "ua:Id"),
  execute: path("packml:BaseStateMachine", "packml:MachineState", "packml:ExecuteState", "ua:CurrentState", "ua:Id"),
  unitMode: path("packml:Status", "packml:UnitModeCurrent"),
} as const;

/** MachineryItemState (OPC 40001-1, 12.3): the state's number, and the number of its node in the Machinery namespace. */
export const itemStates = { NotAvailable: 0, OutOfService: 1, NotExecuting: 2, Executing: 3 } as const;
export const itemStateNodes: Readonly<Record<number, number>> = { 5005: 0, 5004: 1, 5007: 2, 5006: 3 };

/** MachineryOperationMode (OPC 40001-1, 12.4), likewise. */
export const operationModes = { None: 0, Maintenance: 1, Setup: 2, Processing: 3 } as const;
export const operationModeNodes: Readonly<Record<number, number>> = { 5024: 0, 5025: 1, 5027: 2, 5026: 3 };

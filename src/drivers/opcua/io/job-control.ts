/** Machines with job control: OPC 40001-3 over OPC 10031-4, in either edition, by the server's own definitions of its types. */
import {
  AttributeIds,
  type ClientSession,
  DataType,
  type DataValue,
  type NodeId,
  resolveNodeId,
  Variant,
  VariantArrayType,
} from "node-opcua";
import type { Fault } from "../../../equipment/machine.ts";
import { err, ok, type Result } from "../../../kernel/result.ts";
import { certainlyNotDone, isGood } from "../call-status.ts";
import { faults } from "../faults.ts";
import { isAtWork } from "../job-state.ts";
import {
  itemStateNodes,
  type JobMethod,
  jobMethods,
  jobParts,
  methodPath,
  nameOf,
  namespaces,
  operationModeNodes,
  path,
} from "../names.ts";
import type { Reply } from "../requests.ts";
import { saysUnknownJob } from "../return-status.ts";
import { within } from "./deadline.ts";
import { readInteger, readJobList, readReport, stateNumberOf } from "./decode.ts";
import { CallRefused } from "./files.ts";
import { layersIn } from "./layers.ts";
import type { Command, Ground, Profile } from "./profile.ts";
import { findAll } from "./resolve.ts";

type Parts = Readonly<Record<keyof typeof jobParts, NodeId | null>>;

/** An argument as its method declares it. */
interface Declared {
  readonly dataType: NodeId;
  readonly valueRank: number;
}

interface JobControl extends Ground {
  readonly parts: Parts;
  readonly methods: ReadonlyMap<JobMethod, { readonly node: NodeId; readonly inputs: readonly Declared[] }>;
  /** The structure that StoreAndStart takes. */
  readonly orderType: NodeId;
  readonly layers: LayerListener | null;
}

/** Name of the result that says how many layers an additive machine has completed. */
const layersCompleted = "LayersCompleted";

const neededMethods: readonly JobMethod[] = ["StoreAndStart", "Pause", "Resume"];
const endsOf = (methods: ReadonlyMap<JobMethod, unknown>): boolean => methods.has("Abort") || methods.has("Stop");

/** No state has this number. */
const unreadable = -1;
const warmUpMs = 30_000;
const structure = resolveNodeId("i=22").toString();

/** Hears how many layers the job at work has completed. */
export type LayerListener = (completed: number) => void;

/**
 * Finds the job control, or says what is missing. All methods are optional in the specification: without a start, a hold or an end a
 * machine cannot be driven; Cancel, Clear and one of Abort and Stop may be missing. With a listener the machine is an additive one (OPC 40540): its layers are looked up with each look at its jobs.
 */
export async function openJobControl(ground: Ground, layers: LayerListener | null): Promise<Result<Profile, Fault>> {
  const { session, directory, root, config } = ground;
  const names = Object.keys(jobParts) as (keyof typeof jobParts)[];
  const paths = [...names.map((name) => jobParts[name]), ...jobMethods.map(methodPath)];
  const found = await findAll(session, directory, root, paths, config.callMs);
  const parts = Object.fromEntries(names.map((name, index) => [name, found[index] ?? null])) as Parts;
  for (const needed of ["jobControl", "jobOrderList", "jobResults", "jobResponse"] as const) {
    if (parts[needed] === null) return err(faults.partMissing(nameOf(jobParts[needed])));
  }
  const methods = new Map<JobMethod, { readonly node: NodeId; readonly inputs: readonly Declared[] }>();
  for (const [index, method] of jobMethods.entries()) {
    const node = found[names.length + index] ?? null;
    if (node !== null) methods.set(method, { node, inputs: await argumentsOf(ground, node, "InputArguments") });
  }
  const missing = neededMethods.find((method) => !methods.has(method)) ?? (endsOf(methods) ? undefined : "Abort");
  if (missing !== undefined) return err(faults.partMissing(nameOf(methodPath(missing))));
  const outputs = await argumentsOf(ground, parts.jobResponse!, "OutputArguments");
  const orderType = orderTypeOf(ground, methods.get("StoreAndStart")?.inputs ?? []);
  if (orderType === null) return err(faults.partMissing(`${nameOf(methodPath("StoreAndStart"))}/InputArguments`));
  const control: JobControl = { ...ground, parts, methods, orderType, layers };
  // The library reads the server's data types at the first use, which takes seconds: not in the middle of a start.
  await within(warmUpMs, warmUp(session, [orderType, await typeOf(ground, parts.jobOrderList!), outputs[0]?.dataType]));
  const { itemState, itemStateId, operationMode, operationModeId } = parts;
  const nodes = [parts.jobOrderList, itemState, itemStateId, operationMode, operationModeId].filter(
    (node) => node !== null,
  );
  return ok({
    nodes,
    hint: parts.jobOrderList!,
    view: async (values) => {
      const seen = view(control, nodes, values);
      const atWork = layers === null ? undefined : seen?.jobs.find(({ state }) => isAtWork(state));
      if (atWork !== undefined) await tellLayers(control, atWork.id, layers!);
      return seen;
    },
    report: (job) => report(control, job),
    command: (command) => carryOut(control, command),
  });
}

/** The layers are there to be seen, not to be decided by: a count that cannot be had is none, and grows old on the page. */
async function tellLayers(control: JobControl, job: string, layers: LayerListener): Promise<void> {
  const reply = await report(control, job).catch(() => null);
  const data = reply?.kind === "reported" ? (reply.report?.data ?? []) : [];
  const completed = data.find(({ id }) => id === layersCompleted)?.value;
  if (typeof completed === "number") layers(completed);
}

/** What a method declares that it takes or gives; empty where it declares nothing. */
export async function argumentsOf(
  { session, directory, config }: Ground,
  method: NodeId,
  which: "InputArguments" | "OutputArguments",
): Promise<readonly Declared[]> {
  const [node] = await findAll(session, directory, method, [path(`ua:${which}`)], config.callMs);
  if (node === null || node === undefined) return [];
  const read = await within(config.callMs, session.read({ nodeId: node, attributeId: AttributeIds.Value }));
  const declared: unknown = read.value.value;
  return Array.isArray(declared) ? (declared as Declared[]).slice(0, 16) : [];
}

/** As StoreAndStart declares it; where a server declares only "a structure", as the second edition numbers it. */
function orderTypeOf({ directory }: Ground, [order]: readonly Declared[]): NodeId | null {
  if (order !== undefined && order.dataType.toString() !== structure) return order.dataType;
  const index = directory.uris.indexOf(namespaces.isa95);
  return index < 0 ? null : resolveNodeId(`ns=${index};i=3008`);
}

async function typeOf({ session, config }: Ground, nodeId: NodeId): Promise<NodeId | undefined> {
  const read = await within(config.callMs, session.read({ nodeId, attributeId: AttributeIds.DataType }));
  return (read.value.value ?? undefined) as NodeId | undefined;
}

/** Makes one of each structure, so that the library knows them and all that they are made of. */
async function warmUp(session: ClientSession, types: readonly (NodeId | undefined)[]): Promise<void> {
  for (const type of types) {
    if (type !== undefined && type.toString() !== structure) await session.constructExtensionObject(type, {});
  }
}

function view({ parts, directory }: JobControl, nodes: readonly NodeId[], values: readonly DataValue[]) {
  const valueAt = (node: NodeId | null): DataValue | undefined =>
    node === null ? undefined : values[nodes.indexOf(node)];
  const list = valueAt(parts.jobOrderList);
  const jobs = list !== undefined && isGood(list.statusCode) ? readJobList(list.value.value) : null;
  if (jobs === null) return null;
  const machinery = directory.uris.indexOf(namespaces.machinery);
  const stateBy = (
    number: NodeId | null,
    id: NodeId | null,
    known: Readonly<Record<number, number>>,
  ): number | null => {
    if (number === null && id === null) return null;
    const told = valueAt(number);
    const given: unknown = told !== undefined && isGood(told.statusCode) ? told.value.value : null;
    if (typeof given === "number") return given;
    // Served and not to be read is not the same as not served: such a machine is in no state to be started.
    return stateNumberOf(valueAt(id)?.value.value, known, machinery) ?? unreadable;
  };
  return {
    jobs,
    itemState: stateBy(parts.itemState, parts.itemStateId, itemStateNodes),
    operationMode: stateBy(parts.operationMode, parts.operationModeId, operationModeNodes),
  };
}

async function report(control: JobControl, job: string): Promise<Reply> {
  const { session, parts, config } = control;
  const [objectId, methodId] = [parts.jobResults!, parts.jobResponse!];
  const inputArguments = [new Variant({ dataType: DataType.String, value: job })];
  const done = await within(config.callMs, session.call({ objectId, methodId, inputArguments }));
  const [response, status] = done.outputArguments ?? [];
  const returned = readInteger(status);
  if (returned === null) throw new CallRefused(done.statusCode.name);
  if (saysUnknownJob(returned)) return { kind: "reported", report: null };
  const read = returned === 1n ? readReport(response?.value) : null;
  // A report about another job, or none that can be read, is no answer.
  if (read === null || read.job !== job) return { kind: "lost", why: "the report of the job cannot be read" };
  const layers = control.layers === null ? null : await layersIn(session, response?.value, config.callMs);
  const counted = layers === null ? [] : [{ id: layersCompleted, value: layers, unit: "", below: [] }];
  return { kind: "reported", report: { ...read, data: [...read.data, ...counted] } };
}

async function carryOut(control: JobControl, { method, job, order }: Command): Promise<Reply> {
  const { session, parts, methods, config } = control;
  const known = methods.get(method);
  if (known === undefined) return { kind: "rejected", why: `it has no method ${method}` };
  const first =
    order === undefined
      ? new Variant({ dataType: DataType.String, value: job })
      : new Variant({ dataType: DataType.ExtensionObject, value: await jobOrder(control, job, order) });
  const comment = known.inputs[1];
  const inputArguments = [first, ...(known.inputs.length > 0 && comment === undefined ? [] : [noComment(comment)])];
  const call = { objectId: parts.jobControl!, methodId: known.node, inputArguments };
  const done = await within(config.callMs, session.call(call));
  const returned = readInteger(done.outputArguments?.[0]);
  if (returned !== null) return { kind: "returned", status: returned };
  const status = done.statusCode.name;
  return certainlyNotDone(status) ? { kind: "rejected", why: status } : { kind: "lost", why: status };
}

/** An empty comment, in the rank that the method declares. */
function noComment(declared: Declared | undefined): Variant {
  return declared !== undefined && declared.valueRank < 0
    ? new Variant({ dataType: DataType.LocalizedText, value: { text: "" } })
    : new Variant({ dataType: DataType.LocalizedText, arrayType: VariantArrayType.Array, value: [] });
}

/** ISA95JobOrderDataType; unknown members would be dropped in silence, so every one is named here. */
function jobOrder({ session, orderType }: JobControl, job: string, order: NonNullable<Command["order"]>) {
  return session.constructExtensionObject(orderType, {
    jobOrderID: job,
    workMasterID: [{ ID: order.workMaster }],
    jobOrderParameters: order.parameters.map(({ id, value }) => ({
      ID: id,
      value:
        typeof value === "number"
          ? new Variant({ dataType: DataType.UInt32, value })
          : new Variant({ dataType: DataType.String, value }),
    })),
  });
}

/** What a controller does on the station: sends programs, stores and starts jobs, reads the list and the results. */
import { createHash } from "node:crypto";
import {
  type CallMethodResult,
  DataType,
  type ExtensionObject,
  type NodeId,
  resolveNodeId,
  Variant,
  VariantArrayType,
} from "node-opcua";
import { type Desk, exampleProgram, uris } from "./bench.ts";

export const controlPath = "machinery:MachineryBuildingBlocks/jobs:JobManagement/jobs:JobOrderControl";
export const resultsPath = "machinery:MachineryBuildingBlocks/jobs:JobManagement/jobs:JobOrderResults";

/** Calls a method by its path below `of`. */
export async function callMethod(
  desk: Desk,
  of: string,
  method: string,
  inputArguments: readonly Variant[],
): Promise<CallMethodResult> {
  const [objectId, methodId] = [await desk.node(of), await desk.node(`${of}/${method}`)];
  return desk.session.call({ objectId, methodId, inputArguments: [...inputArguments] });
}

const value = (dataType: DataType, given: unknown) => new Variant({ dataType, value: given });

/** Sends a program in one piece, as FileType has it. */
export async function sendProgram(desk: Desk, name: string, bytes: Buffer): Promise<void> {
  const made = await callMethod(desk, "own:Programs", "CreateFile", [
    value(DataType.String, name),
    value(DataType.Boolean, true),
  ]);
  const [file, handle] = made.outputArguments!.map((output): unknown => output.value) as [NodeId, number];
  const path = `own:Programs/own:${name}`;
  void file;
  await callMethod(desk, path, "Write", [value(DataType.UInt32, handle), value(DataType.ByteString, bytes)]);
  await callMethod(desk, path, "Close", [value(DataType.UInt32, handle)]);
}

export interface Order {
  readonly id: string;
  readonly operation: string;
  readonly tag: string;
  readonly file?: string;
  readonly digest?: string;
}

/** The digest that an order names. */
export function digestOfBytes(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** An ISA95JobOrderDataType. */
export async function orderOf(desk: Desk, order: Order): Promise<ExtensionObject> {
  const namespaces = await desk.session.readNamespaceArray();
  const ns = namespaces.indexOf(uris.isa95);
  const parameter = (id: string, text: string) => ({ ID: id, value: value(DataType.String, text) });
  return desk.session.constructExtensionObject(resolveNodeId(`ns=${ns};i=3008`), {
    jobOrderID: order.id,
    workMasterID: [{ ID: order.operation }],
    jobOrderParameters: [
      parameter("ProgramFile", order.file ?? `${order.operation}.json`),
      parameter("ProgramDigest", order.digest ?? digestOfBytes(exampleProgram(order.operation))),
      parameter("PartTag", order.tag),
    ],
  });
}

/** ReturnStatus as a number (all bits used stand below 2^53). */
function statusOf(result: CallMethodResult): number {
  const output = result.outputArguments?.at(-1);
  if (output === undefined) throw new Error(`no answer: ${result.statusCode.toString()}`);
  const [high, low] = output.value as [number, number];
  return high * 4294967296 + low;
}

const noComment = new Variant({ dataType: DataType.LocalizedText, arrayType: VariantArrayType.Array, value: [] });

/** Store or StoreAndStart. */
export async function store(desk: Desk, order: Order, method = "Store"): Promise<number> {
  const structure = await orderOf(desk, order);
  return statusOf(
    await callMethod(desk, controlPath, `isa95:${method}`, [value(DataType.ExtensionObject, structure), noComment]),
  );
}

/** Every other method of the receiver. */
export async function command(desk: Desk, method: string, id: string): Promise<number> {
  return statusOf(await callMethod(desk, controlPath, `isa95:${method}`, [value(DataType.String, id), noComment]));
}

interface StateEntry {
  readonly stateNumber: number;
}
/** Numbers of a job's state, top level first; null when it is not in the list. */
export async function stateOf(desk: Desk, id: string): Promise<number[] | null> {
  const list = (await desk.read(`${controlPath}/isa95:JobOrderList`)).value as readonly {
    readonly jobOrder: { readonly jobOrderID: string };
    readonly state: readonly StateEntry[];
  }[];
  const entry = list.find(({ jobOrder }) => jobOrder.jobOrderID === id);
  return entry === undefined ? null : entry.state.map(({ stateNumber }) => stateNumber);
}

export interface Response {
  readonly status: number;
  readonly state: number[];
  readonly why: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly units: Readonly<Record<string, string | undefined>>;
}

/** RequestJobResponseByJobOrderID, read into plain values. */
export async function responseOf(desk: Desk, id: string): Promise<Response> {
  const result = await callMethod(desk, resultsPath, "isa95:RequestJobResponseByJobOrderID", [
    value(DataType.String, id),
  ]);
  const response = result.outputArguments![0]!.value as {
    readonly description?: { readonly text: string };
    readonly jobState: readonly StateEntry[] | null;
    readonly jobResponseData?: readonly {
      readonly ID: string;
      readonly value: Variant;
      readonly engineeringUnits?: { readonly displayName: { readonly text: string } };
    }[];
  };
  const data = response.jobResponseData ?? [];
  return {
    status: statusOf(result),
    state: (response.jobState ?? []).map(({ stateNumber }) => stateNumber),
    why: response.description?.text ?? null,
    data: Object.fromEntries(data.map((parameter): [string, unknown] => [parameter.ID, parameter.value.value])),
    units: Object.fromEntries(data.map((one) => [one.ID, one.engineeringUnits?.displayName.text])),
  };
}

/** Waits until a job is in a state, by its list; the test's own timeout is the bound. */
export async function until(desk: Desk, id: string, state: number): Promise<void> {
  for (;;) {
    const [top] = (await stateOf(desk, id)) ?? [];
    if (top === state) return;
    await new Promise((done) => setTimeout(done, 50));
  }
}

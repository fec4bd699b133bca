/** What a controller does on the station: sends programs, stores and starts jobs, reads the list and the results. */
import { createHash } from "node:crypto";
import {
  AttributeIds,
  type CallMethodResult,
  DataType,
  type ExtensionObject,
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

/** A scalar argument. */
export function value(dataType: DataType, given: unknown): Variant {
  return new Variant({ dataType, value: given });
}

/** Makes a file, writes it in pieces of at most `chunk` bytes, and closes it. */
export async function sendProgram(desk: Desk, name: string, bytes: Buffer, chunk = 65_536): Promise<void> {
  const made = await callMethod(desk, "own:Programs", "CreateFile", [
    value(DataType.String, name),
    value(DataType.Boolean, true),
  ]);
  const handle: unknown = made.outputArguments![1]!.value;
  const path = `own:Programs/own:${name}`;
  for (let at = 0; at < bytes.length; at += chunk) {
    const part = value(DataType.ByteString, bytes.subarray(at, at + chunk));
    const written = await callMethod(desk, path, "Write", [value(DataType.UInt32, handle), part]);
    if (!written.statusCode.isGood()) throw new Error(written.statusCode.toString());
  }
  await callMethod(desk, path, "Close", [value(DataType.UInt32, handle)]);
}

/** Reads a file back, in as many pieces as the station gives. */
export async function readProgram(desk: Desk, name: string): Promise<{ bytes: Buffer; pieces: number }> {
  const path = `own:Programs/own:${name}`;
  const opened = await callMethod(desk, path, "Open", [value(DataType.Byte, 1)]);
  const handle = value(DataType.UInt32, opened.outputArguments![0]!.value);
  const parts: Buffer[] = [];
  for (;;) {
    const read = await callMethod(desk, path, "Read", [handle, value(DataType.Int32, 65_536)]);
    const part = (read.outputArguments![0]!.value as Buffer | null) ?? Buffer.alloc(0);
    if (part.length === 0) break;
    parts.push(part);
  }
  await callMethod(desk, path, "Close", [handle]);
  return { bytes: Buffer.concat(parts), pieces: parts.length };
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
  const ns = desk.namespaces.indexOf(uris.isa95);
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
    if (top === 5 || top === 6) throw new Error(`${id} is over in state ${top}, not in ${state}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Writes a new number to the station's heartbeat every 300 ms, as a living controller does; the result stops it. */
export async function keepAlive(desk: Desk): Promise<() => void> {
  const nodeId = await desk.node("own:Heartbeat/own:Controller");
  let count = 0;
  const beat = async () => {
    count++;
    const dataValue = { value: value(DataType.UInt32, count) };
    await desk.session.write({ nodeId, attributeId: AttributeIds.Value, value: dataValue });
  };
  await beat();
  // A write that ends with its session is no fault of the test's.
  const timer = setInterval(() => void beat().catch(() => clearInterval(timer)), 300);
  return () => clearInterval(timer);
}

/** One connection to a machine, from its resolution by path to the single requests that the protocol makes. */
import {
  AttributeIds,
  type ClientSession,
  DataType,
  type DataValue,
  type NodeId,
  ObjectIds,
  resolveNodeId,
  Variant,
  VariantArrayType,
} from "node-opcua";
import type { Fault } from "../../../equipment/machine.ts";
import { err, ok, type Result } from "../../../kernel/result.ts";
import { clip } from "../../../kernel/text.ts";
import { certainlyNotDone, statusNameIn } from "../call-status.ts";
import type { OpcuaConfig } from "../config.ts";
import { faults, jobFaults } from "../faults.ts";
import {
  below,
  itemStateNodes,
  type JobMethod,
  jobMethods,
  machineParts,
  methodPath,
  namespaces,
  operationModeNodes,
  type PathStep,
  path,
} from "../names.ts";
import type { Reply, Request } from "../requests.ts";
import { saysUnknownJob } from "../return-status.ts";
import type { Arrival } from "../session.ts";
import type { Beat } from "../watchdog.ts";
import type { Connection } from "./connect.ts";
import { within, wordsOf } from "./deadline.ts";
import { readJobList, readReport, readUInt64, stateNumberOf } from "./decode.ts";
import { CallRefused, openFolder, type ProgramFolder } from "./files.ts";
import { type Directory, findAll, openDirectory, readAll } from "./resolve.ts";
import { type WatchListener, watch } from "./watching.ts";

/** A machine that was found, with everything that this driver needs of it. */
export interface Link {
  readonly arrival: Arrival;
  request(request: Request): Promise<Reply>;
  heartbeat(): Promise<Beat | null>;
  refresh(): Promise<void>;
  distrust(): Fault | null;
  close(): Promise<void>;
}

interface Machine {
  readonly session: ClientSession;
  readonly directory: Directory;
  readonly config: OpcuaConfig;
  readonly parts: Readonly<Record<keyof typeof machineParts, NodeId | null>>;
  readonly methods: ReadonlyMap<JobMethod, NodeId>;
  /** Nodes of the interlocks, in the order of the configuration. */
  readonly interlocks: readonly NodeId[];
  readonly folder: ProgramFolder;
}

/** Finds the machine behind a connection by namespaces and paths, or says what is missing. */
export async function openLink(
  connection: Connection,
  config: OpcuaConfig,
  listener: WatchListener,
): Promise<Result<Link, Fault>> {
  const { session } = connection;
  const { callMs, node } = config;
  const directory = await openDirectory(session, callMs);
  const machinePath = [...path("machinery:Machines"), node];
  const objects = resolveNodeId(ObjectIds.ObjectsFolder);
  const [root] = await findAll(session, directory, objects, [machinePath], callMs);
  if (root === null || root === undefined) return err(faults.partMissing(`Machines/${node.name}`));
  const names = Object.keys(machineParts) as (keyof typeof machineParts)[];
  const found = await findAll(
    session,
    directory,
    root,
    names.map((name) => machineParts[name]),
    callMs,
  );
  const parts = Object.fromEntries(names.map((name, index) => [name, found[index] ?? null])) as Machine["parts"];
  for (const needed of [
    "serial",
    "productInstanceUri",
    "jobControl",
    "jobOrderList",
    "jobResults",
    "jobResponse",
  ] as const) {
    if (parts[needed] === null) return err(faults.partMissing(nameOf(machineParts[needed])));
  }
  const extra = await findExtra(session, directory, root, config);
  if (!extra.ok) return extra;
  // The machine has its sign of life before anything that takes long: it may be at work on our job.
  const stop = keepAlive(session, config, extra.value.signOfLife);
  try {
    return ok(await linkOf(connection, { session, directory, config, parts }, extra.value, listener, stop));
  } catch (problem) {
    stop();
    throw problem;
  }
}

async function linkOf(
  connection: Connection,
  known: Omit<Machine, "methods" | "interlocks" | "folder">,
  { programs, simulated, readings, methods, interlocks }: Extra,
  listener: WatchListener,
  stop: () => void,
): Promise<Link> {
  const { session, directory, config, parts } = known;
  const { callMs, node } = config;
  const maxMessage = messageSizeOf(connection);
  const files = { session, directory, folder: programs, callMs, maxMessage, namespace: node.namespace };
  const machine: Machine = { ...known, methods, interlocks, folder: await openFolder(files) };
  // The library reads the server's data types at the first use, which takes seconds: not in the middle of a start.
  await within(warmUpMs, warmUp(machine));
  const watching = await watch(session, readings, parts.jobOrderList!, callMs, listener);
  const arrival = await readArrival(machine, simulated, connection);
  return {
    arrival,
    request: (request) => answerTo(machine, request),
    heartbeat: () => readBeat(machine),
    refresh: () => watching.refresh(),
    distrust: connection.distrust,
    close: async () => {
      stop();
      await connection.close();
    },
  };
}

interface Extra {
  readonly programs: NodeId;
  readonly signOfLife: NodeId | null;
  readonly simulated: NodeId | null;
  readonly readings: readonly { readonly name: string; readonly unit: string; readonly node: NodeId }[];
  readonly methods: ReadonlyMap<JobMethod, NodeId>;
  readonly interlocks: readonly NodeId[];
}

/** What the configuration names, and the job methods; Stop alone may be missing, where there is Abort. */
async function findExtra(
  session: ClientSession,
  directory: Directory,
  root: NodeId,
  config: OpcuaConfig,
): Promise<Result<Extra, Fault>> {
  const { node, callMs } = config;
  const named = (names: readonly string[]) => below(node.namespace, names);
  const simulatedPath = [...path("di:Identification"), ...named(["Simulated"])];
  const wanted: { readonly path: readonly PathStep[]; readonly needed: boolean }[] = [
    { path: named(config.programs), needed: true },
    { path: simulatedPath, needed: false },
    { path: named(config.signOfLife?.path ?? ["-"]), needed: config.signOfLife !== undefined },
    ...jobMethods.map((method) => ({ path: methodPath(method), needed: method !== "Stop" })),
    ...config.readings.map((reading) => ({ path: named(reading.path), needed: true })),
  ];
  const paths = wanted.map((each) => each.path);
  const found = await findAll(session, directory, root, paths, callMs);
  const missing = wanted.findIndex(({ needed }, index) => needed && found[index] === null);
  if (missing >= 0) return err(faults.partMissing(nameOf(wanted[missing]!.path)));
  const objects = resolveNodeId(ObjectIds.ObjectsFolder);
  const asked = config.interlocks.map((each) => each.path);
  const interlocks = asked.length === 0 ? [] : await findAll(session, directory, objects, asked, callMs);
  const absent = interlocks.indexOf(null);
  if (absent >= 0) return err(faults.partMissing(nameOf(asked[absent]!)));
  const [programs, simulated, signOfLife, ...rest] = found;
  return ok({
    programs: programs!,
    interlocks: interlocks.map((each) => each!),
    simulated: simulated ?? null,
    signOfLife: config.signOfLife === undefined ? null : (signOfLife ?? null),
    methods: new Map(jobMethods.flatMap((method, n) => (rest[n] ? [[method, rest[n]] as const] : []))),
    readings: config.readings.map(({ name, unit }, n) => ({ name, unit, node: rest[jobMethods.length + n]! })),
  });
}

function nameOf(steps: readonly PathStep[]): string {
  return steps.map(({ name }) => name).join("/");
}

async function readArrival(machine: Machine, simulated: NodeId | null, connection: Connection): Promise<Arrival> {
  const { session, directory, parts, config } = machine;
  const wanted = [
    parts.manufacturer,
    parts.model,
    parts.serial,
    parts.softwareRevision,
    parts.productInstanceUri,
    simulated,
  ];
  const there = wanted.filter((node) => node !== null);
  const values = await readAll(session, directory, there, config.callMs);
  const of = (node: NodeId | null): unknown => {
    const value = node === null ? undefined : values[there.indexOf(node)];
    return value?.statusCode.isGood() ? value.value.value : null;
  };
  const beat = await readBeat(machine);
  if (beat === null) throw new CallRefused("its server says that it is not running");
  return {
    identity: {
      vendor: textOf(of(parts.manufacturer)),
      model: textOf(of(parts.model)),
      serial: textOf(of(parts.serial)),
      firmware: textOf(of(parts.softwareRevision)),
      simulated: of(simulated) === true,
    },
    productInstanceUri: textOf(of(parts.productInstanceUri)),
    ...beat,
    certificatesEnd: connection.certificatesEnd,
  };
}

/** A text, or the text of a localized text; bounded. */
function textOf(value: unknown): string {
  const text = typeof value === "object" && value !== null ? (value as { text?: unknown }).text : value;
  return typeof text === "string" ? clip(text, 120) : "";
}

/** ServerStatus; null where its server is not in the state Running, or gives no times. */
async function readBeat({ session, config }: Machine): Promise<Beat | null> {
  const nodeId = resolveNodeId("Server_ServerStatus");
  const { statusCode, value } = await within(config.callMs, session.read({ nodeId, attributeId: AttributeIds.Value }));
  const status = value.value as { startTime?: unknown; currentTime?: unknown; state?: unknown } | null;
  const { startTime, currentTime, state } = status ?? {};
  if (!statusCode.isGood() || state !== 0 || !(startTime instanceof Date) || !(currentTime instanceof Date))
    return null;
  return { startTime: startTime.getTime(), currentTime: currentTime.getTime() };
}

/** Counts up at the machine, as its sign that this cell lives; what goes wrong with it, the heartbeat finds. */
function keepAlive(session: ClientSession, config: OpcuaConfig, nodeId: NodeId | null): () => void {
  if (nodeId === null || config.signOfLife === undefined) return () => undefined;
  let count = 0;
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    count = (count + 1) % 0x7fffffff;
    const value = { value: new Variant({ dataType: DataType.UInt32, value: count }) };
    within(config.callMs, session.write({ nodeId, attributeId: AttributeIds.Value, value }))
      .catch(() => undefined)
      .finally(() => {
        busy = false;
      });
  }, config.signOfLife.everyMs);
  return () => clearInterval(timer);
}

interface Negotiated {
  readonly _secureChannel?: { getTransportSettings(): { readonly maxMessageSize: number } } | null;
}

function messageSizeOf({ client }: Connection): number {
  return (client as unknown as Negotiated)._secureChannel?.getTransportSettings().maxMessageSize ?? 0;
}

/** Answers every request once and in bounded time; what was sent and not answered is lost, never guessed. */
async function answerTo(machine: Machine, request: Request): Promise<Reply> {
  try {
    if (request.kind === "look") return await look(machine);
    if (request.kind === "report") return await report(machine, request.job);
    if (request.kind === "command") return await command(machine, request);
    if (request.kind === "remove") {
      await within(uploadMs, machine.folder.remove(request.name));
      return { kind: "carried-out" };
    }
    const found = await within(uploadMs, machine.folder.write(request.name, request.bytes, request.digest));
    return found === request.digest ? { kind: "carried-out" } : { kind: "refused", fault: jobFaults.readBack() };
  } catch (problem) {
    const why = wordsOf(problem);
    if (problem instanceof CallRefused) return { kind: "rejected", why };
    const status = statusNameIn(why);
    return status !== null && certainlyNotDone(status) ? { kind: "rejected", why: status } : { kind: "lost", why };
  }
}

/** A whole transfer, and reading the server's data types, in milliseconds. */
const uploadMs = 20_000;
const warmUpMs = 30_000;

async function look({ session, directory, parts, config, interlocks }: Machine): Promise<Reply> {
  const wanted = [parts.jobOrderList, parts.itemState, parts.itemStateId, parts.operationMode, parts.operationModeId];
  const there = [...wanted.filter((node) => node !== null), ...interlocks];
  const values = await readAll(session, directory, there, config.callMs);
  const valueAt = (node: NodeId | null): DataValue | undefined =>
    node === null ? undefined : values[there.indexOf(node)];
  const list = valueAt(parts.jobOrderList);
  const jobs = list?.statusCode.isGood() ? readJobList(list.value.value) : null;
  if (jobs === null) return { kind: "lost", why: "the list of job orders cannot be read" };
  const machinery = directory.uris.indexOf(namespaces.machinery);
  const stateBy = (
    number: NodeId | null,
    id: NodeId | null,
    nodes: Readonly<Record<number, number>>,
  ): number | null => {
    if (number === null && id === null) return null;
    const given: unknown = valueAt(number)?.statusCode.isGood() ? valueAt(number)?.value.value : null;
    if (typeof given === "number") return given;
    // Served and not to be read is not the same as not served: such a machine is in no state to be started.
    return stateNumberOf(valueAt(id)?.value.value, nodes, machinery) ?? unreadable;
  };
  return {
    kind: "looked",
    snapshot: {
      jobs,
      itemState: stateBy(parts.itemState, parts.itemStateId, itemStateNodes),
      operationMode: stateBy(parts.operationMode, parts.operationModeId, operationModeNodes),
      interlocks: config.interlocks.map(({ title, safeWhen }, n) => {
        const value = values[there.length - interlocks.length + n];
        return { title, holds: value?.statusCode.isGood() === true && value.value.value === safeWhen };
      }),
    },
  };
}

/** No state has this number. */
const unreadable = -1;

async function report({ session, parts, config }: Machine, job: string): Promise<Reply> {
  const [objectId, methodId] = [parts.jobResults!, parts.jobResponse!];
  const inputArguments = [new Variant({ dataType: DataType.String, value: job })];
  const done = await within(config.callMs, session.call({ objectId, methodId, inputArguments }));
  const [response, status] = done.outputArguments ?? [];
  const returned = readUInt64(status);
  if (returned === null) throw new CallRefused(done.statusCode.name);
  if (saysUnknownJob(returned)) return { kind: "reported", report: null };
  const read = returned === 1n ? readReport(response?.value) : null;
  // A report about another job, or none that can be read, is no answer.
  if (read === null || read.job !== job) return { kind: "lost", why: "the report of the job cannot be read" };
  return { kind: "reported", report: read };
}

async function command(machine: Machine, request: Extract<Request, { kind: "command" }>): Promise<Reply> {
  const { session, parts, methods, config } = machine;
  const methodId = methods.get(request.method);
  if (methodId === undefined) return { kind: "rejected", why: `it has no method ${request.method}` };
  const first =
    request.order === undefined
      ? new Variant({ dataType: DataType.String, value: request.job })
      : new Variant({ dataType: DataType.ExtensionObject, value: await jobOrder(machine, request.job, request.order) });
  const comment = new Variant({ dataType: DataType.LocalizedText, arrayType: VariantArrayType.Array, value: [] });
  const inputArguments = [first, comment];
  const done = await within(config.callMs, session.call({ objectId: parts.jobControl!, methodId, inputArguments }));
  const returned = readUInt64(done.outputArguments?.[0]);
  if (returned !== null) return { kind: "returned", status: returned };
  const status = done.statusCode.name;
  return certainlyNotDone(status) ? { kind: "rejected", why: status } : { kind: "lost", why: status };
}

/** Structures of OPC 10031-4 v2 by the number of their data type. */
const dataTypes = { jobOrder: 3008, jobOrderAndState: 3015, jobResponse: 3013 } as const;

function dataTypeOf({ uris }: Directory, name: keyof typeof dataTypes): NodeId {
  return resolveNodeId(`ns=${uris.indexOf(namespaces.isa95)};i=${dataTypes[name]}`);
}

/** Makes one of each structure, so that the library knows them and all that they are made of. */
async function warmUp({ session, directory }: Machine): Promise<void> {
  for (const name of Object.keys(dataTypes) as (keyof typeof dataTypes)[])
    await session.constructExtensionObject(dataTypeOf(directory, name), {});
}

/** ISA95JobOrderDataType; unknown members would be dropped in silence, so every one is named here. */
async function jobOrder(
  { session, directory }: Pick<Machine, "session" | "directory">,
  job: string,
  order: NonNullable<Extract<Request, { kind: "command" }>["order"]>,
) {
  return session.constructExtensionObject(dataTypeOf(directory, "jobOrder"), {
    jobOrderID: job,
    workMasterID: [{ ID: order.workMaster }],
    jobOrderParameters: order.parameters.map(({ id, value }) => ({
      ID: id,
      value: new Variant({ dataType: DataType.String, value }),
    })),
  });
}

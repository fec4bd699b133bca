/** Binds the job order receiver and the response provider of OPC 10031-4 v2 to the station. */
import {
  type AddressSpace,
  DataType,
  type ISessionContext,
  type Namespace,
  type StatusCode,
  StatusCodes,
  type UAMethod,
  type UAObject,
  type UAVariable,
  type Variant,
} from "node-opcua";
import type { Result } from "../../../kernel/result.ts";
import { type Job, type Method, methods, stateNumbers, status } from "../jobs.ts";
import { operations } from "../program.ts";
import type { Refusal } from "../start-checks.ts";
import { mostJobs, type Station } from "../station.ts";
import { type Codec, codecOf, readOrder } from "./codec.ts";
import { jobControlUriIn } from "./editions.ts";
import { callerOf, type StationLock } from "./lock.ts";
import { arrayOf, scalar, text, uint64 } from "./variants.ts";

const jobsUri = "http://opcfoundation.org/UA/Machinery/Jobs/";

/** What the job control needs to know of the machine around it. */
export interface Plate {
  readonly softwareRevision: string;
  readonly serial: string;
}

/** What stands behind the job control. */
export interface Behind {
  readonly station: Station;
  readonly lock: StationLock;
  readonly plate: Plate;
}

interface Answer {
  readonly statusCode: StatusCode;
  readonly outputArguments: Variant[];
  readonly statusText?: string;
}

/** Makes JobManagement under `blocks`; the returned function shows the jobs as they are now. */
export function installJobControl(
  own: Namespace,
  machine: UAObject,
  blocks: UAObject,
  { station, lock, plate }: Behind,
): () => void {
  const space = own.addressSpace as AddressSpace;
  const jobsNs = space.getNamespaceIndex(jobsUri);
  const isaNs = space.getNamespaceIndex(jobControlUriIn(space));
  const codec = codecOf(space);
  const management = space.findObjectType("JobManagementType", jobsNs)!.instantiate({
    browseName: { name: "JobManagement", namespaceIndex: jobsNs },
    componentOf: blocks,
    namespace: own,
    optionals: ["JobOrderResults.JobOrderResponseList"],
  }) as UAObject;
  const part = (of: UAObject, name: string, ns: number): UAObject => of.getComponentByName(name, ns) as UAObject;
  // The receiver with substates takes the plain one's place: it is a subtype, and the jobs here have substates.
  space.deleteNode(part(management, "JobOrderControl", jobsNs));
  const control = space.findObjectType("ISA95JobOrderReceiverSubStatesType", isaNs)!.instantiate({
    browseName: { name: "JobOrderControl", namespaceIndex: jobsNs },
    componentOf: management,
    namespace: own,
    optionals: [
      "Store",
      "StoreAndStart",
      ...Object.keys(methods),
      ...["NotAllowedToStart", "AllowedToStart", "Interrupted", "Ended"].map((name) => `${name}Substates`),
    ],
  }) as UAObject;
  machine.addReference({ referenceType: "HasEventSource", nodeId: control.nodeId });
  const results = part(management, "JobOrderResults", jobsNs);
  const variable = (of: UAObject, name: string): UAVariable =>
    (of.getComponentByName(name, isaNs) ?? of.getPropertyByName(name, isaNs)) as UAVariable;
  variable(control, "MaxDownloadableJobOrders").setValueFromSource(scalar(DataType.UInt16, mostJobs));
  variable(control, "WorkMaster").setValueFromSource(
    arrayOf(
      DataType.ExtensionObject,
      operations.map((operation) => codec.workMaster(operation)),
    ),
  );
  const list = variable(control, "JobOrderList");
  const responses = variable(results, "JobOrderResponseList");
  let shown: readonly Job[] = [];
  const statusEvent = space.findEventType("ISA95JobOrderStatusEventType", isaNs)!;
  const tell = (job: Job): void =>
    control.raiseEvent(statusEvent, {
      jobOrder: scalar(DataType.ExtensionObject, job.order.raw),
      jobState: arrayOf(DataType.ExtensionObject, codec.states(job.state)),
      jobResponse: scalar(DataType.ExtensionObject, codec.response(job, plate.softwareRevision, plate.serial)),
      message: scalar(DataType.LocalizedText, text(`${job.order.id} is ${job.state.name}`)),
      severity: scalar(DataType.UInt16, 100),
      sourceName: scalar(DataType.String, machine.browseName.name),
    });
  for (const list of [variable(control, "JobOrderList"), variable(results, "JobOrderResponseList")]) {
    list.setValueFromSource(arrayOf(DataType.ExtensionObject, []));
  }
  const show = (): void => {
    for (const job of station.news()) tell(job);
    const jobs = station.jobs();
    if (jobs.length === shown.length && jobs.every((job, index) => job === shown[index])) return;
    shown = jobs;
    list.setValueFromSource(arrayOf(DataType.ExtensionObject, jobs.map(codec.listEntry)));
    const begun = jobs.filter(({ state }) => state.name !== "NotAllowedToStart" && state.name !== "AllowedToStart");
    const answers = begun.map((job) => codec.response(job, plate.softwareRevision, plate.serial));
    responses.setValueFromSource(arrayOf(DataType.ExtensionObject, answers));
  };
  bindCommands(control, isaNs, { station, lock }, show);
  bindRequests(results, isaNs, station, codec, plate);
  return show;
}

function bindCommands(control: UAObject, ns: number, { station, lock }: Omit<Behind, "plate">, show: () => void): void {
  const bind = (name: string, act: (inputs: readonly Variant[]) => Result<bigint, Refusal>): void => {
    const method = control.getMethodByName(name, ns) as UAMethod;
    method.bindMethod(async (inputs: Variant[], context: ISessionContext): Promise<Answer> => {
      station.commanded(callerOf(context).client);
      if (!lock.allows(context)) return { statusCode: StatusCodes.BadUserAccessDenied, outputArguments: [] };
      const done = act(inputs);
      show();
      if (station.faults.find("lost-answers") !== null) await loseAnswer(station);
      return answerOf(done, station);
    });
  };
  const withOrder = (value: unknown, act: (order: ReturnType<typeof readOrder>) => Result<bigint, Refusal>) =>
    act(readOrder(value));
  for (const name of ["Store", "StoreAndStart"]) {
    bind(name, (inputs) =>
      withOrder(inputs[0]!.value, (order) =>
        order.ok ? station.store(order.value, name === "StoreAndStart") : invalid(order.error),
      ),
    );
  }
  bind("Update", (inputs) =>
    withOrder(inputs[0]!.value, (order) =>
      order.ok ? station.command("Update", order.value.id, order.value) : invalid(order.error),
    ),
  );
  for (const name of Object.keys(methods) as Method[]) {
    if (name !== "Update") bind(name, (inputs) => station.command(name, String(inputs[0]!.value ?? "")));
  }
}

function invalid(why: string): Result<bigint, Refusal> {
  return { ok: false, error: { bits: status.invalidRequest, why } };
}

/** The call is done; its answer never leaves, as when the wire breaks at that moment. */
export function loseAnswer(station: Station): Promise<never> {
  const count = station.faults.find("lost-answers")?.count ?? 1;
  station.faults.clear("lost-answers");
  if (count > 1) station.faults.set({ name: "lost-answers", count: count - 1 });
  return new Promise<never>(() => undefined);
}

function answerOf(done: Result<bigint, Refusal>, station: Station): Answer {
  const wrong = station.faults.find("return-status");
  let bits = done.ok ? done.value : done.error.bits;
  if (wrong?.give === "zero" && done.ok) bits = 0n;
  if (wrong?.give === "success" && !done.ok) bits = status.noError;
  const outputArguments = [scalar(DataType.UInt64, uint64(bits))];
  return done.ok
    ? { statusCode: StatusCodes.Good, outputArguments }
    : { statusCode: StatusCodes.Good, outputArguments, statusText: done.error.why };
}

function bindRequests(results: UAObject, ns: number, station: Station, codec: Codec, plate: Plate): void {
  const respond = (job: Parameters<Codec["response"]>[0]) => codec.response(job, plate.softwareRevision, plate.serial);
  const byId = results.getMethodByName("RequestJobResponseByJobOrderID", ns) as UAMethod;
  byId.bindMethod(async (inputs: Variant[], _context: ISessionContext) => {
    const job = station.jobs().find(({ order }) => order.id === inputs[0]!.value);
    const bits = job === undefined ? status.unknownJobOrder : status.noError;
    const response = job === undefined ? codec.noResponse() : respond(job);
    return {
      statusCode: StatusCodes.Good,
      outputArguments: [scalar(DataType.ExtensionObject, response), scalar(DataType.UInt64, uint64(bits))],
    };
  });
  const byState = results.getMethodByName("RequestJobResponseByJobOrderState", ns) as UAMethod;
  byState.bindMethod(async (inputs: Variant[], _context: ISessionContext) => {
    const [top] = (inputs[0]!.value ?? []) as readonly { readonly stateNumber?: number }[];
    const known = Object.values(stateNumbers).some((number) => number === top?.stateNumber);
    const found = station.jobs().filter(({ state }) => stateNumbers[state.name] === top?.stateNumber);
    return {
      statusCode: StatusCodes.Good,
      outputArguments: [
        arrayOf(DataType.ExtensionObject, found.map(respond)),
        scalar(DataType.UInt64, uint64(known ? status.noError : status.invalidState)),
      ],
    };
  });
}

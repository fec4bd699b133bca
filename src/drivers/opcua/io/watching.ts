/** Subscriptions of one connection: live values with the machine's own times, alarms, and hints that a job changed. */
import {
  AttributeIds,
  type ClientSession,
  type ClientSubscription,
  DataType,
  type DataValue,
  EventFilter,
  type MonitoringParametersOptions,
  type NodeId,
  ObjectIds,
  ObjectTypeIds,
  QualifiedName,
  type ReadValueIdOptions,
  resolveNodeId,
  SimpleAttributeOperand,
  type StatusCode,
  TimestampsToReturn,
  Variant,
} from "node-opcua";
import type { Reading } from "../../../equipment/machine.ts";
import { err, ok, type Result } from "../../../kernel/result.ts";
import type { Milliseconds } from "../../../kernel/units.ts";
import type { AlarmEvent } from "../alarms.ts";
import { isGood, isUnsupported, statusNameIn } from "../call-status.ts";
import { readingOf, type ToldValue } from "../reading.ts";
import { within, wordsOf } from "./deadline.ts";
import { CallRefused } from "./files.ts";

export interface WatchedNode {
  readonly name: string;
  readonly unit: string;
  readonly node: NodeId;
}

export interface WatchListener {
  reading(reading: Reading): void;
  alarm(event: AlarmEvent): void;
  /** The list of job orders changed. */
  hint(): void;
}

export interface Watching {
  /** The server has stopped to send anything, although it may still answer. */
  isSilent(): boolean;
  /** Asks for all conditions anew; their events follow in brackets. */
  refresh(): Promise<void>;
}

const publishing: Milliseconds = 250;
const sampling: Milliseconds = 200;
const eventQueue = 1000;

/** The members of an event that are asked for, with the type that has them; the order is that of the answer. */
const fields = [
  { type: ObjectTypeIds.BaseEventType, path: ["EventType"] },
  { type: ObjectTypeIds.BaseEventType, path: ["SourceName"] },
  { type: ObjectTypeIds.BaseEventType, path: ["Time"] },
  { type: ObjectTypeIds.BaseEventType, path: ["Message"] },
  { type: ObjectTypeIds.BaseEventType, path: ["Severity"] },
  { type: ObjectTypeIds.ConditionType, path: ["ConditionName"] },
  { type: ObjectTypeIds.ConditionType, path: ["BranchId"] },
  { type: ObjectTypeIds.ConditionType, path: ["Retain"] },
  { type: ObjectTypeIds.AlarmConditionType, path: ["ActiveState", "Id"] },
] as const;

/**
 * Subscribes to everything at once. A server without subscriptions is worked with all the same: its readings are none, and its alarms
 * unknown. Rejects where a server that has them refuses this one.
 */
export async function watch(
  session: ClientSession,
  readings: readonly WatchedNode[],
  jobList: NodeId,
  ms: Milliseconds,
  listener: WatchListener,
): Promise<Watching> {
  const tell = ({ name, unit }: WatchedNode, told: ToldValue) =>
    listener.reading(readingOf(told, name, unit, Date.now()));
  const subscribed = await subscribe(session, ms);
  if (!subscribed.ok) {
    for (const each of readings) tell(each, { value: null, notGood: subscribed.error, at: undefined });
    return { refresh: () => Promise.reject(new CallRefused(subscribed.error)), isSilent: () => false };
  }
  const subscription = subscribed.value;
  const isSilent = heardFrom(subscription, ms);
  const monitor = (nodeId: NodeId, hear: (value: DataValue) => void) => {
    const parameters = { samplingInterval: sampling, discardOldest: true, queueSize: 1 };
    return item(subscription, { nodeId, attributeId: AttributeIds.Value }, parameters, ms, hear);
  };
  // A list that is not monitored is looked at as often as without hints.
  await monitor(jobList, () => listener.hint());
  for (const each of readings) {
    const refused = await monitor(each.node, (value) => tell(each, toldBy(value)));
    if (refused !== null) tell(each, { value: null, notGood: refused, at: undefined });
  }
  await hearEvents(subscription, ms, listener);
  return { refresh: () => refresh(session, subscription, ms), isSilent };
}

async function subscribe(session: ClientSession, ms: Milliseconds): Promise<Result<ClientSubscription, string>> {
  const wanted = session.createSubscription2({
    requestedPublishingInterval: publishing,
    requestedLifetimeCount: 240,
    requestedMaxKeepAliveCount: 8,
    maxNotificationsPerPublish: 500,
    publishingEnabled: true,
    priority: 10,
  });
  try {
    return ok(await within(ms, wanted));
  } catch (problem) {
    const status = statusNameIn(wordsOf(problem));
    if (status === null || !isUnsupported(status)) throw problem;
    return err(status);
  }
}

/**
 * Whether nothing comes any more, by the server's own word or by its silence: a server sends a sign of life where it has nothing else
 * (OPC 10000-4, 5.14.1.1), and the library goes on without a word where its subscription was forgotten.
 */
function heardFrom(subscription: ClientSubscription, ms: Milliseconds): () => boolean {
  let last = performance.now();
  let isOver = false;
  const heard = (): void => {
    last = performance.now();
  };
  subscription.on("raw_notification", heard);
  subscription.on("terminated", () => {
    isOver = true;
  });
  subscription.on("status_changed", (status) => {
    if (!status.isGoodish()) isOver = true;
  });
  return () => {
    const every = subscription.publishingInterval * subscription.maxKeepAliveCount;
    return isOver || performance.now() - last > 2 * every + ms;
  };
}

/** The events of the whole server. Where it has none, nothing ends the refresh, and that is told as every such refresh. */
async function hearEvents(subscription: ClientSubscription, ms: Milliseconds, listener: WatchListener): Promise<void> {
  const filter = new EventFilter({ selectClauses: fields.map(operand), whereClause: { elements: [] } });
  const server = resolveNodeId(ObjectIds.Server);
  await item(
    subscription,
    { nodeId: server, attributeId: AttributeIds.EventNotifier },
    { samplingInterval: 0, discardOldest: true, queueSize: eventQueue, filter },
    ms,
    (members: readonly Variant[]) => {
      const event = alarmOf(members);
      if (event !== null) listener.alarm(event);
    },
  );
}

/** Monitors one item; the name of the status with which the server refused it, or null. */
async function item<T>(
  subscription: ClientSubscription,
  what: ReadValueIdOptions,
  how: MonitoringParametersOptions,
  ms: Milliseconds,
  hear: (value: T) => void,
): Promise<string | null> {
  const monitored = await within(ms, subscription.monitor(what, how, TimestampsToReturn.Both));
  monitored.on("changed", (value) => hear(value as T));
  const { statusCode } = monitored as unknown as { readonly statusCode: StatusCode };
  return statusCode.isBad() ? statusCode.name : null;
}

async function refresh(session: ClientSession, subscription: ClientSubscription, ms: Milliseconds): Promise<void> {
  const done = await within(
    ms,
    session.call({
      objectId: resolveNodeId("i=2782"),
      methodId: resolveNodeId("i=3875"),
      inputArguments: [new Variant({ dataType: DataType.UInt32, value: subscription.subscriptionId })],
    }),
  );
  if (!done.statusCode.isGood()) throw new CallRefused(done.statusCode.name);
}

function operand({ type, path }: (typeof fields)[number]): SimpleAttributeOperand {
  return new SimpleAttributeOperand({
    attributeId: AttributeIds.Value,
    browsePath: path.map((name) => new QualifiedName({ namespaceIndex: 0, name })),
    typeDefinitionId: resolveNodeId(type),
  });
}

function toldBy({ statusCode, value, sourceTimestamp, serverTimestamp }: DataValue): ToldValue {
  const at = (sourceTimestamp ?? serverTimestamp)?.getTime();
  return { value: value.value, notGood: isGood(statusCode) ? null : statusCode.name, at };
}

/** An event of the alarm subscription; null for those that are not about conditions. */
function alarmOf(members: readonly Variant[]): AlarmEvent | null {
  const [type, source, time, message, severity, condition, branch, retain, active] = members.map(
    (member): unknown => member.value,
  );
  const kind = String(type);
  if (kind === `ns=0;i=${ObjectTypeIds.RefreshStartEventType}`) return { kind: "refresh-start" };
  if (kind === `ns=0;i=${ObjectTypeIds.RefreshEndEventType}`) return { kind: "refresh-end" };
  if (kind === `ns=0;i=${ObjectTypeIds.RefreshRequiredEventType}`) return { kind: "refresh-required" };
  if (kind === `ns=0;i=${ObjectTypeIds.EventQueueOverflowEventType}`) return { kind: "refresh-required" };
  // An earlier state that still waits for somebody's word is not the present one.
  const isBranch = branch !== null && branch !== undefined && String(branch) !== "ns=0;i=0";
  if (typeof condition !== "string" || condition === "" || isBranch) return null;
  const words = (message as { readonly text?: string | null } | null)?.text ?? "";
  return {
    kind: "condition",
    alarm: {
      id: nameOf(typeof source === "string" ? source : "", condition),
      active: typeof active === "boolean" ? active : retain === true,
      severity: typeof severity === "number" ? Math.min(1000, Math.max(1, Math.round(severity))) : 500,
      what: printable(words === "" ? condition : words, 200),
      at: time instanceof Date ? time.getTime() : Date.now(),
    },
  };
}

/** Source and condition by name: a condition's node id changes with the server's namespaces. */
function nameOf(source: string, condition: string): string {
  return printable(source === "" ? condition : `${source}/${condition}`, 120);
}

function printable(text: string, most: number): string {
  return text.replace(/[^\x20-\x7e\u00a0-\u024f]/g, "?").slice(0, most);
}

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
  TimestampsToReturn,
  Variant,
} from "node-opcua";
import type { Reading } from "../../../equipment/machine.ts";
import type { Milliseconds } from "../../../kernel/units.ts";
import type { AlarmEvent } from "../alarms.ts";
import { readingOf, type ToldValue } from "../reading.ts";
import { within } from "./deadline.ts";
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

/** Subscribes to everything at once. Rejects where the server refuses the subscription itself. */
export async function watch(
  session: ClientSession,
  readings: readonly WatchedNode[],
  jobList: NodeId,
  ms: Milliseconds,
  listener: WatchListener,
): Promise<Watching> {
  const subscription = await within(
    ms,
    session.createSubscription2({
      requestedPublishingInterval: publishing,
      requestedLifetimeCount: 240,
      requestedMaxKeepAliveCount: 8,
      maxNotificationsPerPublish: 500,
      publishingEnabled: true,
      priority: 10,
    }),
  );
  const monitor = (nodeId: NodeId, hear: (value: DataValue) => void) => {
    const parameters = { samplingInterval: sampling, discardOldest: true, queueSize: 1 };
    return item(subscription, { nodeId, attributeId: AttributeIds.Value }, parameters, ms, hear);
  };
  await monitor(jobList, () => listener.hint());
  for (const { name, unit, node } of readings) {
    await monitor(node, (value) => {
      listener.reading(readingOf(toldBy(value), name, unit, Date.now()));
    });
  }
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
  return { refresh: () => refresh(session, subscription, ms) };
}

async function item<T>(
  subscription: ClientSubscription,
  what: ReadValueIdOptions,
  how: MonitoringParametersOptions,
  ms: Milliseconds,
  hear: (value: T) => void,
): Promise<void> {
  const monitored = await within(ms, subscription.monitor(what, how, TimestampsToReturn.Both));
  monitored.on("changed", (value) => hear(value as T));
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
  return { value: value.value, notGood: statusCode.isGood() ? null : statusCode.name, at };
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

/** A subscription to the station's events, and the refresh of its conditions. */
import {
  AttributeIds,
  type ClientSession,
  constructEventFilter,
  DataType,
  type MonitoringParametersOptions,
  ObjectTypeIds,
  resolveNodeId,
  TimestampsToReturn,
  Variant,
} from "node-opcua";

const fields = [
  "EventType",
  "Message",
  "Severity",
  "SourceName",
  "EventId",
  "ConditionName",
  "Retain",
  "ActiveState.Id",
  "AckedState.Id",
];

/** One event, the fields that the tests look at. */
export interface Seen {
  readonly type: string;
  readonly message: string;
  readonly severity: number;
  readonly source: string;
  readonly eventId: Buffer;
  readonly condition: string | null;
  readonly retain: boolean | null;
  readonly active: boolean | null;
  readonly acked: boolean | null;
}

/** Events as they came, and what a client does about them. */
export interface EventDesk {
  readonly seen: Seen[];
  /** Waits for an event that fits; the test's own timeout is the bound. */
  until(fits: (event: Seen) => boolean): Promise<Seen>;
  /** Calls ConditionRefresh and gives what lay between the brackets. */
  refresh(): Promise<Seen[]>;
  close(): Promise<void>;
}

export const refreshStart = resolveNodeId(ObjectTypeIds.RefreshStartEventType).toString();
export const refreshEnd = resolveNodeId(ObjectTypeIds.RefreshEndEventType).toString();

/** Subscribes to the events of the Server object. */
export async function openEvents(session: ClientSession): Promise<EventDesk> {
  const subscription = await session.createSubscription2({
    requestedPublishingInterval: 50,
    requestedLifetimeCount: 600,
    requestedMaxKeepAliveCount: 10,
    maxNotificationsPerPublish: 1000,
    publishingEnabled: true,
    priority: 1,
  });
  const filter = constructEventFilter(fields);
  const parameters: MonitoringParametersOptions = {
    samplingInterval: 0,
    discardOldest: true,
    queueSize: 10_000,
    filter,
  };
  const item = await subscription.monitor(
    { nodeId: resolveNodeId("Server"), attributeId: AttributeIds.EventNotifier },
    parameters,
    TimestampsToReturn.Both,
  );
  const seen: Seen[] = [];
  const waiting = new Set<() => void>();
  item.on("changed", (values: unknown) => {
    seen.push(seenOf(values as Variant[]));
    for (const wake of waiting) wake();
  });
  const until = (fits: (event: Seen) => boolean): Promise<Seen> =>
    new Promise((done) => {
      const look = () => {
        const found = seen.find(fits);
        if (found === undefined) return;
        waiting.delete(look);
        done(found);
      };
      waiting.add(look);
      look();
    });
  return {
    seen,
    until,
    refresh: async () => {
      seen.length = 0;
      const done = await session.call({
        objectId: resolveNodeId("ConditionType"),
        methodId: resolveNodeId("ConditionType_ConditionRefresh"),
        inputArguments: [new Variant({ dataType: DataType.UInt32, value: subscription.subscriptionId })],
      });
      if (!done.statusCode.isGood()) throw new Error(done.statusCode.toString());
      await until(({ type }) => type === refreshEnd);
      const [from, to] = [refreshStart, refreshEnd].map((edge) => seen.findIndex(({ type }) => type === edge));
      return seen.slice(from! + 1, to);
    },
    close: () => subscription.terminate(),
  };
}

function seenOf(values: readonly Variant[]): Seen {
  const [type, message, severity, source, eventId, condition, retain, active, acked] = values.map(
    (one): unknown => one.value,
  );
  return {
    type: String(type),
    message: (message as { text?: string } | null)?.text ?? "",
    severity: Number(severity),
    source: String(source),
    eventId: eventId as Buffer,
    condition: (condition as string | null) ?? null,
    retain: (retain as boolean | null) ?? null,
    active: (active as boolean | null) ?? null,
    acked: (acked as boolean | null) ?? null,
  };
}

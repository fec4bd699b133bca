/** Central QA's end of the wire: hears every cell's topic over TLS, hands the bytes on, and says what it is told to say. */
import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from "mqtt";
import { type DownMessage, downTopic, maxMessageBytes, messageBytes, upTopic } from "../../ledger/batch.ts";
import { createTurns } from "../turns.ts";

export interface LinkOptions {
  readonly url: string;
  /** PEM: the installation's authority, central's client certificate and its key. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
  /** What to hear; all cells where it is left out. */
  readonly hears?: Hearing;
  /** Takes a message of a cell; a rejection is told to `onProblem` and answered by nothing. */
  readonly hear: (cell: string, bytes: Uint8Array) => Promise<void>;
  /** Told of a message that is dropped unread: it is too long, or too many of its cell wait. */
  readonly passOver: (cell: string, bytes: number) => void;
  readonly onState: (state: LinkState) => void;
  readonly onProblem: (problem: unknown) => void;
}

/** Which messages come to this instance: all, those of its share, or those of its part of the cells. */
export type Hearing =
  | { readonly kind: "all" }
  | { readonly kind: "shared"; readonly name: string }
  | { readonly kind: "part"; readonly cells: readonly string[] };

/** The topics to subscribe to. */
export function filtersFor(hears: Hearing): readonly string[] {
  if (hears.kind === "part") return hears.cells.map(upTopic);
  return [hears.kind === "shared" ? `$share/${hears.name}/${everyCell}` : everyCell];
}

export type LinkState = "connected" | "away";

export interface Link {
  readonly state: () => LinkState;
  /** Publishes on the cell's topic; resolves when the broker has it, or with false when it has not in time. */
  say(cell: string, message: DownMessage): Promise<boolean>;
  close(): Promise<void>;
}

const everyCell = upTopic("+");
const upPattern = /^cellward\/1\/([A-Za-z0-9][A-Za-z0-9._-]{0,63})\/up$/;
/** A publish callback may never fire: after this long the message is given up, and the cell asks again. */
const publishWithinMs = 10_000;

/** Connects, and goes on connecting until closed. */
export function openLink(options: LinkOptions): Link {
  let state: LinkState = "away";
  const become = (next: LinkState) => {
    if (next === state) return;
    state = next;
    options.onState(next);
  };
  const client = connect(options.url, tlsOptions(options));
  listen(client, options);
  client.on("connect", () => {
    const filters = filtersFor(options.hears ?? { kind: "all" });
    if (filters.length === 0) return become("connected");
    client.subscribe([...filters], { qos: 1 }, (problem) => {
      if (problem) options.onProblem(problem);
      else become("connected");
    });
  });
  client.on("close", () => become("away"));
  client.on("error", options.onProblem);
  return {
    state: () => state,
    say: (cell, message) => publish(client, cell, message),
    close: async () => void (await client.endAsync(true)),
  };
}

function tlsOptions({ authority, certificate, key, hears }: LinkOptions): IClientOptions {
  // Handed on to node:tls, though the library's own types do not name it.
  const tls = { minVersion: "TLSv1.3" };
  return {
    ...tls,
    ca: authority,
    cert: certificate,
    key,
    rejectUnauthorized: true,
    // A subscription is shared from MQTT 5 on.
    protocolVersion: hears?.kind === "shared" ? 5 : 4,
    clean: true,
    // Nothing is kept for later: what a broker has not taken, the cell asks for again.
    queueQoSZero: false,
    resubscribe: false,
    reconnectPeriod: 2_000,
    connectTimeout: 10_000,
    keepalive: 30,
  };
}

/** Messages wait for their turn; while too much waits, nothing is acknowledged, and so nothing more is read. */
function listen(client: MqttClient, { hear, passOver, onProblem }: LinkOptions): void {
  const turns = createTurns((cell, bytes) => hear(cell, bytes).catch(onProblem));
  client.handleMessage = (packet: IPublishPacket, acknowledge) => {
    const cell = upPattern.exec(packet.topic)?.[1];
    // A retained message is old by definition.
    if (cell === undefined || packet.retain) return acknowledge();
    const bytes = typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload;
    // A copy: the library's own buffer holds whatever came together with it.
    if (bytes.length > maxMessageBytes || !turns.offer(cell, new Uint8Array(bytes))) passOver(cell, bytes.length);
    void turns.room().then(() => acknowledge());
  };
}

function publish(client: MqttClient, cell: string, message: DownMessage): Promise<boolean> {
  if (!client.connected) return Promise.resolve(false);
  return new Promise((done) => {
    let id: number | undefined;
    const timer = setTimeout(() => {
      if (id !== undefined) client.removeOutgoingMessage(id);
      done(false);
    }, publishWithinMs);
    client.publish(downTopic(cell), Buffer.from(messageBytes(message)), { qos: 1 }, (problem) => {
      clearTimeout(timer);
      done(!problem);
    });
    id = client.getLastMessageId();
  });
}

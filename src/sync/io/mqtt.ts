/** Sync's end of the wire: MQTT 3.1.1 or 5 over TLS with the cell's certificate; a fresh client for each connection. */
import { readFile } from "node:fs/promises";
import { connect, type ErrorWithReasonCode, type IClientOptions, type MqttClient } from "mqtt";
import { downTopic, maxMessageBytes, upTopic } from "../../ledger/batch.ts";
import type { DownReason } from "../courier.ts";
import type { Connection, Hooks, Transport } from "../transport.ts";

export interface MqttOptions {
  /** `mqtts://host:port`. */
  readonly url: string;
  /** The cell's id: its topics, its certificate's common name, its client id. */
  readonly cell: string;
  /** PEM files: the authority that the broker's certificate must come from, the cell's certificate, its key. */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** 4 is MQTT 3.1.1. */
  readonly protocolVersion: 4 | 5;
  /** Codes and counts. */
  readonly log: (what: string, facts?: Record<string, number | string>) => void;
}

/** TCP, TLS, CONNACK and SUBACK together may take so long. */
const upWithinMs = 20_000;
const keepAliveSeconds = 30;
/** MQTT 5 reason codes (2.4). */
const sessionTakenOver = 0x8e;
const denials: ReadonlySet<number> = new Set([4, 5, 0x85, 0x86, 0x87, 0x8a, 0x8c, 0x8f, 0x90, 0x97]);

/** A transport over one broker. The files are read at each connection, so that a renewed certificate needs no restart. */
export function createMqttTransport(options: MqttOptions): Transport {
  return {
    connect(hooks) {
      const link = openLink(options, hooks);
      readTls(options).then(
        (tls) => link.begin(tls),
        () => link.end("unreadable"),
      );
      return link;
    },
  };
}

type Tls = Pick<IClientOptions, "ca" | "cert" | "key">;

async function readTls({ caFile, certFile, keyFile }: MqttOptions): Promise<Tls> {
  const [ca, cert, key] = await Promise.all([readFile(caFile), readFile(certFile), readFile(keyFile)]);
  return { ca, cert, key };
}

interface Link extends Connection {
  begin(tls: Tls): void;
  end(reason: DownReason): void;
}

function openLink(options: MqttOptions, hooks: Hooks): Link {
  let client: MqttClient | null = null;
  let over = false;
  let up = false;
  const deadline = setTimeout(() => end("lost"), upWithinMs);

  function end(reason: DownReason): void {
    if (over) return;
    over = true;
    clearTimeout(deadline);
    // By force: what the broker has not acknowledged goes with this client, and is never sent by a later one.
    client?.end(true);
    hooks.down(reason);
  }

  function begin(tls: Tls): void {
    if (over) return;
    try {
      client = connect(options.url, clientOptions(options, tls));
    } catch {
      // What is no certificate, or no key of it, is found out here and thrown.
      return end("unreadable");
    }
    client.on("error", (problem) => end(reasonOf(problem)));
    let secured = false;
    client.stream.once("secureConnect", () => {
      secured = true;
    });
    // TLS stands and the broker hangs up before it has let this cell in and listen: that is its way of saying no.
    client.on("close", () => end(secured && !up ? "refused" : "lost"));
    // The client keeps to itself why TLS ended after the handshake: that is where a broker says no to a certificate.
    client.stream.on("error", (problem) => end(reasonOf(problem)));
    client.on("disconnect", (packet) => end(reasonOfCode(packet.reasonCode)));
    client.on("connect", (packet) => {
      subscribe(packet.properties?.receiveMaximum ?? 65_535);
    });
    take(client);
  }

  function subscribe(window: number): void {
    const topic = downTopic(options.cell);
    // Retained messages are not asked for, and dropped where the broker sends them all the same.
    client?.subscribe(topic, { qos: 1, rh: 2 }, (problem, granted) => {
      if (over) return;
      const grant = granted?.find((one) => one.topic === topic);
      if (problem || grant === undefined || grant.qos !== 1) return end(problem ? reasonOf(problem) : "refused");
      up = true;
      clearTimeout(deadline);
      hooks.up(window);
    });
  }

  /** A message is acknowledged when it was taken; the client reads no further before that. */
  function take(from: MqttClient): void {
    const topic = downTopic(options.cell);
    from.handleMessage = (packet, done) => {
      const bytes = typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload;
      if (over || packet.retain || packet.topic !== topic || bytes.length > maxMessageBytes) {
        options.log("sync message dropped", { bytes: bytes.length, retained: packet.retain ? 1 : 0 });
        return done();
      }
      hooks.message(new Uint8Array(bytes)).then(
        () => done(),
        () => end("lost"),
      );
    };
  }

  return {
    begin,
    end,
    publish(bytes, done) {
      // Only while connected: the library would keep it for later.
      if (over || !up || client?.connected !== true) return;
      client.publish(upTopic(options.cell), Buffer.from(bytes), { qos: 1 }, (problem) => {
        if (over) return;
        if (problem) end(reasonOf(problem));
        else done();
      });
    },
    close() {
      if (over) return;
      over = true;
      clearTimeout(deadline);
      client?.end(true);
    },
  };
}

function clientOptions({ cell, protocolVersion }: MqttOptions, tls: Tls): IClientOptions {
  const options = {
    ...tls,
    // Handed on to node:tls, though the library's own types do not name it.
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
    protocolVersion,
    clientId: cell,
    // Nothing is kept for later by either end: what is not with QA stands in the ledger.
    clean: true,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    connectTimeout: upWithinMs,
    keepalive: keepAliveSeconds,
    ...(protocolVersion === 5 && { properties: { receiveMaximum: 20, maximumPacketSize: maxMessageBytes + 4096 } }),
  };
  return options;
}

function reasonOf(problem: Error | ErrorWithReasonCode): DownReason {
  const code: unknown = "code" in problem ? problem.code : undefined;
  if (typeof code === "number") return reasonOfCode(code);
  const text = typeof code === "string" ? code : "";
  // The broker's certificate is not one of the authority's, not for its name, or has expired.
  if (/^(UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_|ERR_TLS_CERT|INVALID_CA|PATH_LENGTH)/.test(text)) return "untrusted";
  // The broker ended the handshake over the cell's certificate.
  if (/ALERT_(BAD_|UNSUPPORTED_|)CERTIFICATE|ALERT_UNKNOWN_CA|ALERT_ACCESS_DENIED/.test(text)) return "refused";
  return "lost";
}

function reasonOfCode(code: number | undefined): DownReason {
  if (code === sessionTakenOver) return "taken-over";
  return code !== undefined && denials.has(code) ? "refused" : "lost";
}

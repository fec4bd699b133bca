/** An MQTT broker as an installation would have it: TLS with client certificates, one topic tree a cell, nothing retained. */
import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { Aedes } from "aedes";
import { mayPublish, maySubscribe } from "../access.ts";

export interface BrokerOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** PEM: the installation's authority, the broker's certificate and its key. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
  /** Common name of central QA's certificate. */
  readonly central: string;
}

export interface Broker {
  readonly port: number;
  /** What was denied since the start, newest last, at most a hundred. */
  readonly denied: readonly string[];
  /** Drops every connection and closes the port, as a killed broker does; sessions are forgotten. */
  close(): Promise<void>;
}

/** Messages have at most 512 KiB; a connection that says more at once than that is not one of ours. */
const mostBytes = 520 * 1024;

/** Starts listening. Rejects where the port is taken or a file is no certificate. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { host, port, authority, certificate, key, central } = options;
  const names = new WeakMap<object, string>();
  const nameOf = (client: { readonly conn: object } | null) => (client ? (names.get(client.conn) ?? "") : "");
  const denied: string[] = [];
  const deny = (what: string): Error => {
    denied.push(what);
    if (denied.length > 100) denied.shift();
    return new Error(what);
  };
  const broker = await Aedes.createBroker({
    heartbeatInterval: 60_000,
    connectTimeout: 10_000,
    preConnect(client, packet, done) {
      // Two identities never share a session, whatever client id they choose; a last will nobody needs here.
      (packet as { clientId: string }).clientId = `${nameOf(client)}/${packet.clientId}`;
      done(packet.will ? deny(`a last will of ${nameOf(client)}`) : null, !packet.will && nameOf(client) !== "");
    },
    authorizePublish(client, packet, done) {
      const { topic, retain, payload } = packet;
      if (client === null) return done(null);
      const allowed = mayPublish(nameOf(client), central, topic) && !retain && payload.length <= mostBytes;
      done(allowed ? null : deny(`${nameOf(client)} may not publish on ${topic}`));
    },
    authorizeSubscribe(client, subscription, done) {
      const allowed = maySubscribe(nameOf(client), central, subscription.topic);
      done(allowed ? null : deny(`${nameOf(client)} may not subscribe to ${subscription.topic}`), subscription);
    },
  });
  broker.on("clientError", () => undefined);
  broker.on("connectionError", () => undefined);
  const sockets = new Set<TLSSocket>();
  const server = createServer({
    ca: authority,
    cert: certificate,
    key,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.3",
  });
  server.on("secureConnection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    names.set(socket, commonName(socket));
    broker.handle(socket);
  });
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen({ host, port }, done);
  });
  return {
    port: (server.address() as AddressInfo).port,
    denied,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
      await new Promise<void>((done) => broker.close(() => done()));
    },
  };
}

function commonName(socket: TLSSocket): string {
  const name: unknown = socket.getPeerCertificate().subject?.CN;
  return typeof name === "string" ? name : "";
}

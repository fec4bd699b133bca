/** A wire that can be cut, or go silent without a word, in one direction or in both: what half-open connections are made of. */

import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

/** `deaf`: nothing gets to the far end; `mute`: nothing comes back; both look to each end like a connection that stands. */
export type Wire = "open" | "deaf" | "mute" | "silent";

export interface Proxy {
  readonly port: number;
  /** Holds for what stands and for what comes. */
  become(wire: Wire): void;
  /** Ends every connection at once. */
  cut(): void;
  close(): Promise<void>;
}

/** Carries every connection on to a port of this computer. */
export async function startProxy(target: () => number): Promise<Proxy> {
  let wire: Wire = "open";
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    const far = connect(target(), "127.0.0.1");
    keep(near);
    keep(far);
    near.on("data", (bytes) => (wire === "open" || wire === "mute") && far.write(bytes));
    far.on("data", (bytes) => (wire === "open" || wire === "deaf") && near.write(bytes));
    // Of a silent wire not even the end is heard.
    near.once("close", () => (wire === "open" ? far.destroy() : undefined));
    far.once("close", () => (wire === "open" ? near.destroy() : undefined));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    become(next) {
      wire = next;
    },
    cut,
    close() {
      cut();
      return new Promise((closed) => void server.close(() => closed()));
    },
  };
}

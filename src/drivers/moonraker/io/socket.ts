/** One WebSocket to a Moonraker, which says once that it is open and once that it is gone. */
import { WebSocket } from "ws";
import { maxMessage } from "../rpc.ts";
import type { Server } from "./files.ts";

export interface SocketListener {
  opened(): void;
  message(text: string): void;
  /** Said once: it could not be opened, or is gone. `refused`: whoever listens there did not let this cell in. */
  closed(why: string, refused: boolean): void;
}

export interface Socket {
  send(text: string): void;
  close(): void;
}

const openWithin = 5000;
/** Text handed over and not yet taken by the network, in bytes; the protocol's own stays far below. */
const mostUnsent = 1 << 20;

/**
 * Opens the server's URL (http or https), with the authority's certificate and the key where they are given. The key goes along with the
 * handshake too: a Moonraker that trusts no address, or a proxy before it, asks for it there and not only in the greeting.
 */
export function openSocket({ url, apiKey, ca }: Server, listener: SocketListener): Socket {
  const address = new URL("websocket", url.endsWith("/") ? url : `${url}/`);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(address, {
    ...{ handshakeTimeout: openWithin, maxPayload: maxMessage, perMessageDeflate: false, followRedirects: false },
    ...(ca !== null && { ca }),
    ...(apiKey !== null && { headers: { "x-api-key": apiKey } }),
  });
  let over = false;
  const end = (why: string, refused = false): void => {
    if (over) return;
    over = true;
    socket.terminate();
    listener.closed(why, refused);
  };
  socket.on("open", () => over || listener.opened());
  socket.on("message", (data, isBinary) => {
    if (!over && !isBinary) listener.message(data.toString());
  });
  socket.on("unexpected-response", (asked, { statusCode = 0 }) => {
    asked.destroy();
    end(`it answered ${statusCode}`, statusCode === 401 || statusCode === 403);
  });
  // An error is followed by a close; both are listened to for good, because either may come late.
  socket.on("error", (problem) => end(problem.message));
  socket.on("close", (code) => end(`closed with code ${code}`));
  return {
    send(text) {
      if (over || socket.readyState !== WebSocket.OPEN) return;
      if (socket.bufferedAmount > mostUnsent) return end("it does not take what is sent");
      socket.send(text, () => {});
    },
    close: () => end("closed by the driver"),
  };
}

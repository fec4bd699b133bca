/** One WebSocket to a Moonraker, which says once that it is open and once that it is gone. */
import { WebSocket } from "ws";
import { maxMessage } from "../rpc.ts";

export interface SocketListener {
  opened(): void;
  message(text: string): void;
  /** Said once: it could not be opened, or is gone. */
  closed(why: string): void;
}

export interface Socket {
  send(text: string): void;
  close(): void;
}

const openWithin = 5000;
/** Text handed over and not yet taken by the network, in bytes; the protocol's own stays far below. */
const mostUnsent = 1 << 20;

/** Opens `url` (http or https), with the authority's certificate where one is given. */
export function openSocket(url: string, ca: Buffer | null, listener: SocketListener): Socket {
  const address = new URL("websocket", url.endsWith("/") ? url : `${url}/`);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(address, {
    ...{ handshakeTimeout: openWithin, maxPayload: maxMessage, perMessageDeflate: false, followRedirects: false },
    ...(ca !== null && { ca }),
  });
  let over = false;
  const end = (why: string): void => {
    if (over) return;
    over = true;
    socket.terminate();
    listener.closed(why);
  };
  socket.on("open", () => over || listener.opened());
  socket.on("message", (data, isBinary) => {
    if (!over && !isBinary) listener.message(data.toString());
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

/** A Moonraker, or a proxy before it, that asks for the key when the connection is made, before any greeting is heard. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import type { ChildMachine } from "../../../src/drivers/io/child-machine.ts";
import { createMoonrakerMachine } from "../../../src/drivers/io/moonraker.ts";
import { moonrakerConfig } from "../../../src/drivers/moonraker/config.ts";
import type { EquipmentId } from "../../../src/kernel/names.ts";
import { Listener } from "../listener.ts";

let folder: string;
let http: Server;
let sockets: WebSocketServer;
let machine: ChildMachine | null = null;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "handshake-"));
  http = createServer((_, answer) => answer.writeHead(404).end());
  sockets = new WebSocketServer({ noServer: true });
  http.on("upgrade", (request, socket, head) => {
    if (request.headers["x-api-key"] !== "the-key")
      socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n");
    else sockets.handleUpgrade(request, socket, head, (client) => sockets.emit("connection", client));
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
});

afterEach(async () => {
  await machine?.close();
  for (const client of sockets.clients) client.terminate();
  http.closeAllConnections();
  await new Promise((done) => http.close(done));
  rmSync(folder, { recursive: true });
});

function drive(key: string): Listener {
  const apiKeyFile = join(folder, "key");
  writeFileSync(apiKeyFile, `${key}\n`, { mode: 0o600 });
  const { port } = http.address() as AddressInfo;
  const config = moonrakerConfig.parse({
    ...{
      driver: "moonraker",
      url: `http://127.0.0.1:${port}`,
      vendor: "bench",
      serial: "usb-Klipper_bench",
      apiKeyFile,
    },
  });
  machine = createMoonrakerMachine({ equipment: "printer-1" as EquipmentId, config, loadProgram: async () => null });
  return new Listener(machine);
}

test("[F23] the key goes along with the handshake, and the greeting is said", async () => {
  const connected = once(sockets, "connection");
  drive("the-key");
  const [client] = await connected;
  const [text] = await once(client, "message");
  expect(JSON.parse(String(text)).method).toBe("server.connection.identify");
});

test("[F23] who is refused there is told so, and not that a cable is out", async () => {
  const { fault } = await drive("another").next("offline");
  expect(fault.code).toBe("sign-in-refused");
  expect(fault.what).toContain("401");
  expect(JSON.stringify(fault)).not.toContain("another");
});

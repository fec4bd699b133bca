/** The simulated Moonraker as a program: its WebSocket and HTTP interface on a port, and a unix socket for the world around it. */
import { lstatSync, unlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { type WebSocket, WebSocketServer } from "ws";
import { createKlipper } from "../klipper.ts";
import { bytesOf, createFiles, type FileFaults, reply, serveFiles } from "./files.ts";
import { chosen, invoke, type Params, Refused } from "./rpc-methods.ts";

const usage = `Simulated printer (Klipper behind Moonraker): *SIMULATED, not for human use*
  node src/simulators/moonraker/io/main.ts --port N --world SOCKET
    [--speed N]          machine seconds a real second: motion, heating (1)
    [--api-key KEY]      asked of everybody who connects
    [--idle-timeout S]   machine seconds until an idle printer cools itself (600)
    [--board NAME]       name of its mainboard (usb-Klipper_bench_0001-if00)
`;

interface Faults extends FileFaults {
  /** Nothing is said any more, and nothing is closed. */
  frozen: boolean;
  /** Answers to this method are lost; it is carried out. */
  deafTo: string | null;
}

interface Client {
  readonly socket: WebSocket;
  trusted: boolean;
  wanted: unknown;
  told: Record<string, string>;
}

const stepEvery = 20;
/** Klipper collects changes and tells them four times a second. */
const tellEvery = 250;

function main(): void {
  const { values } = parseArgs({
    options: {
      port: { type: "string" },
      world: { type: "string" },
      speed: { type: "string", default: "1" },
      "api-key": { type: "string" },
      "idle-timeout": { type: "string", default: "600" },
      board: { type: "string", default: "usb-Klipper_bench_0001-if00" },
    },
  });
  const { port, world } = values;
  if (port === undefined || world === undefined) {
    process.stderr.write(usage);
    process.exitCode = 2;
    return;
  }
  const idleTimeout_s = Number(values["idle-timeout"]);
  serve(Number(port), world, values["api-key"] ?? null, {
    speed: Number(values.speed),
    idleTimeout_s,
    board: values.board,
  });
}

function serve(port: number, world: string, key: string | null, options: Parameters<typeof createKlipper>[0]): void {
  const klipper = createKlipper(options);
  const files = createFiles();
  const faults: Faults = { frozen: false, deafTo: null, corrupt: false, full: false, stuck: false };
  const queue: string[] = [];
  const clients = new Set<Client>();
  const waiting: (() => void)[] = [];
  const free = (): Promise<void> =>
    klipper.isBlocked() ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve();
  const backend = { klipper, files, queue, free };

  function notify(method: string, params?: unknown): void {
    if (faults.frozen) return;
    const text = JSON.stringify({ jsonrpc: "2.0", method, ...(params !== undefined && { params }) });
    for (const { socket, trusted } of clients) if (trusted) socket.send(text);
  }

  const changed = (action: string, path: string): void =>
    notify("notify_filelist_changed", [{ action, item: { root: "gcodes", path } }]);
  const inUse = (name: string): boolean => {
    const { state, filename } = klipper.objects()["print_stats"] as { state: string; filename: string };
    return filename === name && (state === "printing" || state === "paused");
  };

  async function hear(client: Client, text: string): Promise<void> {
    let asked: { id?: number; method?: string; params?: Params };
    try {
      asked = JSON.parse(text) as typeof asked;
    } catch {
      return;
    }
    const { id, method = "", params = {} } = asked;
    const answer = (body: object): void => {
      if (!faults.frozen && faults.deafTo !== method)
        client.socket.send(JSON.stringify({ jsonrpc: "2.0", ...body, id }));
    };
    if (method === "server.connection.identify") {
      client.trusted ||= params["api_key"] === key;
      return client.trusted
        ? answer({ result: { connection_id: 1 } })
        : answer({ error: { code: 401, message: "Unauthorized" } });
    }
    if (!client.trusted) return answer({ error: { code: 401, message: "Unauthorized" } });
    try {
      const result = await invoke(backend, method, params);
      if (method === "printer.objects.subscribe") client.wanted = params["objects"];
      answer({ result });
      if (method === "printer.emergency_stop") notify("notify_klippy_shutdown");
    } catch (problem) {
      const code = problem instanceof Refused ? problem.code : 500;
      answer({ error: { code, message: problem instanceof Error ? problem.message : "failed" } });
    }
  }

  /** To each who has subscribed: the fields that differ from what was told last. */
  function tellChanges(): void {
    if (faults.frozen) return;
    const objects = klipper.objects();
    for (const client of clients) {
      if (client.wanted === undefined) continue;
      const changes: Record<string, Record<string, unknown>> = {};
      for (const [object, fields] of Object.entries(chosen(objects, client.wanted))) {
        for (const [field, value] of Object.entries(fields as object)) {
          const [name, text] = [`${object}.${field}`, JSON.stringify(value)];
          if (client.told[name] === text) continue;
          client.told[name] = text;
          changes[object] = { ...changes[object], [field]: value };
        }
      }
      if (Object.keys(changes).length === 0) continue;
      const params = [changes, performance.now() / 1000];
      client.socket.send(JSON.stringify({ jsonrpc: "2.0", method: "notify_status_update", params }));
    }
  }

  const http = createServer((request, response) => {
    if (faults.frozen) return;
    if (key !== null && request.headers["x-api-key"] !== key) {
      return reply(response, 401, { error: { code: 401, message: "Unauthorized" } });
    }
    void serveFiles(files, faults, inUse, changed, request, response);
  });
  const sockets = new WebSocketServer({ server: http, path: "/websocket" });
  sockets.on("connection", (socket) => {
    const client: Client = { socket, trusted: key === null, wanted: undefined, told: {} };
    clients.add(client);
    socket.on("message", (data) => void hear(client, data.toString()));
    socket.on("close", () => clients.delete(client));
    socket.on("error", () => clients.delete(client));
  });

  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    klipper.advance(now - last);
    last = now;
    if (!klipper.isBlocked()) for (const go of waiting.splice(0)) go();
  }, stepEvery);
  setInterval(tellChanges, tellEvery);

  const panel = (body: Params): unknown => {
    const { name, value } = body as { name?: string; value?: string | number };
    if (name === "pause" || name === "resume" || name === "cancel") {
      klipper.run({ pause: "PAUSE", resume: "RESUME", cancel: "CANCEL_PRINT" }[name]);
    } else if (name === "script") klipper.run(String(value));
    else if (name === "speed") klipper.setSpeedFactor(Number(value));
    else if (name === "start") klipper.start(String(value), files.get(String(value)) ?? new Uint8Array());
    else if (name === "store") files.put(String(value), Buffer.from("G4 S100000\nG4 S100000\n"));
    else if (name === "overwrite") {
      files.put(String(value), Buffer.from("G28\nG1 X1 F60\n"));
      changed("modify_file", String(value));
    } else if (name === "queue") queue.push(String(value));
    else if (name === "unqueue") queue.length = 0;
    else if (name === "frozen") faults.frozen = value !== 0;
    else if (name === "deaf-to") faults.deafTo = value === undefined ? null : String(value);
    else if (name === "drop") for (const { socket } of clients) socket.terminate();
    else if (name === "shutdown") {
      klipper.emergencyStop(String(value ?? "Lost communication with MCU 'mcu'"));
      notify("notify_klippy_shutdown");
    } else if (name === "restart") {
      notify("notify_klippy_disconnected");
      klipper.restart();
      notify("notify_klippy_ready");
    } else if (name === "corrupt" || name === "full" || name === "stuck") faults[name] = value !== 0;
    else return { error: `no such fault: ${name}` };
    return { done: name };
  };
  if (lstatSync(world, { throwIfNoEntry: false })?.isSocket()) unlinkSync(world);
  createServer((request, response) => {
    if (request.method === "GET") {
      return reply(response, 200, {
        objects: klipper.objects(),
        files: files.names(),
        executed: klipper.executed(),
        blocked: klipper.isBlocked(),
      });
    }
    void bytesOf(request).then((body) => reply(response, 200, panel(JSON.parse(body.toString()) as Params)));
  }).listen(world);
  http.listen(port, "127.0.0.1", () => {
    const ready = {
      ready: "moonraker",
      simulated: true,
      port: (http.address() as AddressInfo).port,
      board: options.board,
    };
    process.stdout.write(`${JSON.stringify(ready)}\n`);
  });
}

process.stdout.on("error", () => undefined);
main();

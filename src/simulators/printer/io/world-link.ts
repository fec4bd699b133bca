/** The world's view of the printer, for camera, demo and tests: HTTP on a unix socket. */
import { lstatSync, unlinkSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { readFault } from "../faults.ts";
import type { Printer } from "../printer.ts";

const mostBodyBytes = 4096;
const mostBeadsAtOnce = 200_000;

/** What the link needs of the program. */
export interface WorldPorts {
  readonly printer: Printer;
  readonly nowMs: () => number;
  /** Called after anything changed, so that output and cable follow at once. */
  readonly changed: () => void;
  readonly note: (what: string) => void;
}

/** Serves the world at `socketPath`; resolves when it accepts connections. */
export async function serveWorld(socketPath: string, ports: WorldPorts): Promise<Server> {
  if (lstatSync(socketPath, { throwIfNoEntry: false })?.isSocket()) unlinkSync(socketPath);
  const server = createServer((request, response) => void answer(ports, request, response));
  server.maxConnections = 32;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  return server;
}

async function answer(ports: WorldPorts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { printer, nowMs, changed, note } = ports;
  const url = new URL(request.url ?? "/", "http://world");
  const route = `${request.method} ${url.pathname}`;
  if (route === "GET /beads") {
    const since = Number(url.searchParams.get("since") ?? "0");
    if (!Number.isSafeInteger(since) || since < 0) return reply(response, 400, { error: "since must be 0 or more" });
    printer.advance(nowMs());
    return reply(response, 200, printer.beads(since, mostBeadsAtOnce));
  }
  if (route === "GET /state") return reply(response, 200, printer.state(nowMs()));
  const body = request.method === "POST" ? await bodyOf(request) : null;
  if (route === "POST /plate/clear") {
    printer.clearPlate(nowMs());
    note("plate cleared");
    return reply(response, 200, { done: "plate cleared" });
  }
  if (route === "POST /fault") {
    const fault = readFault(body);
    if (!fault.ok) return reply(response, 400, { error: fault.error });
    const outcome = printer.inject(fault.value, nowMs());
    note(`fault ${fault.value.name}: ${outcome}`);
    changed();
    return reply(response, outcome.startsWith("refused") ? 409 : 200, { fault: fault.value.name, outcome });
  }
  return reply(response, 404, { error: "GET /beads, GET /state, POST /plate/clear, POST /fault" });
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

/** The JSON body of a request, or null when it is too long or is not JSON. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const part of request) {
      const chunk = part as Uint8Array;
      bytes += chunk.length;
      if (bytes > mostBodyBytes) return null;
      parts.push(chunk);
    }
    return JSON.parse(Buffer.concat(parts).toString("utf8")) as unknown;
  } catch {
    return null;
  }
}

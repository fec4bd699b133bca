/** The bench's control socket, where faults are put into the camera; nothing of it is on the camera's network port. */
import { createServer, type Server } from "node:http";
import type { CameraDevice } from "../device.ts";
import { faultNames, readFault } from "../faults.ts";
import { answer, readJson } from "./http.ts";

/** A server for POST /fault {name, ...}, POST /clear {name?} and GET /faults; `changed` is called after each change. */
export function controlServer(device: CameraDevice, changed: () => void): Server {
  const server = createServer(async (request, response) => {
    const route = `${request.method} ${request.url}`;
    if (route === "GET /faults") return answer(response, 200, device.faults());
    if (route !== "POST /fault" && route !== "POST /clear") return answer(response, 404, { error: "no such route" });
    const body = await readJson(request, 4096);
    if (!body.ok) return answer(response, 400, { error: body.error }, { connection: "close" });
    if (route === "POST /fault") {
      const fault = readFault(body.value);
      if (!fault.ok) return answer(response, 400, { error: fault.error });
      device.fault(fault.value);
    } else {
      const name = (body.value as { name?: unknown } | null)?.name;
      const known = faultNames.find((candidate) => candidate === name);
      if (name !== undefined && known === undefined) return answer(response, 400, { error: "no such fault" });
      device.clear(known);
    }
    changed();
    return answer(response, 200, device.faults());
  });
  server.requestTimeout = 5000;
  return server;
}

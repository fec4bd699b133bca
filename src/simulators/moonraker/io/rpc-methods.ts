/** What the simulated Moonraker answers to each JSON-RPC method (names and shapes of Moonraker's External API). */
import type { Klipper } from "../klipper.ts";
import type { Files } from "./files.ts";

/** A request that ends badly: Moonraker answers with this code and message. */
export class Refused extends Error {
  override name = "Refused";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export interface Backend {
  readonly klipper: Klipper;
  readonly files: Files;
  /** Jobs in Moonraker's own queue. */
  readonly queue: readonly string[];
  /** Resolves when Klipper's queue of commands is free: a heater that is waited for blocks it. */
  free(): Promise<void>;
}

export type Params = Readonly<Record<string, unknown>>;

/** Carries out one method; rejects with {@link Refused}. */
export async function invoke(backend: Backend, method: string, params: Params): Promise<unknown> {
  const { klipper, files, queue } = backend;
  const objects = klipper.objects();
  const host = objects["webhooks"] as { state: string; state_message: string };
  switch (method) {
    case "server.info":
      return {
        klippy_connected: true,
        klippy_state: host.state,
        api_version: [1, 5, 0],
        moonraker_version: "simulated",
      };
    case "printer.info":
      return { ...host, hostname: "bench", software_version: "v0.12.0-simulated", process_id: 1 };
    case "printer.objects.list":
      return { objects: Object.keys(objects) };
    case "printer.objects.query":
    case "printer.objects.subscribe":
      return { eventtime: performance.now() / 1000, status: chosen(objects, params["objects"]) };
    case "printer.print.start": {
      const name = String(params["filename"]);
      const bytes = files.get(name);
      if (bytes === null) throw new Refused(400, `Unable to open file: ${name}`);
      return said(klipper.start(name, bytes));
    }
    case "printer.print.pause":
      await backend.free();
      return said(klipper.run("PAUSE"));
    case "printer.print.resume":
      await backend.free();
      return said(klipper.run("RESUME"));
    case "printer.print.cancel":
      await backend.free();
      return said(klipper.run("CANCEL_PRINT"));
    case "printer.gcode.script":
      await backend.free();
      return said(klipper.run(String(params["script"])));
    case "printer.emergency_stop":
      klipper.emergencyStop("Shutdown due to webhooks request");
      return "ok";
    case "printer.firmware_restart":
      klipper.restart();
      return "ok";
    case "server.files.list":
      return files
        .names()
        .map((path) => ({ path, modified: 0, size: files.get(path)?.length ?? 0, permissions: "rw" }));
    case "server.job_queue.status":
      return { queued_jobs: queue.map((filename, n) => ({ filename, job_id: String(n) })), queue_state: "ready" };
    default:
      throw new Refused(-32601, "Method not found");
  }
}

function said(wrong: string | null): "ok" {
  if (wrong !== null) throw new Refused(400, wrong);
  return "ok";
}

/** The objects and fields that were asked for; what does not exist is left out. */
export function chosen(objects: ReturnType<Klipper["objects"]>, wanted: unknown): Record<string, unknown> {
  const all = Object.entries((wanted ?? {}) as Record<string, readonly string[] | null>);
  return Object.fromEntries(
    all.flatMap(([object, fields]) => {
      const status = objects[object];
      if (status === undefined) return [];
      const kept =
        fields === null ? status : Object.fromEntries(fields.flatMap((f) => (f in status ? [[f, status[f]]] : [])));
      return [[object, kept]];
    }),
  );
}

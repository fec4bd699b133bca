/** The camera's network port: GET /snapshot.jpg with a token, one picture at a time. */
import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { CameraDevice } from "../device.ts";
import type { CameraFault } from "../faults.ts";
import { answer } from "./http.ts";
import { jpegOf } from "./jpeg.ts";
import type { WorldLink } from "./world.ts";

/** Exposures that may wait for their turn; more are refused. */
const mostWaiting = 4;
/** Exposure time that the headers declare, in ms. */
const exposureMs = 20;

/** The port and what ends with it. */
export interface CameraPort {
  readonly server: Server;
  /** Lets go of requests that a fault held back; called when faults change. */
  settle(): void;
}

/** Serves pictures; with a `token` nobody gets one who does not show it (bearer, or basic with it as the password). */
export function cameraPort(device: CameraDevice, world: WorldLink, token: string | null): CameraPort {
  const held = new Set<ServerResponse>();
  let turn: Promise<void> = Promise.resolve();
  let waiting = 0;
  let frozen: Buffer | null = null;
  const snapshot = async (response: ServerResponse): Promise<void> => {
    const slow = faultNamed(device, "slow");
    if (slow !== null) await pause(slow.ms, response);
    if (response.destroyed) return;
    const start = Date.now();
    const scene = await world.look();
    if (!scene.ok) return answer(response, 503, { error: scene.error });
    const end = Math.max(Date.now(), start + exposureMs);
    const { frame, repeated } = device.take(scene.value);
    frozen = repeated && frozen !== null ? frozen : await jpegOf(frame);
    response.writeHead(200, {
      "content-type": "image/jpeg",
      "content-length": frozen.length,
      "cache-control": "no-store",
      "x-exposure-start": String(start),
      "x-exposure-end": String(end),
    });
    response.end(frozen);
  };
  const server = createServer((request, response) => {
    if (faultNamed(device, "off") !== null) {
      held.add(response);
      response.on("close", () => held.delete(response));
      return;
    }
    const refusal = refusalOf(request, token);
    if (refusal !== null) return answer(response, ...refusal);
    if (waiting >= mostWaiting) return answer(response, 503, { error: "busy" }, { "retry-after": "1" });
    waiting++;
    turn = turn
      .then(() => snapshot(response))
      .catch(() => {
        response.destroy();
      })
      .finally(() => {
        waiting--;
      });
  });
  server.maxConnections = 16;
  server.requestTimeout = 10_000;
  server.headersTimeout = 5000;
  return { server, settle: () => held.forEach((response) => void response.destroy()) };
}

function faultNamed<Name extends CameraFault["name"]>(device: CameraDevice, name: Name) {
  const found = device.faults().find((fault) => fault.name === name);
  return (found ?? null) as Extract<CameraFault, { name: Name }> | null;
}

/** Waits, but not beyond the end of the connection. */
function pause(ms: number, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    response.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

type Refusal = [status: number, body: unknown, headers?: Record<string, string>];

function refusalOf(request: IncomingMessage, token: string | null): Refusal | null {
  const length = Number(request.headers["content-length"] ?? 0);
  if (length > 0 || request.headers["transfer-encoding"] !== undefined) {
    return [413, { error: "a camera takes no body" }, { connection: "close" }];
  }
  if (token !== null && !shows(request.headers.authorization ?? "", token)) {
    return [401, { error: "not allowed" }, { "www-authenticate": 'Basic realm="camera"' }];
  }
  if (request.url?.split("?")[0] !== "/snapshot.jpg") return [404, { error: "only /snapshot.jpg is here" }];
  if (request.method !== "GET") return [405, { error: "GET only" }, { allow: "GET" }];
  return null;
}

/** True when the header carries the token: `Bearer token`, `Basic user:token`, or Basic with a token `user:password`. */
function shows(header: string, token: string): boolean {
  const [scheme, value] = header.split(" ", 2);
  if (value === undefined) return false;
  if (scheme?.toLowerCase() === "bearer") return same(value, token);
  if (scheme?.toLowerCase() !== "basic") return false;
  const pair = Buffer.from(value, "base64").toString("utf8");
  return same(token.includes(":") ? pair : pair.slice(pair.indexOf(":") + 1), token);
}

/** Compares in a time that does not depend on where the two differ. */
function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

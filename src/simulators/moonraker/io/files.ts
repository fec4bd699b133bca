/** The storage of the simulated Moonraker: its gcodes root, in memory, over the HTTP interface that the real one has. */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

export interface Files {
  get(name: string): Uint8Array | null;
  put(name: string, bytes: Uint8Array): void;
  delete(name: string): boolean;
  names(): readonly string[];
}

/** What goes wrong with the storage. */
export interface FileFaults {
  /** The next file is stored with one byte changed, and its checksum is not looked at. */
  corrupt: boolean;
  /** No space: uploads are refused. */
  full: boolean;
  /** Files cannot be deleted. */
  stuck: boolean;
}

export function createFiles(): Files {
  const files = new Map<string, Uint8Array>();
  return {
    get: (name) => files.get(name) ?? null,
    put: (name, bytes) => void files.set(name, bytes),
    delete: (name) => files.delete(name),
    names: () => [...files.keys()],
  };
}

/** Tells who listens that a file was made, changed or deleted. */
export type Changed = (action: string, path: string) => void;

/** Answers one request of the file interface. */
export async function serveFiles(
  files: Files,
  faults: FileFaults,
  inUse: (name: string) => boolean,
  changed: Changed,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = decodeURIComponent((request.url ?? "").split("?")[0] ?? "");
  const body = await bytesOf(request);
  if (request.method === "POST" && path === "/server/files/upload") {
    return upload(files, faults, changed, String(request.headers["content-type"]), body, response);
  }
  const name = path.replace("/server/files/gcodes/", "");
  const stored = files.get(name);
  if (stored === null) return reply(response, 404, { error: { code: 404, message: `File ${name} does not exist` } });
  if (request.method === "GET") {
    response.writeHead(200, { "content-type": "application/octet-stream" });
    return void response.end(stored);
  }
  if (request.method !== "DELETE") return reply(response, 405, { error: { code: 405, message: "Not allowed" } });
  if (inUse(name) || faults.stuck) return reply(response, 403, { error: { code: 403, message: "File is in use" } });
  files.delete(name);
  changed("delete_file", name);
  reply(response, 200, { result: { item: { root: "gcodes", path: name }, action: "delete_file" } });
}

function upload(
  files: Files,
  faults: FileFaults,
  changed: Changed,
  type: string,
  body: Buffer,
  response: ServerResponse,
): void {
  const parts = partsOf(type, body);
  const file = parts.get("file");
  if (faults.full) return reply(response, 500, { error: { code: 500, message: "No space left on device" } });
  if (file === undefined) return reply(response, 400, { error: { code: 400, message: "No file" } });
  const folder = parts.get("path")?.bytes.toString() ?? "";
  const name = `${folder === "" ? "" : `${folder}/`}${file.filename}`;
  const checksum = parts.get("checksum")?.bytes.toString();
  const digest = createHash("sha256").update(file.bytes).digest("hex");
  if (checksum !== undefined && checksum !== digest) {
    return reply(response, 422, { error: { code: 422, message: "File checksum mismatch" } });
  }
  const bytes = Uint8Array.from(file.bytes);
  if (faults.corrupt) bytes[bytes.length >> 1]! ^= 1;
  faults.corrupt = false;
  files.put(name, bytes);
  changed("create_file", name);
  const item = { path: name, root: "gcodes", size: bytes.length };
  reply(response, 201, { item, print_started: false, print_queued: false, action: "create_file" });
}

/** The parts of a multipart form, by name. */
function partsOf(type: string, body: Buffer): Map<string, { readonly filename: string; readonly bytes: Buffer }> {
  const parts = new Map<string, { filename: string; bytes: Buffer }>();
  const boundary = Buffer.from(`--${/boundary=(.+)$/.exec(type)?.[1] ?? ""}`);
  let at = body.indexOf(boundary);
  while (at !== -1) {
    const next = body.indexOf(boundary, at + boundary.length);
    if (next === -1) break;
    const part = body.subarray(at + boundary.length + 2, next - 2);
    const split = part.indexOf("\r\n\r\n");
    const head = part.subarray(0, split).toString();
    const name = / name="([^"]*)"/.exec(head)?.[1] ?? "";
    parts.set(name, { filename: /filename="([^"]*)"/.exec(head)?.[1] ?? "", bytes: part.subarray(split + 4) });
    at = next;
  }
  return parts;
}

export async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

export function reply(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

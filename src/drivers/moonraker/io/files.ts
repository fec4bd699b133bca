/** A program at the printer: stored, read back and removed over Moonraker's HTTP interface (External API: File Management). */
import { createHash, randomBytes } from "node:crypto";
import { type IncomingMessage, request as plainRequest, type RequestOptions } from "node:http";
import { request as tlsRequest } from "node:https";
import { basename, dirname } from "node:path/posix";
import type { Digest } from "../../../kernel/names.ts";
import type { PrintCopy } from "../copy.ts";

/** Where and as whom. */
export interface Server {
  readonly url: string;
  readonly apiKey: string | null;
  readonly ca: Buffer | null;
}

/** Bytes of a copy that are read back at most; one that is larger is not ours. */
const mostRead = 1 << 30;
/** Without a byte either way for so long, a transfer is given up. */
const silence_ms = 15_000;
const whole_ms = 300_000;

/** Uploads a copy with its digest, which Moonraker checks itself; rejects with what it said. */
export async function store(server: Server, file: string, { bytes, digest }: PrintCopy): Promise<void> {
  const boundary = `cellward-${randomBytes(12).toString("hex")}`;
  const field = (name: string, value: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const head =
    field("root", "gcodes") +
    field("path", dirname(file)) +
    field("checksum", digest) +
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${basename(file)}"\r\n` +
    "Content-Type: application/octet-stream\r\n\r\n";
  const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  const headers = { "content-type": `multipart/form-data; boundary=${boundary}`, "content-length": body.length };
  const said = await ask(server, "POST", "server/files/upload", headers, body);
  if (said.status !== 201 && said.status !== 200) throw new Error(wordsOf(said));
}

/** SHA-256 of the file as the printer has it. */
export async function read(server: Server, file: string): Promise<Digest> {
  const said = await ask(server, "GET", `server/files/gcodes/${pathOf(file)}`, {}, null);
  if (said.status !== 200) throw new Error(wordsOf(said));
  return said.digest;
}

/** Deletes the file and looks whether it is gone. */
export async function remove(server: Server, file: string): Promise<void> {
  const path = `server/files/gcodes/${pathOf(file)}`;
  const said = await ask(server, "DELETE", path, {}, null);
  const after = await ask(server, "GET", path, {}, null);
  if (after.status !== 404) throw new Error(said.status === 200 ? "it is still there" : wordsOf(said));
}

function pathOf(file: string): string {
  return file.split("/").map(encodeURIComponent).join("/");
}

interface Said {
  readonly status: number;
  readonly digest: Digest;
  /** The first of what was said, for an error. */
  readonly text: string;
}

function wordsOf({ status, text }: Said): string {
  const words = /"message"\s*:\s*"([^"]{1,200})/.exec(text)?.[1] ?? "";
  return `status ${status}${words === "" ? "" : `: ${words}`}`;
}

function ask(
  { url, apiKey, ca }: Server,
  method: string,
  path: string,
  headers: Readonly<Record<string, string | number>>,
  body: Buffer | null,
): Promise<Said> {
  const address = new URL(path, url.endsWith("/") ? url : `${url}/`);
  const options: RequestOptions & { ca?: Buffer } = {
    method,
    headers: { ...headers, ...(apiKey !== null && { "x-api-key": apiKey }) },
    timeout: silence_ms,
    signal: AbortSignal.timeout(whole_ms),
    agent: false,
    ...(ca !== null && { ca }),
  };
  return new Promise((resolve, reject) => {
    const make = address.protocol === "https:" ? tlsRequest : plainRequest;
    const request = make(address, options, (response) => {
      take(response).then(resolve, reject);
    });
    request.on("timeout", () => request.destroy(new Error("it does not answer")));
    request.on("error", reject);
    request.end(body ?? undefined);
  });
}

/** Reads an answer to its end, keeping its digest and its first words. */
async function take(response: IncomingMessage): Promise<Said> {
  const hash = createHash("sha256");
  let [size, text] = [0, ""];
  for await (const piece of response as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > mostRead) throw new Error("it sends more than any program is long");
    hash.update(piece);
    if (text.length < 2000) text += piece.toString("utf8").slice(0, 2000);
  }
  return { status: response.statusCode ?? 0, digest: hash.digest("hex") as Digest, text };
}

/** Small pieces of HTTP for the station's control socket: bounded bodies and plain answers. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { err, ok, type Result } from "../../../kernel/result.ts";

/** Reads a JSON body of at most `most` bytes; an empty body is an empty object. */
export async function readJson(request: IncomingMessage, most: number): Promise<Result<unknown, string>> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > most) return err(`a body has at most ${most} bytes`);
      parts.push(part);
    }
    return ok(size === 0 ? {} : JSON.parse(Buffer.concat(parts).toString("utf8")));
  } catch {
    return err("the body broke off or is not JSON");
  }
}

/** Answers with JSON and ends the exchange. */
export function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

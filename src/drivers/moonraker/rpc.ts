/** JSON-RPC 2.0 as Moonraker speaks it over its WebSocket (Moonraker, External API: Introduction). */
import type { Json } from "../../kernel/json.ts";
import { listIn, type Members, memberOf, membersOf, textIn } from "../../kernel/members.ts";

/** Longest message that is read, in characters; Klipper's whole configuration is some hundred thousand. */
export const maxMessage = 4 << 20;

/** A message of the server. */
export type Incoming =
  | { readonly kind: "result"; readonly id: number; readonly result: Json }
  | { readonly kind: "error"; readonly id: number; readonly code: number; readonly text: string }
  | { readonly kind: "notice"; readonly method: string; readonly params: readonly Json[] };

/** One request. */
export function request(id: number, method: string, params: Members | null): string {
  return JSON.stringify({ jsonrpc: "2.0", method, ...(params !== null && { params }), id });
}

/** Reads one message; null for what is none. Never throws. */
export function readMessage(text: string): Incoming | null {
  const body = text.length > maxMessage ? null : parse(text);
  const id = body?.["id"];
  if (typeof id === "number") {
    const error = memberOf(body, "error");
    if (error === null) return { kind: "result", id, result: body?.["result"] ?? null };
    const code = error["code"];
    return {
      ...{ kind: "error", id, code: typeof code === "number" ? code : 0 },
      text: textIn(error, "message") ?? "no reason given",
    };
  }
  const method = textIn(body, "method");
  return method === null ? null : { kind: "notice", method, params: listIn(body, "params") };
}

function parse(text: string): Members | null {
  try {
    return membersOf(JSON.parse(text) as Json);
  } catch {
    return null;
  }
}

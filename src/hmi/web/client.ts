/** Asking the server: JSON in, JSON or a problem in words out; a lost link is a problem like any other. */
import type { Problem } from "../api.ts";

export type Asked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly status: number; readonly problem: Problem };

const lost: Problem = {
  code: "link-lost",
  what: "The controller does not answer.",
  remedy: "In danger use the machine's own stop. Then call the engineer.",
};

/** Longest wait for an answer in milliseconds. */
const patienceMs = 8_000;

/** Reads. */
export function get<T>(path: string): Promise<Asked<T>> {
  return ask<T>(path, { method: "GET" });
}

/** Does something; the header is one that only our own page can send. */
export function post<T = unknown>(path: string, body: unknown = {}): Promise<Asked<T>> {
  const headers = { "content-type": "application/json", "x-cellward": "1" };
  return ask<T>(path, { method: "POST", headers, body: JSON.stringify(body) });
}

async function ask<T>(path: string, init: RequestInit): Promise<Asked<T>> {
  try {
    const answer = await fetch(path, { ...init, cache: "no-store", signal: AbortSignal.timeout(patienceMs) });
    const json: unknown = await answer.json();
    if (answer.ok) return { ok: true, value: json as T };
    return { ok: false, status: answer.status, problem: json as Problem };
  } catch {
    return { ok: false, status: 0, problem: lost };
  }
}

/** Canonical JSON: RFC 8785 (JCS) bytes out, I-JSON (RFC 7493) in. */
import { assert } from "./assert.ts";
import { err, ok, type Result } from "./result.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Lists and objects stand at most so deep inside one another, so that every reader has room for what it reads. */
export const deepestNesting = 64;

/**
 * The RFC 8785 text of a JSON value. `undefined` members are left out, as JSON.stringify does.
 * Throws AssertionFailed on NaN, infinities, lone surrogates, deeper nesting and values that are not JSON.
 */
export function canonical(value: unknown): string {
  return print(value, deepestNesting);
}

/** The text of a value in which `room` further lists and objects may stand inside one another. */
function print(value: unknown, room: number): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    assert(Number.isFinite(value), "canonical JSON has no NaN or infinity");
    return JSON.stringify(value);
  }
  if (typeof value === "string") {
    assert(value.isWellFormed(), "canonical JSON has no lone surrogates");
    return JSON.stringify(value);
  }
  assert(room > 0, "canonical JSON nests at most 64 deep");
  if (Array.isArray(value)) return `[${value.map((item) => print(item, room - 1)).join(",")}]`;
  assert(typeof value === "object", `canonical JSON cannot hold a ${typeof value}`);
  let members = "";
  // RFC 8785 3.2.3 sorts by UTF-16 code units, which is what `sort` does by itself.
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) members += `${members === "" ? "" : ","}${print(key, room)}:${print(member, room - 1)}`;
  }
  return `{${members}}`;
}

/** UTF-8 bytes of the RFC 8785 text. */
export function canonicalBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(canonical(value));
}

/**
 * Parses bytes that must be canonical JSON already: duplicate keys, unsafe integers, NaN, lone surrogates, other
 * spellings of the same value and bad UTF-8 all fail because parse-then-print would not give the same bytes back.
 */
export function parseCanonical(bytes: Uint8Array): Result<Json, string> {
  let text: string;
  let value: Json;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return err("not JSON: it is not UTF-8");
  }
  try {
    value = JSON.parse(text) as Json;
  } catch {
    // The engine's own words would quote what somebody else wrote.
    return err("not JSON");
  }
  const printed = tryCanonical(value);
  if (printed !== text) return err("not canonical JSON (RFC 8785): it prints back as other bytes");
  return unsafeIntegerIn(value, "") !== null ? err("an integer beyond 2^53 - 1 is not I-JSON (RFC 7493)") : ok(value);
}

/** Bytes of the RFC 8785 text; null for what could not be recorded and read back (lone surrogates, unsafe integers, NaN). */
export function canonicalSize(value: unknown): number | null {
  const text = tryCanonical(value);
  if (text === null || unsafeIntegerIn(JSON.parse(text) as Json, "") !== null) return null;
  return new TextEncoder().encode(text).length;
}

function tryCanonical(value: unknown): string | null {
  try {
    return canonical(value);
  } catch {
    return null;
  }
}

/** Where a JSON value holds an integer that no reader takes (`body.results.0.value`), or null. */
export function unsafeIntegerIn(value: Json, at: string): string | null {
  if (typeof value === "number") return Number.isInteger(value) && !Number.isSafeInteger(value) ? at : null;
  if (value === null || typeof value !== "object") return null;
  for (const [name, member] of Object.entries(value)) {
    const found = unsafeIntegerIn(member, name);
    if (found !== null) return `${at}.${found}`;
  }
  return null;
}

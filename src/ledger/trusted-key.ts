/** Trusted keys as their user writes them down: the key's line, and from when to when it counts (docs/record-format.md section 2). */
import { err, ok, type Result } from "../kernel/result.ts";
import { formatKey, parseKey } from "./note.ts";
import type { Effect, VerifyingKey } from "./signer.ts";

const words = ["from", "until", "revoked"] as const;

/**
 * Reads `name+id+base64`, and after it, each at most once and in this order, `from=`, `until=`, `revoked=`. A signing key is
 * bounded by numbers of entries, a cosigner's by times (`2026-01-31T08:00:00Z`). The error says what is wrong.
 */
export function parseTrustedKey(line: string): Result<VerifyingKey, string> {
  const [first = "", ...rest] = line.trim().split(/\s+/);
  const key = parseKey(first);
  if (!key.ok || rest.length === 0) return key;
  const effect: Partial<Record<keyof Effect, number>> = {};
  let next = 0;
  for (const word of rest) {
    const [name = "", value = ""] = word.split(/=(.*)/s);
    const place = (words as readonly string[]).indexOf(name);
    const bound = key.value.type === 4 ? readTime(value) : readSize(value);
    const said = words[place];
    if (said === undefined || place < next || bound === null) {
      const form = key.value.type === 4 ? "a time like 2026-01-31T08:00:00Z" : "a number of entries";
      return err(`after a key stand from=, until= and revoked=, in this order, each with ${form}; not "${word}"`);
    }
    effect[said] = bound;
    next = place + 1;
  }
  const { from = 0, until = Number.POSITIVE_INFINITY } = effect;
  if (from > until) return err("the key ends before it begins");
  return ok({ ...key.value, effect });
}

/** The same line again. */
export function formatTrustedKey(key: VerifyingKey): string {
  const print = (bound: number): string => (key.type === 4 ? printTime(bound) : String(bound));
  const bounds = words.flatMap((word) => {
    const bound = key.effect?.[word];
    return bound === undefined ? [] : [`${word}=${print(bound)}`];
  });
  return [formatKey(key), ...bounds].join(" ");
}

/** Why a signature of this key over `size` entries does not count, in words; null where it does. */
export function outOfEffect({ name, id, effect = {} }: VerifyingKey, size: number): string | null {
  const key = `the key ${name} (${id})`;
  const over = `a checkpoint over ${size} does not count`;
  const { from, until, revoked } = effect;
  if (revoked !== undefined && size > revoked) return `${key} was revoked at ${revoked} entries: ${over}`;
  if (until !== undefined && size > until) return `${key} ended at ${until} entries: ${over}`;
  if (from !== undefined && size < from) return `${key} counts from ${from} entries on: ${over}`;
  return null;
}

/** The same for a cosigner's key and the time (POSIX seconds) in its line. */
export function outOfTime({ name, id, effect = {} }: VerifyingKey, time: number): string | null {
  const key = `the witness's key ${name} (${id})`;
  const at = `its line of ${printTime(time)} does not count`;
  const { from, until, revoked } = effect;
  if (revoked !== undefined && time > revoked) return `${key} was revoked at ${printTime(revoked)}: ${at}`;
  if (until !== undefined && time > until) return `${key} ended at ${printTime(until)}: ${at}`;
  if (from !== undefined && time < from) return `${key} counts from ${printTime(from)} on: ${at}`;
  return null;
}

function readSize(text: string): number | null {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return null;
  return Number.isSafeInteger(Number(text)) ? Number(text) : null;
}

function readTime(text: string): number | null {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) || printTime(at / 1000) !== text ? null : at / 1000;
}

/** Seconds beyond what a date can say are printed as a number. */
function printTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `second ${seconds}` : `${date.toISOString().slice(0, 19)}Z`;
}

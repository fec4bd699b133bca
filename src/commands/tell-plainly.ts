/** Any event in plain lines: its title, and each field with its word and unit. */
import type { Event } from "../jobs/event.ts";
import type { Json } from "../kernel/json.ts";
import type { JsonObject } from "../ledger/entry.ts";
import { type Described, utcText } from "../ledger/page.ts";
import { eventTitles, type FieldWord, fieldWords, specialWords } from "./words.ts";

/** Tells any event of a known kind by its title and its fields; null for a kind that this version does not know. */
export function tellPlainly(type: string, body: JsonObject): Described | null {
  if (!Object.hasOwn(eventTitles, type)) return null;
  return { title: eventTitles[type as Event["type"]], lines: linesOf(type, body, []) };
}

function linesOf(type: string, members: JsonObject, under: readonly string[]): string[] {
  return Object.entries(members).flatMap(([name, value]) => {
    const word = specialWords[`${type}.${name}`] ?? wordOf(name);
    return lineOf(type, word, value, under);
  });
}

function lineOf(type: string, word: FieldWord, value: Json, under: readonly string[]): string[] {
  const path = [...under, word.label];
  if (value === null || typeof value !== "object") return [`${path.join(", ")}: ${shown(value, word)}`];
  if (!isList(value)) return linesOf(type, value, path);
  const scalars = value.filter((item) => item === null || typeof item !== "object");
  if (scalars.length === value.length) {
    return [`${path.join(", ")}: ${scalars.map((item) => shown(item, word)).join(", ") || "none"}`];
  }
  return value.flatMap((item, at) => lineOf(type, { ...word, label: `${word.label} ${at + 1}` }, item, under));
}

/** A name that this version does not know is shown as it is. */
function wordOf(name: string): FieldWord {
  return Object.hasOwn(fieldWords, name) ? fieldWords[name as keyof typeof fieldWords] : { label: name };
}

function shown(value: Json, { as }: FieldWord): string {
  if (value === null || value === "") return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number" || as === undefined) return String(value);
  if (as === "time") return `${utcText(value)} UTC`;
  return as === "milliseconds" ? `${value / 1000} s` : `${value} ${as}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

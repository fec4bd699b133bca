/** Reading JSON that somebody else wrote, member by member: what is not there, or is something else, is null. */
import type { Json } from "./json.ts";

/** A JSON object. */
export type Members = { readonly [key: string]: Json };

/** The value as an object; null where it is none. */
export function membersOf(value: Json | undefined): Members | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : null;
}

/** The object that is member `name`. */
export function memberOf(body: Members | null, name: string): Members | null {
  return membersOf(body?.[name]);
}

/** The text that is member `name`. */
export function textIn(body: Members | null, name: string): string | null {
  const value = body?.[name];
  return typeof value === "string" ? value : null;
}

/** The whole number from 0 up that is member `name`. */
export function countIn(body: Members | null, name: string): number | null {
  const value = body?.[name];
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** The list that is member `name`; empty where it is none. */
export function listIn(body: Members | null, name: string): readonly Json[] {
  const value = body?.[name];
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/** A route as a value: who may ask, what may be asked, what comes back; the server turns it into HTTP. */
import type { z } from "zod";
import type { Reply } from "../jobs/controller.ts";
import type { Message } from "../jobs/message.ts";
import type { RefusalCode } from "../jobs/refusal.ts";
import type { Job } from "../jobs/state.ts";
import { assert } from "../kernel/assert.ts";
import type { PersonId } from "../kernel/names.ts";
import type { Problem, ReadCode } from "./api.ts";
import type { AttemptRecord, Journal } from "./journal.ts";
import type { Looks } from "./looks.ts";
import type { HmiConfig, HmiPorts } from "./ports.ts";

/** What a handler is given. */
export interface Call<Params, Body> {
  readonly params: Params;
  /** The JSON body of a POST, the query of a GET. */
  readonly body: Body;
  readonly desk: Desk;
  /** The signed-in person; null only on open routes. */
  readonly person: PersonId | null;
}

/** Everything the handlers share. */
export interface Desk extends Omit<HmiPorts, "remembered" | "onProblem"> {
  readonly config: HmiConfig;
  readonly journal: Journal;
  readonly scanner: Scanner;
  /** A job with everything that is known of it; null where it was never here. One that the state has let go is read anew. */
  readJob(id: string): Promise<Job | null>;
  /** What the journal knows of an attempt, or reads anew; null where it was never here. */
  readAttempt(id: string): Promise<AttemptRecord | null>;
  looks(person: PersonId | null): Looks;
}

/** Whom the wired scanner serves. */
export interface Scanner {
  /** The page, by the name that it gave itself. */
  page: string | null;
  /** What had been read when it asked: meant for another screen, and never told to this one. */
  before: ReadCode | null;
}

export type Answer =
  | { readonly status: number; readonly json: unknown; readonly session?: PersonId | null }
  | { readonly status: 200; readonly type: "image/jpeg" | "application/pdf"; readonly bytes: Uint8Array };

export interface Route {
  readonly method: "GET" | "POST";
  readonly url: string;
  /** `open` routes are asked before anybody is signed in. */
  readonly access: "open" | "session";
  /** `guess` tries a secret and is counted against a lower limit; `never` is what must always be heard. */
  readonly limit: "usual" | "guess" | "never";
  readonly params: z.ZodType;
  readonly body: z.ZodType;
  readonly handle: (call: Call<never, never>) => Promise<Answer> | Answer;
}

/** Declares a route with its schemas' own types. */
export function route<Params, Body>(
  declared: Omit<Route, "params" | "body" | "handle" | "limit"> & {
    readonly limit?: Route["limit"];
    readonly params: z.ZodType<Params>;
    readonly body: z.ZodType<Body>;
    readonly handle: (call: Call<Params, Body>) => Promise<Answer> | Answer;
  },
): Route {
  return { ...declared, limit: declared.limit ?? "usual", handle: declared.handle as Route["handle"] };
}

/** Whoever is signed in: a route of a session always has a person, the server has refused everybody else. */
export function by(call: { readonly person: PersonId | null }): PersonId {
  assert(call.person !== null, "a route of a session has a person");
  return call.person;
}

/** A good answer. */
export function good(json: unknown): Answer {
  return { status: 200, json };
}

/** An error in words. */
export function problem(status: number, code: string, what: string, remedy?: string): Answer {
  const body: Problem = remedy === undefined ? { code, what } : { code, what, remedy };
  return { status, json: body };
}

const statuses: Partial<Record<RefusalCode, number>> = {
  "wrong-role": 403,
  "own-work": 403,
  "unknown-person": 403,
  "unknown-job": 404,
  "unknown-attempt": 404,
  "unknown-equipment": 404,
  "unknown-lot": 404,
};

/** A problem that is known already. */
export function refusal(status: number, body: Problem): Answer {
  return { status, json: body };
}

/** Says something to the core and turns its reply into an answer. */
export async function say(desk: Desk, message: Message): Promise<Answer> {
  return answerOf(await desk.controller.submit(message));
}

function answerOf(reply: Reply): Answer {
  if (reply.kind === "accepted") return good({ done: true });
  const { code, what, gates, omissions } = reply.refusal;
  const body: Problem = { code, what, ...(gates && { gates }), ...(omissions && { omissions }) };
  return { status: statuses[code] ?? 409, json: body };
}

/** Getting to know a printer: signing in, whether Klipper is ready and what it has, and which machine it is. */
import type { Fault } from "../../equipment/machine.ts";
import type { Json } from "../../kernel/json.ts";
import { listIn, memberOf, membersOf, textIn } from "../../kernel/members.ts";
import { clip } from "../../kernel/text.ts";
import { faults } from "./faults.ts";
import { makeSafe, restartSafety } from "./safing.ts";
import { type CallKind, call, folder, type Instant, leave, observe, type Session, sayOffline } from "./session.ts";
import { isPrinting, merge, needed, printState, watched } from "./status.ts";

/** Begins the talk: after connecting, and after Klipper has started anew. */
export function greet(session: Session, now: Instant): void {
  const { apiKey } = session.setup;
  session.phase = "greeting";
  session.calls.clear();
  session.status = {};
  session.retryAt = null;
  const who = { client_name: "Cellward", version: "0.1.0", type: "other", url: "https://cellward.example" };
  call(session, "identify", "server.connection.identify", { ...who, ...(apiKey !== null && { api_key: apiKey }) }, now);
}

/** Goes on without signing in again: that is allowed once a connection. */
export function askInfo(session: Session, now: Instant): void {
  session.phase = "greeting";
  session.retryAt = null;
  call(session, "info", "server.info", null, now);
}

/** The kinds of call that belong to a greeting. */
export function isGreeting(kind: CallKind): boolean {
  return ["identify", "info", "objects", "settings", "host", "subscribe"].includes(kind);
}

/** Takes one answer of the greeting and asks the next question. */
export function greeted(session: Session, kind: CallKind, result: Json, now: Instant): void {
  if (session.phase !== "greeting") return;
  const body = membersOf(result);
  if (kind === "identify") askInfo(session, now);
  else if (kind === "info") {
    const state = textIn(body, "klippy_state") ?? "unknown";
    if (state === "ready") call(session, "objects", "printer.objects.list", null, now);
    else if (state === "shutdown" || state === "error") call(session, "host", "printer.info", null, now);
    else later(session, faults.starting(state), now);
  } else if (kind === "objects") {
    const there = new Set(listIn(body, "objects"));
    const lacking = needed.filter((object) => !there.has(object));
    if (lacking.length > 0) refuseMachine(session, faults.lacks(lacking), now);
    else call(session, "settings", "printer.objects.query", { objects: { configfile: ["settings"] } }, now);
  } else if (kind === "settings") {
    session.identity = { ...nobody, vendor: session.setup.vendor, serial: boardOf(result) };
    call(session, "host", "printer.info", null, now);
  } else if (kind === "host") host(session, result, now);
  else if (kind === "subscribe") {
    session.status = merge(session.status, body?.["status"]);
    welcome(session, now);
  }
}

const nobody = { vendor: "", model: "", serial: "", firmware: "", simulated: false };

/** A call of the greeting was answered by an error. */
export function notGreeted(session: Session, kind: CallKind, code: number, words: string, now: Instant): void {
  if (session.phase !== "greeting") return;
  // A server that knows no such call, or has heard it on this connection already, may still let this cell in.
  if (kind === "identify" && code !== 401) return askInfo(session, now);
  if (code === 401 || /unauthor/i.test(words)) refuseMachine(session, faults.signInRefused(words), now);
  else later(session, faults.starting(words), now);
}

function host(session: Session, result: Json, now: Instant): void {
  const body = membersOf(result);
  const state = textIn(body, "state") ?? "unknown";
  const words = textIn(body, "state_message") ?? state;
  if (state === "shutdown" || state === "error") return later(session, faults.halted(words), now);
  if (session.identity === null) return askInfo(session, now);
  const [name, firmware] = [textIn(body, "hostname") ?? "", textIn(body, "software_version") ?? ""];
  session.identity = {
    ...session.identity,
    model: clip(`Klipper on ${name}`, 120),
    firmware: clip(firmware, 120),
    simulated: /simulat/i.test(`${name} ${firmware}`),
  };
  const { serial } = session.setup;
  if (session.identity.serial !== serial) {
    return refuseMachine(session, faults.wrongMachine(serial, session.identity.serial), now);
  }
  const objects = Object.fromEntries(Object.entries(watched).map(([object, fields]) => [object, [...fields]]));
  call(session, "subscribe", "printer.objects.subscribe", { objects }, now);
}

/** What tells the mainboard from every other: its CAN identifier, or the name under which its USB device is known. */
function boardOf(result: Json): string {
  const status = memberOf(membersOf(result), "status");
  const mcu = memberOf(memberOf(memberOf(status, "configfile"), "settings"), "mcu");
  const serial = textIn(mcu, "canbus_uuid") ?? textIn(mcu, "serial") ?? "";
  return clip(serial.split("/").at(-1) ?? "", 200);
}

/** Not now: it is asked again in a moment. */
function later(session: Session, fault: Fault, now: Instant): void {
  session.retryAt = now.mono + session.setup.times.retry;
  sayOffline(session, fault);
}

function refuseMachine(session: Session, fault: Fault, now: Instant): void {
  session.phase = "refused";
  later(session, fault, now);
}

/** Goes on with a greeting that was put off. */
export function pursueGreeting(session: Session, now: Instant): void {
  if (session.retryAt === null || now.mono < session.retryAt || session.phase === "closed") return;
  askInfo(session, now);
}

/** The printer is known. What an earlier driver of this cell left printing is ended before anything else. */
function welcome(session: Session, now: Instant): void {
  const { identity, job } = session;
  session.phase = "ready";
  [session.lostSince, session.lostBy] = [null, null];
  [session.lastHeard, session.lastLook] = [now.mono, now.mono];
  const { file } = printState(session.status);
  call(session, "files", "server.files.list", { root: "gcodes" }, now);
  const abandoned = isPrinting(session.status) && file.startsWith(folder) && file !== job?.file;
  if (session.safing !== null) restartSafety(session, now);
  else if (abandoned) makeSafe(session, {}, now);
  if (job !== null && job.unwatchedSince !== null) {
    const what =
      "The connection to the printer's Moonraker was lost; the printer went on by itself as far as it might.";
    observe(session, { kind: "gap", from: job.unwatchedSince, to: now.utc, what });
    job.unwatchedSince = null;
  }
  if (identity === null || session.said === "online") return;
  session.said = "online";
  observe(session, { kind: "online", identity });
}

/** What lies in this cell's folder and belongs to no open attempt is an earlier driver's: it has to go. */
export function filesKnown(session: Session, result: Json): void {
  for (const file of Array.isArray(result) ? (result as readonly Json[]) : []) {
    const path = textIn(membersOf(file), "path");
    const known = path === null || path === session.job?.file || session.leftovers.has(path);
    if (!known && path.startsWith(folder)) leave(session, path);
  }
}

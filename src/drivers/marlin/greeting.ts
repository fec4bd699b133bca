/** Getting to know a printer: numbering, who it is, what it can do, and that its protections are on. */
import type { Fault, MachineIdentity } from "../../equipment/machine.ts";
import { faults } from "./faults.ts";
import { isIdle, rebase } from "./link.ts";
import type { Firmware } from "./reply.ts";
import { makeSafe, stop } from "./safing.ts";
import { type Instant, knownHeat, observe, type Session, type SessionSetup, sayOffline } from "./session.ts";
import { forgetSetPoints } from "./setpoints.ts";

/** Answers to M115 may arrive damaged: so often is it asked before something is held to be missing or wrong. */
const tries = 4;

/** Without a line for so long nothing is under way; a printer that never is quiet is waited for no longer than that. */
const quietTime = 200;
const longestQuiet = 2000;

/** Begins the talk from nothing: after opening, after a restart of the printer, or after silence. */
export function greet(session: Session, now: Instant): void {
  session.phase = "greeting";
  session.greeting = { step: "quiet", tries: 1, since: session.greeting.since };
  session.capabilities = new Map();
  session.firmware = null;
  [session.resumesByItself, session.echoing] = [false, false];
  session.link.keepsAlive = session.setup.dialect.keepAlive;
  forgetSetPoints(session.setPoints);
  session.heat.latest = null;
  session.retryAt = null;
  // The line end closes whatever an earlier host left half sent; without its checksum that is not taken.
  session.out.push({ kind: "write", text: "\n" });
  rebase(session.link, now.mono);
  session.control = [];
}

/** Goes on with a greeting; call at every step. */
export function pursueGreeting(session: Session, now: Instant): void {
  if (session.retryAt !== null && now.mono >= session.retryAt) return begin(session, now);
  if (session.phase !== "greeting") return;
  const { greeting, setup } = session;
  const silent = now.mono - greeting.since >= setup.times.greet;
  // Where a reason was given already (halted, another machine), silence is no news.
  if (silent && (session.said === null || session.said === "online"))
    sayOffline(session, faults.noSign(setup.times.greet / 1000));
  if (session.link.fault !== null) return greet(session, now);
  if (session.control.length > 0 || !isIdle(session.link)) return;
  if (greeting.step === "quiet") hello(session, now);
  else if (greeting.step === "hello") identify(session, now);
  else if (session.resumesByItself) refuseMachine(session, faults.resumesByItself(), now);
  else if (knownHeat(session, now) !== null) welcome(session, now);
  else session.control.push("M105");
}

/** A greeting whose silence is counted from now. */
export function begin(session: Session, now: Instant): void {
  session.greeting.since = now.mono;
  greet(session, now);
}

/**
 * A start answers to more than one greeting, and where `ok` has no number a late one would be taken for the next
 * line's for ever: what is still under way is let in first.
 */
function hello(session: Session, now: Instant): void {
  const waited = now.mono - session.link.oldestSince;
  if (now.mono - session.lastHeard < quietTime && waited < longestQuiet) return;
  session.greeting.step = "hello";
  session.control = ["M115"];
}

function identify(session: Session, now: Instant): void {
  const fault = objection(session);
  if (fault === null) {
    session.greeting.step = "configure";
    session.control = ["M113 S1", "M413 S0", "M413"];
    if (session.capabilities.get("AUTOREPORT_TEMP") === true) session.control.push("M155 S1");
    session.control.push("M105");
  } else if (session.greeting.tries < tries) {
    session.greeting.tries++;
    session.control = ["M115"];
  } else refuseMachine(session, fault, now);
}

/** Nothing more is sent to this peer; whether it is another one by now is looked at later. */
export function refuseMachine(session: Session, fault: Fault, now: Instant): void {
  session.phase = "refused";
  session.retryAt = now.mono + session.setup.times.retry;
  session.control = [];
  sayOffline(session, fault);
}

function objection(session: Session): Fault | null {
  const { firmware, setup } = session;
  const { dialect } = setup;
  if (firmware === null) return faults.notReady();
  if (!dialect.firmware.some((name) => firmware.name.includes(name)))
    return faults.otherFirmware(firmware.name, dialect.firmware.join(" or "));
  const serial = serialOf(firmware, setup.port);
  if (setup.serial !== null && serial !== setup.serial) return faults.wrongMachine(setup.serial, serial);
  if (setup.machineType !== null && firmware.machineType !== setup.machineType)
    return faults.wrongModel(setup.machineType, firmware.machineType);
  const told = session.capabilities.get("THERMAL_PROTECTION");
  const isProtected = told ?? (!dialect.tellsProtection && setup.protectionProven);
  return isProtected ? null : faults.noProtection();
}

/** The printer is known. Heat that belongs to no attempt is switched off before anything else. */
function welcome(session: Session, now: Instant): void {
  session.phase = "ready";
  session.lastHeard = now.mono;
  const heat = knownHeat(session, now);
  const hot = heat !== null && (heat.hotend.target !== 0 || heat.bed.target !== 0);
  if (session.safing !== null) stop(session, now);
  else if (hot) makeSafe(session, { mayPark: false }, now);
  session.identity = identityOf(session.setup, session.firmware);
  if (session.identity === null || session.said === "online") return;
  session.said = "online";
  observe(session, { kind: "online", identity: session.identity });
}

/** A UUID of zeros is nobody's: such a firmware, like one without any, is known by the cable's own name. */
function serialOf({ uuid }: Firmware, port: string): string {
  return /^[0-]*$/.test(uuid) ? port : uuid;
}

function identityOf({ vendor, port }: SessionSetup, firmware: Firmware | null): MachineIdentity | null {
  if (firmware === null) return null;
  const simulated = /simulat|simrap|virtual/i.test(`${firmware.name} ${firmware.machineType}`);
  return {
    vendor,
    model: firmware.machineType,
    serial: serialOf(firmware, port),
    firmware: firmware.name,
    simulated,
  };
}

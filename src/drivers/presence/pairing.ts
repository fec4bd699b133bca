/** From lines to proofs: one scan and one press of the enable button within ten seconds make one proof, once. */
import type { JobId } from "../../kernel/names.ts";
import type { Milliseconds, MonotonicMs } from "../../kernel/units.ts";
import { jobOfCode, type PresenceLine } from "./protocol.ts";

/** How long a scan waits for its press. */
export const pressWithinMs: Milliseconds = 10_000;

export interface Pairing {
  /** Null until the device has said hello; everything before that is not attributable and dropped. */
  readonly device: { readonly id: string; readonly boot: string } | null;
  /** Highest counter of this boot: a line that comes twice, or late, is dropped. */
  readonly counter: number;
  readonly scanned: { readonly job: JobId; readonly at: MonotonicMs } | null;
  /** The last code, whatever it was: for the screen that waits for one. */
  readonly read: { readonly code: string; readonly number: number; readonly at: MonotonicMs } | null;
  /** The last thing worth telling the person at the cell. */
  readonly what: string;
}

/** The message to the core; its only way there is this wire. */
export interface PresenceProof {
  readonly kind: "prove-presence";
  readonly job: JobId;
  readonly device: string;
  readonly proof: string;
}

export interface Paired {
  readonly pairing: Pairing;
  readonly proof: PresenceProof | null;
}

/** A wire on which nobody has spoken. */
export const unpaired: Pairing = {
  device: null,
  counter: 0,
  scanned: null,
  read: null,
  what: "The presence device is not heard.",
};

/** What one line changes. */
export function hearLine(pairing: Pairing, line: PresenceLine, now: MonotonicMs): Paired {
  if (line.kind === "hello") {
    if (pairing.device?.boot === line.boot) return quiet(pairing);
    const device = { id: line.device, boot: line.boot };
    return quiet({ device, counter: 0, scanned: null, read: null, what: "Scan the job's code." });
  }
  if (!pairing.device || line.counter <= pairing.counter) return quiet(pairing);
  const heard = { ...pairing, counter: line.counter };
  if (line.kind === "scan") return quiet(scanned(heard, line.code, now));
  return pressed(heard, pairing.device, line.nonce, now);
}

/** The code that waits for its press at `now`, or null. */
export function waitingJob(pairing: Pairing, now: MonotonicMs): JobId | null {
  return pairing.scanned && now - pairing.scanned.at <= pressWithinMs ? pairing.scanned.job : null;
}

/** The code that was read last, until it is too old to be meant for what is on the screen now; null else. */
export function readCode(
  pairing: Pairing,
  now: MonotonicMs,
): { readonly code: string; readonly number: number } | null {
  const { read } = pairing;
  return read && now - read.at <= pressWithinMs ? { code: read.code, number: read.number } : null;
}

function scanned(pairing: Pairing, code: string, now: MonotonicMs): Pairing {
  const job = jobOfCode(code);
  const read = { code, number: pairing.counter, at: now };
  if (job === null) return { ...pairing, scanned: null, read, what: "That is not a job's code." };
  return { ...pairing, scanned: { job: job as JobId, at: now }, read, what: "Job code read. Press the enable button." };
}

function pressed(
  pairing: Pairing,
  device: { readonly id: string; readonly boot: string },
  nonce: string,
  now: MonotonicMs,
): Paired {
  const job = waitingJob(pairing, now);
  if (job === null) {
    const what = pairing.scanned ? "Too late after the scan. Scan the job's code again." : "Scan the job's code first.";
    return quiet({ ...pairing, scanned: null, what });
  }
  const proof = `${device.boot}-${pairing.counter}-${nonce}`;
  const after = { ...pairing, scanned: null, what: "Scan and press were taken." };
  return { pairing: after, proof: { kind: "prove-presence", job, device: device.id, proof } };
}

function quiet(pairing: Pairing): Paired {
  return { pairing, proof: null };
}

/** What has to be true before a job may run on the station; each answer carries the bits of ReturnStatus and a sentence. */
import { digestOf } from "../../kernel/hash.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { type JobOrder, status } from "./jobs.ts";
import { type Program, parseProgram } from "./program.ts";

/** A refusal of the station: what ReturnStatus says, and why in words. */
export interface Refusal {
  readonly bits: bigint;
  readonly why: string;
}

/** What the checks look at. */
export interface Stand {
  readonly bytesOf: (file: string) => Uint8Array | null;
  readonly partTag: string | null;
  readonly doorClosed: boolean;
  /** True where the unit is idle or at work; false while it waits for clear and reset. */
  readonly ready: boolean;
}

/** A program that may run, with the digest of the very bytes. */
export interface Cleared {
  readonly program: Program;
  readonly digest: string;
}

/** The file is there, is the one meant, can be read, and does what the work master says. */
export function checkProgram(order: JobOrder, bytesOf: Stand["bytesOf"]): Result<Cleared, Refusal> {
  const refuse = (bits: bigint, why: string) => err({ bits: status.unableToAccept | bits, why });
  const bytes = bytesOf(order.programFile);
  if (bytes === null) return refuse(status.programMissing, `there is no program ${order.programFile}`);
  const digest = digestOf(bytes);
  if (digest !== order.programDigest) {
    return refuse(status.programDiffers, `the program ${order.programFile} has digest ${digest}, not the one ordered`);
  }
  const program = parseProgram(bytes);
  if (!program.ok) return refuse(status.programDiffers, program.error);
  if (program.value.operation !== order.workMaster) {
    return refuse(status.programDiffers, `the program is for ${program.value.operation}, not ${order.workMaster}`);
  }
  return ok({ program: program.value, digest });
}

/** Everything before a start: program, part at the station's own reader, door, unit. */
export function checkStart(order: JobOrder, stand: Stand): Result<Cleared, Refusal> {
  const refuse = (bits: bigint, why: string) => err({ bits: status.unableToAccept | bits, why });
  const cleared = checkProgram(order, stand.bytesOf);
  if (!cleared.ok) return cleared;
  if (stand.partTag === null) return refuse(status.wrongPart, "there is no part in the fixture");
  if (stand.partTag !== order.partTag) {
    return refuse(status.wrongPart, `the fixture holds ${stand.partTag}, the order is for ${order.partTag}`);
  }
  if (!stand.doorClosed) return refuse(status.doorOpen, "the door is open");
  if (!stand.ready) return refuse(status.unitNotReady, "the unit has to be cleared and reset first");
  return cleared;
}

/** What the driver needs to know of a program before it sends a line: its sections, its guard, its capture macros. */
import type { Fault } from "../../equipment/machine.ts";
import type { AttemptId } from "../../kernel/names.ts";
import type { Position } from "./reply.ts";

/** Consecutive whole lines of the program, as byte offsets (`end` is exclusive). */
export interface Section {
  readonly start: number;
  readonly end: number;
}

/** Commands that are inserted at the end of a layer: to make it visible, and to go on afterwards. */
export interface CaptureCommands {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Judges every line in the order in which it is sent, program and inserts together; one for each attempt. */
export interface AttemptGuard {
  /** Judges the program's line at these offsets, without its newline. */
  line(start: number, end: number): Fault | null;
  /** Judges a command of the capture macro. */
  insert(command: string): Fault | null;
  /** The capture macro of a layer (1-based) at the place where the lines judged so far leave the machine. */
  capture(layer: number): CaptureCommands;
  /** Where the lines and inserts judged so far leave the tool, as M114 tells it; NaN where that is not known. */
  place(): Position;
}

/** A program that was judged as a whole and may be begun; its sections follow each other without a gap. */
export interface PrintPlan {
  readonly bytes: Uint8Array;
  /** Before the first layer: heating, homing, priming. */
  readonly preamble: Section;
  readonly layers: readonly Section[];
  /** After the last layer. */
  readonly postamble: Section;
  newGuard(attempt: AttemptId): AttemptGuard;
}

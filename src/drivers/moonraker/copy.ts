/** The printer's own copy of a program: the program's lines and the capture macros, with a pause at the end of every layer. */
import type { Execution, Fault } from "../../equipment/machine.ts";
import { assert } from "../../kernel/assert.ts";
import { digestOf } from "../../kernel/hash.ts";
import type { AttemptId, Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { askPlace, awaitedMark, executionOf, marked, newFeed, nextCommand, proven } from "../marlin/feed.ts";
import type { PrintPlan } from "../marlin/plan.ts";

/** Where the printer pauses by itself. */
export interface Stop {
  /** The layer that is complete; 0 before the first. */
  readonly layer: number;
  /** The byte behind the pause: what virtual_sdcard's file_position says while the printer stands there. */
  readonly end: number;
}

/** A program as it is given to the printer. */
export interface PrintCopy {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  /** In order: before the first layer, and after each. */
  readonly stops: readonly Stop[];
  /** What of the program the copy holds; all of it, as its digest shows. */
  readonly execution: Execution;
}

/** Klipper's own command (its [pause_resume] section): the printer waits, wherever its host or network may be. */
const pause = "PAUSE";
/** Questions to a firmware on a serial line; a file needs none. */
const question = /^M105\b/;

/**
 * Judges every line with the guard, capture macros included, as the serial driver does while it sends, and lays the
 * pauses between: no line of a layer can be carried out before somebody resumes, even if this cell is gone.
 */
export function makeCopy(plan: PrintPlan, attempt: AttemptId): Result<PrintCopy, Fault> {
  const feed = newFeed(plan, attempt, Number.POSITIVE_INFINITY);
  const stops: Stop[] = [];
  const lines: string[] = [];
  let size = 0;
  const put = (line: string): void => {
    lines.push(line);
    size += line.length + 1;
  };
  // A file has no wire that would have to be tried.
  feed.inserts.length = 0;
  proven(feed);
  const stop = (layer: number): void => {
    put(pause);
    stops.push({ layer, end: size });
  };
  while (feed.stage.kind !== "ended") {
    const command = nextCommand(feed, true);
    if (feed.fault !== null) return err(feed.fault);
    if (command === null) {
      const { stage } = feed;
      if (awaitedMark(feed) === null) break;
      if (stage.kind === "marking") stop(stage.layer);
      marked(feed);
    } else if (question.test(command)) {
      if (feed.stage.kind === "waiting" && feed.stage.layer === 0) stop(0);
    } else if (command !== askPlace && !/^M118\b/.test(command)) put(command);
  }
  assert(stops.length === plan.layers.length + 1, "there is a stop before the first layer, and after each");
  const bytes = new TextEncoder().encode(`${lines.join("\n")}\n`);
  return ok({ bytes, digest: digestOf(bytes), stops, execution: executionOf(feed, 0) });
}

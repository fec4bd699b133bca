/** The commands of one attempt in order, layer by layer, never past what was released. */
import type { Execution, Fault } from "../../equipment/machine.ts";
import { assert } from "../../kernel/assert.ts";
import { digestOf } from "../../kernel/hash.ts";
import type { AttemptId } from "../../kernel/names.ts";
import { contentEnd, lineEnd, wireText } from "../../toolpath/lines.ts";
import { faults } from "./faults.ts";
import type { LinkLimits } from "./link.ts";
import type { AttemptGuard, PrintPlan, Section } from "./plan.ts";
import type { Position } from "./reply.ts";
import { isSendable } from "./wire.ts";

/** Where the attempt stands: lines of a section are being sent, a mark is awaited, a release is awaited. */
export type Stage =
  /** Long harmless lines go out, to see what the wire does to them before anything is heated. */
  | { readonly kind: "proving" }
  | { readonly kind: "preamble" }
  | { readonly kind: "layer"; readonly layer: number }
  /** The layer's lines and its capture macro are out; its mark has not come back. */
  | { readonly kind: "marking"; readonly layer: number }
  /** The layer is complete and the tool is parked; 0 = the preamble is out and layer 1 may not begin yet. */
  | { readonly kind: "waiting"; readonly layer: number }
  | { readonly kind: "postamble" }
  /** Everything is out; the end mark has not come back. */
  | { readonly kind: "ending" }
  | { readonly kind: "ended" };

export const endMark = "program-end";
/** What the driver itself does after the program, whatever the program did. */
const closing: readonly string[] = ["M400", "M104 S0", "M140 S0", "M107", `M118 A1 ${endMark}`];

/** Sent around every layer, so that its summary has values of its own however fast it was. */
const askHeat = "M105";
/** As long as a line may be: what it has behind its code means nothing to any firmware. */
const proof = `M105 ${"Q1".repeat(38)}`;
const proofLines = 20;
/** Sent before a layer's mark: a line that was lost or changed shows in the place where the tool is then. */
export const askPlace = "M114";

export interface Feed {
  readonly plan: PrintPlan;
  readonly guard: AttemptGuard;
  stage: Stage;
  /** The present section; its lines from `sentThrough` on are still to be sent. */
  section: Section;
  /** Inserted commands that come next, before further program lines. */
  inserts: string[];
  /** Commands that bring the tool back to the part when the next section may begin. */
  back: readonly string[];
  /** Program bytes before this were sent, in order. */
  sentThrough: number;
  commands: number;
  released: number;
  held: boolean;
  /** Program commands sent since the machine was told to home; null before. */
  sinceHoming: number | null;
  /** Where the tool must be when the present layer's mark comes; null where no layer is marked. */
  place: Position | null;
  fault: Fault | null;
}

export function newFeed(plan: PrintPlan, attempt: AttemptId, released: number): Feed {
  return {
    ...{
      plan,
      guard: plan.newGuard(attempt),
      stage: { kind: "proving" },
      section: plan.preamble,
      inserts: Array.from({ length: proofLines }, () => proof),
      back: [],
    },
    ...{ sentThrough: 0, commands: 0, released, held: false, sinceHoming: null, place: null, fault: null },
  };
}

/** True when homing was certainly carried out: more lines were sent after it than can be unconfirmed. */
export function isHomed(feed: Feed, limits: LinkLimits): boolean {
  return feed.sinceHoming !== null && feed.sinceHoming > limits.maxInFlight + 1;
}

/** The text that M118 A1 sends back when everything sent so far is done; null when no mark is awaited. */
export function awaitedMark(feed: Feed): string | null {
  if (feed.stage.kind === "marking") return `layer:${feed.stage.layer}`;
  return feed.stage.kind === "ending" ? endMark : null;
}

/** The awaited mark came back. */
export function marked(feed: Feed): void {
  assert(awaitedMark(feed) !== null, "a mark is awaited");
  feed.stage = feed.stage.kind === "marking" ? { kind: "waiting", layer: feed.stage.layer } : { kind: "ended" };
}

/** The wire was tried and is good enough: the program may begin. */
export function proven(feed: Feed): void {
  assert(feed.stage.kind === "proving" && feed.inserts.length === 0, "the wire was tried");
  feed.stage = { kind: "preamble" };
}

/**
 * Takes a proceed; one that names fewer layers than an earlier one changes nothing. What follows the last layer
 * counts as one more: it moves the tool, so it too waits for the verdict on what is below.
 */
export function release(feed: Feed, releasedLayer: number): void {
  if (releasedLayer < feed.released) return;
  feed.released = releasedLayer;
  feed.held = false;
}

/** What was really sent of the program. */
export function executionOf(feed: Feed, resends: number): Execution {
  return { program: digestOf(feed.plan.bytes.subarray(0, feed.sentThrough)), lines: feed.commands, resends };
}

const latin = new TextDecoder("latin1");

/**
 * The next command of this attempt, or null when nothing may be sent now (or `feed.fault` says why never).
 * `settled`: everything sent before is confirmed.
 */
export function nextCommand(feed: Feed, settled: boolean): string | null {
  while (feed.fault === null) {
    const insert = feed.inserts.shift();
    if (insert !== undefined) return insert;
    if (feed.stage.kind === "proving") return null;
    if (feed.sentThrough < feed.section.end) {
      const command = nextLine(feed);
      if (command !== null) return command;
    } else if (!turn(feed, settled)) return null;
  }
  return null;
}

/** Takes one line of the program: the very bytes that the executed digest covers. Null: nothing goes to the wire. */
function nextLine(feed: Feed): string | null {
  const { bytes } = feed.plan;
  const [start, next] = [feed.sentThrough, lineEnd(bytes, feed.sentThrough, feed.section.end)];
  const end = contentEnd(bytes, start, next);
  const command = wireText(latin.decode(bytes.subarray(start, end)));
  feed.fault = feed.guard.line(start, end);
  if (feed.fault === null && command !== "" && !isSendable(command)) feed.fault = notSendable();
  if (feed.fault !== null) return null;
  feed.sentThrough = next;
  if (command === "") return null;
  feed.commands++;
  if (/^G28\b/.test(command)) feed.sinceHoming = 0;
  else if (feed.sinceHoming !== null) feed.sinceHoming++;
  return command;
}

function notSendable(): Fault {
  return faults.unsafe("A line cannot be sent as it is.");
}

/** Turns to the next section when the present one is out; false when nothing may follow now. */
function turn(feed: Feed, settled: boolean): boolean {
  const { stage } = feed;
  if (stage.kind === "preamble") {
    feed.inserts.push(askHeat);
    feed.stage = { kind: "waiting", layer: 0 };
  } else if (stage.kind === "layer") endLayer(feed, stage.layer);
  else if (stage.kind === "postamble") {
    feed.inserts.push(...closing);
    feed.stage = { kind: "ending" };
  } else if (stage.kind === "waiting") {
    // Layer 1 begins when the machine is hot and homed, not when that is queued.
    if (feed.held || feed.released <= stage.layer || (stage.layer === 0 && !settled)) return false;
    insert(feed, feed.back);
    enter(feed, stage.layer + 1);
  } else return false;
  return true;
}

function enter(feed: Feed, layer: number): void {
  const section = feed.plan.layers[layer - 1];
  feed.stage = section === undefined ? { kind: "postamble" } : { kind: "layer", layer };
  feed.section = section ?? feed.plan.postamble;
  assert(feed.section.start === feed.sentThrough, "the sections of a program follow each other without a gap");
}

/** The mark comes after M400: without it the answer runs ahead of the motion (MACHINES.md). */
function endLayer(feed: Feed, layer: number): void {
  const { before, after } = feed.guard.capture(layer);
  const mark = `M118 A1 layer:${layer}`;
  feed.inserts.push(askHeat);
  const macro = before.includes(mark) ? before.slice(0, before.indexOf(mark)) : [...before, "M400"];
  insert(feed, macro);
  feed.place = feed.guard.place();
  feed.inserts.push(askPlace);
  insert(feed, before.includes(mark) ? before.slice(before.indexOf(mark)) : [mark]);
  feed.back = after;
  feed.stage = { kind: "marking", layer };
}

/** Inserts are judged where they stand in the stream, as the program's own lines are. */
function insert(feed: Feed, commands: readonly string[]): void {
  for (const command of commands) {
    feed.fault ??= isSendable(command) ? feed.guard.insert(command) : notSendable();
    if (feed.fault === null) feed.inserts.push(command);
  }
}

/** Judges a whole program ahead of the start and cuts it into what is sent before, during and after each layer. */
import { err, ok, type Result } from "../kernel/result.ts";
import { renderCaptureMacro } from "./capture.ts";
import { checkText, createGuard, type Guard } from "./guard.ts";
import type { Finding } from "./guard-motion.ts";
import { type Box, createLayerBuilder, type LayerBuilder, type LayerEntry, type Segment } from "./layers.ts";
import { createLeastTime } from "./least-time.ts";
import type { MotionLimits, OrderExpectation, ToolpathRecipe } from "./limits.ts";
import { contentEnd, lineEnd } from "./lines.ts";
import { readMark } from "./marks.ts";
import { checkOrder, checkPark, narrowed } from "./order.ts";
import { excerptOf, type Refusal, refuse } from "./refusal.ts";
import type { MachineState } from "./state.ts";
import { commandKey } from "./words.ts";

/** A program that may run: what stands before the first layer, the layers, and what stands after the last. */
export interface ToolpathPlan {
  readonly lines: number;
  /** Heating, homing, priming; empty segments have `start` equal to `end` and `lastLine` below `firstLine`. */
  readonly preamble: Segment;
  readonly layers: readonly LayerEntry[];
  readonly postamble: Segment;
  /** Around everything laid down in layers. */
  readonly box: Box;
  readonly extruded_mm3: number;
  /** Motion and dwell at the commanded feeds: no acceleration, no heating, no capture. */
  readonly seconds: number;
  /** The least time that the machine's accelerations allow for motion and dwell; null where the recipe does not say them. */
  readonly leastSeconds: number | null;
}

/** Refusals collected before reading stops. */
const MAX_REFUSALS = 20;
const BOM = [0xef, 0xbb, 0xbf] as const;

/**
 * Judges `program` together with the capture macro that the controller will insert after every layer.
 * Errors: up to 20 refusals in program order. Pure; memory grows with the number of layers only.
 */
export function planToolpath(
  program: Uint8Array,
  recipe: ToolpathRecipe,
  order: OrderExpectation = {},
): Result<ToolpathPlan, readonly Refusal[]> {
  if (BOM.every((value, at) => program[at] === value)) {
    return err([
      refuse("byte-order-mark", 1, "", "The program begins with a byte order mark, which machines take for a command."),
    ]);
  }
  const narrow = narrowed(recipe, order);
  const read = readProgram(program, narrow);
  if (!read.ok) return read;
  const plan = read.value;
  const later = [...checkOrder(plan, order), ...checkPark(plan, recipe), ...judgeInserts(program, narrow, plan)];
  return later.length > 0 ? err(later.slice(0, MAX_REFUSALS)) : ok(plan);
}

/** First pass: the program alone, and its layers. */
function readProgram(program: Uint8Array, recipe: ToolpathRecipe): Result<ToolpathPlan, readonly Refusal[]> {
  const guard = createGuard(recipe.guard, recipe.gate === "each-layer");
  const builder = createLayerBuilder(recipe.guard);
  const timing = timingFor(recipe.guard.motion);
  const refusals: Refusal[] = [];
  let line = 0;
  for (let at = 0; at < program.length && refusals.length < MAX_REFUSALS; ) {
    const next = lineEnd(program, at, program.length);
    line += 1;
    const refusal =
      line > recipe.guard.lines_max ? tooManyLines(recipe, line) : readLine(guard, builder, program, at, next, line);
    timing?.follow(guard);
    if (refusal !== null) refusals.push(refusal);
    if (refusal?.code === "too-many-lines" || refusal?.code === "too-many-layers") break;
    at = next;
  }
  if (line === 0) return err([refuse("empty-program", 0, "", "The program is empty.")]);
  if (refusals.length > 0) return err(refusals);
  const layers = builder.finish();
  if ("code" in layers) return err([refuse(layers.code, 0, "", layers.what)]);
  const end = guard.atEnd(line);
  return end !== null ? err([end]) : ok(assemble(layers, line, program.length, guard.interpreter.state, timing));
}

/** The least time beside the commanded one. */
interface Timing {
  follow(guard: Guard): void;
  seconds(state: Readonly<MachineState>): number;
}

const rests = new Set(["G4", "M400"].map(commandKey));

function timingFor(motion: MotionLimits | undefined): Timing | null {
  if (motion === undefined) return null;
  const least = createLeastTime(motion);
  let commanded = 0;
  return {
    follow(guard) {
      const effect = guard.effect();
      const { move, words } = guard.interpreter;
      if (effect === "move") {
        least.move(move);
        if (move.seconds > 0) commanded += move.seconds;
      } else if (effect === "home" || (effect === "state" && rests.has(words.command))) least.stop();
    },
    // What the interpreter counts besides moves is dwell, which no acceleration changes.
    seconds: (state) => least.seconds() + state.seconds - commanded,
  };
}

function tooManyLines(recipe: ToolpathRecipe, line: number): Refusal {
  return refuse("too-many-lines", line, "", `The program has more than ${recipe.guard.lines_max} lines.`);
}

function readLine(
  guard: Guard,
  builder: LayerBuilder,
  program: Uint8Array,
  at: number,
  next: number,
  line: number,
): Refusal | null {
  const end = contentEnd(program, at, next);
  const refusal = guard.check(program, at, end, line, "program");
  if (refusal !== null) return refusal;
  const effect = guard.effect();
  let found: Finding | null = null;
  if (effect === "move") {
    const { move, state } = guard.interpreter;
    found = builder.move(move, state, line, at, next);
  } else if (effect === "blank") {
    const mark = readMark(program, at, end);
    if (mark !== null) builder.mark(mark);
  }
  return found === null ? null : refuse(found.code, line, excerptOf(program, at, end), found.what);
}

function assemble(
  layers: readonly LayerEntry[],
  lines: number,
  bytes: number,
  state: Readonly<MachineState>,
  timing: Timing | null,
): ToolpathPlan {
  const first = layers[0]!;
  const last = layers.at(-1)!;
  const min = [0, 1, 2].map((k) =>
    layers.reduce((low, layer) => Math.min(low, layer.box.min[k]!), Number.POSITIVE_INFINITY),
  );
  const max = [0, 1, 2].map((k) =>
    layers.reduce((high, layer) => Math.max(high, layer.box.max[k]!), Number.NEGATIVE_INFINITY),
  );
  return {
    lines,
    preamble: { firstLine: 1, lastLine: first.firstLine - 1, start: 0, end: first.start },
    layers,
    postamble: { firstLine: last.lastLine + 1, lastLine: lines, start: last.end, end: bytes },
    box: { min: [min[0]!, min[1]!, min[2]!], max: [max[0]!, max[1]!, max[2]!] },
    extruded_mm3: layers.reduce((sum, layer) => sum + layer.extruded_mm3, 0),
    seconds: state.seconds,
    leastSeconds: timing?.seconds(state) ?? null,
  };
}

/** Second pass: the program with the capture macro in it, as the machine will see it. */
function judgeInserts(program: Uint8Array, recipe: ToolpathRecipe, plan: ToolpathPlan): readonly Refusal[] {
  const guard = createGuard(recipe.guard, recipe.gate === "each-layer");
  let line = 0;
  let at = 0;
  for (const layer of plan.layers) {
    while (line < layer.lastLine) {
      const next = lineEnd(program, at, program.length);
      line += 1;
      const refusal = guard.check(program, at, contentEnd(program, at, next), line, "program");
      if (refusal !== null) return [refusal];
      at = next;
    }
    // Which slot a layer gets is known only with the attempt: all of the row are judged, once.
    const slots = layer.layer === 1 ? recipe.capture.park.slots : 1;
    for (let slot = 0; slot < slots; slot += 1) {
      const refusal = judgeCapture(guard, recipe, layer.layer, slot, line);
      if (refusal !== null) return [refusal];
    }
  }
  return [];
}

function judgeCapture(guard: Guard, recipe: ToolpathRecipe, layer: number, slot: number, line: number): Refusal | null {
  const before = { ...guard.interpreter.state };
  const lines = renderCaptureMacro(recipe.capture, layer, slot, before);
  for (const text of [...lines.before, ...lines.after]) {
    const refusal = checkText(guard, text, line, "insert");
    if (refusal !== null) return refusal;
  }
  const moved = stateDifference(before, guard.interpreter.state);
  if (moved === null) return null;
  return refuse("capture-moves-state", line, "", `The capture macro of layer ${layer} does not restore ${moved}.`);
}

/** The first member of the machine's state that differs beyond rounding; time passes and does not count. */
function stateDifference(a: Readonly<MachineState>, b: Readonly<MachineState>): string | null {
  const keys = Object.keys(a) as (keyof MachineState)[];
  const differs = (key: keyof MachineState): boolean => {
    const [one, two] = [a[key], b[key]];
    return typeof one === "number" && typeof two === "number" ? Math.abs(one - two) > 1e-6 : one !== two;
  };
  return keys.find((key) => key !== "seconds" && differs(key)) ?? null;
}

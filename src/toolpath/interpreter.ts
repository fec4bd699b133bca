/** The stateful interpreter of G-code: follows modes, units, shifts, heat and filament line by line. */
import type { Millimetre } from "../kernel/units.ts";
import {
  coldState,
  type Dialect,
  HOMED_ALL,
  HOMED_X,
  HOMED_Y,
  HOMED_Z,
  type MachineState,
  type Move,
  noMove,
} from "./state.ts";
import { bit, commandKey, emptyWords, type LineProblem, parseLine, slot, type Words } from "./words.ts";

/** What one line did. `unknown`: a well-formed command that the interpreter does not follow. */
export type Effect = "blank" | "move" | "home" | "state" | "heat" | "unknown" | "unreadable";

/** How a machine reads G-code and where it stands after G28. */
export interface InterpreterSetup {
  readonly dialect: Dialect;
  readonly home: { readonly x: Millimetre; readonly y: Millimetre; readonly z: Millimetre };
}

/** Follows one program. Its records are overwritten by the next step: copy what must last. */
export interface Interpreter {
  readonly state: Readonly<MachineState>;
  /** The last move; meaningful after a step that returned `move`. */
  readonly move: Readonly<Move>;
  readonly words: Readonly<Words>;
  /** Why the last line was `unreadable`; else null. */
  problem(): LineProblem | null;
  /** Takes the line of bytes `start` to `end` (no newline). Refuses nothing but unreadable lines: that is the guard. */
  step(bytes: Uint8Array, start: number, end: number): Effect;
}

type Handler = (state: MachineState, words: Words, setup: InterpreterSetup) => Effect;

const X = slot("X");
const Y = slot("Y");
const Z = slot("Z");
const E = slot("E");
const F = slot("F");
const S = slot("S");
const R = slot("R");
const P = slot("P");
const I = slot("I");
const J = slot("J");
const BIT_X = bit("X");
const BIT_Y = bit("Y");
const BIT_Z = bit("Z");
const BIT_E = bit("E");
const BIT_F = bit("F");
const BIT_S = bit("S");
const BIT_R = bit("R");
const BIT_P = bit("P");
const BIT_I = bit("I");
const BIT_J = bit("J");
const BIT_AXES = BIT_X | BIT_Y | BIT_Z | BIT_E;
const G0 = commandKey("G0");
const G1 = commandKey("G1");
const G2 = commandKey("G2");
const G3 = commandKey("G3");

/** Sums of decimals are not exact: less filament than this is none. */
const ROUNDING_MM = 1e-9;

/** Everything the interpreter follows besides the moves. */
const handlers: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  [commandKey("G4"), dwell],
  [commandKey("G20"), (s) => set(() => (s.unit = 25.4))],
  [commandKey("G21"), (s) => set(() => (s.unit = 1))],
  [commandKey("G28"), home],
  [commandKey("G90"), (s, _, setup) => distances(s, false, setup.dialect)],
  [commandKey("G91"), (s, _, setup) => distances(s, true, setup.dialect)],
  [commandKey("G92"), shift],
  [commandKey("M82"), (s) => set(() => (s.relativeE = false))],
  [commandKey("M83"), (s) => set(() => (s.relativeE = true))],
  [commandKey("M104"), (s, w) => hotend(s, w, false)],
  [commandKey("M109"), (s, w) => hotend(s, w, true)],
  [commandKey("M140"), (s, w) => bed(s, w, false)],
  [commandKey("M190"), (s, w) => bed(s, w, true)],
  [commandKey("M106"), (s, w) => set(() => (s.fan = (w.valued & BIT_S) === 0 ? 255 : w.values[S]!))],
  [commandKey("M107"), (s) => set(() => (s.fan = 0))],
  [commandKey("M18"), motorsOff],
  [commandKey("M84"), motorsOff],
  [commandKey("T0"), (s) => set(() => (s.tool = 0))],
  // These change nothing that is followed: end of queue, progress, display, layer marker, reports.
  ...["M400", "M73", "M117", "M118", "M105", "M114"].map((n): [number, Handler] => [commandKey(n), () => "state"]),
]);

/** Names of the commands that the interpreter follows, and hence the only ones a profile may allow. */
export const FOLLOWED: ReadonlySet<number> = new Set([G0, G1, G2, G3, ...handlers.keys()]);

/** A fresh interpreter of a machine that has just been switched on, or one that goes on from a copy of `from`. */
export function createInterpreter(setup: InterpreterSetup, from: Readonly<MachineState> = coldState()): Interpreter {
  const state = { ...from };
  const move = noMove();
  const words = emptyWords();
  let problem: LineProblem | null = null;
  return {
    state,
    move,
    words,
    problem: () => problem,
    step(bytes, start, end) {
      problem = parseLine(bytes, start, end, words);
      if (problem !== null) return "unreadable";
      const command = words.command;
      if (command === 0) return "blank";
      if (command === G1 || command === G0) return travel(state, words, move, 0);
      if (command === G2) return travel(state, words, move, -1);
      if (command === G3) return travel(state, words, move, 1);
      const handler = handlers.get(command);
      return handler === undefined ? "unknown" : handler(state, words, setup);
    },
  };
}

/** G0 and G1 (`turn` 0), G2 (-1, clockwise) and G3 (1). */
function travel(s: MachineState, w: Words, move: Move, turn: -1 | 0 | 1): Effect {
  const valued = w.valued;
  if ((valued & BIT_F) !== 0) s.feed = w.values[F]! * s.unit;
  if (turn === 0 && (valued & BIT_AXES) === 0) return "state";
  move.x0 = s.x;
  move.y0 = s.y;
  move.z0 = s.z;
  move.homed = s.homed;
  if ((valued & BIT_X) !== 0) s.x = target(s.x, w.values[X]! * s.unit, s.relative, s.shiftX);
  if ((valued & BIT_Y) !== 0) s.y = target(s.y, w.values[Y]! * s.unit, s.relative, s.shiftY);
  if ((valued & BIT_Z) !== 0) s.z = target(s.z, w.values[Z]! * s.unit, s.relative, s.shiftZ);
  let e = 0;
  if ((valued & BIT_E) !== 0) {
    const value = w.values[E]! * s.unit;
    e = s.relativeE ? value : value - s.e;
    s.e = s.relativeE ? s.e + value : value;
  }
  move.e = e;
  const spare = s.retracted - e;
  move.deposited = spare < -ROUNDING_MM ? -spare : 0;
  s.retracted = spare > ROUNDING_MM ? spare : 0;
  const dx = s.x - move.x0;
  const dy = s.y - move.y0;
  const dz = s.z - move.z0;
  move.x1 = s.x;
  move.y1 = s.y;
  move.z1 = s.z;
  move.planar = dx === 0 && dy === 0 ? 0 : Math.sqrt(dx * dx + dy * dy);
  move.shape = "line";
  move.minX = dx < 0 ? s.x : move.x0;
  move.maxX = dx < 0 ? move.x0 : s.x;
  move.minY = dy < 0 ? s.y : move.y0;
  move.maxY = dy < 0 ? move.y0 : s.y;
  if (turn !== 0) bend(move, s, w, turn);
  move.length = dz === 0 ? move.planar : Math.sqrt(dx * dx + dy * dy + dz * dz);
  move.feed = s.feed;
  // Firmware times a move by its path in space, or by the filament where only that moves.
  const path = move.length > 0 ? move.length : Math.abs(e);
  move.seconds = s.feed > 0 ? (path * 60) / s.feed : 0;
  if (move.seconds > 0) s.seconds += move.seconds;
  return "move";
}

/**
 * Makes an arc of the move: I and J lead from its start to its centre; with R the centre lies where the shorter arc (R
 * above 0) or the longer one goes the asked way. Without another end an arc by I and J is a full circle (Marlin G2_G3).
 */
function bend(move: Move, s: MachineState, w: Words, turn: -1 | 1): void {
  const centre = centreOf(move, s, w, turn);
  move.shape = "bad";
  if (centre === null) return;
  const [cx, cy] = centre;
  const radius = Math.hypot(move.x0 - cx, move.y0 - cy);
  // Firmware draws from the start's radius and jumps to the end: where they differ, the path is not what it says.
  if (!(radius > 0) || Math.abs(Math.hypot(move.x1 - cx, move.y1 - cy) - radius) > ARC_SLACK_MM) return;
  const from = Math.atan2(move.y0 - cy, move.x0 - cx);
  const to = Math.atan2(move.y1 - cy, move.x1 - cx);
  const around = (((to - from) * turn) % FULL) + ((to - from) * turn < 0 ? FULL : 0);
  const same = move.x0 === move.x1 && move.y0 === move.y1;
  const angle = same || around === 0 ? FULL : around;
  move.shape = "arc";
  [move.centreX, move.centreY, move.sweep, move.planar] = [cx, cy, angle * turn, angle * radius];
  for (let quarter = 0; quarter < 4; quarter++) {
    const at = (quarter * Math.PI) / 2;
    const ahead = (((at - from) * turn) % FULL) + ((at - from) * turn < 0 ? FULL : 0);
    if (ahead > angle) continue;
    if (quarter === 0) move.maxX = Math.max(move.maxX, cx + radius);
    else if (quarter === 1) move.maxY = Math.max(move.maxY, cy + radius);
    else if (quarter === 2) move.minX = Math.min(move.minX, cx - radius);
    else move.minY = Math.min(move.minY, cy - radius);
  }
}

const FULL = 2 * Math.PI;
/** Rounding of a program's coordinates and offsets together. */
const ARC_SLACK_MM = 0.05;

function centreOf(move: Move, s: MachineState, w: Words, turn: -1 | 1): readonly [Millimetre, Millimetre] | null {
  const offsets = w.valued & (BIT_I | BIT_J);
  if ((w.valued & BIT_R) === 0) {
    if (offsets === 0) return null;
    const of = (mask: number, index: number): number => ((w.valued & mask) === 0 ? 0 : w.values[index]! * s.unit);
    return [move.x0 + of(BIT_I, I), move.y0 + of(BIT_J, J)];
  }
  const r = w.values[R]! * s.unit;
  const [dx, dy] = [move.x1 - move.x0, move.y1 - move.y0];
  const chord = Math.hypot(dx, dy);
  // Both ways of naming the centre, or none that both ends agree on.
  if (offsets !== 0 || chord === 0 || 2 * Math.abs(r) < chord) return null;
  const away = Math.sqrt(r * r - (chord / 2) ** 2) * turn * (r < 0 ? -1 : 1);
  return [(move.x0 + move.x1) / 2 - (dy / chord) * away, (move.y0 + move.y1) / 2 + (dx / chord) * away];
}

function target(now: Millimetre, value: Millimetre, relative: boolean, shiftBy: Millimetre): Millimetre {
  return relative ? now + value : value + shiftBy;
}

function set(change: () => void): Effect {
  change();
  return "state";
}

function dwell(s: MachineState, w: Words): Effect {
  if ((w.valued & BIT_S) !== 0) s.seconds += w.values[S]!;
  else if ((w.valued & BIT_P) !== 0) s.seconds += w.values[P]! / 1000;
  return "state";
}

/** G28: the named axes, or all; homing undoes G92 on them. */
function home(s: MachineState, w: Words, setup: InterpreterSetup): Effect {
  const named = w.present & (BIT_X | BIT_Y | BIT_Z);
  if (named === 0 || (named & BIT_X) !== 0) [s.x, s.shiftX] = [setup.home.x, 0];
  if (named === 0 || (named & BIT_Y) !== 0) [s.y, s.shiftY] = [setup.home.y, 0];
  if (named === 0 || (named & BIT_Z) !== 0) [s.z, s.shiftZ] = [setup.home.z, 0];
  s.homed |= named === 0 ? HOMED_ALL : axes(named);
  return "home";
}

function axes(named: number): number {
  const x = (named & BIT_X) !== 0 ? HOMED_X : 0;
  const y = (named & BIT_Y) !== 0 ? HOMED_Y : 0;
  return x | y | ((named & BIT_Z) !== 0 ? HOMED_Z : 0);
}

function distances(s: MachineState, relative: boolean, dialect: Dialect): Effect {
  s.relative = relative;
  if (dialect === "marlin") s.relativeE = relative;
  return "state";
}

/** G92: renames where the machine stands; without words it names everything 0. */
function shift(s: MachineState, w: Words): Effect {
  const all = (w.present & BIT_AXES) === 0;
  if (all || (w.present & BIT_X) !== 0) s.shiftX = s.x - named(w, BIT_X, X) * s.unit;
  if (all || (w.present & BIT_Y) !== 0) s.shiftY = s.y - named(w, BIT_Y, Y) * s.unit;
  if (all || (w.present & BIT_Z) !== 0) s.shiftZ = s.z - named(w, BIT_Z, Z) * s.unit;
  if (all || (w.present & BIT_E) !== 0) s.e = named(w, BIT_E, E) * s.unit;
  return "state";
}

function named(w: Words, mask: number, index: number): number {
  return (w.valued & mask) !== 0 ? w.values[index]! : 0;
}

function hotend(s: MachineState, w: Words, wait: boolean): Effect {
  s.hotendTarget = heat(s.hotendTarget, w);
  if (s.hotendTarget <= 0) s.hotendReached = 0;
  else if (wait) s.hotendReached = s.hotendTarget;
  return "heat";
}

function bed(s: MachineState, w: Words, wait: boolean): Effect {
  s.bedTarget = heat(s.bedTarget, w);
  if (s.bedTarget <= 0) s.bedReached = 0;
  else if (wait) s.bedReached = s.bedTarget;
  return "heat";
}

function heat(now: number, w: Words): number {
  if ((w.valued & BIT_S) !== 0) return w.values[S]!;
  return (w.valued & BIT_R) !== 0 ? w.values[R]! : now;
}

/** Motors without current can be pushed: their axes' place is unknown until homed again. */
function motorsOff(s: MachineState, w: Words): Effect {
  const some = w.present & (BIT_X | BIT_Y | BIT_Z | BIT_E);
  s.homed &= some === 0 ? 0 : ~axes(some);
  return "state";
}

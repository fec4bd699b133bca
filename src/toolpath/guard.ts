/** The guard: an allow-list and the machine's limits, applied to every line by following what it would do. */
import { COMMAND_FORMS, FORBIDDEN } from "./commands.ts";
import { type Finding, type MotionMemory, moveChecker } from "./guard-motion.ts";
import { createInterpreter, type Effect, type Interpreter } from "./interpreter.ts";
import type { GuardLimits } from "./limits.ts";
import { excerptOf, forbiddenText, type Refusal, refuse, unreadableText } from "./refusal.ts";
import { bit, commandKey, commandName, slot, type Words } from "./words.ts";

/** Who wrote a line: the program's author, or the controller (the capture macro). */
export type Origin = "program" | "insert";

/** Judges one attempt's lines in the order in which they would be sent. */
export interface Guard {
  /** The machine as the lines so far would leave it; read it, never step it. */
  readonly interpreter: Interpreter;
  /** Judges bytes `start` to `end` (no newline) as line `line` (1-based), and follows them. Null: it may be sent. */
  check(bytes: Uint8Array, start: number, end: number, line: number, origin: Origin): Refusal | null;
  /** What the last checked line did. */
  effect(): Effect;
  /** To be asked after the last line: may the program end here? */
  atEnd(line: number): Refusal | null;
}

type CommandCheck = (words: Words, effect: Effect) => Finding | null;

const M118 = commandKey("M118");
const M400 = commandKey("M400");
const LETTER_T = 84;
const BIT_X = bit("X");
const BIT_Y = bit("Y");
const BIT_Z = bit("Z");
const XYZ = BIT_X | BIT_Y | BIT_Z;

/** A guard at the beginning of an attempt. `eachLayer`: the program must build strictly layer by layer. */
export function createGuard(limits: GuardLimits, eachLayer: boolean): Guard {
  const interpreter = createInterpreter({ dialect: limits.dialect, home: limits.home_mm });
  const memory: MotionMemory = { printedZ: 0, blob: 0 };
  const move = moveChecker(limits, eachLayer, memory);
  const command = commandCheck(limits, interpreter, memory);
  const allowed = new Set(limits.commands.map(commandKey));
  const inserted = new Set([...allowed, M118, M400]);
  let effect: Effect = "blank";
  const find = (origin: Origin): Finding | null => {
    const words = interpreter.words;
    if (!(origin === "insert" ? inserted : allowed).has(words.command)) return notAllowed(words.command);
    const bad = formCheck(words) ?? command(words, effect);
    return bad ?? (effect === "move" ? move(interpreter.move, interpreter.state) : null);
  };
  return {
    interpreter,
    effect: () => effect,
    check(bytes, start, end, line, origin) {
      effect = interpreter.step(bytes, start, end);
      if (effect === "blank") return null;
      const problem = interpreter.problem();
      if (problem !== null) return refuse(problem, line, excerptOf(bytes, start, end), unreadableText(problem));
      const long = interpreter.words.codeEnd - start > limits.lineBytes_max;
      const found = long ? tooLong(limits.lineBytes_max) : find(origin);
      return found === null ? null : refuse(found.code, line, excerptOf(bytes, start, end), found.what);
    },
    atEnd(line) {
      const { hotendTarget, bedTarget } = interpreter.state;
      if (hotendTarget === 0 && bedTarget === 0) return null;
      const what = `The program ends with the hotend set to ${hotendTarget} and the bed to ${bedTarget} degrees.`;
      return refuse("heaters-on-at-end", line, "", what);
    },
  };
}

const encoder = new TextEncoder();

/** `Guard.check` for a line held as text, without its newline. */
export function checkText(guard: Guard, text: string, line: number, origin: Origin): Refusal | null {
  const bytes = encoder.encode(text);
  return guard.check(bytes, 0, bytes.length, line, origin);
}

function tooLong(limit: number): Finding {
  return {
    code: "wire-line-too-long",
    what: `The command is longer than ${limit} bytes: the machine would cut it and ask for it for ever.`,
  };
}

function notAllowed(key: number): Finding {
  const name = commandName(key);
  const family = FORBIDDEN.get(key) ?? (Math.floor(key / 4096) === LETTER_T ? "tool-change" : undefined);
  if (family !== undefined) return { code: family, what: forbiddenText(name, family) };
  return {
    code: "command-not-allowed",
    what: `${name} is not on the list of commands that this machine may be given.`,
  };
}

/** Only the letters that the command is known to take, each with a number unless it is a flag. */
function formCheck(words: Words): Finding | null {
  const known = COMMAND_FORMS.get(words.command);
  if (known === undefined) return notAllowed(words.command);
  if ((words.present & ~known.allowed) !== 0) {
    return {
      code: "unknown-parameter",
      what: `${commandName(words.command)} carries a word that is not expected here.`,
    };
  }
  const bare = words.present & ~words.valued & ~known.flags;
  if (bare !== 0 || (known.needed !== 0 && (words.valued & known.needed) === 0)) {
    return { code: "missing-value", what: `${commandName(words.command)} lacks a number.` };
  }
  return null;
}

/** Limits of everything but moves. */
function commandCheck(limits: GuardLimits, interpreter: Interpreter, memory: MotionMemory): CommandCheck {
  const checks = new Map<number, (words: Words) => Finding | null>([
    [commandKey("G4"), (w) => dwellCheck(w, limits.dwell_s_max)],
    [commandKey("G20"), () => (limits.inches ? null : { code: "inches", what: "The program is in inches." })],
    [commandKey("G28"), (w) => homeCheck(w, memory)],
    [commandKey("G92"), (w) => shiftCheck(w, limits.originShift, interpreter)],
    [commandKey("M104"), (w) => heatCheck(w, "hotend", limits.hotend_C, false)],
    [commandKey("M109"), (w) => heatCheck(w, "hotend", limits.hotend_C, true)],
    [commandKey("M140"), (w) => heatCheck(w, "bed", limits.bed_C, false)],
    [commandKey("M190"), (w) => heatCheck(w, "bed", limits.bed_C, true)],
    [commandKey("M106"), fanCheck],
    [commandKey("M107"), fanCheck],
  ]);
  return (words, effect) => (effect === "move" ? null : (checks.get(words.command)?.(words) ?? null));
}

const P = slot("P");
const S = slot("S");
const R = slot("R");
const T = slot("T");

function numberOf(words: Words, index: number): number | null {
  return (words.valued & (1 << index)) !== 0 ? words.values[index]! : null;
}

function dwellCheck(words: Words, limit: number): Finding | null {
  const seconds = Math.max(numberOf(words, S) ?? 0, (numberOf(words, P) ?? 0) / 1000);
  const least = Math.min(numberOf(words, S) ?? 0, numberOf(words, P) ?? 0);
  if (seconds <= limit && least >= 0) return null;
  return { code: "dwell-too-long", what: `The line waits ${seconds} seconds; the recipe allows 0 to ${limit}.` };
}

/** Homing Z after printing began would drive the nozzle through the part. */
function homeCheck(words: Words, memory: MotionMemory): Finding | null {
  const vertical = (words.present & XYZ) === 0 || (words.present & BIT_Z) !== 0;
  if (!vertical || memory.printedZ === 0) return null;
  return {
    code: "homing-over-part",
    what: "The line homes the height although something has been printed: the nozzle would hit it.",
  };
}

function shiftCheck(words: Words, allowed: boolean, interpreter: Interpreter): Finding | null {
  const axes = words.present & XYZ;
  if (axes === 0 && (words.present & bit("E")) !== 0) return null;
  if (!allowed)
    return {
      code: "origin-shift",
      what: "The line renames where the machine stands, which would move every limit with it.",
    };
  if (interpreter.state.homed === 7) return null;
  return { code: "not-homed", what: "The line renames a place that is not known, because the machine is not homed." };
}

function heatCheck(words: Words, name: string, range: { min: number; max: number }, waits: boolean): Finding | null {
  if ((numberOf(words, T) ?? 0) !== 0)
    return { code: "tool-change", what: "The line heats a tool that this recipe does not have." };
  for (const value of [numberOf(words, S), numberOf(words, R)]) {
    if (value === null) continue;
    if (value < 0) return { code: "temperature-negative", what: `The line sets the ${name} to ${value} degrees.` };
    if (value > range.max)
      return {
        code: "temperature-high",
        what: `The line sets the ${name} to ${value} degrees; the limit is ${range.max}.`,
      };
    if (value === 0 && waits)
      return { code: "endless-wait", what: `The line waits for the ${name} to reach 0 degrees, which never happens.` };
    if (value !== 0 && value < range.min) {
      return {
        code: "temperature-low",
        what: `The line sets the ${name} to ${value} degrees; anything but off must be at least ${range.min}.`,
      };
    }
  }
  return null;
}

function fanCheck(words: Words): Finding | null {
  const speed = numberOf(words, S) ?? 0;
  if (speed >= 0 && speed <= 255 && (numberOf(words, P) ?? 0) === 0) return null;
  return { code: "fan-range", what: "The line sets a fan that is not there, or a speed outside 0 to 255." };
}

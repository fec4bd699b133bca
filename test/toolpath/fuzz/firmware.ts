/**
 * A second, independent reader of G-code: what a Marlin would do with a text, as tolerant as its parser is. It shares no
 * code with src/toolpath. Written from Marlin's documentation and the behaviour of its parser: blanks between letter and
 * number are skipped, leading zeros and a subcode are taken, a line number and a checksum are looked over, letters that
 * are no parameter are skipped, of a word that stands twice either one may count, E is never an exponent.
 */

/** What this machine stands for, plainly. */
export interface Envelope {
  readonly bounds: readonly (readonly [number, number])[];
  readonly printable: readonly (readonly [number, number])[];
  readonly home: readonly [number, number, number];
  readonly hotendMost: number;
  readonly bedMost: number;
  /** In the plane, upwards, and of filament alone, mm/min. */
  readonly feedMost: readonly [number, number, number];
  readonly extrudeLeast_C: number;
}

/** Commands that no program has any business with, whatever else stands in the line. */
const harmful = new Set(
  "M500 M501 M502 M504 M851 M206 M428 M92 M201 M203 M204 M205 M301 M303 M304 M302 M997 M999 M112 M410 M28 M23 M24 M32 M30 M220 M221 M290 M600 M0 M1 M80 M81 M42 M280 G29 G53 G54 G10 G11 M420 M906 M900 M211 M98 M810".split(
    " ",
  ),
);

/** Slack for three decimals, and for what a drawn arc leaves out. */
const slack = 0.01;

interface Word {
  readonly letter: string;
  /** Every number that the letter stands with; empty where it stands alone. */
  readonly values: readonly number[];
}

interface Command {
  readonly name: string;
  readonly words: ReadonlyMap<string, Word>;
}

/** What the text would do that it must not, in words; null where it stays within the envelope. */
export function whatGoesWrong(bytes: Uint8Array, envelope: Envelope): string | null {
  const machine = newMachine(envelope);
  let text = "";
  for (const byte of bytes) {
    // Both line ends end a line; a NUL ends what the parser sees of it.
    if (byte !== 10 && byte !== 13) {
      text += String.fromCharCode(byte);
      continue;
    }
    const wrong = line(text, machine, envelope);
    if (wrong !== null) return `${wrong} in ${JSON.stringify(text.slice(0, 80))}`;
    text = "";
  }
  const wrong = line(text, machine, envelope);
  if (wrong !== null) return wrong;
  return machine.hotend > 0 || machine.bed > 0 ? "heaters are on at the end" : null;
}

interface Machine {
  at: number[];
  shift: number[];
  homed: boolean[];
  e: number;
  relative: boolean;
  relativeE: boolean;
  unit: number;
  feed: number;
  hotend: number;
  waited: number;
  bed: number;
  retracted: number;
}

function newMachine({ home }: Envelope): Machine {
  return {
    ...{ at: [...home], shift: [0, 0, 0], homed: [false, false, false], e: 0, relative: false, relativeE: false },
    ...{ unit: 1, feed: 1500, hotend: 0, waited: 0, bed: 0, retracted: 0 },
  };
}

function line(text: string, machine: Machine, envelope: Envelope): string | null {
  const command = read(text);
  return command === null ? null : carryOut(command, machine, envelope);
}

function read(text: string): Command | null {
  let rest = text.split("\0")[0]!;
  rest = rest.split(";")[0]!.trimStart();
  rest = rest.replace(/^N[-0-9]+ */, "").split("*")[0]!;
  // A line longer than the firmware's buffer is cut.
  rest = rest.slice(0, 95);
  const head = /^([GMT]) *(\d+)(?:\.\d+)? */.exec(rest);
  if (head === null) return null;
  const name = `${head[1]}${Number(head[2])}`;
  const words = new Map<string, Word>();
  if (name === "M117" || name === "M118" || name === "M28" || name === "M23") return { name, words };
  const body = rest.slice(head[0].length);
  for (const [, letter, number] of body.matchAll(/([A-Z]) *([-+]?(?:\d+\.?\d*|\.\d+))?/g)) {
    const before = words.get(letter!)?.values ?? [];
    words.set(letter!, { letter: letter!, values: number === undefined ? before : [...before, Number(number)] });
  }
  return { name, words };
}

/** Every way in which the numbers of these letters may be taken: of a word that stands twice, either. */
function* readings(command: Command, letters: string): Generator<ReadonlyMap<string, number>> {
  const named = [...letters].filter((letter) => (command.words.get(letter)?.values.length ?? 0) > 0);
  let choices: Map<string, number>[] = [new Map()];
  for (const letter of named) {
    const { values } = command.words.get(letter)!;
    choices = choices.flatMap((choice) => [...new Set(values)].map((value) => new Map([...choice, [letter, value]])));
  }
  yield* choices;
}

function carryOut(command: Command, machine: Machine, envelope: Envelope): string | null {
  const { name, words } = command;
  if (harmful.has(name)) return `${name} is carried out`;
  if (/^T[1-9]/.test(name)) return "another tool is taken";
  if (["G0", "G1", "G2", "G3"].includes(name)) return move(command, machine, envelope);
  const value = (letter: string): number | null => words.get(letter)?.values.at(-1) ?? null;
  if (name === "G20") machine.unit = 25.4;
  else if (name === "G21") machine.unit = 1;
  else if (name === "G90" || name === "G91") machine.relative = machine.relativeE = name === "G91";
  else if (name === "M82" || name === "M83") machine.relativeE = name === "M83";
  else if (name === "G28") home(words, machine, envelope);
  else if (name === "G92") rename(words, machine);
  else if (name === "M84" || name === "M18") {
    const some = [..."XYZ"].filter((axis) => words.has(axis));
    for (const [n, axis] of [..."XYZ"].entries()) if (some.length === 0 || words.has(axis)) machine.homed[n] = false;
    if (some.length === 0 && words.has("E")) machine.homed.fill(true);
  } else if (["M104", "M109"].includes(name)) return heat(command, "hotend", machine, envelope.hotendMost);
  else if (["M140", "M190"].includes(name)) return heat(command, "bed", machine, envelope.bedMost);
  else if (name === "G4" && Math.max((value("S") ?? 0) * 1000, value("P") ?? 0) > 60_000) return "it waits for ever";
  return null;
}

function home(words: Command["words"], machine: Machine, { home: place }: Envelope): void {
  const some = [..."XYZ"].some((axis) => words.has(axis));
  for (const [n, axis] of [..."XYZ"].entries()) {
    if (some && !words.has(axis)) continue;
    machine.at[n] = place[n]!;
    machine.shift[n] = 0;
    machine.homed[n] = true;
  }
}

function rename(words: Command["words"], machine: Machine): void {
  const none = ![..."XYZE"].some((axis) => words.has(axis));
  for (const [n, axis] of [..."XYZ"].entries()) {
    if (!none && !words.has(axis)) continue;
    machine.shift[n] = machine.at[n]! - (words.get(axis)?.values.at(-1) ?? 0) * machine.unit;
  }
  if (none || words.has("E")) machine.e = (words.get("E")?.values.at(-1) ?? 0) * machine.unit;
}

function heat(command: Command, which: "hotend" | "bed", machine: Machine, most: number): string | null {
  const values = [...(command.words.get("S")?.values ?? []), ...(command.words.get("R")?.values ?? [])];
  for (const value of values) {
    if (value > most) return `the ${which} is set to ${value}`;
    if (value < 0) return `the ${which} is set below zero`;
  }
  const last = values.at(-1);
  if (last === undefined) return null;
  machine[which] = last;
  if (which === "hotend") machine.waited = last === 0 ? 0 : command.name === "M109" ? last : machine.waited;
  return null;
}

function move(command: Command, machine: Machine, envelope: Envelope): string | null {
  const start = structuredClone(machine);
  let after = start;
  for (const values of readings(command, "XYZEFIJR")) {
    const trial = structuredClone(start);
    const wrong = moveOnce(command.name, values, trial, envelope);
    if (wrong !== null) return wrong;
    after = trial;
  }
  Object.assign(machine, after);
  return null;
}

function moveOnce(name: string, values: ReadonlyMap<string, number>, m: Machine, envelope: Envelope): string | null {
  const from = [...m.at];
  const f = values.get("F");
  if (f !== undefined && f > 0) m.feed = f * m.unit;
  for (const [n, axis] of [..."XYZ"].entries()) {
    const value = values.get(axis);
    if (value === undefined) continue;
    m.at[n] = m.relative ? m.at[n]! + value * m.unit : value * m.unit + m.shift[n]!;
  }
  const given = values.get("E");
  const e = given === undefined ? 0 : m.relativeE ? given * m.unit : given * m.unit - m.e;
  m.e += e;
  const path = name === "G2" || name === "G3" ? arc(name, values, from, m) : [from, m.at];
  const moves = path.some((point) => point.some((each, n) => each !== from[n]));
  if (moves && m.homed.includes(false)) return "it moves before it is homed";
  for (const point of path) {
    const out = point.findIndex(
      (each, n) => each < envelope.bounds[n]![0] - slack || each > envelope.bounds[n]![1] + slack,
    );
    if (out !== -1) return `it goes to ${"XYZ"[out]}${point[out]}`;
  }
  const way = Math.hypot(...from.map((each, n) => m.at[n]! - each));
  const [plane, up, filament] = envelope.feedMost;
  if (moves && way > 0) {
    const planar = (m.feed * Math.hypot(m.at[0]! - from[0]!, m.at[1]! - from[1]!)) / way;
    if (planar > plane + 1) return `it moves at ${planar} mm/min`;
    if ((m.feed * Math.abs(m.at[2]! - from[2]!)) / way > up + 1) return "it moves too fast in Z";
  } else if (!moves && Math.abs(e) > 0.002 && m.feed > filament + 1) return "it moves filament too fast";
  // What was pulled back has to be pushed forward again before anything leaves the nozzle.
  const leaves = e - m.retracted > 1e-9;
  m.retracted = Math.max(0, m.retracted - e);
  if (e === 0) return null;
  if (m.waited < envelope.extrudeLeast_C || m.hotend < envelope.extrudeLeast_C) return "it moves cold filament";
  const lays = leaves && path.some((point) => point[0] !== from[0] || point[1] !== from[1]);
  if (!lays) return null;
  for (const point of path) {
    const out = point.findIndex(
      (each, n) => each < envelope.printable[n]![0] - slack || each > envelope.printable[n]![1] + slack,
    );
    if (out !== -1) return `it prints at ${"XYZ"[out]}${point[out]}`;
  }
  return null;
}

/** The path in small steps, as the firmware draws it. */
function arc(name: string, values: ReadonlyMap<string, number>, from: readonly number[], m: Machine): number[][] {
  const [x0, y0] = [from[0]!, from[1]!];
  const [x1, y1] = [m.at[0]!, m.at[1]!];
  const clockwise = name === "G2";
  let [i, j] = [(values.get("I") ?? 0) * m.unit, (values.get("J") ?? 0) * m.unit];
  const r = (values.get("R") ?? 0) * m.unit;
  if (r !== 0) {
    const [dx, dy] = [(x1 - x0) / 2, (y1 - y0) / 2];
    const half = Math.hypot(dx, dy);
    const h2 = (r - half) * (r + half);
    const side = clockwise !== r < 0 ? -1 : 1;
    const h = h2 > 0 ? (Math.sqrt(h2) * side) / half : 0;
    [i, j] = [dx - dy * h, dy + dx * h];
  }
  if (i === 0 && j === 0) return [[...from], [...m.at]];
  const [cx, cy] = [x0 + i, y0 + j];
  let angle = Math.atan2(-i * (y1 - cy) + j * (x1 - cx), -i * (x1 - cx) - j * (y1 - cy));
  if (angle < 0) angle += 2 * Math.PI;
  if (clockwise) angle -= 2 * Math.PI;
  if (angle === 0 && x0 === x1 && y0 === y1) angle = clockwise ? -2 * Math.PI : 2 * Math.PI;
  const points: number[][] = [];
  for (let n = 0; n <= 360; n++) {
    const turn = (angle * n) / 360;
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    points.push([cx - i * cos + j * sin, cy - i * sin - j * cos, from[2]! + ((m.at[2]! - from[2]!) * n) / 360]);
  }
  return [...points, [...m.at]];
}

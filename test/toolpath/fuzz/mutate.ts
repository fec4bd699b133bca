/** Changes good programs by one to three steps, most of which make them dangerous; the same seed gives the same programs. */

/** Numbers from 0 up to 1, from a seed (mulberry32). */
export function chanceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Step = (lines: string[], chance: () => number) => void;

const pick = <T>(from: readonly T[], chance: () => number): T => from[Math.floor(chance() * from.length)]!;
const within = (low: number, high: number, chance: () => number): string => {
  const value = low + chance() * (high - low);
  return pick([value.toFixed(3), value.toFixed(0), value.toFixed(1), `${value.toFixed(0)}.`], chance);
};
const place = (lines: readonly string[], chance: () => number): number => Math.floor(chance() * (lines.length + 1));
const insert =
  (make: (chance: () => number) => readonly string[]): Step =>
  (lines, chance) => {
    lines.splice(place(lines, chance), 0, ...make(chance));
  };
const change =
  (line: (text: string, chance: () => number) => string): Step =>
  (lines, chance) => {
    const at = Math.floor(chance() * lines.length);
    if (lines.length > 0) lines[at] = line(lines[at]!, chance);
  };
const far = (chance: () => number): string => pick([within(-400, -0.1, chance), within(150.1, 600, chance)], chance);
const dangerous =
  "M500|M501|M502|M851 Z-2|M206 X10|M92 E900|M203 X9000|M301 P99|M303 E0 S240|M302 S0|M302 P1|M997|M999|M112|M410|M23 a.g|M24|M32 P1|M220 S500|M221 S300|M290 Z-1|M600|M0|M80|M42 P4 S255|M280 P0 S90|G29|G54|G10|G11|M420 S1|M906 X2000|T1|M211 S0|M98 P1|M28 a.g|M900 K2";

/** Spellings that a tolerant firmware takes for the same command. */
const spellings: readonly ((command: string, chance: () => number) => string)[] = [
  (c) => c,
  (c) => c.replace(/^([GMT])/, "$1 "),
  (c) => c.replace(/^([GMT])/, "$10"),
  (c) => c.replace(/^([GMT])/, "$1000"),
  (c) => c.replace(/^([GMT]\d+)/, "$1.1"),
  (c) => c.replaceAll(" ", ""),
  (c) => `   ${c}`,
  (c) => `N5 ${c}`,
  (c) => `N5${c}*33`,
  (c) => `${c}*12`,
  (c) => `${c}\rG1 X1`,
  (c) => `;x\r${c}`,
  (c) => `${c};comment`,
  (c) => `${c} (comment)`,
  (c) => `${c}\0X9`,
  (c) => c.replace(/([XYZESR])/, "$1 "),
  (c) => c.replace(/([XYZESR])/, "$1+"),
  (c, chance) => `${c}${pick([" Q1", " !", " #3", " /", " a1", " $", " ~"], chance)}`,
  (c) => `${c}${" ".repeat(60)}X1`,
  (c) => c.toLowerCase(),
  (c) => `\t${c}`,
  (c) => `${c} ${c.split(" ")[1] ?? ""}`,
  (c) => `G90 ${c}`,
  (c) => `${c}\u00ff`,
];
/** Two in three stay plain, so that what they say is judged, and not how. */
const spelled = (command: string, chance: () => number): string =>
  chance() < 0.67 ? command : pick(spellings, chance)(command, chance);

const steps: readonly Step[] = [
  insert((c) => [spelled(`G1 ${pick(["X", "Y", "Z"], c)}${far(c)}`, c)]),
  insert((c) => [spelled(`G1 X60 Y60 Z${within(-20, -0.01, c)}`, c)]),
  insert((c) => [
    "G91",
    spelled(`G1 ${pick(["X", "Y", "Z"], c)}${within(-160, 160, c)}`, c),
    ...pick([["G90"], []], c),
  ]),
  insert((c) => [spelled(`G92 ${pick(["X", "Y", "Z", "X0 Y", ""], c)}${within(-200, 200, c)}`, c)]),
  insert((c) => [spelled("G20", c)]),
  insert((c) => [
    spelled(
      `${pick(["G2", "G3"], c)} X${within(0, 150, c)} Y${within(0, 150, c)} I${within(-90, 90, c)} J${within(-90, 90, c)}`,
      c,
    ),
  ]),
  insert((c) => [
    spelled(`${pick(["G2", "G3"], c)} X${within(0, 150, c)} Y${within(0, 118, c)} R${within(-90, 90, c)} E1`, c),
  ]),
  insert((c) => [spelled(`${pick(["G2", "G3"], c)} I${within(-90, 90, c)}`, c)]),
  insert((c) => [
    spelled(
      `${pick(["M104", "M109"], c)} ${pick(["S", "R", "T0 S"], c)}${pick([within(231, 900, c), within(-50, -1, c)], c)}`,
      c,
    ),
  ]),
  insert((c) => [spelled(`${pick(["M140", "M190"], c)} S${pick([within(71, 300, c), within(-50, -1, c)], c)}`, c)]),
  insert((c) => [spelled(pick(dangerous.split("|"), c), c)]),
  insert((c) => [spelled(`G1 X${within(20, 120, c)} F${within(9100, 90_000, c)}`, c)]),
  insert((c) => [spelled(`G1 Z${within(1, 100, c)} F${within(1600, 9000, c)}`, c)]),
  insert((c) => [spelled(`G1 E${within(0.1, 2, c)} F${within(3100, 9000, c)}`, c)]),
  insert((c) => [spelled(`G1 X${within(100, 148, c)} Y${within(118.1, 149, c)} E${within(0.1, 1, c)}`, c)]),
  insert((c) => [spelled("M84", c)]),
  insert((c) => [spelled(`G4 S${within(61, 9999, c)}`, c)]),
  insert((c) => [spelled(`G1 X${within(0, 150, c)} X${far(c)}`, c)]),
  insert((c) => ["G91", `G1 X${within(0, 80, c)}`, "G90", "G92 X0", `G1 X${within(60, 149, c)}`]),
  (lines, chance) => lines.splice(Math.floor(chance() * lines.length), 1 + Math.floor(chance() * 3)),
  (lines, chance) => lines.splice(Math.floor(chance() * lines.length)),
  (lines, chance) => {
    const at = Math.floor(chance() * (lines.length - 1));
    if (at >= 0) [lines[at], lines[at + 1]] = [lines[at + 1]!, lines[at]!];
  },
  change((text, chance) => spelled(text, chance)),
  change((text, chance) => text.replace(/-?\d+(\.\d+)?/, () => within(-300, 900, chance))),
  change((text, chance) =>
    text.replace(
      /([XYZESF])(-?\d)/,
      (_, letter: string, digit: string) => `${letter}${pick(["-", "1", "9", "."], chance)}${digit}`,
    ),
  ),
  change((text, chance) => {
    const at = Math.floor(chance() * (text.length + 1));
    return (
      text.slice(0, at) + String.fromCharCode(Math.floor(chance() * 128)) + text.slice(at + Math.floor(chance() * 2))
    );
  }),
  change((text, chance) => `${text} ${pick(["X", "Y", "Z", "E", "F", "S"], chance)}${within(-300, 900, chance)}`),
];

/** A mutant of a good program, as bytes (Latin-1, so that every byte can stand in it). */
export function mutantOf(good: string, chance: () => number): Uint8Array {
  const lines = good.trimEnd().split("\n");
  for (let n = 1 + Math.floor(chance() * 3); n > 0; n--) pick(steps, chance)(lines, chance);
  return Uint8Array.from(`${lines.join("\n")}\n`, (char) => char.charCodeAt(0) & 0xff);
}

/** Bad programs, each with the code that must be its first refusal and the line that must be named. */
import type { RefusalCode } from "../../src/toolpath/refusal.ts";
import { layered, program, START, square } from "./bench.ts";

/** One bad program; `line` 0: the program as a whole. */
export interface BadProgram {
  readonly name: string;
  readonly code: RefusalCode;
  readonly line: number;
  readonly text: string;
}

/** Line of the first body line in `program(...)`. */
const BODY = START.length + 1;

/** A layer, then one bad line, then another layer. */
function after(name: string, code: RefusalCode, bad: string): BadProgram {
  return { name, code, line: BODY + 7, text: program(...square(0.2), bad, ...square(0.4)) };
}

function first(name: string, code: RefusalCode, ...lines: string[]): BadProgram {
  return { name, code, line: lines.length, text: `${[...lines, "M104 S0"].join("\n")}\n` };
}

const forbidden: readonly BadProgram[] = (
  [
    ["stored-settings", "M500", "M501", "M502 ", "M503", "M504"],
    ["probe-offset", "M851 Z-1", "M206 X5"],
    ["calibration", "M92 E900", "M201 X1", "M203 X9000", "M205 X50", "M665 L200", "M666 Z1", "M900 K1", "M906 X2000"],
    ["heater-tuning", "M301 P99", "M303 E0 S240 C8", "M304 P1"],
    ["cold-extrusion-switch", "M302 S0", "M302 P1"],
    ["firmware-restart", "M997", "M998", "M999"],
    ["emergency-command", "M112", "M410"],
    ["storage-command", "M28 evil.g", "M29", "M32 P1", "M23", "M24", "M30", "M33", "M928", "M413 S1"],
    ["host-message", "M118 A1 layer:7", "M118 P0"],
    ["operator-wait", "M0", "M1", "M600", "M226 P2"],
    ["override", "M220 S500", "M221 S200"],
    ["subroutine", "M98 P1", "G65 P1", "M810"],
    ["arc-move", "G2 X1 Y1 I5", "G3 X1 Y1 R5", "G5 X1 Y1"],
    ["firmware-retract", "G10", "G11"],
    ["tool-change", "T1", "T255"],
    ["bed-levelling", "G29", "M420 S1"],
    ["coordinate-system", "G54", "G53"],
    ["power-command", "M80", "M81", "M42 P4 S255", "M280 P0 S90"],
    ["network-command", "M552 S1", "M587"],
    ["wire-control", "M110 N0", "M155 S1"],
    ["command-not-allowed", "M355", "G7", "M4000", "G100", "M117 hello", "M105", "M73 P5"],
  ] as const
).flatMap(([code, ...lines]) =>
  lines
    // These two begin with words that cannot be read at all, or belong to another family.
    .filter((bad) => bad !== "M28 evil.g" && bad !== "M355")
    .map((bad) =>
      after(`${bad} in the middle`, code === "wire-control" && bad.includes("N0") ? "inline-number" : code, bad),
    ),
);

const unreadable: readonly BadProgram[] = [
  after("a lower-case command", "lower-case", "g1 X60"),
  after("a lower-case word", "lower-case", "G1 x60"),
  after("a number of 1e999", "lower-case", "G1 X1e999"),
  after("a number of 1E3", "exponent", "G1 X1E3"),
  after("1E3 without a space before", "exponent", "G1X1E3Y2"),
  after("NaN", "malformed-number", "G1 X-"),
  after("the word NaN", "malformed-number", "G1 X.N"),
  after("two points", "malformed-number", "G1 X1.2.3"),
  after("two minus signs", "malformed-number", "G1 X--3"),
  after("a plus sign", "malformed-number", "G1 X+3"),
  after("a point and nothing else", "malformed-number", "G1 X."),
  after("ten digits", "malformed-number", "G1 X0000000001"),
  after("a number apart from its letter", "malformed-number", "G1 X 60"),
  after("a letter twice", "duplicate-word", "G1 X60 X61"),
  after("two commands", "several-commands", "G1 X60 G28"),
  after("two commands without a space", "several-commands", "G1X60M104S260"),
  after("a subcode", "malformed-line", "G92.1 X0"),
  after("a leading zero", "malformed-line", "G01 X60"),
  after("a command of five digits", "malformed-line", "G11111"),
  after("a letter without a number", "malformed-line", "G X60"),
  after("a file name", "lower-case", "M28 evil.g"),
  after("a line number", "inline-number", "N5 G1 X60"),
  after("a line number inside", "inline-number", "G1 X60 N5"),
  after("a checksum", "inline-checksum", "G1 X60*33"),
  after("only a checksum", "inline-checksum", "X1*33"),
  after("a bracket that hides a command", "paren-comment", "G1 (X60) M500"),
  after("a bracket first", "paren-comment", "(M500)"),
  after("NUL", "control-character", "G1 X60\0"),
  after("CR inside a comment that ends it", "control-character", ";harmless\rM500"),
  after("CR LF", "control-character", "G1 X60\r"),
  after("TAB", "control-character", "G1\tX60"),
  after("DEL", "control-character", "G1 X60\x7f"),
  after("not ASCII", "not-ascii", "G1 X60 ;\u00e9"),
  after("bytes of no encoding", "not-ascii", "G1 X60 ;\u00ff"),
  after("a line of 20,000 bytes", "line-too-long", `;${"x".repeat(20_000)}`),
  after("a word nobody knows", "malformed-line", "!stop"),
  after("a macro call", "malformed-line", "START_PRINT BED=60"),
  { name: "a byte order mark", code: "byte-order-mark", line: 1, text: `\ufeff${layered(2)}` },
];

const moves: readonly BadProgram[] = [
  after("out of the bed", "out-of-bounds", "G1 X150.01"),
  after("below zero", "out-of-bounds", "G1 Y-1"),
  after("into the bed", "out-of-bounds", "G1 Z-0.1"),
  after("above the gantry", "out-of-bounds", "G1 Z121"),
  after("nine digits", "out-of-bounds", "G1 X999999999"),
  {
    ...after("a relative walk", "out-of-bounds", ""),
    line: BODY + 10,
    text: program(...square(0.2), "G91", "G1 X60", "G1 X0", "G1 X60", "G90", "M83"),
  },
  after("renaming X", "origin-shift", "G92 X0"),
  after("renaming everything", "origin-shift", "G92"),
  after("inches", "command-not-allowed", "G20"),
  after("F0", "no-feed", "G1 X60 F0"),
  after("a negative feed", "no-feed", "G1 X61 F-100"),
  after("a crawl", "feed-range", "G1 X61 F1"),
  after("too fast", "feed-range", "G1 X61 F20000"),
  after("too fast in Z", "feed-range", "G1 Z30 F6000"),
  after("too fast in E", "feed-range", "G1 E-0.5 F6000"),
  after("homing Z over the part", "homing-over-part", "G28"),
  after("homing Z alone over the part", "homing-over-part", "G28 Z"),
  after("a thick strand", "extrusion-too-thick", "G1 X61 E1"),
  after("too much flow", "flow-too-high", "G1 X90 E4.2 F7000"),
  after("a long retraction", "retraction-too-long", "G1 E-2.1"),
  after("a blob", "prime-too-long", "G1 E5.1"),
  {
    ...after("a blob in slices", "prime-too-long", ""),
    line: BODY + 8,
    text: program(...square(0.2), "G1 E3", "G1 E3", ...square(0.4)),
  },
  {
    ...after("blobs beside each other", "prime-too-long", ""),
    line: BODY + 10,
    text: program(...square(0.2), "G1 E3", "G1 X61", "G1 X62 E0.03", "G1 E3", ...square(0.4)),
  },
  {
    ...after("thousands of tiny thick moves", "prime-too-long", ""),
    line: BODY + 7 + 638,
    text: program(
      ...square(0.2),
      ...Array.from({ length: 1000 }, (_, k) => `G1 X60.00${k % 2} E0.008`),
      ...square(0.4),
    ),
  },
  after("printing in the parking area", "outside-printable", "G1 X60 Y119 E1"),
  after("printing while rising", "rising-extrusion", "G1 X70 Y60 Z0.21 E0.3"),
  {
    ...after("printing lower", "below-print", ""),
    line: BODY + 14,
    text: program(...square(0.2), ...square(0.4), ...square(0.2, 90), ...square(0.4, 90)),
  },
  {
    ...after("diving to home the nozzle", "below-print", ""),
    line: BODY + 14,
    text: program(...square(0.2), ...square(0.4), "G1 Z0 F1200"),
  },
  { ...after("a gap of a layer", "layer-height", "G1 Z0.6 F1200\nG1 X70 E0.3"), line: BODY + 8 },
  after("a long dwell", "dwell-too-long", "G4 S3600"),
  after("a negative dwell", "dwell-too-long", "G4 P-5"),
  first("moving before homing", "not-homed", "G21", "G90", "G1 X60 F1000"),
  first("homing one axis only", "not-homed", "G28 X", "G1 X60 F1000"),
  first("filament before homing", "not-homed", "M109 S205", "G1 E1 F100"),
  first("no feed at all", "no-feed", "G28", "G1 X60"),
  first("moving after the motors are off", "not-homed", "G28", "M84", "G1 X60 F1000"),
];

const heat: readonly BadProgram[] = [
  after("a negative target", "temperature-negative", "M104 S-20"),
  after("a negative bed", "temperature-negative", "M140 S-1"),
  after("a hot nozzle", "temperature-high", "M104 S231"),
  after("a hot nozzle by R", "temperature-high", "M109 R260"),
  after("a hot bed", "temperature-high", "M190 S71"),
  after("a lukewarm nozzle", "temperature-low", "M104 S50"),
  after("waiting for zero", "endless-wait", "M109 R0"),
  after("a second tool", "tool-change", "M104 T1 S205"),
  after("autotemp", "unknown-parameter", "M104 S205 F1 B230"),
  after("no target", "missing-value", "M104"),
  after("a bare letter", "missing-value", "M140 S"),
  after("a bare X", "missing-value", "G1 X"),
  after("a fan too fast", "fan-range", "M106 S256"),
  after("a fan that is not there", "fan-range", "M106 P3 S0"),
  after("a word that does not belong", "unknown-parameter", "G1 X60 S200"),
  after("text after a command without words", "unknown-parameter", "M400 P5"),
  after("printing too hot for the material", "wrong-material-temperature", "M104 S220\nG1 X61 E0.03"),
  after("printing on a cold bed", "wrong-material-temperature", "M140 S0\nG1 X61 E0.03"),
  after("cooling and going on", "cold-extrusion", "M104 S0\nG1 X61 E0.03"),
  first("heating without waiting", "cold-extrusion", "G28", "M104 S205", "G1 E1 F100"),
  first("waiting for less", "cold-extrusion", "G28", "M109 S150", "M104 S205", "G1 E1 F100"),
].map((bad) => (bad.text.includes("\nG1 X61 E0.03\n") ? { ...bad, line: bad.line + 1 } : bad));

const whole: readonly BadProgram[] = [
  { name: "nothing", code: "empty-program", line: 0, text: "" },
  { name: "only comments", code: "nothing-extruded", line: 0, text: "; hello\n\n;\n" },
  { name: "only heat", code: "nothing-extruded", line: 0, text: "M104 S205\nM104 S0\n" },
  { name: "hotend left on", code: "heaters-on-at-end", line: BODY + 11, text: layered(1).replace("M104 S0\n", "") },
  { name: "bed left on", code: "heaters-on-at-end", line: BODY + 10, text: layered(1).replace("M140 S0\nM84\n", "") },
  {
    name: "cut off in the middle",
    code: "heaters-on-at-end",
    line: BODY + 10,
    text: `${START.join("\n")}\n${[...square(0.2), ...square(0.4).slice(0, 4)].join("\n")}`,
  },
  {
    name: "a mark too many",
    code: "layer-marks-disagree",
    line: BODY + 13,
    text: program(";LAYER_CHANGE", ...square(0.2), ";LAYER_CHANGE", ";LAYER_CHANGE", ...square(0.4)),
  },
  {
    name: "a mark too few",
    code: "layer-marks-disagree",
    line: BODY + 14,
    text: program(";LAYER:0", ...square(0.2), ...square(0.4).slice(0, 3), ...square(0.4)),
  },
  {
    name: "a mark with another height",
    code: "layer-marks-disagree",
    line: BODY + 5,
    text: program(";LAYER_CHANGE", ";Z:0.3", ...square(0.2)),
  },
  {
    name: "a mark after the end",
    code: "layer-marks-disagree",
    line: 0,
    text: program(";LAYER_CHANGE", ...square(0.2), ";LAYER_CHANGE"),
  },
  {
    name: "two marks in one layer",
    code: "layer-marks-disagree",
    line: BODY + 12,
    text: program(";LAYER_CHANGE", ...square(0.2), ";LAYER_CHANGE", ...square(0.2)),
  },
];

/** The corpus. */
export const corpus: readonly BadProgram[] = [...forbidden, ...unreadable, ...moves, ...heat, ...whole];

/** What the interpreter knows about a machine while it follows a program: one flat record, read by the guard. */
import type { Celsius, Millimetre, MillimetrePerMinute } from "../kernel/units.ts";

/** Bits of `MachineState.homed`. */
export const HOMED_X = 1;
export const HOMED_Y = 2;
export const HOMED_Z = 4;
export const HOMED_ALL = 7;

/** Which firmware's reading of ambiguous commands holds: in Marlin G90 and G91 change the extruder's mode as well. */
export type Dialect = "marlin" | "klipper";

/** Positions are machine coordinates, NaN where unknown; `e` is the logical extruder axis as G92 and M114 see it. */
export interface MachineState {
  x: Millimetre;
  y: Millimetre;
  z: Millimetre;
  e: Millimetre;
  /** G92: logical coordinate = machine coordinate - shift. */
  shiftX: Millimetre;
  shiftY: Millimetre;
  shiftZ: Millimetre;
  homed: number;
  relative: boolean;
  relativeE: boolean;
  /** 1 for millimetres (G21), 25.4 for inches (G20). */
  unit: number;
  /** 0 until a program says F. */
  feed: MillimetrePerMinute;
  /** Filament pulled back and not yet pushed forward again. */
  retracted: Millimetre;
  hotendTarget: Celsius;
  bedTarget: Celsius;
  /** Lowest temperature that a wait (M109) has vouched for since the heater was last off; 0 when none did. */
  hotendReached: Celsius;
  bedReached: Celsius;
  /** 0 to 255. */
  fan: number;
  tool: number;
  /** Motion and dwell so far, at the commanded feeds (no acceleration), in seconds. */
  seconds: number;
}

/** One move (G0 to G3) that moves something; a record that every step overwrites. */
export interface Move {
  x0: Millimetre;
  y0: Millimetre;
  z0: Millimetre;
  x1: Millimetre;
  y1: Millimetre;
  z1: Millimetre;
  /** The plane's rectangle that the whole path stays in: an arc bulges beyond its ends. */
  minX: Millimetre;
  maxX: Millimetre;
  minY: Millimetre;
  maxY: Millimetre;
  /** `bad`: an arc whose numbers do not describe one. */
  shape: "line" | "arc" | "bad";
  /** Of an arc: its centre, and its angle in radians, negative clockwise. */
  centreX: Millimetre;
  centreY: Millimetre;
  sweep: number;
  /** Filament moved; negative is a retraction. */
  e: Millimetre;
  /** Filament that leaves the nozzle: `e` less what only makes up for a retraction; never negative. */
  deposited: Millimetre;
  /** Path length in the plane, and in space. */
  planar: Millimetre;
  length: Millimetre;
  feed: MillimetrePerMinute;
  /** At the commanded feed; 0 when no feed was ever given. */
  seconds: number;
  /** Bits of the axes whose place was known before the move. */
  homed: number;
}

/** A machine just switched on: nothing homed, nothing hot, Marlin's modes. */
export function coldState(): MachineState {
  return {
    x: Number.NaN,
    y: Number.NaN,
    z: Number.NaN,
    e: 0,
    shiftX: 0,
    shiftY: 0,
    shiftZ: 0,
    homed: 0,
    relative: false,
    relativeE: false,
    unit: 1,
    feed: 0,
    retracted: 0,
    hotendTarget: 0,
    bedTarget: 0,
    hotendReached: 0,
    bedReached: 0,
    fan: 0,
    tool: 0,
    seconds: 0,
  };
}

/** Storage for the interpreter's last move. */
export function noMove(): Move {
  return {
    x0: 0,
    y0: 0,
    z0: 0,
    x1: 0,
    y1: 0,
    z1: 0,
    minX: 0,
    maxX: 0,
    minY: 0,
    maxY: 0,
    shape: "line",
    centreX: 0,
    centreY: 0,
    sweep: 0,
    e: 0,
    deposited: 0,
    planar: 0,
    length: 0,
    feed: 0,
    seconds: 0,
    homed: 0,
  };
}

/**
 * The layer table: layers counted by the height of moves that lay material down, slicer marks only cross-checked. Heights that lie
 * too close together to be layers of their own (the top of a support beside the part's layer) are one layer.
 */
import type { Millimetre } from "../kernel/units.ts";
import type { Finding } from "./guard-motion.ts";
import type { GuardLimits } from "./limits.ts";
import type { SlicerMark } from "./marks.ts";
import type { MachineState, Move } from "./state.ts";

/** An axis-parallel box in machine coordinates, millimetres; of centre lines, without the strands' width. */
export interface Box {
  readonly min: readonly [x: Millimetre, y: Millimetre, z: Millimetre];
  readonly max: readonly [x: Millimetre, y: Millimetre, z: Millimetre];
}

/** Consecutive lines of a program: 1-based line numbers, inclusive, and their byte range (end exclusive). */
export interface Segment {
  readonly firstLine: number;
  readonly lastLine: number;
  readonly start: number;
  readonly end: number;
}

/** One layer. The layer mark stands after `lastLine`: its last bead and the retraction or wipe that follows it. */
export interface LayerEntry extends Segment {
  /** 1-based. */
  readonly layer: number;
  /** Height of the beads' upper side. */
  readonly z_mm: Millimetre;
  /** Distance to the layer below. */
  readonly height_mm: Millimetre;
  readonly box: Box;
  readonly extruded_mm3: number;
  /** At the commanded feeds, without acceleration. */
  readonly seconds: number;
}

/** Builds the table while a guard walks the program. */
export interface LayerBuilder {
  /** To be called for every move; `line`, `start`, `end`: its line, its first byte, the byte after its newline. */
  move(move: Readonly<Move>, state: Readonly<MachineState>, line: number, start: number, end: number): Finding | null;
  /** To be called for every slicer mark. */
  mark(mark: SlicerMark): void;
  /** The finished table, or what is wrong with the program as a whole. */
  finish(): Finding | readonly LayerEntry[];
}

interface OpenLayer {
  /** Height of its first bead, and of its highest. */
  readonly from: number;
  z: number;
  marked: boolean;
  lastLine: number;
  end: number;
  seconds: number;
  volume: number;
  minX: number;
  minY: number;
  maxX: number;
  maxY: number;
}

interface Table {
  readonly layers: LayerEntry[];
  open: OpenLayer | null;
  /** Line and byte at which layer 1 begins. */
  firstLine: number;
  firstByte: number;
  /** Seconds at the end of the layer before. */
  since: number;
  /** Marks seen since the last bead. */
  pending: number;
  markedZ: Millimetre | null;
  usesMarks: boolean;
  /** The last move still belongs to the open layer (bead, wipe, retraction). */
  trailing: boolean;
}

const SAME_Z = 0.005;
/** Heights that differ by no more are no two layers: neither a picture nor a nozzle tells them apart. */
const CLOSE_Z = 0.04;
/** The step that slicers print heights in. */
const RISE_Z = 0.001;

/** A builder for one program. */
export function createLayerBuilder(limits: GuardLimits): LayerBuilder {
  const area = (Math.PI * limits.filamentDiameter_mm ** 2) / 4;
  const table: Table = {
    layers: [],
    open: null,
    firstLine: 0,
    firstByte: 0,
    since: 0,
    pending: 0,
    markedZ: null,
    usesMarks: false,
    trailing: false,
  };
  return {
    move(move, state, line, start, end) {
      if (move.deposited > 0 && move.planar > 0) {
        const found = enterLayer(table, move, state, line, start, limits);
        if (found !== null) return found;
        grow(table.open!, move, move.deposited * area);
        extend(table, state, line, end);
      } else if (table.trailing && move.e < 0 && move.z1 === move.z0) {
        extend(table, state, line, end);
      } else {
        table.trailing = false;
      }
      return null;
    },
    mark(mark) {
      if (mark.kind === "layer") {
        table.pending += 1;
        table.usesMarks = true;
        table.markedZ = null;
      } else if (mark.kind === "z") table.markedZ = mark.z_mm;
    },
    finish() {
      if (table.open === null) return { code: "nothing-extruded", what: "The program lays no material down." };
      if (table.pending > 0) return disagree("a layer mark at the end has no layer");
      close(table, limits);
      return table.layers;
    },
  };
}

/** Opens the layer that this bead belongs to, unless it is open already. */
function enterLayer(
  table: Table,
  move: Readonly<Move>,
  state: Readonly<MachineState>,
  line: number,
  start: number,
  limits: GuardLimits,
): Finding | null {
  const open = table.open;
  const isThere = open !== null && Math.abs(move.z1 - open.z) <= SAME_Z;
  if (isThere && table.pending === 0) return null;
  if (open !== null && isSameLayer(table, open, move.z1, limits)) {
    // Each of its heights has a mark of its own.
    open.marked = false;
    open.z = move.z1;
    return takeMark(table, open) ?? heightCheck(table, limits);
  }
  if (isThere) return takeMark(table, open);
  if (open !== null) {
    const primed = table.layers.length === 0 && !open.marked && (table.pending > 0 || move.z1 < open.z);
    if (!primed && move.z1 < open.z)
      return {
        code: "layer-order",
        what: `The line prints at ${move.z1} mm after ${open.z} mm: the program does not go layer by layer.`,
      };
    if (!primed) close(table, limits);
  }
  if (table.layers.length >= limits.layers_max)
    return { code: "too-many-layers", what: `The program has more than ${limits.layers_max} layers.` };
  table.open = newLayer(move);
  if (table.layers.length === 0) {
    table.firstLine = line;
    table.firstByte = start;
    table.since = state.seconds - move.seconds;
  }
  return takeMark(table, table.open) ?? heightCheck(table, limits);
}

/** Whether a bead that is a little higher still belongs to the open layer. The first layer lies on the plate, and takes in nothing. */
function isSameLayer(table: Table, open: OpenLayer, z: Millimetre, { layerHeight_mm }: GuardLimits): boolean {
  const rise = z - open.from;
  return table.layers.length > 0 && z - open.z >= RISE_Z && rise <= CLOSE_Z && rise < layerHeight_mm.min - SAME_Z;
}

/** Marks are checked against what is printed; they never make a layer. */
function takeMark(table: Table, open: OpenLayer): Finding | null {
  const { pending, markedZ } = table;
  table.pending = 0;
  if (!table.usesMarks) return null;
  if (pending > 1) return disagree(`${pending} layer marks stand before one layer`);
  if (pending === 0 && table.layers.length > 0) return disagree("a layer has no mark");
  if (pending === 1 && open.marked)
    return disagree("one layer has two marks (supports with layers of their own, for one, give such programs)");
  open.marked = pending === 1;
  if (markedZ === null || Math.abs(markedZ - open.z) <= 2 * SAME_Z) return null;
  return disagree(`the mark says ${markedZ} mm and the layer is printed at ${open.z} mm`);
}

function disagree(how: string): Finding {
  return {
    code: "layer-marks-disagree",
    what: `The slicer's layer marks and the layers really printed disagree: ${how}.`,
  };
}

function heightCheck(table: Table, limits: GuardLimits): Finding | null {
  const below = table.layers.at(-1)?.z_mm ?? 0;
  const height = table.open!.z - below;
  const { min } = limits.layerHeight_mm;
  const max = table.layers.length === 0 ? limits.firstLayer_mm_max : limits.layerHeight_mm.max;
  if (height >= min - SAME_Z && height <= max + SAME_Z) return null;
  const shown = Math.round(height * 1000) / 1000;
  return {
    code: "layer-height",
    what: `Layer ${table.layers.length + 1} is ${shown} mm high; the recipe allows ${min} to ${max} mm.`,
  };
}

function newLayer(move: Readonly<Move>): OpenLayer {
  return {
    from: move.z1,
    z: move.z1,
    marked: false,
    lastLine: 0,
    end: 0,
    seconds: 0,
    volume: 0,
    minX: Number.POSITIVE_INFINITY,
    minY: Number.POSITIVE_INFINITY,
    maxX: Number.NEGATIVE_INFINITY,
    maxY: Number.NEGATIVE_INFINITY,
  };
}

function grow(open: OpenLayer, move: Readonly<Move>, volume: number): void {
  open.volume += volume;
  open.minX = Math.min(open.minX, move.minX);
  open.minY = Math.min(open.minY, move.minY);
  open.maxX = Math.max(open.maxX, move.maxX);
  open.maxY = Math.max(open.maxY, move.maxY);
}

function extend(table: Table, state: Readonly<MachineState>, line: number, end: number): void {
  const open = table.open!;
  open.lastLine = line;
  open.end = end;
  open.seconds = state.seconds;
  table.trailing = true;
}

function close(table: Table, limits: GuardLimits): void {
  const open = table.open!;
  const before = table.layers.at(-1);
  const height = open.z - (before?.z_mm ?? 0);
  const low = Math.max(limits.bounds_mm.z.min, open.z - height);
  table.layers.push({
    layer: table.layers.length + 1,
    z_mm: open.z,
    height_mm: Math.round(height * 1e6) / 1e6,
    firstLine: before === undefined ? table.firstLine : before.lastLine + 1,
    lastLine: open.lastLine,
    start: before === undefined ? table.firstByte : before.end,
    end: open.end,
    box: { min: [open.minX, open.minY, low], max: [open.maxX, open.maxY, open.z] },
    extruded_mm3: open.volume,
    seconds: open.seconds - table.since,
  });
  table.since = open.seconds;
}

/** The guard's view of one move: where, how fast, how hot, how much. */
import type { GuardLimits } from "./limits.ts";
import type { RefusalCode } from "./refusal.ts";
import { HOMED_ALL, type MachineState, type Move } from "./state.ts";

/** What a check found: a code and one sentence. */
export interface Finding {
  readonly code: RefusalCode;
  readonly what: string;
}

/** What the motion checks remember from move to move. */
export interface MotionMemory {
  /** Height of the last bead laid down; 0 before the first. */
  printedZ: number;
  /** Filament pushed out on the spot in this layer, and what moves laid beyond the thickest bead (rounding). */
  blob: number;
}

export type MoveCheck = (move: Readonly<Move>, state: Readonly<MachineState>) => Finding | null;

/** Rounding of coordinates in programs (three decimals) must not make a machine's own limit unreachable. */
const SLACK_MM = 0.0005;
/** What slicers leave over where a path ends twice at one rounded place: less filament than a step of its motor. */
const ROUNDING_MM = 0.002;
/** Filament volume forgiven per move, because very short moves round both their length and their filament. */
const ROUNDING_MM3 = 0.02;

/** Builds the check of a move; `eachLayer`: every layer is awaited, so nothing may go back below what is printed. */
export function moveChecker(limits: GuardLimits, eachLayer: boolean, memory: MotionMemory): MoveCheck {
  const place = placeCheck(limits, eachLayer, memory);
  const speed = speedCheck(limits);
  const filament = filamentCheck(limits, memory);
  return (move, state) => {
    if (move.homed !== HOMED_ALL) return notHomed();
    if (move.shape === "arc" && limits.dialect === "klipper" && state.relative) return relativeArc;
    const found = place(move) ?? speed(move);
    if (found !== null) return found;
    return move.e === 0 ? null : filament(move, state);
  };
}

const relativeArc: Finding = {
  code: "arc-move",
  what: "The line asks for an arc in relative mode, which this machine's firmware does not draw.",
};

function notHomed(): Finding {
  return {
    code: "not-homed",
    what: "The line moves the machine before all its axes are homed, when no limit protects it.",
  };
}

function placeCheck(
  limits: GuardLimits,
  eachLayer: boolean,
  memory: MotionMemory,
): (move: Readonly<Move>) => Finding | null {
  const { x, y, z } = limits.bounds_mm;
  const [x0, x1, y0, y1] = [x.min - SLACK_MM, x.max + SLACK_MM, y.min - SLACK_MM, y.max + SLACK_MM];
  const [z0, z1] = [z.min - SLACK_MM, z.max + SLACK_MM];
  const firstLayer = limits.firstLayer_mm_max;
  const keepOut = keepOutCheck(limits);
  return (move) => {
    if (move.shape === "bad") {
      return { code: "arc-move", what: "The line asks for an arc whose ends and centre do not belong together." };
    }
    // Written so that NaN fails as well.
    const level = move.z1 >= z0 && move.z1 <= z1;
    const inside = level && move.minX >= x0 && move.maxX <= x1 && move.minY >= y0 && move.maxY <= y1;
    if (!inside) {
      const to = `X${show(move.x1)} Y${show(move.y1)} Z${show(move.z1)}`;
      return { code: "out-of-bounds", what: `The line moves to ${to}, which is outside the machine's working space.` };
    }
    const hit = keepOut(move);
    if (hit !== null) return hit;
    if (!eachLayer || memory.printedZ <= firstLayer || move.z1 >= memory.printedZ - SLACK_MM) return null;
    return move.deposited > 0
      ? {
          code: "layer-order",
          what: `The line prints at ${show(move.z1)} mm after ${show(memory.printedZ)} mm has been printed: the program does not go layer by layer.`,
        }
      : {
          code: "below-print",
          what: `The line moves down to ${show(move.z1)} mm, below the layer at ${show(memory.printedZ)} mm: the program prints one object after another, or would hit the part.`,
        };
  };
}

/** Places of the machine that the nozzle must not reach: clips, wipers, cameras. The whole path is looked at. */
function keepOutCheck(limits: GuardLimits): (move: Readonly<Move>) => Finding | null {
  const places = limits.keepOut_mm ?? [];
  if (places.length === 0) return () => null;
  return (move) => {
    for (const { title, x, y, z } of places) {
      const clear = move.maxX < x.min || move.minX > x.max || move.maxY < y.min || move.minY > y.max;
      if (clear || Math.min(move.z0, move.z1) > z.max || Math.max(move.z0, move.z1) < z.min) continue;
      // An arc's rectangle is enough to refuse it: where it only comes near, a program can go another way.
      if (move.shape === "arc" || crosses(move, { x, y, z })) {
        return { code: "keep-out", what: `The line moves through a place that must stay clear: ${title}.` };
      }
    }
    return null;
  };
}

/** Whether a straight move touches a box: the part of it inside all three pairs of planes is not empty. */
function crosses(move: Readonly<Move>, box: GuardLimits["printable_mm"]): boolean {
  let [enter, leave] = [0, 1];
  const slab = (from: number, to: number, { min, max }: { readonly min: number; readonly max: number }): boolean => {
    const way = to - from;
    if (way === 0) return from >= min && from <= max;
    const [a, b] = [(min - from) / way, (max - from) / way];
    enter = Math.max(enter, Math.min(a, b));
    leave = Math.min(leave, Math.max(a, b));
    return enter <= leave;
  };
  return slab(move.x0, move.x1, box.x) && slab(move.y0, move.y1, box.y) && slab(move.z0, move.z1, box.z);
}

function speedCheck(limits: GuardLimits): (move: Readonly<Move>) => Finding | null {
  const { min, xyMax, zMax, eMax } = limits.feed_mm_min;
  const always = Math.min(xyMax, zMax);
  return (move) => {
    const feed = move.feed;
    if (!(feed > 0)) return { code: "no-feed", what: "The line moves without a feed rate, or with F0." };
    if (feed < min) return tooFast("slower than", feed, min);
    if (move.length === 0) {
      return Math.abs(move.e) > ROUNDING_MM && feed > eMax ? tooFast("faster in E than", feed, eMax) : null;
    }
    if (feed <= always) return null;
    const inPlane = (feed * move.planar) / move.length;
    if (inPlane > xyMax) return tooFast("faster than", inPlane, xyMax);
    const up = (feed * Math.abs(move.z1 - move.z0)) / move.length;
    return up > zMax ? tooFast("faster in Z than", up, zMax) : null;
  };
}

function tooFast(how: string, feed: number, limit: number): Finding {
  return {
    code: "feed-range",
    what: `The line moves at ${show(feed)} mm/min, ${how} the ${limit} mm/min that the recipe allows.`,
  };
}

function filamentCheck(limits: GuardLimits, memory: MotionMemory): MoveCheck {
  const heat = heatCheck(limits);
  const area = (Math.PI * limits.filamentDiameter_mm ** 2) / 4;
  const { bead_mm2_max: bead, flow_mm3_s_max: flow, retract_mm_max: retract, prime_mm_max: prime } = limits;
  const { x, y, z } = limits.printable_mm;
  const push = (filament: number): Finding | null => {
    memory.blob += filament;
    return memory.blob > prime + 1e-6 ? pushed(memory.blob, prime) : null;
  };
  return (move, state) => {
    const cold = heat(move, state);
    if (cold !== null) return cold;
    if (state.retracted > retract + 1e-6) {
      return {
        code: "retraction-too-long",
        what: `The filament is pulled back by ${show(state.retracted)} mm, more than ${retract} mm.`,
      };
    }
    if (move.deposited === 0) return null;
    if (move.planar === 0) return push(move.deposited);
    const inside = move.minX >= x.min && move.maxX <= x.max && move.minY >= y.min && move.maxY <= y.max;
    if (!inside || move.z1 < z.min || move.z1 > z.max) {
      return { code: "outside-printable", what: "The line prints outside the area where material may be laid down." };
    }
    if (move.z1 !== move.z0) {
      return {
        code: "rising-extrusion",
        what: "The line prints while its height changes: the program has no layers that could be looked at.",
      };
    }
    const volume = move.deposited * area;
    if (volume > bead * move.planar + ROUNDING_MM3) {
      return {
        code: "extrusion-too-thick",
        what: `The line lays ${show(volume / move.planar)} mm3 on each millimetre, more than ${bead}.`,
      };
    }
    if (volume > flow * move.seconds + ROUNDING_MM3) {
      return { code: "flow-too-high", what: `The line needs ${show(volume / move.seconds)} mm3/s, more than ${flow}.` };
    }
    if (move.z1 !== memory.printedZ) memory.blob = 0;
    memory.printedZ = move.z1;
    const excess = volume - bead * move.planar;
    return excess > 0 ? push(excess / area) : null;
  };
}

function pushed(filament: number, limit: number): Finding {
  return {
    code: "prime-too-long",
    what: `The filament is pushed out by ${show(filament)} mm on the spot within one layer, more than ${limit} mm.`,
  };
}

function heatCheck(limits: GuardLimits): MoveCheck {
  const { extrude_C_min: least, printing_C: window } = limits;
  return (move, state) => {
    if (state.hotendTarget < least || state.hotendReached < least) {
      return {
        code: "cold-extrusion",
        what: `The line moves filament before the hotend was set and waited for at ${least} degrees or more.`,
      };
    }
    if (move.deposited === 0 || move.planar === 0) return null;
    const { hotend, bed } = window;
    if (state.hotendTarget < hotend.min || state.hotendTarget > hotend.max) {
      return {
        code: "wrong-material-temperature",
        what: `The line prints at ${state.hotendTarget} degrees; this material wants ${hotend.min} to ${hotend.max}.`,
      };
    }
    if (state.bedTarget < bed.min || state.bedTarget > bed.max) {
      return {
        code: "wrong-material-temperature",
        what: `The line prints on a bed set to ${state.bedTarget} degrees; this material wants ${bed.min} to ${bed.max}.`,
      };
    }
    return null;
  };
}

function show(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value * 1000) / 1000) : "an unknown place";
}

/** The least time that a machine of given accelerations can take for a program: a true lower bound, in memory that does not grow. */
import type { Seconds } from "../kernel/units.ts";
import type { MotionLimits } from "./limits.ts";
import type { Move } from "./state.ts";

type Axes = MotionLimits["speed_mm_s"];

/** Follows the moves of one program. */
export interface LeastTime {
  move(move: Readonly<Move>): void;
  /** The machine comes to rest here, whatever follows: a dwell, the end of the queue, homing. */
  stop(): void;
  /** Seconds for all moves so far; brings the machine to rest. */
  seconds(): Seconds;
}

/** Moves that are looked at together; a firmware's queue has sixteen, and whoever sees more is never slower. */
const window = 32;
const emitted = window / 2;
/** Firmware starts and ends a move at least so fast (mm/s). */
const slowest = 0.05;
/** Directions that differ by less are one: there is no corner. */
const straight = 1e-6;

/** The moves that are looked at together, the newest last; and the direction in which the last one ends, with the filament in it. */
interface Ahead {
  readonly lengths: Float64Array;
  readonly accelerations: Float64Array;
  readonly cruises: Float64Array;
  /** Squares of upper bounds of the speed at the start of each move: by its corner, and by what lies behind it. */
  readonly entries: Float64Array;
  readonly planned: Float64Array;
  count: number;
  total: Seconds;
  resting: boolean;
  x: number;
  y: number;
  z: number;
  e: number;
  cruise: number;
}

function nothingAhead(): Ahead {
  const room = () => new Float64Array(window + 1);
  return {
    ...{ lengths: room(), accelerations: room(), cruises: room(), entries: room(), planned: room() },
    ...{ count: 0, total: 0, resting: true, x: 0, y: 0, z: 0, e: 0, cruise: 0 },
  };
}

/**
 * Every speed in it is at least what the machine can have at that place: each corner as fast as its rule allows, each move as fast as its
 * axes do, all limits reached at once. So no machine that keeps to the limits is faster, however far it looks ahead; what it adds (a short
 * queue, a slow line, steps) only takes longer.
 */
export function createLeastTime(limits: MotionLimits): LeastTime {
  const ahead = nothingAhead();
  const jerk = "jerk_mm_s" in limits.junction ? limits.junction.jerk_mm_s : null;
  const deviation = "deviation_mm" in limits.junction ? limits.junction.deviation_mm : 0;
  const stop = (): void => {
    const { count, x, y, z, e, cruise } = ahead;
    if (count > 0) emit(ahead, count, fromRest(jerk, x, y, z, e, cruise));
    ahead.resting = true;
  };
  return {
    stop,
    seconds() {
      stop();
      return ahead.total;
    },
    move: (move) => add(ahead, limits, jerk, deviation, move),
  };
}

function add(ahead: Ahead, limits: MotionLimits, jerk: Axes | null, deviation: number, move: Readonly<Move>): void {
  const path = move.length > 0 ? move.length : Math.abs(move.e);
  if (!(path > 0 && move.feed > 0)) return;
  const { speed_mm_s: speed, acceleration_mm_s2: axes } = limits;
  let x = (move.x1 - move.x0) / path;
  let y = (move.y1 - move.y0) / path;
  const z = (move.z1 - move.z0) / path;
  const e = move.e / path;
  let acceleration = limits.travel_mm_s2;
  if (e !== 0) acceleration = move.length > 0 ? limits.print_mm_s2 : limits.retract_mm_s2;
  let cruise = move.feed / 60;
  const isArc = move.shape === "arc";
  if (!isArc) {
    // An arc runs through all directions, and no one axis holds it all the way.
    cruise = least(least(cruise, speed.x, x), speed.y, y);
    acceleration = least(least(acceleration, axes.x, x), axes.y, y);
  }
  cruise = least(least(cruise, speed.z, z), speed.e, e);
  acceleration = least(least(acceleration, axes.z, z), axes.e, e);
  if (isArc) [x, y] = tangent(move, move.x0, move.y0);
  if (ahead.count === window) emit(ahead, emitted, ahead.cruises[window - 1]!);
  const { count } = ahead;
  const entry = ahead.resting
    ? fromRest(jerk, x, y, z, e, cruise)
    : jerk === null
      ? byDeviation(ahead, x, y, z, e, Math.min(cruise, ahead.cruise), acceleration * deviation)
      : byJerk(ahead, jerk, x, y, z, e, Math.min(cruise, ahead.cruise));
  ahead.entries[count] = entry * entry;
  ahead.lengths[count] = path;
  ahead.accelerations[count] = acceleration;
  ahead.cruises[count] = cruise;
  ahead.count = count + 1;
  ahead.resting = false;
  if (isArc) [x, y] = tangent(move, move.x1, move.y1);
  ahead.x = x;
  ahead.y = y;
  ahead.z = z;
  ahead.e = e;
  ahead.cruise = cruise;
}

/** Times the first `some` moves, the last of all of which is left at no more than `exit`. */
function emit(ahead: Ahead, some: number, exit: number): void {
  const { lengths, accelerations, cruises, entries, planned, count } = ahead;
  let cap = exit * exit;
  planned[count] = cap;
  for (let i = count - 1; i >= 0; i--) {
    const reach = cap + 2 * accelerations[i]! * lengths[i]!;
    const entry = entries[i]!;
    cap = entry < reach ? entry : reach;
    planned[i] = cap;
  }
  let square = cap;
  let start = Math.sqrt(square);
  for (let i = 0; i < some; i++) {
    const twice = 2 * accelerations[i]! * lengths[i]!;
    const wanted = planned[i + 1]!;
    const end = wanted < square + twice ? wanted : square + twice;
    const leave = end === square ? start : Math.sqrt(end);
    ahead.total += durationOf(accelerations[i]!, cruises[i]!, start + leave, twice + square + end);
    square = end;
    start = leave;
  }
  for (const each of [lengths, accelerations, cruises, entries]) each.copyWithin(0, some, count);
  ahead.count = count - some;
  if (ahead.count > 0 && square < entries[0]!) entries[0] = square;
}

/** Most speed through a corner by classic jerk: what the axis that jumps most bears. */
function byJerk(before: Ahead, jerk: Axes, x: number, y: number, z: number, e: number, most: number): number {
  const jump = Math.max(
    jumpOf(before.x, x) / jerk.x,
    jumpOf(before.y, y) / jerk.y,
    jumpOf(before.z, z) / jerk.z,
    jumpOf(before.e, e) / jerk.e,
  );
  return jump * most > 1 ? 1 / jump : most;
}

/** Most speed through a corner by junction deviation; `force` is acceleration times deviation. */
function byDeviation(before: Ahead, x: number, y: number, z: number, e: number, most: number, force: number): number {
  // Some firmware counts the filament as a direction, some does not: it counts where it makes the corner straighter.
  const filament = before.e * e > 0 ? before.e * e : 0;
  const cosine = -(before.x * x + before.y * y + before.z * z + filament);
  if (cosine > 1 - straight) return Math.min(most, slowest);
  if (cosine < straight - 1) return most;
  const sineHalf = Math.sqrt(0.5 * (1 - cosine));
  const square = (force * sineHalf) / (1 - sineHalf);
  return square < most * most ? Math.sqrt(square) : most;
}

/** Most speed beside a rest: what a jump of each axis from or to nothing allows. */
function fromRest(jerk: Axes | null, x: number, y: number, z: number, e: number, cruise: number): number {
  if (jerk === null) return Math.min(cruise, slowest);
  return least(least(least(least(cruise, jerk.x, x), jerk.y, y), jerk.z, z), jerk.e, e);
}

/** The lower of a path's value and what an axis allows that has this part in it. */
function least(now: number, limit: number, part: number): number {
  const size = part < 0 ? -part : part;
  return now * size > limit ? limit / size : now;
}

/** How much an axis changes from one part of the path's speed to another; turning round, only the larger part counts. */
function jumpOf(before: number, after: number): number {
  if (before * after < 0) return Math.max(Math.abs(before), Math.abs(after));
  return before > after ? before - after : after - before;
}

/** Direction of an arc at one of its points. */
function tangent(move: Readonly<Move>, x: number, y: number): readonly [number, number] {
  const [rx, ry] = [x - move.centreX, y - move.centreY];
  const radius = Math.hypot(rx, ry) * (move.sweep < 0 ? -1 : 1);
  return [-ry / radius, rx / radius];
}

/**
 * Seconds of one move between two speeds that its acceleration can join; `speeds` is their sum, `squares` the sum of their squares and of
 * what the acceleration adds over the move.
 */
function durationOf(acceleration: number, cruise: number, speeds: number, squares: number): Seconds {
  if (squares < 2 * cruise * cruise) return (2 * Math.sqrt(squares / 2) - speeds) / acceleration;
  return (2 * cruise - speeds + (squares - 2 * cruise * cruise) / (2 * cruise)) / acceleration;
}

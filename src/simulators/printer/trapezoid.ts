/** Kinematics of one straight move: trapezoid times, distances, and junction speeds. */

export interface Trapezoid {
  readonly lengthMm: number;
  /** mm/s^2 */
  readonly acceleration: number;
  /** Speeds in mm/s at the start, while cruising, and at the end. */
  readonly entry: number;
  readonly cruise: number;
  readonly exit: number;
}

/** The trapezoid that a move really drives: a short move never reaches its nominal speed. */
export function fitTrapezoid(
  lengthMm: number,
  acceleration: number,
  entry: number,
  nominal: number,
  exit: number,
): Trapezoid {
  const reachable = Math.sqrt(acceleration * lengthMm + (entry * entry + exit * exit) / 2);
  const cruise = Math.max(Math.min(nominal, reachable), entry, exit);
  return { lengthMm, acceleration, entry, cruise, exit };
}

/** Seconds that the move takes. */
export function durationOf(move: Trapezoid): number {
  const { lengthMm, acceleration, entry, cruise, exit } = move;
  const ramps = (2 * cruise * cruise - entry * entry - exit * exit) / (2 * acceleration);
  return (2 * cruise - entry - exit) / acceleration + Math.max(0, lengthMm - ramps) / cruise;
}

/** Millimetres driven `seconds` after the start. */
export function distanceAt(move: Trapezoid, seconds: number): number {
  const { lengthMm, acceleration, entry, cruise, exit } = move;
  const total = durationOf(move);
  if (seconds <= 0) return 0;
  if (seconds >= total) return lengthMm;
  const speedUp = (cruise - entry) / acceleration;
  const slowDown = (cruise - exit) / acceleration;
  if (seconds < speedUp) return entry * seconds + (acceleration * seconds * seconds) / 2;
  const left = total - seconds;
  if (left < slowDown) return lengthMm - (exit * left + (acceleration * left * left) / 2);
  return ((entry + cruise) / 2) * speedUp + cruise * (seconds - speedUp);
}

/** A direction in space; zero for moves of the extruder alone. */
export interface Direction {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/**
 * Highest speed in mm/s through the corner between two directions by junction deviation (S. Jeon, 2011, as Marlin
 * and Grbl use it): the speed at which an arc `deviationMm` off the corner needs no more than `acceleration`.
 */
export function junctionSpeed(before: Direction, after: Direction, acceleration: number, deviationMm: number): number {
  const cosine = -(before.x * after.x + before.y * after.y + before.z * after.z);
  if (cosine > 0.999999) return 0;
  if (cosine < -0.999999) return Number.POSITIVE_INFINITY;
  const sineHalf = Math.sqrt(0.5 * (1 - cosine));
  return Math.sqrt((acceleration * deviationMm * sineHalf) / (1 - sineHalf));
}

/** Marlin's planner: a queue of sixteen blocks (fifteen usable), look-ahead, and where the steppers really are. */
import type { Axes, MachineProfile } from "./profile.ts";
import { type Direction, distanceAt, durationOf, fitTrapezoid, junctionSpeed, type Trapezoid } from "./trapezoid.ts";

/** Blocks that can wait: the ring has sixteen and keeps one free. */
export const usableBlocks = 15;
/** A first block waits this long for company, unless two more arrive (BLOCK_DELAY_FOR_1ST_MOVE). */
const firstBlockDelayMs = 100;
/** Segments with fewer steps on every axis are not queued (MIN_STEPS_PER_SEGMENT). */
const minimumSteps = 6;

interface Block {
  readonly from: Axes;
  readonly to: Axes;
  /** Null for a block that only carries a new position (G92). */
  readonly path: { readonly lengthMm: number; readonly acceleration: number; readonly nominal: number } | null;
  readonly direction: Direction;
  readonly stepEvents: number;
  /** Speed allowed through the corner before this block, mm/s. */
  readonly junction: number;
}

interface Running {
  readonly block: Block;
  readonly move: Trapezoid;
  readonly startMs: number;
  readonly endMs: number;
  readonly overheadS: number;
}

/** A finished piece of motion: from where to where the steppers went, firmware coordinates. */
export interface Motion {
  readonly from: Axes;
  readonly to: Axes;
  readonly endMs: number;
}

const nowhere: Direction = { x: 0, y: 0, z: 0 };

/** Queues blocks, drives them in order, and knows where the steppers are; times are real milliseconds. */
export class Planner {
  readonly #profile: MachineProfile;
  readonly #speed: number;
  readonly #waiting: Block[] = [];
  #running: Running | null = null;
  #plan: Axes = { x: 0, y: 0, z: 0, e: 0 };
  #lastDirection: Direction = nowhere;
  #lastNominal = 0;
  #exitSpeed = 0;
  #deliverAtMs = 0;
  #idleAtMs = 0;

  constructor(profile: MachineProfile, speed: number) {
    this.#profile = profile;
    this.#speed = speed;
  }

  /** Where the last queued block ends. */
  get plan(): Axes {
    return this.#plan;
  }

  get free(): number {
    return usableBlocks - this.#waiting.length - (this.#running === null ? 0 : 1);
  }

  get idle(): boolean {
    return this.#running === null && this.#waiting.length === 0;
  }

  /** Sets the position without motion; only when idle. */
  setPosition(to: Axes): void {
    this.#plan = to;
  }

  /** Queues a straight move at `feed` mm/s; false when it was too short to be queued. Needs a free block. */
  add(to: Axes, feed: number, nowMs: number): boolean {
    const from = this.#plan;
    const block = planBlock(
      this.#profile,
      from,
      to,
      feed,
      this.idle ? nowhere : this.#lastDirection,
      this.#lastNominal,
    );
    if (block === null) return false;
    this.#enqueue(block, nowMs);
    this.#plan = to;
    this.#lastDirection = block.direction;
    this.#lastNominal = block.path?.nominal ?? 0;
    return true;
  }

  /** Queues a block without motion, as G92 does while moves are planned. */
  addSync(nowMs: number): void {
    const here = this.#plan;
    this.#enqueue({ from: here, to: here, path: null, direction: nowhere, stepEvents: 0, junction: 0 }, nowMs);
    this.#lastDirection = nowhere;
  }

  #enqueue(block: Block, nowMs: number): void {
    if (this.idle) this.#deliverAtMs = nowMs + firstBlockDelayMs / this.#speed;
    this.#waiting.push(block);
    if (this.#waiting.length >= 3) this.#deliverAtMs = Math.min(this.#deliverAtMs, nowMs);
  }

  /** When something happens next, or null when idle. */
  nextMs(): number | null {
    if (this.#running !== null) return this.#running.endMs;
    return this.#waiting.length === 0 ? null : Math.max(this.#deliverAtMs, this.#idleAtMs);
  }

  /** Carries out what falls due at `nowMs` (call with each `nextMs` in turn); returns the motion that ended. */
  step(nowMs: number): Motion | null {
    const running = this.#running;
    if (running === null) {
      this.#start(nowMs);
      return null;
    }
    if (nowMs < running.endMs) return null;
    this.#running = null;
    this.#idleAtMs = running.endMs;
    this.#exitSpeed = running.move.exit;
    if (this.#waiting.length > 0) this.#start(running.endMs);
    else this.#exitSpeed = 0;
    return { from: running.block.from, to: running.block.to, endMs: running.endMs };
  }

  #start(nowMs: number): void {
    let block = this.#waiting.shift();
    // A block that only carries a position is over as soon as it is reached.
    while (block !== undefined && block.path === null) {
      this.#exitSpeed = 0;
      block = this.#waiting.shift();
    }
    if (block === undefined || block.path === null) return;
    const { lengthMm, acceleration, nominal } = block.path;
    const entry = Math.min(this.#exitSpeed, nominal);
    const attainable = Math.sqrt(entry * entry + 2 * acceleration * lengthMm);
    const exit = Math.min(this.#nextEntry(), nominal, attainable);
    const move = fitTrapezoid(lengthMm, acceleration, entry, nominal, exit);
    const overheadS = block.stepEvents * this.#profile.stepOverheadS;
    const endMs = nowMs + ((durationOf(move) + overheadS) * 1000) / this.#speed;
    this.#running = { block, move, startMs: nowMs, endMs, overheadS };
  }

  /** Speed at which the next waiting block may be entered so that the last one can still stop. */
  #nextEntry(): number {
    let speed = 0;
    for (let i = this.#waiting.length - 1; i >= 0; i -= 1) {
      const block = this.#waiting[i]!;
      if (block.path === null) speed = 0;
      else
        speed = Math.min(block.junction, Math.sqrt(speed * speed + 2 * block.path.acceleration * block.path.lengthMm));
    }
    return speed;
  }

  /** Where the steppers are at `nowMs`. */
  positionAt(nowMs: number): Axes {
    const running = this.#running;
    if (running === null) return this.#waiting[0]?.from ?? this.#plan;
    const share = this.#share(running, nowMs);
    return between(running.block.from, running.block.to, share);
  }

  #share(running: Running, nowMs: number): number {
    const { move } = running;
    const driven = ((nowMs - running.startMs) / 1000) * this.#speed;
    const total = durationOf(move);
    const scaled = total === 0 ? 0 : (driven * total) / (total + running.overheadS);
    return move.lengthMm === 0 ? 1 : Math.min(1, distanceAt(move, scaled) / move.lengthMm);
  }

  /** Throws all blocks away and stops on the spot; returns the piece of motion that was under way. */
  stop(nowMs: number): Motion | null {
    const here = this.positionAt(nowMs);
    const from = this.#running?.block.from ?? null;
    this.#running = null;
    this.#waiting.length = 0;
    this.#exitSpeed = 0;
    this.#plan = toWholeSteps(here, this.#profile.stepsPerMm);
    return from === null ? null : { from, to: this.#plan, endMs: nowMs };
  }
}

function between(a: Axes, b: Axes, share: number): Axes {
  const mix = (p: number, q: number): number => p + (q - p) * share;
  return { x: mix(a.x, b.x), y: mix(a.y, b.y), z: mix(a.z, b.z), e: mix(a.e, b.e) };
}

function toWholeSteps(at: Axes, steps: Axes): Axes {
  const whole = (mm: number, perMm: number): number => Math.round(mm * perMm) / perMm;
  return { x: whole(at.x, steps.x), y: whole(at.y, steps.y), z: whole(at.z, steps.z), e: whole(at.e, steps.e) };
}

function planBlock(
  profile: MachineProfile,
  from: Axes,
  to: Axes,
  feed: number,
  before: Direction,
  beforeNominal: number,
): Block | null {
  const d = { x: to.x - from.x, y: to.y - from.y, z: to.z - from.z, e: to.e - from.e };
  const steps = profile.stepsPerMm;
  const stepsOf = (axis: keyof Axes): number =>
    Math.abs(Math.round(to[axis] * steps[axis]) - Math.round(from[axis] * steps[axis]));
  const stepEvents = Math.max(stepsOf("x"), stepsOf("y"), stepsOf("z"), stepsOf("e"));
  if (stepEvents < minimumSteps) return null;
  const inSpace = Math.hypot(d.x, d.y, d.z);
  const moves = inSpace > 1e-9;
  const lengthMm = moves ? inSpace : Math.abs(d.e);
  let nominal = feed;
  const { print, retract, travel } = profile.acceleration;
  let acceleration = !moves ? retract : d.e !== 0 ? print : travel;
  for (const axis of ["x", "y", "z", "e"] as const) {
    const part = Math.abs(d[axis]) / lengthMm;
    if (part < 1e-9) continue;
    nominal = Math.min(nominal, profile.maxFeed[axis] / part);
    acceleration = Math.min(acceleration, profile.maxAcceleration[axis] / part);
  }
  const direction = moves ? { x: d.x / inSpace, y: d.y / inSpace, z: d.z / inSpace } : nowhere;
  const stands = before === nowhere || !moves;
  const corner = stands ? 0 : junctionSpeed(before, direction, acceleration, profile.junctionDeviationMm);
  const junction = Math.min(corner, nominal, beforeNominal);
  return { from, to, path: { lengthMm, acceleration, nominal }, direction, stepEvents, junction };
}

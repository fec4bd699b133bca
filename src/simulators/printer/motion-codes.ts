/** Motion commands: G0 to G4, G28, G92, and what keeps them inside the machine. */
import { type Board, type Handler, motionDone, positionLine, type Steps, until } from "./board.ts";
import { type Command, has, numberOf } from "./command.ts";
import type { Axes } from "./profile.ts";

const axes = ["x", "y", "z", "e"] as const;
const space = ["x", "y", "z"] as const;
const longestExtrusionMm = 200;
const arcSegmentMm = 1;

/** G0, G1: a straight move; the ok goes out when the block is queued. */
export const line: Handler = (board, command) => {
  const target = destination(board, command);
  return moveTo(board, [target]);
};

/** Where a move leads, machine coordinates; also takes F. */
function destination(board: Board, command: Command): Axes {
  const { modal } = board;
  const feed = numberOf(command, "F");
  if (feed !== null && feed > 0) modal.feed = feed * modal.millimetresPerUnit;
  const target = { ...modal.position };
  for (const axis of axes) {
    const value = numberOf(command, axis.toUpperCase());
    if (value === null) continue;
    const mm = value * modal.millimetresPerUnit;
    const absolute = axis === "e" ? modal.extruderAbsolute : modal.absolute;
    target[axis] = absolute ? mm - modal.shift[axis] : modal.position[axis] + mm;
  }
  return clampToTravel(board, target);
}

/** Software end stops: they hold homed axes only. */
function clampToTravel(board: Board, target: Axes): Axes {
  const { modal, profile } = board;
  if (!modal.softEndstops) return target;
  const held = { ...target };
  for (const axis of space) {
    if (modal.homed[axis]) held[axis] = Math.min(Math.max(target[axis], 0), profile.travelMaxMm[axis]);
  }
  return held;
}

function* moveTo(board: Board, points: readonly Axes[]): Steps {
  const { modal, planner } = board;
  for (const point of points) {
    const target = { ...point, e: point.e };
    const extruded = target.e - modal.position.e;
    const refusal = extruded === 0 ? null : refuseExtrusion(board, extruded);
    if (refusal !== null) {
      board.say(`echo: ${refusal}`);
      // The firmware counts the filament as moved although it is not: only the offset changes.
      modal.shift.e += extruded;
      target.e = modal.position.e;
    }
    if (planner.free === 0) yield { ready: () => planner.free > 0, wakeMs: () => null };
    const start = planner.plan;
    const flow = modal.flowPercent / 100;
    const to = { ...target, e: start.e + (target.e - modal.position.e) * flow };
    planner.add(to, ((modal.feed / 60) * modal.feedPercent) / 100, board.nowMs);
    Object.assign(modal.position, target);
  }
}

function refuseExtrusion(board: Board, extruded: number): string | null {
  const { modal, thermal } = board;
  if (thermal.reading("hotend") < modal.minExtrudeCelsius) return "cold extrusion prevented";
  return Math.abs(extruded) > longestExtrusionMm ? "too long extrusion prevented" : null;
}

/** G2, G3: an arc about I, J in pieces of one millimetre. */
export function arc(clockwise: boolean): Handler {
  return (board, command) => {
    const from = { ...board.modal.position };
    const to = destination(board, command);
    const centre = { x: from.x + (numberOf(command, "I") ?? 0), y: from.y + (numberOf(command, "J") ?? 0) };
    const radius = Math.hypot(from.x - centre.x, from.y - centre.y);
    if (radius < 1e-3) {
      board.say("Error:G2/G3 bad parameters");
      return undefined;
    }
    return moveTo(board, arcPoints(from, to, centre, radius, clockwise));
  };
}

function arcPoints(from: Axes, to: Axes, centre: { x: number; y: number }, radius: number, clockwise: boolean): Axes[] {
  const start = Math.atan2(from.y - centre.y, from.x - centre.x);
  let sweep = Math.atan2(to.y - centre.y, to.x - centre.x) - start;
  if (clockwise && sweep >= 0) sweep -= 2 * Math.PI;
  if (!clockwise && sweep <= 0) sweep += 2 * Math.PI;
  const count = Math.max(1, Math.min(2000, Math.floor((Math.abs(sweep) * radius) / arcSegmentMm)));
  const points: Axes[] = [];
  for (let i = 1; i < count; i += 1) {
    const share = i / count;
    const angle = start + sweep * share;
    const mix = (axis: "z" | "e"): number => from[axis] + (to[axis] - from[axis]) * share;
    const x = centre.x + radius * Math.cos(angle);
    points.push({ x, y: centre.y + radius * Math.sin(angle), z: mix("z"), e: mix("e") });
  }
  return [...points, to];
}

/** G4: waits for the moves, then dwells in machine time. */
export const dwell: Handler = (board, command) => {
  const ms = numberOf(command, "P") ?? (numberOf(command, "S") ?? 0) * 1000;
  return (function* (): Steps {
    yield motionDone(board);
    board.say("//action:notification Sleep...");
    yield until(board.nowMs + Math.max(0, ms) / board.speed);
  })();
};

/** G92: renames the present position; while moves are planned this takes a block. */
export const setPosition: Handler = (board, command) => {
  const { modal, planner } = board;
  const given = axes.filter((axis) => numberOf(command, axis.toUpperCase()) !== null);
  const named = given.length > 0 || axes.some((axis) => has(command, axis.toUpperCase())) ? given : axes;
  const logical = (axis: keyof Axes): number => (numberOf(command, axis.toUpperCase()) ?? 0) * modal.millimetresPerUnit;
  const changes = named.some((axis) => Math.abs(logical(axis) - modal.position[axis] - modal.shift[axis]) > 1e-6);
  return (function* (): Steps {
    if (!planner.idle && changes) {
      if (planner.free === 0) yield { ready: () => planner.free > 0, wakeMs: () => null };
      planner.addSync(board.nowMs);
    }
    for (const axis of named) modal.shift[axis] = logical(axis) - modal.position[axis];
    board.say(positionLine(modal, modal.position, planner.positionAt(board.nowMs), board.profile));
  })();
};

/** Seconds of the bumps that homing an axis costs besides its way (fitted to the transcripts: 16.2 s from the corner). */
const bumpSeconds = { x: 2, y: 2, z: 12.2 } as const;
const homingFeed = { x: 50, y: 50, z: 4 } as const;

/** G28: homes the named axes, or all; fails from outside the machine, and then the firmware kills itself. */
export const home: Handler = (board, command) => {
  const named = space.filter((axis) => has(command, axis.toUpperCase()));
  return homing(board, named.length > 0 ? named : space);
};

function* homing(board: Board, named: readonly ("x" | "y" | "z")[]): Steps {
  const { modal, planner, profile } = board;
  yield motionDone(board);
  for (const axis of named) {
    const trulyAt = planner.plan[axis] + board.misplaced[axis];
    const unreachable = axis === "z" ? trulyAt < -0.5 : Math.abs(trulyAt) > 1.5 * profile.travelMaxMm[axis];
    if (unreachable) {
      board.kill("echo:Homing Failed", "Error:Printer halted. kill() called!", "//action:poweroff");
      return;
    }
    const seconds = Math.abs(trulyAt) / homingFeed[axis] + bumpSeconds[axis];
    yield until(board.nowMs + (seconds * 1000) / board.speed);
    planner.setPosition({ ...planner.plan, [axis]: 0 });
    board.misplaced[axis] = 0;
    modal.position[axis] = 0;
    modal.shift[axis] = 0;
    modal.homed[axis] = true;
  }
  board.say(positionLine(modal, modal.position, planner.plan, profile));
}

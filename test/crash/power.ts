/** Power cuts and kills of a recorded life: its disk is stopped at chosen points, and what it may then hold is judged. */
import { seeded } from "../simulation/time.ts";
import { afterKill, afterPowerCut, apply, type Disk, type Image, settledDisk } from "./disk.ts";
import { type Court, judge } from "./judge.ts";
import type { Recording } from "./record.ts";

/** What many images of one life have shown. */
export interface Verdict {
  readonly states: number;
  /** Points of the life between which the images were taken: writes, flushes, truncations, names. */
  readonly points: number;
  /** Images that were not as they must be. */
  readonly violations: number;
  /** The first of them, in words. */
  readonly first: string | null;
}

export interface WalkOptions {
  readonly progress?: (done: number, of: number) => void;
  /** Ends with the first violation: enough to convict a wrong program. */
  readonly untilFirst?: boolean;
}

/** Stops the power `states` times at points of the recorded life, the seed's choice. */
export function cutPower(
  recording: Recording,
  court: Court,
  states: number,
  seed: number,
  options: WalkOptions = {},
): Promise<Verdict> {
  const chance = seeded(seed);
  const { length } = recording.ops;
  const points = Array.from({ length: states }, () => Math.floor(chance() * (length + 1))).sort((a, b) => a - b);
  return walk(recording, court, points, (disk) => afterPowerCut(disk, chance), options);
}

/** Kills the program after every one of its writes, flushes and truncations. */
export function killEverywhere(recording: Recording, court: Court, options: WalkOptions = {}): Promise<Verdict> {
  const points = Array.from({ length: recording.ops.length + 1 }, (_, at) => at);
  return walk(recording, court, points, afterKill, options);
}

type Stop = (disk: Disk) => Image;

async function walk(
  { home, before, ops }: Recording,
  court: Court,
  points: readonly number[],
  stop: Stop,
  { progress, untilFirst = false }: WalkOptions,
): Promise<Verdict> {
  const disk = settledDisk([home], before);
  let at = 0;
  let promised = court.before;
  let [states, violations] = [0, 0];
  let first: string | null = null;
  for (const [index, point] of points.entries()) {
    for (; at < point; at++) {
      const op = ops[at]!;
      if (op.kind === "said") promised = Math.max(promised, op.entries);
      else apply(disk, op);
    }
    states += 1;
    const wrong = await judge(court, stop(disk), promised);
    if (wrong.length > 0) {
      violations += 1;
      first ??= `after ${point} of ${ops.length} steps: ${wrong.join("; ")}`;
    }
    if (index % 200 === 199) progress?.(index + 1, points.length);
    if (untilFirst && violations > 0) break;
  }
  return { states, points: ops.filter(({ kind }) => kind !== "said").length, violations, first };
}

/** How long slicers themselves say that their programs take, and the limits of the machine that they say it of. */
import type { MotionLimits } from "../src/toolpath/limits.ts";

const text = new TextDecoder("latin1");

/** Seconds as the program's own comments give them, or null. */
export function ownSeconds(program: Uint8Array): number | null {
  const all = text.decode(program);
  const prusa = /^; estimated printing time \(normal mode\) = (.+)$/m.exec(all)?.[1];
  if (prusa !== undefined) {
    const units: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 };
    return [...prusa.matchAll(/(\d+)([dhms])/g)].reduce((sum, [, n, unit]) => sum + Number(n) * units[unit!]!, 0);
  }
  const cura = [...all.matchAll(/^;TIME_ELAPSED:([\d.]+)/gm)].at(-1)?.[1];
  return cura === undefined ? null : Number(cura);
}

/** The machine that each takes for granted where its settings name none: the defaults of PrusaSlicer 2.5 and of Cura's fdmprinter. */
export const assumed: Readonly<Record<"PrusaSlicer" | "CuraEngine", MotionLimits>> = {
  PrusaSlicer: {
    speed_mm_s: { x: 500, y: 500, z: 12, e: 120 },
    acceleration_mm_s2: { x: 9000, y: 9000, z: 500, e: 10_000 },
    ...{ print_mm_s2: 1500, retract_mm_s2: 1500, travel_mm_s2: 1500 },
    junction: { jerk_mm_s: { x: 10, y: 10, z: 0.2, e: 2.5 } },
  },
  CuraEngine: {
    speed_mm_s: { x: 1e6, y: 1e6, z: 1e6, e: 1e6 },
    acceleration_mm_s2: { x: 9000, y: 9000, z: 100, e: 10_000 },
    ...{ print_mm_s2: 4000, retract_mm_s2: 4000, travel_mm_s2: 4000 },
    junction: { jerk_mm_s: { x: 20, y: 20, z: 0.4, e: 5 } },
  },
};

/** The middle of some numbers and their ends, as text. */
export function spread(numbers: readonly number[]): string {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (part: number): string => (sorted[Math.round((sorted.length - 1) * part)] ?? Number.NaN).toFixed(3);
  return `median ${at(0.5)}, ${at(0)} to ${at(1)}`;
}

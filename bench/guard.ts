/** Lines a second through the toolpath guard, over the example's program as PrusaSlicer wrote it. */

import { assumed } from "../scripts/corpus-times.ts";
import { createGuard } from "../src/toolpath/guard.ts";
import type { MotionLimits } from "../src/toolpath/limits.ts";
import { contentEnd, countLines, lineEnd } from "../src/toolpath/lines.ts";
import { planToolpath } from "../src/toolpath/plan.ts";
import { projectFile, recipe } from "../test/toolpath/bench.ts";
import type { Row } from "./row.ts";

const measureMs = 1500;

/** Measures against finding the ends of the same lines and nothing else, in the same run. */
export async function run(): Promise<Row[]> {
  const bytes = projectFile("config/examples/drill-guide/drill-guide.gcode");
  const [baseline, value, plain, timed] = perSecond([
    () => countLines(bytes),
    () => guarded(bytes),
    () => planned(bytes, undefined),
    () => planned(bytes, assumed.PrusaSlicer),
  ]);
  const row = (name: string, each: number, against: number): Row => ({
    ...{ name, value: each, unit: "lines/s", baseline: against, ratio: each / against },
  });
  return [
    row("guard, the example's program", value!, baseline!),
    row("the whole plan, captures judged", plain!, baseline!),
    row("the same and the least time, against without", timed!, plain!),
  ];
}

/** Judges the whole program as before a start; returns its number of lines. */
function guarded(bytes: Uint8Array): number {
  const guard = createGuard(recipe.guard, true);
  let line = 0;
  for (let at = 0; at < bytes.length; ) {
    const next = lineEnd(bytes, at, bytes.length);
    line += 1;
    const refusal = guard.check(bytes, at, contentEnd(bytes, at, next), line, "program");
    if (refusal) throw new Error(`line ${line} was refused: ${JSON.stringify(refusal)}`);
    at = next;
  }
  return line;
}

/** Plans the whole program as intake does. */
function planned(bytes: Uint8Array, motion: MotionLimits | undefined): number {
  const guard = motion === undefined ? recipe.guard : { ...recipe.guard, motion };
  const plan = planToolpath(bytes, { ...recipe, guard });
  if (!plan.ok) throw new Error(JSON.stringify(plan.error));
  return plan.value.lines;
}

/** The best rate of each, taken in turns: what else the computer does meanwhile hits all of them. */
function perSecond(works: readonly (() => number)[]): readonly number[] {
  const best = works.map(() => 0);
  for (const began = performance.now(); performance.now() - began < measureMs * works.length; ) {
    works.forEach((work, n) => {
      const from = performance.now();
      best[n] = Math.max(best[n]!, (work() / (performance.now() - from)) * 1000);
    });
  }
  return best;
}

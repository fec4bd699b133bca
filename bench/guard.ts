/** Lines a second through the toolpath guard, over the example's program as PrusaSlicer wrote it. */
import { createGuard } from "../src/toolpath/guard.ts";
import { contentEnd, countLines, lineEnd } from "../src/toolpath/lines.ts";
import { projectFile, recipe } from "../test/toolpath/bench.ts";
import type { Row } from "./row.ts";

const measureMs = 1500;

/** Measures against finding the ends of the same lines and nothing else, in the same run. */
export async function run(): Promise<Row[]> {
  const bytes = projectFile("config/examples/drill-guide/drill-guide.gcode");
  const baseline = perSecond(() => countLines(bytes));
  const value = perSecond(() => guarded(bytes));
  return [{ name: "guard, the example's program", value, unit: "lines/s", baseline, ratio: value / baseline }];
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

function perSecond(work: () => number): number {
  work();
  let count = 0;
  const began = performance.now();
  while (performance.now() - began < measureMs) count += work();
  return (count / (performance.now() - began)) * 1000;
}

/** Measuring: the part's own deviation, which stays the same, and the gauge's noise, which does not. */
import { type Finding, going, type Progress, type Run, type Setting } from "./operation.ts";
import type { MeasureProgram } from "./program.ts";

/** One reading takes this long. */
const reading_s = 3;

/** How much the part differs from the drawing, and how much one reading scatters (standard deviations in mm). */
export const scatter = {
  bore: { part_mm: 0.008, gauge_mm: 0.001 },
  distance: { part_mm: 0.025, gauge_mm: 0.003 },
  height: { part_mm: 0.03, gauge_mm: 0.003 },
} as const;

/** Takes one reading at each point of the program. Results: one dimension in mm for each point. */
export function measurePoints(program: MeasureProgram, setting: Setting): Run {
  const truth = program.points.map((point) => ({
    point,
    size_mm: point.nominal_mm + scatter[point.gauge].part_mm * clipped(setting.part.normal()),
  }));
  const findings: Finding[] = [];
  let left_s = reading_s;
  return {
    advance(dt_s): Progress {
      left_s -= dt_s;
      if (left_s > 1e-9) return going;
      left_s = reading_s;
      const { point, size_mm } = truth[findings.length]!;
      const wrong_mm = setting.conditions().gaugeOffset_mm[point.id] ?? 0;
      const read_mm = size_mm + wrong_mm + scatter[point.gauge].gauge_mm * setting.noise.normal();
      findings.push({ id: point.id, value: Math.round(read_mm * 10_000) / 10_000, unit: "mm" });
      return findings.length < truth.length ? going : { kind: "done", findings };
    },
  };
}

/** A good process has no parts beyond three sigma. */
function clipped(deviate: number): number {
  return Math.max(-3, Math.min(3, deviate));
}

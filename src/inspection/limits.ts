/** The recipe's inspection limits: what may be found in a layer before it is refused. */
import { z } from "zod";

const positive = z.number().positive();

export const inspectionLimits = z.strictObject({
  format: z.literal("cellward-inspection-limits-1"),
  /** Longest extent of something that should not be there. */
  extra_mm: positive,
  /** Grey levels (at commissioning brightness) by which it must differ from its surroundings before. */
  extraContrast: positive,
  /** Area of this layer's material that is not there, one piece. */
  missing_mm2: positive,
  /** Area of strands that are too thin, one piece. */
  thin_mm2: positive,
  /** Area of material beside its place, one piece, as the network sees it. */
  networkExtra_mm2: positive,
  /** Probability from which the network's word counts for a cell. */
  networkScore: z.number().min(0.5).max(0.999),
  /** Share of the footprint that may look as before. */
  unchangedShare: z.number().min(0.05).max(0.95),
  /** Change against the quiet surroundings (1 = none) from which a cell counts as printed. */
  leastChange: positive,
  /** Displacement of the layer as a whole. */
  shift_mm: positive,
  /** Smallest footprint on which a displacement can be measured. */
  shiftArea_mm2: positive,
  /** A known defect is planted in a copy of every n-th layer's picture. */
  canaryEvery: z.int().min(1).max(100),
  /** The parts of a build have verdicts of their own; a finding concerns those within the margin. Absent: not told apart. */
  parts: z.strictObject({ margin_mm: z.number().min(0).max(20) }).optional(),
});

export type InspectionLimits = z.infer<typeof inspectionLimits>;

/** Limits of the demo's drill guide, set from clean and faulty rendered builds (see models/CARD.md). */
export const drillGuideLimits: InspectionLimits = {
  format: "cellward-inspection-limits-1",
  extra_mm: 1.5,
  extraContrast: 12,
  missing_mm2: 1,
  thin_mm2: 30,
  networkExtra_mm2: 0.6,
  networkScore: 0.8,
  unchangedShare: 0.5,
  leastChange: 1.2,
  shift_mm: 0.3,
  shiftArea_mm2: 40,
  canaryEvery: 5,
};

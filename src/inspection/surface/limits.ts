/** The limits of a surface by phase: what a recipe says, the rest from its process pack, and nothing beyond the pack's ends. */
import { type ProcessPack, runningJudge } from "../../jobs/process-pack.ts";
import { err, ok, type Result } from "../../kernel/result.ts";

export const surfaceLimitsFormat = "cellward-surface-limits-1";

/** By phase, then by name. */
export interface SurfaceLimits {
  readonly format: typeof surfaceLimitsFormat;
  readonly phases: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** All limits of a pack's surfaces; `said` is the recipe's `inspection`, without its format. The error is a sentence. */
export function surfaceLimits(
  pack: ProcessPack,
  said: Readonly<Record<string, unknown>> = {},
): Result<SurfaceLimits, string> {
  const phases: Record<string, Record<string, number>> = {};
  for (const phase of pack.phases) {
    const { limits } = runningJudge(phase);
    const own = said[phase.id] ?? {};
    if (typeof own !== "object") return err(`The limits of ${phase.id} are none.`);
    const strange = Object.keys(own).find((name) => limits[name] === undefined);
    if (strange !== undefined) return err(`The pack ${pack.process} knows no limit ${strange} of ${phase.id}.`);
    const full = Object.entries(limits).map(([name, its]) => [
      name,
      (own as Record<string, unknown>)[name] ?? its.default,
    ]);
    for (const [name, value] of full) {
      const { least, most } = limits[name as string]!;
      if (!(typeof value === "number" && value >= least && value <= most)) {
        return err(
          `The limit ${name} of ${phase.id} is ${value}; the pack ${pack.process} allows ${least} to ${most}.`,
        );
      }
    }
    phases[phase.id] = Object.fromEntries(full) as Record<string, number>;
  }
  const lost = Object.keys(said).find((name) => name !== "format" && phases[name] === undefined);
  return lost === undefined
    ? ok({ format: surfaceLimitsFormat, phases })
    : err(`The pack ${pack.process} has no phase ${lost}.`);
}

/** `cellward inspect commission`: freezes the good frames of a camera that looks at surfaces, and says how alike they are. */

import { readPacks } from "../../inspection/io/packs.ts";
import { commissionSurfaces } from "../../inspection/io/surface-commission.ts";
import { learnSurfaceSetup } from "../../inspection/io/surface-setup.ts";
import { exitCode } from "../exit-code.ts";
import { packLine } from "./inspect-processes.ts";
import { wouldOverwrite } from "./new-file.ts";
import { systemClock } from "./system.ts";
import type { Terminal } from "./terminal.ts";

export interface CommissionOptions {
  readonly process: string;
  readonly frames: string;
  readonly out: string;
  readonly camera: string;
  readonly mmPerPixel: string;
  readonly recoater: "down" | "across";
  readonly exposureUnknown?: boolean;
  readonly processes?: string;
}

/** Exit code 0 where the set-up was written and can be learnt from, 7 where it cannot be made. */
export async function inspectCommission(terminal: Terminal, options: CommissionOptions): Promise<number> {
  const refuse = (what: string, remedy = usual) =>
    terminal.trouble({ code: "not-commissioned", what, remedy }, exitCode.refused);
  const taken = await wouldOverwrite(options.out);
  if (taken !== null) return terminal.trouble(taken, exitCode.refused);
  const packs = await readPacks(options.processes);
  if (!packs.ok) return refuse(packs.error);
  const pack = packs.value.find(({ process }) => process === options.process);
  if (pack === undefined)
    return refuse(`There is no process pack ${options.process}.`, "`cellward inspect processes` names them.");
  const { camera, frames, out, recoater, exposureUnknown = false } = options;
  const said = {
    camera,
    recoater,
    exposureUnknown,
    mm_per_pixel: Number(options.mmPerPixel),
    madeAt: systemClock.now(),
  };
  const made = await commissionSurfaces({ ...said, pack, frames, out });
  if (!made.ok) return refuse(made.error);
  terminal.progress("learning the look of the good frames");
  const learnt = await learnSurfaceSetup(made.value);
  if (!learnt.ok) return terminal.trouble(learnt.error, exitCode.refused);
  const phases = learnt.value.phases.map(({ phase, look: { surface, presence }, withParts }) => ({
    ...{ phase, frames: surface.count, withParts, missingPartIsSeen: presence !== null },
    unlike: surface.ownScores.filter((score) => score > 1).length,
  }));
  const { setup, model } = learnt.value.digests;
  terminal.result(
    { ok: true, setup: made.value, digest: setup, look: model, phases },
    [
      `${made.value}, SHA-256 ${setup}`,
      packLine(pack),
      ...phases.map(({ phase, frames: count, unlike, withParts }) => {
        const odd = unlike === 0 ? "all alike" : `${unlike} UNLIKE THE OTHERS: look whether they are good`;
        return `${phase}: ${count} good frames, ${odd}${withParts ? "; each frame needs its expected picture" : ""}`;
      }),
    ].join("\n"),
  );
  return exitCode.ok;
}

const usual = "Correct what is named; docs/process-packs.md says how the folder looks.";

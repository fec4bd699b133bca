/** Per-frame registration: where the camera really looked, from the fiducials, and how far it has moved. */

import { findFiducials, ringCentre } from "./fiducials.ts";
import { type Lens, nudge, project, scaleAt } from "./lens.ts";
import { refine, sumOfSquares } from "./linear.ts";
import type { Picture } from "./picture.ts";
import type { RegistrationEvidence } from "./report.ts";
import type { CameraSetup } from "./setup.ts";

/** A frame's own lens with the evidence for it, or the reason why its place is unknown. */
export type Registration =
  | { readonly ok: true; readonly lens: Lens; readonly evidence: RegistrationEvidence }
  | { readonly ok: false; readonly reason: string; readonly evidence: RegistrationEvidence | null };

/**
 * Finds the fiducials and fits a small turn and shift of the commissioned camera to them. The frame is refused where
 * too few fiducials are seen, where they do not fit (the rig is bent), or where the camera has moved by more than the
 * set-up allows: a correction that large would put material of one place on the expectation of another.
 */
export function register(picture: Picture, setup: CameraSetup): Registration {
  const limits = setup.limits;
  const sightings = findFiducials(picture, setup.lens, setup.fiducials, setup.fiducialRadius_mm, limits.search_px);
  if (sightings.length < limits.leastFiducials) {
    const reason = `only ${sightings.length} of ${setup.fiducials.length} fiducials can be seen (${limits.leastFiducials} are needed): the camera is covered, out of focus or has moved`;
    return { ok: false, reason, evidence: null };
  }
  const lensOf = (p: readonly number[]): Lens => nudge(setup.lens, [p[0]!, p[1]!, p[2]!], [p[3]!, p[4]!, p[5]!]);
  const misses = (p: readonly number[]): number[] => {
    const lens = lensOf(p);
    return sightings.flatMap((s) => {
      const predicted = ringCentre(lens, s.at, setup.fiducialRadius_mm);
      return [predicted.x - s.seen.x, predicted.y - s.seen.y];
    });
  };
  const fit = refine(misses, [0, 0, 0, 0, 0, 0], [1e-5, 1e-5, 1e-5, 1e-3, 1e-3, 1e-3], 8);
  const lens = lensOf(fit.parameters);
  const before = project(setup.lens, setup.middle);
  const after = project(lens, setup.middle);
  const scale = scaleAt(lens, setup.middle);
  const residual = Math.sqrt(sumOfSquares(fit.residuals) / sightings.length);
  const evidence: RegistrationEvidence = {
    fiducials: sightings.length,
    residual_px: residual,
    moved_mm: Math.max(Math.hypot(after.x - before.x, after.y - before.y) * scale, largestMove(setup, lens) * scale),
    scale_mm_per_px: scale,
    // The fiducials of a frame say how well it lies, and nothing of a lens that was wrong at the commissioning already.
    uncertainty_mm: Math.hypot(2 * residual * scale, setup.lensUncertainty_mm ?? 0),
  };
  if (!(residual <= limits.residual_px)) {
    const reason = `the fiducials lie ${residual.toFixed(2)} px from where they belong (limit ${limits.residual_px} px): the camera or a fiducial is bent`;
    return { ok: false, reason, evidence };
  }
  if (!(evidence.moved_mm <= limits.moved_mm)) {
    const reason = `the camera has moved by ${evidence.moved_mm.toFixed(2)} mm since it was commissioned (limit ${limits.moved_mm} mm)`;
    return { ok: false, reason, evidence };
  }
  return { ok: true, lens, evidence };
}

function largestMove(setup: CameraSetup, lens: Lens): number {
  return Math.max(
    ...setup.fiducials.map(({ at }) => {
      const [a, b] = [project(setup.lens, at), project(lens, at)];
      return Math.hypot(a.x - b.x, a.y - b.y);
    }),
  );
}

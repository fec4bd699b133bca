/** The plain detectors: what stands where nothing should be, what was not printed, and a layer beside its place. */
import { components } from "./components.ts";
import { dilate, type ExpectedLayer, erode } from "./expected.ts";
import { areaFindings, outlineOf, type Place, regionOf } from "./findings.ts";
import type { InspectionLimits } from "./limits.ts";
import type { Finding } from "./report.ts";
import { type Change, changeRatio, type Strangeness } from "./residual.ts";
import type { Shift } from "./shift.ts";

/** A new edge may throw a shadow this far; what is darker than before within it must be larger to count. */
const shadowReach_mm = 5;
const shadowExtent_mm = 4.5;
/** A piece of the footprint this large without any change was not printed. */
const unprinted_mm2 = 20;

/** Things on the plate that were not there before and that no strand explains. */
export function extraFindings(
  residual: Strangeness,
  expected: ExpectedLayer,
  place: Place,
  limits: InspectionLimits,
): Finding[] {
  const { grid } = place;
  const near = dilate(expected.footprint, grid.width, grid.height, Math.round(shadowReach_mm / grid.step_mm));
  return ([1, -1] as const).flatMap((sign) => {
    const mask = new Uint8Array(residual.strange.length);
    for (let i = 0; i < mask.length; i++) {
      mask[i] = residual.outside[i] === 1 && sign * residual.strange[i]! > limits.extraContrast ? 1 : 0;
    }
    return components(mask, grid.width, grid.height, 3).flatMap((c): Finding[] => {
      const region = regionOf(c, grid);
      const extent = Math.hypot(region.w_mm, region.h_mm);
      const shaded = sign < 0 && c.pixels.every((at) => near[at] === 1);
      if (!(extent >= limits.extra_mm) || (shaded && extent < shadowExtent_mm)) return [];
      const peak = c.pixels.reduce((most, at) => Math.max(most, Math.abs(residual.strange[at]!)), 0);
      return [
        {
          class: "extra",
          by: "residual",
          region,
          outline_px: outlineOf(region, place),
          measured: extent,
          limit: limits.extra_mm,
          unit: "mm",
          score: peak / limits.extraContrast,
        },
      ];
    });
  });
}

/** Share of the footprint, over all tiles, that did not change, and pieces of it large enough to stand alone. */
export function unchangedFindings(
  tiles: readonly { readonly change: Change; readonly expected: ExpectedLayer; readonly place: Place }[],
  limits: InspectionLimits,
): Finding[] {
  const pieces: Finding[] = [];
  let [still, all] = [0, 0];
  for (const { change, expected, place } of tiles) {
    const ratio = changeRatio(change, expected);
    const mask = new Uint8Array(ratio.length);
    for (let i = 0; i < mask.length; i++) {
      if (expected.footprint[i] === 0) continue;
      all++;
      if (!(ratio[i]! >= limits.leastChange)) {
        still++;
        mask[i] = 1;
      }
    }
    const kind = { class: "missing", by: "residual", limit_mm2: unprinted_mm2 } as const;
    const open = erode(mask, place.grid.width, place.grid.height, 4);
    pieces.push(...areaFindings(dilate(open, place.grid.width, place.grid.height, 4), place, kind, () => 1));
  }
  const share = all === 0 ? 1 : still / all;
  const first = tiles[0];
  if (first === undefined || !(share >= limits.unchangedShare)) return pieces;
  const region = regionOf(
    { left: 0, top: 0, right: first.place.grid.width, bottom: first.place.grid.height },
    first.place.grid,
  );
  const outline_px = outlineOf(region, first.place);
  return [
    {
      class: "unchanged",
      by: "residual",
      region,
      outline_px,
      measured: share,
      limit: limits.unchangedShare,
      unit: "share",
      score: share,
    },
    ...pieces,
  ];
}

/** The displacement of the layer, if it exceeds the limit. */
export function shiftFindings(
  shift: Shift,
  expected: ExpectedLayer,
  place: Place,
  limits: InspectionLimits,
): Finding[] {
  const far = Math.hypot(shift.dx_mm ?? 0, shift.dy_mm ?? 0);
  const area = expected.area * place.grid.step_mm ** 2;
  if (area < limits.shiftArea_mm2 || far < limits.shift_mm) return [];
  const { grid } = place;
  const region = regionOf({ left: 0, top: 0, right: grid.width, bottom: grid.height }, grid);
  return [
    {
      class: "shift",
      by: "residual",
      region,
      outline_px: outlineOf(region, place),
      measured: far,
      limit: limits.shift_mm,
      unit: "mm",
      score: far / limits.shift_mm,
    },
  ];
}

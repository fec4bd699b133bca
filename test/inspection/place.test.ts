/** Expected pictures that were made for no camera find their place on the frames, however they lie, or are said to have none. */
import { describe, expect, it } from "vitest";
import { reduced } from "../../src/inspection/surface/field.ts";
import { placeOf, type ShownLayer } from "../../src/inspection/surface/place.ts";
import { type Homography, laidOn, type Outline } from "../../src/inspection/surface/signs.ts";
import { drawLayer, powderMachine } from "../../src/simulators/powder/bed.ts";

/** Nine numbers from the frame (0 to 1) to the expected picture, as a job's file may lie: straight, from above, turned, mirrored. */
const lies: readonly (readonly [string, Homography])[] = [
  ["turned by a quarter, seen from the side", [0.02, 0.8, 0.1, -0.75, 0.03, 0.9, 0.05, 0.12, 1]],
  ["mirrored", [-0.85, 0.02, 0.92, 0.01, 0.9, 0.05, 0.03, 0, 1]],
];

/** The parts of a drawn layer on a picture of its own that lies on the frame as `map` says. */
function outlineBy(parts: Uint8Array, frame: { width: number; height: number }, map: Homography): Outline {
  const [width, height] = [900, 800];
  return { width, height, data: laidOn({ ...frame, data: parts }, inverse(map), { width, height }) };
}

function inverse(m: Homography): Homography {
  const [a, b, c, d, e, f, g, h, i] = m as [number, number, number, number, number, number, number, number, number];
  const adjoint = [
    ...[e * i - f * h, c * h - b * i, b * f - c * e],
    ...[f * g - d * i, a * i - c * g, c * d - a * f],
    ...[d * h - e * g, b * g - a * h, a * e - b * d],
  ];
  return adjoint.map((v) => v / adjoint[8]!);
}

function shownLayers(seed: number, map: Homography, outlineSeed = seed): ShownLayer[] {
  const [machine, other] = [powderMachine(seed, "fused", 700), powderMachine(outlineSeed, "fused", 700)];
  return [0, 1].map((layer) => {
    const { grey } = drawLayer(machine, layer, []);
    const { parts } = drawLayer(other, layer, []);
    const size = { width: machine.width, height: machine.height };
    return {
      field: reduced({ ...size, data: grey }, 1),
      outline: outlineBy(parts, { width: other.width, height: other.height }, map),
    };
  });
}

/** Pixels that both say are part, as a share of those that either does. */
function agreement(outline: Outline, found: Homography, true_: Homography): number {
  const [a, b] = [found, true_].map((map) => laidOn(outline, map, { width: 700, height: 600 }));
  let [both, either] = [0, 0];
  for (let i = 0; i < a!.length; i++) {
    both += a![i]! & b![i]!;
    either += a![i]! | b![i]!;
  }
  return both / either;
}

describe("[F51] the place of expected pictures on the frames", () => {
  it.each(lies.map(([name, map], n) => [name, map, 2303 + n] as const))(
    "is found for one that lies %s",
    { timeout: 120_000 },
    (_, map, seed) => {
      const layers = shownLayers(seed, map);
      const place = placeOf(layers);
      expect(place).not.toBeNull();
      expect(agreement(layers[0]!.outline, place!.map, map)).toBeGreaterThan(0.93);
    },
  );

  it("is not found for the expected pictures of another build", { timeout: 120_000 }, () => {
    expect(placeOf(shownLayers(2311, lies[0]![1], 2312))).toBeNull();
  });

  it("is not found where there is no part", () => {
    const [layer] = shownLayers(2313, lies[0]![1]);
    expect(placeOf([{ ...layer!, outline: { width: 100, height: 100, data: new Uint8Array(10_000) } }])).toBeNull();
  });
});

/** Writes a set of drawn powder layers: eight references, then a layer for each list of faults, with their exact truth. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { drawLayer, type FaultKind, faultKinds, powderMachine } from "../bed.ts";

/**
 * Writes `set.toml`, `classes.json`, `frames`, `reference`, `expected` and `masks` (class: place of the kind in `faultKinds` plus one) into
 * `folder`. No limit was chosen on seeds from 1000 on.
 */
export async function writePowderSet(
  folder: string,
  seed: number,
  faults: readonly (readonly FaultKind[])[],
  phase: "recoated" | "fused" = "recoated",
  width = 640,
): Promise<void> {
  const machine = powderMachine(seed, phase, width);
  const raw = { width: machine.width, height: machine.height, channels: 1 } as const;
  for (const part of ["frames", "reference", "masks", "expected"]) await mkdir(join(folder, part), { recursive: true });
  await writeFile(join(folder, "set.toml"), `process = "powder-bed"\nphase = "${phase}"\nmm_per_pixel = 0.2\n`);
  const classes = Object.fromEntries(faultKinds.map((kind, n) => [n + 1, kind]));
  await writeFile(join(folder, "classes.json"), `${JSON.stringify(classes, null, 2)}\n`);
  const grey = (data: Uint8Array, path: string) =>
    sharp(data, { raw }).jpeg({ quality: 92 }).toFile(join(folder, path));
  const mask = (data: Uint8Array, path: string) =>
    sharp(data, { raw }).toColourspace("b-w").png().toFile(join(folder, path));
  for (let layer = 0; layer < 8; layer++) {
    const drawn = drawLayer(machine, layer, []);
    await grey(drawn.grey, `reference/layer_${layer}.jpg`);
    await mask(drawn.parts, `expected/layer_${layer}.png`);
  }
  for (const [n, kinds] of faults.entries()) {
    const layer = 8 + n;
    const drawn = drawLayer(machine, layer, kinds);
    await grey(drawn.grey, `frames/layer_${layer}.jpg`);
    await mask(drawn.truth, `masks/layer_${layer}.png`);
    await mask(drawn.parts, `expected/layer_${layer}.png`);
  }
}

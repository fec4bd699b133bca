/** Writes a frame as a picture on which is drawn what was marked and what the mask labels. */
import { readFile, writeFile } from "node:fs/promises";
import sharp from "sharp";
import type { Marked } from "../score/compare.ts";
import type { Field } from "../surface/field.ts";
import { quantile, thinned } from "../surface/field.ts";
import { decodeClasses } from "./picture-file.ts";

/** Outlines of what was marked are magenta, of what is labelled green. A PNG at the working scale. */
export async function writeOverlay(path: string, field: Field, marked: Marked, mask: string | null): Promise<void> {
  const { width, height, data } = field;
  const bright = Math.max(1, quantile(thinned(data, 50_000), 0.99));
  const rgb = Buffer.alloc(3 * data.length);
  for (let i = 0; i < data.length; i++) rgb.fill(Math.min(255, (200 * data[i]!) / bright), 3 * i, 3 * i + 3);
  outline(rgb, marked, [255, 0, 200]);
  const labelled = mask === null ? null : await decodeClasses(await readFile(mask));
  if (labelled?.ok) outline(rgb, atScale(labelled.value, width, height), [0, 220, 60]);
  await writeFile(
    path,
    await sharp(rgb, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  );
}

function atScale(from: Marked, width: number, height: number): Marked {
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * from.height) / height) * from.width;
    for (let x = 0; x < width; x++) {
      data[y * width + x] = from.data[row + Math.floor(((x + 0.5) * from.width) / width)]! > 0 ? 1 : 0;
    }
  }
  return { width, height, data };
}

function outline(rgb: Buffer, { width, height, data }: Marked, colour: readonly [number, number, number]): void {
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * width + 1; i < (y + 1) * width - 1; i++) {
      if (data[i] === 0) continue;
      if (data[i - 1] && data[i + 1] && data[i - width] && data[i + width]) continue;
      rgb.set(colour, 3 * i);
    }
  }
}

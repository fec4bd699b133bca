/** Reads the grey JPEGs of the real data sets, which have one channel where the cell's camera has three. */
import { readFileSync } from "node:fs";
import sharp from "sharp";
import type { Picture } from "../../src/inspection/picture.ts";

/** The picture's only channel; throws where the file cannot be read. */
export async function greyJpeg(path: string): Promise<Picture> {
  const { data, info } = await sharp(readFileSync(path))
    .toColourspace("b-w")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

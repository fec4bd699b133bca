/** A code reader at a desk: what it sees are grey pixels, what it sends is text that begins with a symbology identifier. */
import { assert } from "../../kernel/assert.ts";

/** A grey picture: one byte a pixel, 0 black to 255 white, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly grey: Uint8Array;
}

/** The picture turned clockwise by 90 degrees, as when a sheet lies across. */
export function turned({ width, height, grey }: Picture): Picture {
  const out = new Uint8Array(grey.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) out[x * height + (height - 1 - y)] = grey[y * width + x] ?? 255;
  }
  return { width: height, height: width, grey: out };
}

/** The picture as red, green, blue and opacity, which decoders want. */
export function colours({ width, height, grey }: Picture): Uint8ClampedArray<ArrayBuffer> {
  assert(grey.length === width * height, "a picture has one byte a pixel");
  const out = new Uint8ClampedArray(grey.length * 4);
  for (const [index, value] of grey.entries()) out.set([value, value, value, 255], index * 4);
  return out;
}

/** What a reader set to send identifiers puts on its line for a symbol that was read. */
export function sentText(symbologyIdentifier: string, text: string): string {
  return `${symbologyIdentifier}${text}`;
}

/** Reads BMP pictures with a palette, which slicers of image stacks write: 1, 4 and 8 bits, plain or run-length encoded, and 24 and 32 bits. */
import { err, ok, type Result } from "../kernel/result.ts";

/** Brightness of a picture, row by row from the top. */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly bottomUp: boolean;
  readonly bits: number;
  readonly compression: number;
  readonly colours: number;
  readonly headerEnd: number;
  readonly pixels: number;
}

const [plain, rle8] = [0, 1];
const headerBytes = 54;

/** Whether these bytes begin like a BMP file. */
export function isBitmap(bytes: Uint8Array): boolean {
  return bytes.length > headerBytes && bytes[0] === 0x42 && bytes[1] === 0x4d;
}

/**
 * The brightness of a BMP (Microsoft, BITMAPINFOHEADER and later), the mean of red, green and blue. Why not, in words, where it is
 * cut off, has more than `mostPixels`, or is of a kind that is not read. Pixels that a run-length encoding skips are 0.
 */
export function readBitmap(bytes: Uint8Array, mostPixels: number): Result<Bitmap, string> {
  if (!isBitmap(bytes)) return err("it is no BMP");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = headerOf(view);
  const { width, height, bits, compression } = header;
  if (width < 1 || height < 1) return err("it is damaged or cut off");
  if (width * height > mostPixels) return err("it has too many pixels");
  const isRead = (compression === plain && [1, 4, 8, 24, 32].includes(bits)) || (compression === rle8 && bits === 8);
  if (!isRead) return err(`it is a BMP of ${bits} bits with compression ${compression}, which is not read`);
  const places = compression === rle8 ? runs(bytes, header) : rows(bytes, header);
  return places === null ? err("it is damaged or cut off") : ok({ width, height, data: places });
}

function headerOf(view: DataView): Header {
  const bits = view.getUint16(28, true);
  const stated = view.getUint32(46, true);
  const height = view.getInt32(22, true);
  return {
    ...{ width: view.getInt32(18, true), height: Math.abs(height), bottomUp: height > 0, bits },
    compression: view.getUint32(30, true),
    colours: bits > 8 ? 0 : Math.min(stated || 1 << bits, 1 << bits),
    headerEnd: 14 + view.getUint32(14, true),
    pixels: view.getUint32(10, true),
  };
}

function palette(bytes: Uint8Array, { headerEnd, colours }: Header): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, n) => (n < colours ? grey(bytes, headerEnd + 4 * n) : 0));
}

function grey(bytes: Uint8Array, at: number): number {
  return Math.round(((bytes[at] ?? 0) + (bytes[at + 1] ?? 0) + (bytes[at + 2] ?? 0)) / 3);
}

function rows(bytes: Uint8Array, header: Header): Uint8Array | null {
  const { width, height, bits, bottomUp, pixels } = header;
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (pixels + stride * height > bytes.length) return null;
  const colours = palette(bytes, header);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = pixels + stride * (bottomUp ? height - 1 - y : y);
    for (let x = 0; x < width; x++) {
      data[y * width + x] =
        bits >= 24
          ? grey(bytes, from + (x * bits) / 8)
          : colours[(bytes[from + ((x * bits) >> 3)]! >> (8 - bits - ((x * bits) & 7))) & ((1 << bits) - 1)]!;
    }
  }
  return data;
}

/** Run-length encoding of 8 bits: pairs of count and value; a count of 0 ends a row or the picture, skips, or begins values as they are. */
function runs(bytes: Uint8Array, header: Header): Uint8Array | null {
  const { width, height, pixels } = header;
  const colours = palette(bytes, header);
  const data = new Uint8Array(width * height);
  let [at, x, y] = [pixels, 0, 0];
  const put = (value: number): void => {
    if (x < width && y < height) data[(height - 1 - y) * width + x] = colours[value]!;
    x++;
  };
  while (at + 1 < bytes.length) {
    const count = bytes[at++]!;
    const value = bytes[at++]!;
    if (count > 0) for (let n = 0; n < count; n++) put(value);
    else if (value === 0) [x, y] = [0, y + 1];
    else if (value === 1) return data;
    else if (value === 2) {
      x += bytes[at++] ?? 0;
      y += bytes[at++] ?? 0;
    } else {
      if (at + value > bytes.length) return null;
      for (let n = 0; n < value; n++) put(bytes[at++]!);
      at += value & 1;
    }
  }
  return null;
}

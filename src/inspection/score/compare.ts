/** Lays what was marked on a frame against its mask, pixel by pixel of the mask. */
import type { Motion } from "../surface/align.ts";
import type { PixelCounts } from "./measures.ts";

/** A picture of classes of any size; 0 is nothing, other numbers are places in a list of names. */
export interface Classes {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A mask of 0 and 1 at the working scale. */
export interface Marked {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Brings a mask from the reference's place back to the frame's own, to the nearest pixel. */
export function inFramesPlace(marked: Marked, motion: Motion): Marked {
  const { width, height, data } = marked;
  if (motion.every((m) => m === 0)) return { width, height, data };
  const out = new Uint8Array(data.length);
  for (let py = 0; py < height; py++) {
    const y = (2 * py) / height - 1;
    for (let px = 0; px < width; px++) {
      const x = (2 * px) / width - 1;
      const rx = Math.round(px - motion[0] - motion[1] * x - motion[2] * y);
      const ry = Math.round(py - motion[3] - motion[4] * x - motion[5] * y);
      if (rx >= 0 && ry >= 0 && rx < width && ry < height) out[py * width + px] = data[ry * width + rx]!;
    }
  }
  return { width, height, data: out };
}

/** Counts of a frame against its mask, and the labelled pixels of each class with how many of them were marked. */
export function compare(
  mask: Classes,
  marked: Marked,
): {
  readonly pixels: PixelCounts;
  readonly byClass: readonly { readonly labelled: number; readonly marked: number }[];
} {
  const columns = Int32Array.from({ length: mask.width }, (_, x) =>
    Math.min(marked.width - 1, Math.floor(((x + 0.5) * marked.width) / mask.width)),
  );
  const byClass = Array.from({ length: 256 }, () => ({ labelled: 0, marked: 0 }));
  let [both, only] = [0, 0];
  for (let y = 0; y < mask.height; y++) {
    const row = Math.min(marked.height - 1, Math.floor(((y + 0.5) * marked.height) / mask.height)) * marked.width;
    const start = y * mask.width;
    for (let x = 0; x < mask.width; x++) {
      const label = mask.data[start + x]!;
      const found = marked.data[row + columns[x]!]! !== 0;
      if (label === 0) {
        if (found) only++;
        continue;
      }
      const cell = byClass[label]!;
      cell.labelled++;
      if (found) {
        cell.marked++;
        both++;
      }
    }
  }
  const labelled = byClass.reduce((sum, c) => sum + c.labelled, 0);
  return { pixels: { both, marked: only, missed: labelled - both }, byClass };
}

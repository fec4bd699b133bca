/** Connected components of a mask: what the detectors and the fiducial search group their pixels by. */

/** One group of touching pixels. */
export interface Component {
  readonly area: number;
  /** Bounding box, left and top included, right and bottom not. */
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** Indices of its pixels in the mask. */
  readonly pixels: Int32Array;
}

/**
 * Groups the non-zero pixels of a row-major mask (8-neighbourhood), in the order of their first pixel; groups smaller
 * than `smallest` are dropped. Does not change the mask.
 */
export function components(mask: Uint8Array, width: number, height: number, smallest = 1): Component[] {
  const seen = new Uint8Array(mask.length);
  // Every pixel is pushed and taken once, so that neither can run over.
  const stack = new Int32Array(mask.length);
  const taken = new Int32Array(mask.length);
  const found: Component[] = [];
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] === 0 || seen[start] === 1) continue;
    let [left, top, right, bottom] = [width, height, 0, 0];
    let [waiting, area] = [1, 0];
    seen[start] = 1;
    stack[0] = start;
    while (waiting > 0) {
      const at = stack[--waiting]!;
      const x = at % width;
      const y = (at - x) / width;
      taken[area++] = at;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
      if (y < top) top = y;
      if (y >= bottom) bottom = y + 1;
      const [fromX, toX] = [x > 0 ? -1 : 0, x + 1 < width ? 1 : 0];
      const toRow = y + 1 < height ? at + width : at;
      for (let row = y > 0 ? at - width : at; row <= toRow; row += width) {
        for (let next = row + fromX; next <= row + toX; next++) {
          if (mask[next] !== 0 && seen[next] === 0) {
            seen[next] = 1;
            stack[waiting++] = next;
          }
        }
      }
    }
    if (area >= smallest) found.push({ area, left, top, right, bottom, pixels: taken.slice(0, area) });
  }
  return found;
}

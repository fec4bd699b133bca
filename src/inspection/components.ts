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
  readonly pixels: readonly number[];
}

/**
 * Groups the non-zero pixels of a row-major mask (8-neighbourhood), in the order of their first pixel; groups smaller
 * than `smallest` are dropped. Does not change the mask.
 */
export function components(mask: Uint8Array, width: number, height: number, smallest = 1): Component[] {
  const seen = new Uint8Array(mask.length);
  const stack: number[] = [];
  const found: Component[] = [];
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] === 0 || seen[start] === 1) continue;
    const pixels: number[] = [];
    let [left, top, right, bottom] = [width, height, 0, 0];
    seen[start] = 1;
    stack.push(start);
    while (stack.length > 0) {
      const at = stack.pop()!;
      const x = at % width;
      const y = (at - x) / width;
      pixels.push(at);
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const next = ny * width + nx;
          if (mask[next] !== 0 && seen[next] === 0) {
            seen[next] = 1;
            stack.push(next);
          }
        }
      }
    }
    if (pixels.length >= smallest) found.push({ area: pixels.length, left, top, right, bottom, pixels });
  }
  return found;
}

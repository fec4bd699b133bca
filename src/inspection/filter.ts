/** Box filters on the millimetre grid. */

/** Mean over a square of (2 `cells` + 1) squared around each cell; at the rim over what lies inside the grid. */
export function boxMean(values: Float32Array, width: number, height: number, cells: number): Float32Array {
  const across = slideMean(values, width, height, 1, width, cells);
  return slideMean(across, height, width, width, 1, cells);
}

function slideMean(
  from: Float32Array,
  length: number,
  lines: number,
  step: number,
  between: number,
  cells: number,
): Float32Array {
  const out = new Float32Array(from.length);
  for (let line = 0; line < lines; line++) {
    const start = line * between;
    let sum = 0;
    let count = 0;
    for (let i = 0; i < Math.min(cells, length); i++) {
      sum += from[start + i * step]!;
      count++;
    }
    for (let i = 0; i < length; i++) {
      if (i + cells < length) {
        sum += from[start + (i + cells) * step]!;
        count++;
      }
      if (i - cells - 1 >= 0) {
        sum -= from[start + (i - cells - 1) * step]!;
        count--;
      }
      out[start + i * step] = sum / count;
    }
  }
  return out;
}

/** Mean of `values` over the masked cells around each cell, and how large a share of the square is masked. */
export function maskedMean(
  values: Float32Array,
  mask: Uint8Array,
  width: number,
  height: number,
  cells: number,
): { readonly mean: Float32Array; readonly share: Float32Array } {
  const kept = new Float32Array(values.length);
  const weight = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    if (mask[i] === 1) {
      kept[i] = values[i]!;
      weight[i] = 1;
    }
  }
  const mean = boxMean(kept, width, height, cells);
  const share = boxMean(weight, width, height, cells);
  for (let i = 0; i < mean.length; i++) mean[i] = share[i]! > 0 ? mean[i]! / share[i]! : 0;
  return { mean, share };
}

/** The quantiles of the normal distribution. */

/** Coefficients of the central part and of the tails (Acklam, 2003); the relative error is below 1.2e-9. */
const a = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
];
const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1];
const c = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
const tailBelow = 0.02425;

const polynomial = (of: readonly number[], x: number): number => of.reduce((sum, each) => sum * x + each, 0);

/** The value below which a standard normal variable lies with a chance of `share`, between 0 and 1. */
export function normalQuantile(share: number): number {
  if (share > 1 - tailBelow) return -normalQuantile(1 - share);
  if (share < tailBelow) {
    const q = Math.sqrt(-2 * Math.log(share));
    return polynomial(c, q) / polynomial(d, q);
  }
  const q = share - 0.5;
  return (polynomial(a, q * q) * q) / polynomial(b, q * q);
}

/** Small dense linear algebra: least squares by normal equations and Levenberg-Marquardt, for a dozen unknowns. */
import { assert } from "../kernel/assert.ts";

/** Solves the square system `a x = b` (row-major, n x n) by Gaussian elimination with pivoting; null if singular. */
export function solve(a: readonly (readonly number[])[], b: readonly number[]): number[] | null {
  const n = b.length;
  assert(a.length === n, "a square system has as many rows as right-hand sides");
  const rows = a.map((row, i) => [...row, b[i]!]);
  for (let col = 0; col < n; col++) {
    const pivot = largestBelow(rows, col);
    if (Math.abs(rows[pivot]![col]!) < 1e-14) return null;
    [rows[col], rows[pivot]] = [rows[pivot]!, rows[col]!];
    const top = rows[col]!;
    for (let row = col + 1; row < n; row++) {
      const factor = rows[row]![col]! / top[col]!;
      for (let k = col; k <= n; k++) rows[row]![k]! -= factor * top[k]!;
    }
  }
  return substituteBack(rows);
}

/** The inverse of a square matrix; null if singular. */
export function inverseOf(a: readonly (readonly number[])[]): number[][] | null {
  const columns = a.map((_, k) =>
    solve(
      a,
      a.map((__, i) => (i === k ? 1 : 0)),
    ),
  );
  return columns.some((column) => column === null) ? null : a.map((_, i) => columns.map((column) => column![i]!));
}

/** Least squares solution of the overdetermined `a x = b`; null if the unknowns are not determined by the rows. */
export function leastSquares(a: readonly (readonly number[])[], b: readonly number[]): number[] | null {
  const { normal, right } = normalEquations(a, b);
  return solve(normal, right);
}

/** What Levenberg-Marquardt ended with: the parameters and the residuals there. */
export interface Fit {
  readonly parameters: readonly number[];
  readonly residuals: readonly number[];
}

/**
 * Levenberg-Marquardt with a numeric Jacobian (step sizes given per parameter): minimises the sum of squares of
 * `residualsAt`. Deterministic; `rounds` bounds the work (Marquardt, SIAM J. Appl. Math. 11, 1963).
 */
export function refine(
  residualsAt: (parameters: readonly number[]) => number[],
  start: readonly number[],
  steps: readonly number[],
  rounds = 30,
): Fit {
  let parameters = [...start];
  let residuals = residualsAt(parameters);
  let damping = 1e-3;
  for (let round = 0; round < rounds; round++) {
    const jacobian = numericJacobian(residualsAt, parameters, residuals, steps);
    const { normal, right } = normalEquations(jacobian, residuals);
    const damped = normal.map((row, i) => row.map((v, k) => (i === k ? v * (1 + damping) + 1e-18 : v)));
    const step = solve(damped, right);
    if (step === null) return { parameters, residuals };
    const next = parameters.map((p, i) => p - step[i]!);
    const nextResiduals = residualsAt(next);
    const gain = sumOfSquares(residuals) - sumOfSquares(nextResiduals);
    if (gain > 0) {
      parameters = next;
      residuals = nextResiduals;
      damping /= 10;
      if (gain < 1e-12) break;
    } else {
      damping *= 10;
      if (damping > 1e9) break;
    }
  }
  return { parameters, residuals };
}

/** Sum of the squares of the values. */
export function sumOfSquares(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v * v, 0);
}

function largestBelow(rows: readonly (readonly number[])[], col: number): number {
  let best = col;
  for (let row = col + 1; row < rows.length; row++) {
    if (Math.abs(rows[row]![col]!) > Math.abs(rows[best]![col]!)) best = row;
  }
  return best;
}

function substituteBack(rows: readonly (readonly number[])[]): number[] {
  const n = rows.length;
  const x = new Array<number>(n).fill(0);
  for (let row = n - 1; row >= 0; row--) {
    let sum = rows[row]![n]!;
    for (let k = row + 1; k < n; k++) sum -= rows[row]![k]! * x[k]!;
    x[row] = sum / rows[row]![row]!;
  }
  return x;
}

function normalEquations(a: readonly (readonly number[])[], b: readonly number[]) {
  const n = a[0]?.length ?? 0;
  const normal = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  const right = new Array<number>(n).fill(0);
  for (const [i, row] of a.entries()) {
    for (let p = 0; p < n; p++) {
      right[p]! += row[p]! * b[i]!;
      for (let q = 0; q < n; q++) normal[p]![q]! += row[p]! * row[q]!;
    }
  }
  return { normal, right };
}

/** How each residual changes with each parameter, row by residual, from steps of these sizes. */
export function numericJacobian(
  residualsAt: (parameters: readonly number[]) => number[],
  parameters: readonly number[],
  residuals: readonly number[],
  steps: readonly number[],
): number[][] {
  const columns = parameters.map((p, i) => {
    const moved = [...parameters];
    moved[i] = p + steps[i]!;
    return residualsAt(moved).map((r, k) => (r - residuals[k]!) / steps[i]!);
  });
  return residuals.map((_, k) => columns.map((column) => column[k]!));
}

/** What every measurement of bench/ hands back. */

/** One figure, and what it is measured against in the same run and the same unit. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly baseline?: number;
  readonly ratio?: number;
}

/** One line of `cellward doctor`: a thing looked at, and what to do where it is not good. */
export interface Check {
  readonly check: string;
  readonly state: "good" | "warning" | "bad";
  readonly what: string;
  readonly remedy: string;
}

/** A wrong program: a one-line patch of the real source. */
export interface Mutant {
  readonly name: string;
  /** The law or rule that falls. */
  readonly breaks: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A wrong program: a one-line patch of the real source. */
export interface Mutant {
  readonly name: string;
  /** The law or rule that falls. */
  readonly breaks: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The seed that convicted it when it was last looked: it is tried first, and all others where it no longer does. 1 if none. */
  readonly seed?: number;
}

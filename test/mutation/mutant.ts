/** One mutant of a subject: what was changed, the case that results, and whether the format says that it is still the same. */
import type { Case } from "./case.ts";

/** Why the format takes a mutant (record-format.md, "What a change can do"); null where it has to be refused. */
export type Tolerance =
  | "another's line"
  | "a checkpoint less"
  | "an older end"
  | "a countersignature less"
  | "order of signatures"
  /** SQLite's own bytes: what covers no row changes nothing, and what damages the file is found as SQLite finds it. */
  | "the file's own bytes"
  /** No forgery: whoever holds the key can write what he likes, once. */
  | "signed anew";

export interface Mutant {
  readonly how: string;
  readonly test: Case;
  readonly tolerated: Tolerance | null;
  /** True where a folder was left as it was; of other cases the campaign sees it itself. */
  readonly idle?: boolean;
}

/** What is mutated: a case that both verifiers take, and what a mutator needs to know beside it. */
import type { SignedNote } from "../../src/ledger/note.ts";
import type { Signer } from "../../src/ledger/signer.ts";
import type { Case } from "./case.ts";

/** Something that both verifiers take, by its name. */
export interface Subject {
  readonly name: string;
  readonly whole: Case;
  /** Other notes that the same keys have signed, to be put in the place of one. */
  readonly replays: readonly SignedNote[];
  /** Who signs it: the cell; central QA; the design authority and the clinical release. */
  readonly signers: readonly Signer[];
}

/** People as the core knows them: a pseudonymous account, its roles, and what a signature of theirs says. */
import type { Digest, PersonId } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";

/** What a person may do here. `technician` runs jobs, `qa` decides dispositions, `engineer` commissions the cell. */
export type Role = "technician" | "qa" | "engineer";

/** A person of this cell, without anything personal: names live outside the ledger. */
export interface Person {
  readonly id: PersonId;
  readonly roles: readonly Role[];
}

/** Text about a person, encrypted under its job's text key outside the ledger, so that it can be erased (base64). */
export type SealedText = string;

/** Whose name those signatures are sealed for that are about the record itself; no job or lot can have it. */
export const recordKeeping = "+record";

/** An electronic signature: 21 CFR 11.50 (name, time, meaning), bound to what was shown (11.70). */
export interface Approval {
  readonly person: PersonId;
  readonly name: SealedText;
  readonly at: EpochMs;
  readonly meaning: string;
  /** SHA-256 of the RFC 8785 bytes of exactly what was on the screen. */
  readonly shown: Digest;
}

/** True when the person exists and holds the role. */
export function holds(person: Person | undefined, role: Role): boolean {
  return person?.roles.includes(role) ?? false;
}

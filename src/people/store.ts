/** The port to the people of this cell: invite, enrol, authenticate; names never leave it for the ledger. */
import type { PersonId } from "../kernel/names.ts";
import type { Result } from "../kernel/result.ts";
import type { EpochMs } from "../kernel/units.ts";
import type { Role } from "./person.ts";

/** A person with the name they sign with. */
export interface Member {
  readonly person: PersonId;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly disabled: boolean;
}

export interface Invited {
  readonly person: PersonId;
  /** Shown once on the console, typed once at the panel. */
  readonly code: string;
  readonly expires: EpochMs;
}

export type EnrolProblem = {
  readonly code: "code-unknown" | "name-taken" | "name-improper" | "password-improper";
  readonly what: string;
};

export type Authentication =
  | { readonly outcome: "accepted"; readonly member: Member }
  /** `person` is null where no account has that name. */
  | { readonly outcome: "refused"; readonly person: PersonId | null }
  | { readonly outcome: "locked"; readonly person: PersonId; readonly until: EpochMs };

/** Throws only where the file cannot be read or written. */
export interface PeopleStore {
  /** Makes a place for one new person and the one-time code to take it. */
  invite(roles: readonly Role[]): Promise<Invited>;
  /** Takes the place: the person chooses a name and a password. */
  enrol(code: string, name: string, password: string): Promise<Result<Member, EnrolProblem>>;
  authenticate(name: string, password: string): Promise<Authentication>;
  /** The name behind a pseudonym, as last read; null where there is none. */
  nameOf(person: PersonId): string | null;
  list(): Promise<readonly Member[]>;
  /** True while the person has an account that was not ended, by what the file says now. */
  isMember(person: PersonId): boolean;
  /** Ends an account; returns false where there is none. */
  disable(person: PersonId): Promise<boolean>;
  /** Ends a lock after wrong passwords and forgets the failures; returns false where there is no such account. */
  unlock(person: PersonId): Promise<boolean>;
}

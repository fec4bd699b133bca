/** An account of this cell: who may sign in, with what roles, and how the name and the password must look. */
import type { PersonId } from "../kernel/names.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import type { EpochMs, Milliseconds } from "../kernel/units.ts";
import type { Lock } from "./lockout.ts";
import type { Role } from "./person.ts";

/** A stored password: argon2id (RFC 9106) with its own salt and cost, all in hex and plain numbers. */
export interface PasswordHash {
  readonly algorithm: "argon2id";
  readonly memory_KiB: number;
  readonly passes: number;
  readonly lanes: number;
  readonly salt: string;
  readonly tag: string;
}

/** One person in the keys folder; the only place where a name stands next to a pseudonym. */
export interface Account {
  readonly person: PersonId;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly password: PasswordHash;
  readonly lock: Lock;
  /** An account that may no longer sign in; kept so that old signatures still have a name. */
  readonly disabled: boolean;
}

/** A place for a new person, waiting for its one-time code; only the code's digest is kept. */
export interface Invitation {
  readonly person: PersonId;
  readonly roles: readonly Role[];
  readonly codeDigest: string;
  readonly expires: EpochMs;
}

/** How long a one-time code is worth something. */
export const invitationLifeMs: Milliseconds = 24 * 60 * 60 * 1000;

export const passwordLength = { min: 8, max: 128 } as const;
export const nameLength = { min: 2, max: 64 } as const;

/** The form in which two names are compared: case and Unicode spelling do not make two people. */
export function nameKey(name: string): string {
  return name.normalize("NFKC").trim().replace(/\s+/g, " ").toLowerCase();
}

/** A name as it is kept: single spaces, no control characters, any script. */
export function properName(text: string): Result<string, string> {
  const name = text.normalize("NFC").trim().replace(/\s+/g, " ");
  const { min, max } = nameLength;
  if (name.length < min || name.length > max) return err(`A name has ${min} to ${max} characters.`);
  return /^[\p{L}\p{M}\p{N}.,'’ -]+$/u.test(name)
    ? ok(name)
    : err("A name has letters, digits, spaces and . , ' - only.");
}

/** Whether a password may be used: long enough (NIST SP 800-63B asks for 8), not the name, not one key repeated. */
export function properPassword(password: string, name: string): Result<string, string> {
  const { min, max } = passwordLength;
  if (password.length < min) return err(`A password or PIN has ${min} characters or more.`);
  if (password.length > max) return err(`A password or PIN has at most ${max} characters.`);
  if (new Set(password).size < 3) return err("Use at least three different characters.");
  if (nameKey(password) === nameKey(name)) return err("The password must not be the name.");
  return isRun(password) ? err("A row of neighbouring keys is guessed at once. Choose another.") : ok(password);
}

/** True for 12345678, 87654321, abcdefgh and the like. */
function isRun(text: string): boolean {
  const steps = [...text].slice(1).map((char, index) => char.charCodeAt(0) - text.charCodeAt(index));
  return steps.every((step) => step === steps[0]) && Math.abs(steps[0] ?? 0) <= 1;
}

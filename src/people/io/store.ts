/** The people of this cell, kept in one file outside the data folder. */
import { createHash, randomBytes } from "node:crypto";
import type { PersonId } from "../../kernel/names.ts";
import type { Clock } from "../../kernel/ports.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Account } from "../account.ts";
import { invitationLifeMs, nameKey, properName, properPassword } from "../account.ts";
import { afterFailure, defaultLockout, isLocked, type LockoutRules, unlocked } from "../lockout.ts";
import type { Role } from "../person.ts";
import type { Authentication, EnrolProblem, Invited, Member, PeopleStore } from "../store.ts";
import { changeRegister, type Register, readRegister, watchRegister } from "./file.ts";
import { defaultCost, hashPassword, isPassword, type PasswordCost } from "./password.ts";

export interface PeopleStoreOptions {
  /** The people file; its folder is made with mode 0700. */
  readonly path: string;
  readonly clock: Pick<Clock, "now">;
  readonly lockout?: LockoutRules;
  readonly cost?: PasswordCost;
}

/** Crockford's base 32: no I, L, O, U, so that a code read aloud is typed right. */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const codeLength = 12;

/** Opens the store. Throws where the file is damaged or readable by others. */
export async function openPeople(options: PeopleStoreOptions): Promise<PeopleStore> {
  const { path, clock, lockout = defaultLockout, cost = defaultCost } = options;
  // An unknown name costs as much time as a known one.
  const nobody = await hashPassword(randomBytes(16).toString("hex"), cost);
  let names = namesIn(await readRegister(path));
  const latest = watchRegister(path);

  async function change<T>(by: (register: Register) => { readonly register: Register; readonly value: T }): Promise<T> {
    return changeRegister(path, (register) => {
      const after = by(register);
      names = namesIn(after.register);
      return after;
    });
  }

  async function invite(roles: readonly Role[]): Promise<Invited> {
    const code = freshCode();
    const person = `P-${randomBytes(6).toString("hex")}` as PersonId;
    const expires = clock.now() + invitationLifeMs;
    const invitation = { person, roles: [...roles], codeDigest: digest(code), expires };
    await change((register) => {
      const live = register.invitations.filter((each) => each.expires > clock.now());
      return { register: { ...register, invitations: [...live, invitation] }, value: undefined };
    });
    return { person, code: code.replace(/(.{4})(?=.)/g, "$1-"), expires };
  }

  async function enrol(code: string, typed: string, password: string): Promise<Result<Member, EnrolProblem>> {
    const name = properName(typed);
    if (!name.ok) return err({ code: "name-improper", what: name.error });
    const proper = properPassword(password, name.value);
    if (!proper.ok) return err({ code: "password-improper", what: proper.error });
    const wanted = digest(code);
    const isOpen = (register: Register) =>
      register.invitations.find((each) => each.codeDigest === wanted && each.expires > clock.now());
    if (!isOpen(await readRegister(path))) return err(unknownCode);
    const hash = await hashPassword(password, cost);
    return change<Result<Member, EnrolProblem>>((register) => {
      const invitation = isOpen(register);
      if (!invitation) return { register, value: err(unknownCode) };
      if (register.accounts.some((each) => nameKey(each.name) === nameKey(name.value))) {
        return { register, value: err({ code: "name-taken", what: "Somebody here has this name. Add a second one." }) };
      }
      const { person, roles } = invitation;
      const account: Account = { person, name: name.value, roles, password: hash, lock: unlocked, disabled: false };
      const invitations = register.invitations.filter((each) => each !== invitation);
      const after = { ...register, accounts: [...register.accounts, account], invitations };
      return { register: after, value: ok(memberOf(account)) };
    });
  }

  async function authenticate(name: string, password: string): Promise<Authentication> {
    const register = await readRegister(path);
    names = namesIn(register);
    const account = register.accounts.find((each) => nameKey(each.name) === nameKey(name) && !each.disabled);
    const right = await isPassword(password, account?.password ?? nobody);
    if (!account) return { outcome: "refused", person: null };
    return settle(account.person, right);
  }

  /** Counts under the lock, on what the file says now: many guesses at once are still many guesses. */
  function settle(person: PersonId, right: boolean): Promise<Authentication> {
    return change<Authentication>((register) => {
      const at = clock.now();
      const account = register.accounts.find((each) => each.person === person && !each.disabled);
      if (!account) return { register, value: { outcome: "refused", person: null } };
      if (isLocked(account.lock, at, lockout)) {
        return { register, value: { outcome: "locked", person, until: account.lock.until ?? at } };
      }
      const lock = right ? unlocked : afterFailure(account.lock, at, lockout);
      const same = lock.failures === account.lock.failures && lock.until === account.lock.until;
      const after = same ? register : replaced(register, { ...account, lock });
      if (right) return { register: after, value: { outcome: "accepted", member: memberOf(account) } };
      if (lock.until !== null) return { register: after, value: { outcome: "locked", person, until: lock.until } };
      return { register: after, value: { outcome: "refused", person } };
    });
  }

  function amend(person: PersonId, by: Partial<Pick<Account, "disabled" | "lock">>): Promise<boolean> {
    return change((register) => {
      const account = register.accounts.find((each) => each.person === person);
      return account
        ? { register: replaced(register, { ...account, ...by }), value: true }
        : { register, value: false };
    });
  }

  return {
    invite,
    enrol,
    authenticate,
    disable: (person) => amend(person, { disabled: true }),
    unlock: (person) => amend(person, { lock: unlocked }),
    isMember: (person) => latest().accounts.some((each) => each.person === person && !each.disabled),
    nameOf: (person) => names.get(person) ?? null,
    list: async () => (await readRegister(path)).accounts.map(memberOf),
  };
}

const unknownCode: EnrolProblem = {
  code: "code-unknown",
  what: "This code is not known here, was used, or has expired. Ask the engineer for a new one.",
};

function memberOf({ person, name, roles, disabled }: Account): Member {
  return { person, name, roles, disabled };
}

function replaced(register: Register, account: Account): Register {
  const accounts = register.accounts.map((each) => (each.person === account.person ? account : each));
  return { ...register, accounts };
}

function namesIn(register: Register): Map<PersonId, string> {
  return new Map(register.accounts.map((account) => [account.person, account.name]));
}

function freshCode(): string {
  return Array.from(randomBytes(codeLength), (byte) => alphabet[byte % 32]).join("");
}

/** The code as its digest; what a person may misread (O for 0, I or L for 1) is read as meant. */
function digest(code: string): string {
  const meant = code
    .toUpperCase()
    .replace(/O/g, "0")
    .replace(/[IL]/g, "1")
    .replace(/[^0-9A-Z]/g, "");
  return createHash("sha256").update(meant).digest("hex");
}

/** Signing at the console: name and password of one person for each role that is asked for, each person once. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { PersonId } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { EpochMs } from "../../kernel/units.ts";
import { openPeople } from "../../people/io/store.ts";
import type { Role } from "../../people/person.ts";
import type { PeopleStore } from "../../people/store.ts";
import { systemClock } from "./system.ts";
import type { Trouble } from "./terminal.ts";

/** A person who has just proven who they are. */
export interface SignedBy<R extends Role = Role> {
  readonly person: PersonId;
  readonly role: R;
  readonly at: EpochMs;
}

/**
 * Asks for one person of each role in turn, with the accounts of this key folder; another person each time. What is to be
 * signed was shown before. From a pipe, names and passwords are read as lines.
 */
export async function signAtConsole<R extends Role>(
  keys: string,
  roles: readonly R[],
): Promise<Result<readonly SignedBy<R>[], Trouble>> {
  const path = join(keys, "people.json");
  if (!existsSync(path)) {
    const remedy = "Restore the key folder, or invite people (`cellward people invite`) who then enrol at the page.";
    return err({ code: "nobody-enrolled", what: `There are no accounts in ${keys}: nobody can sign.`, remedy });
  }
  const people = await openPeople({ path, clock: systemClock });
  const lines = openLines();
  try {
    const signed: SignedBy<R>[] = [];
    for (const role of roles) {
      const one = await signOne(people, lines, role);
      if (!one.ok) return one;
      if (signed.some(({ person }) => person === one.value.person)) {
        const remedy = `Let another person sign as ${role}; one person's word is not two.`;
        return err({ code: "same-person", what: "The same person has signed already.", remedy });
      }
      signed.push(one.value);
    }
    return ok(signed);
  } finally {
    lines.close();
  }
}

async function signOne<R extends Role>(
  people: PeopleStore,
  lines: Lines,
  role: R,
): Promise<Result<SignedBy<R>, Trouble>> {
  const name = await lines.ask(`Name of the person who signs as ${role}: `, false);
  const password = await lines.ask("Password: ", true);
  if (name === null || password === null) {
    const remedy = `A person with the role ${role} has to be here and type name and password.`;
    return err({ code: "not-signed", what: `Nobody has signed as ${role}.`, remedy });
  }
  const said = await people.authenticate(name, password);
  if (said.outcome === "accepted" && said.member.roles.includes(role)) {
    return ok({ person: said.member.person, role, at: Math.floor(systemClock.now()) });
  }
  if (said.outcome === "locked") {
    const remedy = "Wait, or let an engineer unlock the account (`cellward people unlock`).";
    return err({ code: "locked", what: "The account is locked after too many wrong passwords.", remedy });
  }
  const what =
    said.outcome === "accepted" ? `The account does not have the role ${role}.` : "Name or password is not right.";
  return err({ code: "not-signed", what, remedy: `Run the command again, with a person who has the role ${role}.` });
}

interface Lines {
  /** The next line; null at the end. */
  ask(question: string, hidden: boolean): Promise<string | null>;
  close(): void;
}

/** Lines typed at the console, or read from a pipe. */
export function openLines(): Lines {
  let muted = false;
  const output = new Writable({
    write(piece: Buffer, _encoding, done) {
      if (!muted) process.stderr.write(piece);
      done();
    },
  });
  const terminal = process.stdin.isTTY === true;
  const reading = createInterface({ input: process.stdin, output, terminal });
  const next = reading[Symbol.asyncIterator]();
  return {
    async ask(question, hidden) {
      process.stderr.write(question);
      muted = hidden;
      const line = await next.next();
      muted = false;
      if (hidden || !terminal) process.stderr.write("\n");
      return line.done === true ? null : line.value;
    },
    close: () => reading.close(),
  };
}

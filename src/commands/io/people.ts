/** `cellward people`: who may use this cell; a place is taken at the panel with a one-time code. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { PersonId } from "../../kernel/names.ts";
import { openPeople } from "../../people/io/store.ts";
import type { Role } from "../../people/person.ts";
import type { PeopleStore } from "../../people/store.ts";
import { exitCode } from "../exit-code.ts";
import { systemClock } from "./system.ts";
import type { Terminal } from "./terminal.ts";

const roles: readonly string[] = ["technician", "qa", "engineer"] satisfies readonly Role[];

/** Opens the people file; a key folder that is not there is a wrong name, and is not made for it. */
async function withPeople(
  terminal: Terminal,
  keys: string,
  use: (store: PeopleStore) => Promise<number>,
): Promise<number> {
  if (!existsSync(keys)) {
    const what = `There is no key folder ${keys}.`;
    const remedy = "Name the folder that `cellward init`, or at central `cellward qa init`, made with --keys.";
    return terminal.trouble({ code: "no-key-folder", what, remedy }, exitCode.refused);
  }
  return use(await openPeople({ path: join(keys, "people.json"), clock: systemClock }));
}

/** Makes a place for one person and prints the one-time code. */
export async function invite(terminal: Terminal, keys: string, asked: readonly string[]): Promise<number> {
  const wrong = asked.find((role) => !roles.includes(role));
  if (wrong !== undefined || asked.length === 0) {
    const what = wrong ? `There is no role ${wrong}.` : "No role was named.";
    return terminal.trouble(
      { code: "no-such-role", what, remedy: `Name one or more of ${roles.join(", ")}.` },
      exitCode.usage,
    );
  }
  return withPeople(terminal, keys, async (store) => {
    const { person, code, expires } = await store.invite(asked as Role[]);
    const until = new Date(expires).toISOString().slice(0, 16).replace("T", " ");
    terminal.result(
      { ok: true, person, code, expires },
      `One-time code for a new ${asked.join(" and ")}: ${code}\nIt is typed once on the page where one signs in, before ${until} UTC.`,
    );
    return exitCode.ok;
  });
}

/** Lists accounts with their roles. */
export function listPeople(terminal: Terminal, keys: string): Promise<number> {
  return withPeople(terminal, keys, async (store) => {
    const people = await store.list();
    const lines = people.map(
      ({ person, name, roles: held, disabled }) =>
        `${person}  ${name}  ${held.join(", ")}${disabled ? "  (disabled)" : ""}`,
    );
    terminal.result(people, lines.join("\n") || "Nobody is enrolled yet.");
    return exitCode.ok;
  });
}

/** Ends an account for good; a running cell signs the person out at once. */
export function disablePerson(terminal: Terminal, keys: string, person: string): Promise<number> {
  return withPeople(terminal, keys, async (store) =>
    (await store.disable(person as PersonId))
      ? done(
          terminal,
          person,
          `${person} may not sign in any more, and is signed out. The name stays with what was signed.`,
        )
      : nobody(terminal, person),
  );
}

/** Ends the lock that wrong passwords brought on. */
export function unlockPerson(terminal: Terminal, keys: string, person: string): Promise<number> {
  return withPeople(terminal, keys, async (store) => {
    const account = (await store.list()).find((each) => each.person === person);
    if (account?.disabled) {
      const what = `The account ${person} was ended; unlocking does not bring it back.`;
      const remedy = "Invite the person again: `cellward people invite`.";
      return terminal.trouble({ code: "account-disabled", what, remedy }, exitCode.refused);
    }
    return (await store.unlock(person as PersonId))
      ? done(terminal, person, `${person} may try to sign in again.`)
      : nobody(terminal, person);
  });
}

function done(terminal: Terminal, person: string, words: string): number {
  terminal.result({ ok: true, person }, words);
  return exitCode.ok;
}

function nobody(terminal: Terminal, person: string): number {
  const what = `Nobody here is ${person}.`;
  const remedy = "Take the identifier (P-…) from `cellward people list`.";
  return terminal.trouble({ code: "no-such-person", what, remedy }, exitCode.refused);
}

/** `cellward people`: who may use this cell; a place is taken at the panel with a one-time code. */
import { join } from "node:path";
import { openPeople } from "../../people/io/store.ts";
import type { Role } from "../../people/person.ts";
import { exitCode } from "../exit-code.ts";
import { systemClock } from "./system.ts";
import type { Terminal } from "./terminal.ts";

const roles: readonly string[] = ["technician", "qa", "engineer"] satisfies readonly Role[];

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
  const store = await openPeople({ path: join(keys, "people.json"), clock: systemClock });
  const { person, code, expires } = await store.invite(asked as Role[]);
  const until = new Date(expires).toISOString().slice(0, 16).replace("T", " ");
  terminal.result(
    { ok: true, person, code, expires },
    `One-time code for a new ${asked.join(" and ")}: ${code}\nIt is typed once at the panel (New here?), before ${until} UTC.`,
  );
  return exitCode.ok;
}

/** Lists accounts with their roles. */
export async function listPeople(terminal: Terminal, keys: string): Promise<number> {
  const store = await openPeople({ path: join(keys, "people.json"), clock: systemClock });
  const people = await store.list();
  const lines = people.map(
    ({ person, name, roles: held, disabled }) =>
      `${person}  ${name}  ${held.join(", ")}${disabled ? "  (disabled)" : ""}`,
  );
  terminal.result(people, lines.join("\n") || "Nobody is enrolled yet.");
  return exitCode.ok;
}

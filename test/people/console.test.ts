/** Accounts as the engineer ends and unlocks them on the console, and what a wrong command line is answered. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PersonId } from "../../src/kernel/names.ts";
import { openPeople } from "../../src/people/io/store.ts";

const main = resolve(import.meta.dirname, "../../src/main.ts");
const cost = { memory_KiB: 64, passes: 1, lanes: 1 };
let keys: string;
let person: PersonId;
const open = () => openPeople({ path: join(keys, "people.json"), cost, clock: { now: () => Date.now() } });

function cellward(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [main, ...args], (problem, out, err) =>
      done({ code: problem ? (problem.code as number) : 0, out, err }),
    );
  });
}

beforeEach(async () => {
  keys = await mkdtemp(join(tmpdir(), "cellward-console-"));
  const people = await open();
  const { code } = await people.invite(["technician"]);
  const enrolled = await people.enrol(code, "Ana Lima", "58203914");
  if (!enrolled.ok) throw new Error(enrolled.error.what);
  person = enrolled.value.person;
});
afterEach(() => rm(keys, { recursive: true }));

describe("cellward people", () => {
  it("[F91] disable ends an account for good, and says so in the list", async () => {
    const people = await open();
    const ended = await cellward("--json", "people", "disable", person, "--keys", keys);
    expect([ended.code, JSON.parse(ended.out)]).toEqual([0, { ok: true, person }]);
    expect(people.isMember(person)).toBe(false);
    expect((await cellward("people", "list", "--keys", keys)).out).toContain("(disabled)");
    const unlocked = await cellward("people", "unlock", person, "--keys", keys);
    expect([unlocked.code, unlocked.err]).toEqual([7, expect.stringContaining("does not bring it back")]);
  });

  it("[F91] central QA's accounts are listed and ended in the same way", async () => {
    const ended = await cellward("--json", "qa", "people", "disable", person, "--keys", keys);
    expect([ended.code, JSON.parse(ended.out)]).toEqual([0, { ok: true, person }]);
    expect((await cellward("qa", "people", "list", "--keys", keys)).out).toContain("(disabled)");
    const invited = await cellward("--json", "qa", "people", "invite", "--keys", keys);
    expect([invited.code, JSON.parse(invited.out)]).toEqual([0, expect.objectContaining({ ok: true })]);
  });

  it("[F91] unlock ends the lock of wrong passwords", async () => {
    const people = await open();
    for (let failure = 1; failure <= 5; failure += 1) await people.authenticate("Ana Lima", "wrong");
    expect((await people.authenticate("Ana Lima", "58203914")).outcome).toBe("locked");
    expect((await cellward("people", "unlock", person, "--keys", keys)).code).toBe(0);
    expect((await people.authenticate("Ana Lima", "58203914")).outcome).toBe("accepted");
  });

  it.each(["disable", "unlock"])("%s refuses somebody who is not here", async (verb) => {
    const { code, err } = await cellward("people", verb, "P-000000000000", "--keys", keys);
    expect([code, err]).toEqual([7, expect.stringContaining("Nobody here is P-000000000000.")]);
  });

  it.each([[["list"]], [["invite", "--role", "qa"]], [["disable", "P-1"]], [["unlock", "P-1"]]])(
    "%j with a key folder that does not exist is refused, and makes none",
    async (args) => {
      const nowhere = join(keys, "no", "folder");
      const { code, err } = await cellward("people", ...args, "--keys", nowhere);
      expect([code, err]).toEqual([7, expect.stringContaining(`There is no key folder ${nowhere}.`)]);
      expect(existsSync(join(keys, "no"))).toBe(false);
    },
  );
});

describe("a wrong command line", () => {
  it.each([
    [["--json", "launch"], "unknown command 'launch'"],
    [["people", "list", "--json"], "--keys"],
    [["people", "--json", "disable", "--keys", "k"], "person"],
    [["verify", "--sideways", "--json"], "--sideways"],
    [["--json", "people", "dance"], "dance"],
    [["--json"], "No command was named."],
    [["people", "--json"], "No command was named."],
  ])("%j is answered as JSON where JSON was asked for", async (args, words) => {
    const { code, out, err } = await cellward(...args);
    expect([code, err]).toEqual([2, ""]);
    expect(JSON.parse(out)).toEqual({
      ok: false,
      code: "usage",
      what: expect.stringContaining(words),
      remedy: expect.stringMatching(/\.$/),
    });
  });

  it("is answered in words where it was not, and help is no error", async () => {
    const { code, out, err } = await cellward("launch");
    expect([code, out, err]).toEqual([2, "", expect.stringContaining("unknown command 'launch'")]);
    expect((await cellward("--json", "--help")).code).toBe(0);
  });
});

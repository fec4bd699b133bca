/** The people file: one-time codes, argon2id, lockout across processes, modes and damage. */
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { defaultCost, hashPassword, isPassword } from "../../src/people/io/password.ts";
import { openPeople } from "../../src/people/io/store.ts";

const cost = { memory_KiB: 64, passes: 1, lanes: 1 };
let folder: string;
let path: string;
let now: number;
const open = () => openPeople({ path, cost, clock: { now: () => now } });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellward-people-"));
  path = join(folder, "keys", "people.json");
  now = 1_700_000_000_000;
});
afterEach(() => rm(folder, { recursive: true }));

it("[F90] nobody can sign in before somebody was invited: there is no default password", async () => {
  const people = await open();
  expect(await people.list()).toEqual([]);
  expect(await people.authenticate("admin", "admin")).toEqual({ outcome: "refused", person: null });
});

it("[F91] a one-time code enrols one person once; name and roles come back, the password works", async () => {
  const people = await open();
  const { code, person } = await people.invite(["technician"]);
  expect(code).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
  const enrolled = await people.enrol(code.toLowerCase().replaceAll("-", " "), "Ana Lima", "58203914");
  expect(enrolled).toEqual({ ok: true, value: { person, name: "Ana Lima", roles: ["technician"], disabled: false } });
  expect(await people.enrol(code, "Ben Okoro", "58203914")).toMatchObject({
    ok: false,
    error: { code: "code-unknown" },
  });
  expect(await people.authenticate("ana lima", "58203914")).toMatchObject({ outcome: "accepted", member: { person } });
  expect(people.nameOf(person)).toBe("Ana Lima");
  const second = await people.invite(["qa"]);
  expect(await people.enrol(second.code, "ANA  LIMA", "58203914")).toMatchObject({ error: { code: "name-taken" } });
});

it("a code ends after a day", async () => {
  const people = await open();
  const { code } = await people.invite(["qa"]);
  now += 24 * 60 * 60 * 1000;
  expect(await people.enrol(code, "Ben Okoro", "58203914")).toMatchObject({
    ok: false,
    error: { code: "code-unknown" },
  });
});

it("[F91] five failures lock, the right password does not help while locked, and another process sees it", async () => {
  const people = await open();
  const { code, person } = await people.invite(["qa"]);
  await people.enrol(code, "Ben Okoro", "58203914");
  for (let failure = 1; failure <= 4; failure += 1) {
    expect(await people.authenticate("Ben Okoro", "wrong")).toEqual({ outcome: "refused", person });
  }
  expect(await people.authenticate("Ben Okoro", "wrong")).toMatchObject({ outcome: "locked", person });
  const other = await open();
  expect(await other.authenticate("Ben Okoro", "58203914")).toMatchObject({ outcome: "locked" });
  now += 15 * 60 * 1000;
  expect(await other.authenticate("Ben Okoro", "58203914")).toMatchObject({ outcome: "accepted" });
});

it("[F91] guesses made at the same time are all counted", async () => {
  const people = await open();
  const { code } = await people.invite(["qa"]);
  await people.enrol(code, "Ben Okoro", "58203914");
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => people.authenticate("Ben Okoro", "wrong")));
  expect(outcomes.filter((each) => each.outcome === "refused")).toHaveLength(4);
  expect(outcomes.filter((each) => each.outcome === "locked")).toHaveLength(4);
});

it("invitations made at the same time by two processes are both kept", async () => {
  const [one, two] = await Promise.all([open(), open()]);
  const codes = await Promise.all([...Array(6).keys()].map((n) => (n % 2 ? one : two).invite(["technician"])));
  for (const [n, { code }] of codes.entries()) {
    expect((await one.enrol(code, `Person ${n}`, "58203914")).ok).toBe(true);
  }
});

it("[F90] the file holds no code and no password, has mode 0600 and leaves nothing beside it", async () => {
  const people = await open();
  const { code } = await people.invite(["qa"]);
  await people.enrol((await people.invite(["technician"])).code, "Ana Lima", "58203914");
  const text = await readFile(path, "utf8");
  expect(text).not.toContain("58203914");
  expect(text).not.toContain(code.replaceAll("-", ""));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, "keys"))).mode & 0o777).toBe(0o700);
  expect(await readdir(join(folder, "keys"))).toEqual(["people.json"]);
});

it("refuses a file that others may read, and a damaged one", async () => {
  await (await open()).invite(["qa"]);
  await chmod(path, 0o644);
  await expect(open()).rejects.toThrow("may be read by others");
  await chmod(path, 0o600);
  await writeFile(path, '{"v":1,"accounts":[{}],"invitations":[]}');
  await expect(open()).rejects.toThrow();
});

it("a disabled account keeps its name and cannot sign in", async () => {
  const people = await open();
  const { code, person } = await people.invite(["technician"]);
  await people.enrol(code, "Ana Lima", "58203914");
  expect(await people.disable(person)).toBe(true);
  expect(await people.authenticate("Ana Lima", "58203914")).toEqual({ outcome: "refused", person: null });
  expect(people.nameOf(person)).toBe("Ana Lima");
});

it("[F91] an account that another process ended is no member from that moment on", async () => {
  const people = await open();
  const { code, person } = await people.invite(["technician"]);
  expect(people.isMember(person)).toBe(false);
  await people.enrol(code, "Ana Lima", "58203914");
  expect(people.isMember(person)).toBe(true);
  await (await open()).disable(person);
  expect(people.isMember(person)).toBe(false);
  await rm(path);
  expect(people.isMember(person)).toBe(false);
});

it("[F91] an unlocked account may sign in again at once, with all its tries; nobody's is no account", async () => {
  const people = await open();
  const { code, person } = await people.invite(["qa"]);
  expect(await people.unlock(person)).toBe(false);
  await people.enrol(code, "Ben Okoro", "58203914");
  for (let failure = 1; failure <= 5; failure += 1) await people.authenticate("Ben Okoro", "wrong");
  expect(await people.authenticate("Ben Okoro", "58203914")).toMatchObject({ outcome: "locked" });
  expect(await (await open()).unlock(person)).toBe(true);
  for (let failure = 1; failure <= 4; failure += 1) {
    expect(await people.authenticate("Ben Okoro", "wrong")).toMatchObject({ outcome: "refused" });
  }
  expect(await people.authenticate("Ben Okoro", "58203914")).toMatchObject({ outcome: "accepted" });
  await people.disable(person);
  await people.unlock(person);
  expect(await people.authenticate("Ben Okoro", "58203914")).toMatchObject({ outcome: "refused" });
});

it("hashes with argon2id at the recommended cost, salted", async () => {
  const [one, two] = [await hashPassword("58203914", defaultCost), await hashPassword("58203914", defaultCost)];
  expect(one).toMatchObject({ algorithm: "argon2id", memory_KiB: 65_536, passes: 3 });
  expect(one.tag).not.toBe(two.tag);
  expect(await isPassword("58203914", one)).toBe(true);
  expect(await isPassword("58203915", one)).toBe(false);
});

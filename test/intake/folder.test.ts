/** The intake folder, with real files: good packages come in and leave it, hostile ones are put aside with a sentence. */
import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { watchFolder } from "../../src/intake/io/folder.ts";
import { type Desk, goodPackage, openDesk, order, quickClock, temporaryFolder, unreleased } from "./desk.ts";

let folder: ReturnType<typeof temporaryFolder>;
const ends: (() => void)[] = [];
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
  folder.remove();
});

/** A thread has to start for each package, on a machine that may be busy. */
const eventually = <T>(ask: () => T) => expect.poll(ask, { timeout: 30_000, interval: 20 });
const lay = (name: string, bytes: Uint8Array) => writeFileSync(join(folder.path, name), bytes);
const here = () => readdirSync(folder.path).sort();
const refusedHere = () => readdirSync(join(folder.path, "refused")).sort();

function watch({ intake, logged }: Desk): () => void {
  const log = (what: string) => (logged as string[]).push(what);
  const end = watchFolder({ folder: folder.path, intake, clock: quickClock, log });
  ends.push(end);
  return end;
}

describe("[F1] the intake folder", () => {
  it("[L5] takes a good package in and off the folder, and starts nothing", async () => {
    const desk = await openDesk();
    lay("guide.cwp", await goodPackage());
    watch(desk);
    await eventually(desk.jobs).toEqual(["J-1"]);
    await eventually(here).toEqual([]);
    expect(desk.story.state.jobs["J-1"]!.attempts).toEqual([]);
  });

  it("[L8] puts a refused one aside, with the sentence beside it and in the record", async () => {
    const desk = await openDesk();
    lay("Jane Doe.cwp", await unreleased());
    watch(desk);
    await eventually(here).toEqual(["refused"]);
    await eventually(refusedHere).toEqual(["Jane Doe.cwp", "Jane Doe.cwp.txt"]);
    const told = () => readFileSync(join(folder.path, "refused/Jane Doe.cwp.txt"), "utf8");
    await eventually(told).toMatch(/one signature, and takes two\.\nGive the package to clinical release/);
    expect(desk.refusals()).toEqual([expect.stringMatching(/one signature/)]);
    // The file's name was typed by somebody: it goes neither into the record nor into the log.
    expect(JSON.stringify([desk.story.events, desk.logged])).not.toContain("Jane");
  });

  it("a pipe, a link, a folder, a file without end and a long name do not keep a good package out", async () => {
    const desk = await openDesk();
    execFileSync("mkfifo", [join(folder.path, "a.cwp")]);
    symlinkSync("/dev/zero", join(folder.path, "b.cwp"));
    mkdirSync(join(folder.path, "c.cwp"));
    lay("d.cwp", new Uint8Array(1));
    truncateSync(join(folder.path, "d.cwp"), (64 << 20) + 1);
    lay(`${"e".repeat(250)}.cwp`, new Uint8Array(10));
    lay("f.cwp", await goodPackage());
    watch(desk);
    await eventually(here).toEqual(["refused"]);
    await eventually(() => refusedHere().length).toBe(10);
    expect(desk.jobs()).toEqual(["J-1"]);
    expect(desk.refusals().join(" ")).toMatch(
      /not a plain file.*a link.*not a plain file.*larger than.*not a job package/,
    );
  });

  it("leaves a file alone while it grows, and hidden and other files for ever", async () => {
    const desk = await openDesk();
    const bytes = await goodPackage();
    lay(".hidden.cwp", bytes);
    lay("note.txt", new Uint8Array(3));
    lay("slow.cwp", bytes.subarray(0, 10));
    watch({ ...desk, intake: { ...desk.intake, take: desk.intake.take } });
    lay("slow.cwp", bytes);
    await eventually(desk.jobs).toEqual(["J-1"]);
    await eventually(here).toEqual([".hidden.cwp", "note.txt"]);
    expect(desk.refusals()).toEqual([]);
  });

  it("[F10] after a crash knows what it had accepted; the same package laid there again is a replay", async () => {
    const desk = await openDesk();
    const bytes = await goodPackage();
    await desk.intake.take(bytes);
    lay("guide.cwp.taking", bytes);
    lay("other.cwp.taking", await goodPackage({ order: { ...order, id: "J-2" } }));
    watch(desk);
    await eventually(desk.jobs).toEqual(["J-1", "J-2"]);
    await eventually(here).toEqual([]);
    expect(desk.refusals()).toEqual([]);
    lay("guide.cwp", bytes);
    await eventually(desk.refusals).toEqual([expect.stringMatching(/already here/)]);
  });

  it("writes through no link that somebody laid into the folder", async () => {
    const desk = await openDesk();
    const elsewhere = temporaryFolder();
    ends.push(elsewhere.remove);
    symlinkSync(elsewhere.path, join(folder.path, "refused"));
    lay("bad.cwp", new Uint8Array(10));
    watch(desk);
    await eventually(() => desk.logged.join(" ")).toMatch(/cannot be used/);
    expect(readdirSync(elsewhere.path)).toEqual([]);
    expect(lstatSync(join(folder.path, "bad.cwp.taking")).isFile()).toBe(true);
  });
});

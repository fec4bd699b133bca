/** An older image of a record beside the keys that know better, and files that stand where a command is to write. */
import { chmodSync, cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { begin, cellWithOrder, prepare } from "../jobs/story.ts";
import { makePlace, openCell, type Place } from "./lost-cell.ts";

let place: Place;
const at = (name: string): string => place.path(name);
const witness = ["--witness"];

beforeAll(async () => {
  place = await makePlace();
  witness.push(at("qa-keys/witness.vkey"));
  const story = cellWithOrder();
  let cell = await openCell(place);
  await place.write(cell, story, 0);
  await place.sync(cell);
  await cell.ledger.close();
  cpSync(at("data"), at("old"), { recursive: true });
  chmodSync(at("old"), 0o700);
  cell = await openCell(place);
  const written = story.events.length;
  prepare(story);
  begin(story);
  await place.write(cell, story, written);
  await place.sync(cell);
  await cell.ledger.close();
}, 60_000);
afterAll(() => place.remove());

function exporting(data: string, out: string, ...more: string[]) {
  const folders = ["--data", at(data), "--keys", at("keys"), "--out", at(out), "--no-pictures"];
  return place.cellward(["--json", "export", "J1", ...folders, ...witness, ...more]);
}

test("[F71][L7] an export of an older image is refused where the keys know better, and says what it is where it is asked for", async () => {
  const refused = await exporting("old", "refused.json");
  expect([refused.code, JSON.parse(refused.out)]).toMatchObject([7, { code: "older-image" }]);
  expect(existsSync(at("refused.json"))).toBe(false);
  const made = await exporting("old", "older.json", "--from-older-image");
  expect([made.code, made.out]).toEqual([0, expect.anything()]);
  const said = JSON.parse(made.out) as { olderImage: { entries: number; signed: number } };
  expect(said.olderImage.signed).toBeGreaterThan(said.olderImage.entries);
  expect(readFileSync(at("older.html"), "utf8")).toContain("FROM AN OLDER IMAGE");
  const whole = await exporting("data", "whole.json");
  expect([whole.code, JSON.parse(whole.out)]).toMatchObject([0, { olderImage: null }]);
  expect(readFileSync(at("whole.html"), "utf8")).not.toContain("OLDER IMAGE");
});

test("[F76][L7] no archive is made of an older image", async () => {
  const make = (data: string) =>
    place.cellward([
      ...["--json", "archive", "make", "--data", at(data), "--keys", at("keys"), "--year", "1970"],
      ...["--out", at(`archive-${data}`), ...witness],
    ]);
  const refused = await make("old");
  expect([refused.code, JSON.parse(refused.out)]).toMatchObject([7, { code: "older-image" }]);
  expect(existsSync(at("archive-old"))).toBe(false);
  // The same year of the cell's own folder is refused for its open job alone.
  expect(JSON.parse((await make("data")).out)).toMatchObject({ code: "job-open" });
});

test("[F71] no command writes over a file that stands there: export, qa copy, release, pack", async () => {
  const mine = "somebody's own";
  for (const name of ["mine.html", "mine", "mine.cwp"]) writeFileSync(at(name), mine);
  const central = ["--config", at("qa.toml"), "--data", at("."), "--keys", at("qa-keys"), "--cell", "cell-1"];
  const signing = ["--key", at("none.key"), "--out", at("mine.cwp")];
  const order = ["--program", at("none"), "--identifiers", at("none"), "--recipient", "age1none"];
  for (const said of [
    await exporting("data", "mine.json"),
    await place.cellward(["--json", "qa", "copy", ...central, "--out", at("mine")]),
    await place.cellward(["--json", "release", at("none.cwp"), ...signing, "--design-authority", at("none")]),
    await place.cellward(["--json", "pack", "--order", at("none.toml"), ...order, "--recipes", at("none"), ...signing]),
  ]) {
    expect([said.code, said.out]).toEqual([7, expect.stringContaining('"file-exists"')]);
  }
  for (const name of ["mine.html", "mine", "mine.cwp"]) expect(readFileSync(at(name), "utf8")).toBe(mine);
  expect(existsSync(at("mine.json"))).toBe(false);
});

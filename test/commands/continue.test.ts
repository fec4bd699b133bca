/** Continuing a log with a slip of the hand: refused before anybody signs, and never twice. */
import { existsSync, readFileSync, renameSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cellWithOrder } from "../jobs/story.ts";
import { makePlace, openCell, origin, type Place, typed } from "./lost-cell.ts";

let place: Place;
const at = (name: string) => place.path(name);
beforeAll(async () => {
  place = await makePlace();
  const cell = await openCell(place);
  await place.write(cell, cellWithOrder(), 0);
  await cell.ledger.close();
}, 60_000);
afterAll(() => place.remove());

const usual = { data: "data", keys: "keys", origin: "test.example/cell-1b", newData: "data-b", newKeys: "keys-b" };
const two = [...typed("qa"), ...typed("engineer")];
function goOn(change: Partial<typeof usual>, ...lines: readonly string[]) {
  const { data, keys, origin: name, newData, newKeys } = { ...usual, ...change };
  const old = ["--data", at(data), "--keys", at(keys)];
  const fresh = ["--origin", name, "--new-data", at(newData), "--new-keys", at(newKeys)];
  return place.cellward(["--json", "continue", ...old, ...fresh, "--reason", "key-lost"], ...lines);
}

describe("[F96][L4] cellward continue", () => {
  it("refuses a name or a folder that cannot be before anybody signs, and closes nothing", async () => {
    const slips: [Partial<typeof usual>, string][] = [
      [{ origin }, "bad-origin"],
      [{ origin: "no name" }, "bad-origin"],
      [{ data: "nowhere" }, "ledger-absent"],
      [{ data: "keys" }, "folders-touch"],
      [{ newKeys: "data-b" }, "folders-touch"],
      [{ newKeys: "data/keys-b" }, "folders-touch"],
    ];
    for (const [change, code] of slips) {
      const said = await goOn(change);
      expect([said.code, JSON.parse(said.out).code], said.err).toEqual([7, code]);
    }
    expect([at("keys/continued.txt"), at("data-b"), at("keys-b")].filter(existsSync)).toEqual([]);
    const cell = await openCell(place);
    expect(cell.standing.kind).toBe("current");
    await cell.ledger.close();
  });

  it("gives a log one successor: a run that was cut off goes on with that one, and no other is laid", async () => {
    expect((await goOn({}, ...two)).code).toBe(0);
    const key = readFileSync(at("keys-b/cell.vkey"), "utf8");
    expect(readFileSync(at("keys/continued.txt"), "utf8")).toBe(`${usual.origin}\n${key}`);
    const verified = await place.cellward(["verify", at("data-b"), "--keys", at("keys-b")]);
    expect([verified.code, verified.out]).toEqual([0, expect.stringContaining("GENUINE")]);
    const other = await goOn({ newData: "data-c", newKeys: "keys-c" }, ...two);
    expect([other.code, JSON.parse(other.out).code]).toEqual([7, "continued"]);

    // As a cut between the last two steps leaves it; and another log of that name beside it.
    renameSync(at("data-b"), at("data-b.partial"));
    await place.cellward(["init", "--data", at("data-d.partial"), "--keys", at("keys-d"), "--origin", usual.origin]);
    const wrong = await goOn({ newData: "data-d", newKeys: "keys-d" });
    expect([wrong.code, existsSync(at("data-d"))]).toEqual([7, false]);
    const again = await goOn({});
    expect([again.code, JSON.parse(again.out)]).toEqual([0, expect.objectContaining({ resumed: true })]);
    const cell = await openCell(place, "data-b", "keys-b");
    expect(cell.standing.kind).toBe("current");
    await cell.ledger.close();
  });
});

/** The drill of docs/restore.md: a cell loses its disk, is restored on a blank machine, and goes on only where nothing can be made twice. */
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decide } from "../../src/jobs/decide/decide.ts";
import type { Event } from "../../src/jobs/event.ts";
import { evolve } from "../../src/jobs/evolve.ts";
import { emptyState, type State } from "../../src/jobs/state.ts";
import type { Digest } from "../../src/kernel/names.ts";
import { messageBytes, type UpMessage } from "../../src/ledger/batch.ts";
import { openArtifacts } from "../../src/ledger/io/artifacts.ts";
import { readFloor, writeFloor } from "../../src/ledger/io/floor.ts";
import type { OpenedLedger } from "../../src/ledger/io/ledger.ts";
import { repairFolder } from "../../src/ledger/io/repair.ts";
import { formatKey } from "../../src/ledger/note.ts";
import { openSqliteStore, storeFile } from "../../src/qa/io/sqlite.ts";
import { goodPackage, openDesk } from "../intake/desk.ts";
import { begin, cellWithOrder, job, order, prepare, type Story } from "../jobs/story.ts";
import { ed25519Signer } from "../ledger/witness.ts";
import { makePlace, openCell, origin, type Place, typed } from "./lost-cell.ts";

let place: Place;
let story: Story;
/** How many entries the backup holds. */
let begun = 0;
const at = (name: string) => place.path(name);
beforeAll(async () => {
  place = await makePlace();
  // A job is begun; a backup is made; then the cell goes on, and all of it comes to central QA.
  story = cellWithOrder();
  const cell = await openCell(place);
  await openArtifacts(at("data"), cell.keys.dataKey).put(Buffer.from('"program"'));
  await place.write(cell, story, 0);
  await place.sync(cell);
  expect((await backup("copy")).code).toBe(0);
  begun = story.events.length;
  prepare(story);
  begin(story);
  await place.write(cell, story, begun);
  await place.sync(cell);
  await cell.ledger.close();
}, 60_000);
afterAll(() => place.remove());

const backup = (to: string) => place.cellward(["backup", "--data", at("data"), "--keys", at("keys"), "--to", at(to)]);
const restore = (to: string, keys = "keys") =>
  place.cellward(["restore", at("copy"), "--keys", at(keys), "--data", at(to)]);
const copyOfQa = () =>
  place.cellward([
    "qa",
    "copy",
    "--config",
    at("qa.toml"),
    "--data",
    at("."),
    "--keys",
    at("qa-keys"),
    "--cell",
    "cell-1",
    "--out",
    at("qa-copy"),
  ]);
const repair = (data: string, keys = "keys", copy = "qa-copy") =>
  place.cellward(
    ["repair", "--data", at(data), "--keys", at(keys), "--copy", at(copy), "--witness", at("qa-keys/witness.vkey")],
    ...typed("engineer"),
  );
/** The same without a command line and people, where it is not to go on. */
async function repairHere(data: string, keys = "keys", copy = "qa-copy") {
  const folders = { dataDir: at(data), keysDir: at(keys) };
  const drafts = () => expect.unreachable("a log that cannot go on is written to");
  return repairFolder({ ...folders, copy: at(copy), witnesses: [place.witness], drafts });
}
async function headOf(data: string, size: number): Promise<string> {
  const { ledger } = await openCell(place, data, "keys-copy");
  const { root } = await ledger.headAt(size);
  await ledger.close();
  return root;
}

function copyKeys(to: string): void {
  cpSync(at("keys"), at(to), { recursive: true });
  chmodSync(at(to), 0o700);
}
const goOn = (data: string, keys: string, reason: string, ...lines: readonly string[]) =>
  place.cellward(
    [
      ...["--json", "continue", "--data", at(data), "--keys", at(keys), "--origin", "test.example/cell-1b"],
      ...[
        "--new-data",
        at("data-b"),
        "--new-keys",
        at("keys-b"),
        "--reason",
        reason,
        "--witness",
        at("qa-keys/witness.vkey"),
      ],
    ],
    ...lines,
  );

async function foldOf({ ledger }: OpenedLedger): Promise<{ state: State; types: string[] }> {
  let state = emptyState;
  const types: string[] = [];
  for await (const { entry, body } of ledger.read(0)) {
    state = evolve(state, { ...body, type: entry.type } as unknown as Event, entry.at);
    types.push(entry.type);
  }
  return { state, types };
}

describe("[F96] restore on a blank machine", () => {
  it("verifies, is for viewing, and goes on by itself neither as it is nor by a key folder that is a copy", async () => {
    expect((await restore("blank")).code).toBe(0);
    const verified = await place.cellward(["verify", at("blank"), "--key", at("keys/cell.vkey")]);
    expect([verified.code, verified.out]).toEqual([0, expect.stringContaining("GENUINE")]);
    const opened = await openCell(place, "blank");
    expect(opened.standing.kind).toBe("restored");
    await opened.ledger.close();
    expect((await copyOfQa()).code).toBe(0);
    copyKeys("keys-copy");
    cpSync(at("blank"), at("blank-copy"), { recursive: true });
    const repaired = await repairHere("blank-copy", "keys-copy");
    expect(repaired).toMatchObject({
      ok: true,
      value: { viewOnly: expect.stringContaining("The key folder is a copy") },
    });
    const still = await openCell(place, "blank-copy", "keys-copy");
    expect([still.standing.kind, still.ledger.head().size]).toEqual(["restored", story.events.length]);
    await still.ledger.close();
  });

  it("[F33][L4] catches up from central QA's copy to what the cell had signed, and then goes on under its name", async () => {
    const said = await repair("blank");
    expect([said.code, said.out]).toEqual([0, expect.stringContaining("goes on under its name")]);
    const opened = await openCell(place, "blank");
    const { state, types } = await foldOf(opened);
    expect([opened.standing.kind, types.at(-1)]).toEqual(["current", "RecordRepaired"]);
    expect(state.jobs[job]?.attempts).toHaveLength(1);
    await opened.ledger.close();
    const verified = await place.cellward([
      "verify",
      at("blank"),
      "--keys",
      at("keys"),
      "--witness",
      at("qa-keys/witness.vkey"),
    ]);
    expect([verified.code, verified.out]).toEqual([0, expect.stringContaining("GENUINE AND COMPLETE")]);
  });

  it("[L4] that did not end in order is asked for more: what it may have begun unsigned is told to whoever records it", async () => {
    cpSync(at("blank-copy"), at("unclean"), { recursive: true });
    const floor = await readFloor(at("keys"), origin);
    await writeFloor(at("keys"), origin, { size: begun, root: (await headOf("blank-copy", begun)) as Digest });
    const told: boolean[] = [];
    await repairFolder({
      ...{ dataDir: at("unclean"), keysDir: at("keys"), copy: at("qa-copy"), witnesses: [place.witness] },
      drafts({ isEndKnown, entries }) {
        told.push(isEndKnown, [...entries].length === story.events.length);
        return [];
      },
    });
    await writeFloor(at("keys"), origin, floor!, floor!.closed);
    expect(told).toEqual([false, true]);
  });

  it("[L7] a damaged ledger is rebuilt from the copy, with what was good beyond it, and what stood there is kept", async () => {
    cpSync(at("blank"), at("damaged"), { recursive: true });
    const file = at("damaged/ledger.db");
    const bytes = readFileSync(file);
    bytes.fill(0x55, 4096, 4096 * 2);
    writeFileSync(file, bytes);
    const repaired = await repairHere("damaged");
    // The entry that recorded the first repair is lost with the file: the cell has signed more than central holds.
    expect(repaired).toMatchObject({ ok: true, value: { viewOnly: expect.stringMatching(/has signed \d+ entries/) } });
    expect(readdirSync(at("damaged/replaced-1"))).toContain("ledger.db");
    expect((await place.cellward(["verify", at("damaged"), "--key", at("keys/cell.vkey")])).code).toBe(0);
  });

  it("[F80][L7] a copy that was changed, or that no trusted witness has countersigned, changes nothing", async () => {
    const before = readFileSync(at("blank/ledger.db"));
    const lines = readFileSync(at("qa-copy"), "utf8").split("\n");
    const changed: Record<string, readonly string[]> = {
      body: lines.map((line) => line.replace("CASE-1", "CASE-2")),
      short: [...lines.slice(0, -3), ""],
      unsigned: lines.filter((line) => !line.includes('"note"')),
    };
    for (const [name, text] of Object.entries(changed)) {
      writeFileSync(at(`copy-${name}`), text.join("\n"));
      expect(await repairHere("blank", "keys", `copy-${name}`), name).toMatchObject({
        ok: false,
        error: { code: "copy-refused" },
      });
    }
    expect(readFileSync(at("blank/ledger.db"))).toEqual(before);
  });
});

describe("[F96][L4] a log whose end is lost", () => {
  const two = [...typed("qa"), ...typed("engineer")];

  it("is continued by two people, neither by one nor by one twice, and not where nothing is lost", async () => {
    copyKeys("keys-2");
    expect((await restore("lost", "keys-2")).code).toBe(0);
    for (const lines of [typed("qa"), [...typed("both"), ...typed("both")]]) {
      const said = await goOn("lost", "keys-2", "restored", ...lines);
      expect([said.code, existsSync(at("data-b")), existsSync(at("keys-b"))], said.out).toEqual([7, false, false]);
    }
    const whole = await goOn("blank", "keys", "damaged");
    expect([whole.code, whole.out]).toEqual([7, expect.stringContaining("nothing-lost")]);
    const done = await goOn("lost", "keys-2", "restored", ...two);
    expect([done.code, JSON.parse(done.out)]).toEqual([0, expect.objectContaining({ voided: 1, closed: 1 })]);
  });

  it("names what it continues, closes what was open, and takes no order in that was issued before", async () => {
    const opened = await openCell(place, "data-b", "keys-b");
    expect(opened.standing.kind).toBe("current");
    const { state, types } = await foldOf(opened);
    expect(types).toEqual(["LogContinued", "AncestorOrders", "AncestorJobClosed"]);
    expect([state.ancestor, Object.keys(state.jobs)]).toEqual([origin, []]);
    for await (const { body } of opened.ledger.read(0, 1)) {
      expect(body).toMatchObject({
        ancestor: { origin, cosigned: { size: begun }, floor: { size: expect.any(Number) } },
      });
    }
    const tell = (change: object) =>
      decide(state, { at: 1_000, mono: 1, id: "m", message: { kind: "accept-order", order: { ...order, ...change } } });
    expect(tell({}).refusal?.code).toBe("order-replayed");
    expect(tell({ id: "J2" }).refusal?.code).toBe("order-replayed");
    // The packages themselves are addressed to the log that is over, and sealed for a key that is not here.
    const desk = await openDesk({ origin: "test.example/cell-1b" });
    const old = await desk.intake.take(await goodPackage());
    expect(old).toMatchObject({ ok: false, error: { code: "other-cell" } });
    expect(readFileSync(at("keys-b/age.identity"), "utf8")).not.toContain(
      readFileSync(at("keys/age.identity"), "utf8"),
    );
    await opened.ledger.close();
  });

  it("is over: its folder goes on neither as it is nor repaired", async () => {
    const opened = await openCell(place, "lost", "keys-2");
    expect(opened.standing).toMatchObject({ kind: "continued", what: expect.stringContaining("test.example/cell-1b") });
    await opened.ledger.close();
    const repaired = await repairHere("lost", "keys-2");
    expect(repaired).toMatchObject({
      ok: true,
      value: { viewOnly: expect.stringContaining("continued it as test.example") },
    });
  });

  it("[F81] is known to central QA by its ancestor alone, which is over there too", async () => {
    const opened = await openCell(place, "data-b", "keys-b");
    const key = readFileSync(at("keys-b/cell.vkey"), "utf8").trim();
    const [own, past] = [
      { origin: "test.example/cell-1b", key },
      { origin, keys: [readFileSync(at("keys/cell.vkey"), "utf8").trim()] },
    ];
    place.register(own);
    expect(await place.sync(opened)).toBe(0);
    const stranger = "test.example/cell-9";
    place.register(own, { origin: stranger, keys: [formatKey(ed25519Signer(stranger, 1).key)] });
    expect(await place.sync(opened)).toBe(0);
    place.register(own, past);
    expect(await place.sync(opened)).toBe(3);
    await opened.ledger.close();
    // It went on from the backup; central holds what came after, and says so.
    const store = openSqliteStore(at(storeFile));
    const alarms = (await store.alarms(10)).filter(({ code }) => code === "ancestor");
    await store.close();
    expect(alarms).toMatchObject([{ what: expect.stringContaining(`from its first ${begun} entries; central holds`) }]);
    const hello: UpMessage = { kind: "hello", origin, size: 4, id: "h1" };
    const { answers } = await place.atCentral((ingest) => ingest.hear("cell-1", messageBytes(hello)));
    expect(answers).toMatchObject([{ kind: "fork", origin, what: expect.stringContaining("is over") }]);
    const verified = await place.cellward([
      "qa",
      "verify",
      "--config",
      at("qa.toml"),
      "--data",
      at("."),
      "--keys",
      at("qa-keys"),
    ]);
    expect([verified.code, verified.out]).toEqual([0, expect.stringContaining(`cell-1 (${origin}): VERIFIED`)]);
  });
});

/** Review by exception: what the fold of a cell's entries brings to the inbox, and what it leaves in peace. */
import { describe, expect, test } from "vitest";
import { jobOf } from "../../src/jobs/event.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import { canonicalBytes } from "../../src/kernel/json.ts";
import type { JobId, PersonId } from "../../src/kernel/names.ts";
import { messageBytes } from "../../src/ledger/batch.ts";
import { utf8 } from "../../src/ledger/bytes.ts";
import { type EntryDraft, entryText, type JsonObject } from "../../src/ledger/entry.ts";
import { signDecision } from "../../src/qa/decide.ts";
import { createIngest } from "../../src/qa/ingest.ts";
import type { Item } from "../../src/qa/item.ts";
import { createOffice } from "../../src/qa/office.ts";
import { createRecordJudge, mostEntriesJudged } from "../../src/qa/records.ts";
import type { KeptEntry } from "../../src/qa/store.ts";
import { released } from "../jobs/route-story.ts";
import { draft, origin } from "../ledger/plain-drafts.ts";
import { type CellLog, createCell, freshSigner, story } from "./cell.ts";
import { type Central, createCentral } from "./central.ts";

const now = 1_700_000_000_000;

function officeOf(central: Central, cells: readonly CellLog[], at = now, demonstration = false) {
  return createOffice({
    store: central.store,
    cells: cells.map(({ registered }) => ({ ...registered, demonstration })),
    now: () => at,
    breathe: () => new Promise((done) => setImmediate(done)),
  });
}

/** The items that a cell with these entries brings, besides nothing. */
async function itemsFor(drafts: readonly EntryDraft[], demonstration = false): Promise<readonly Item[]> {
  const cell = createCell();
  cell.append(...drafts);
  const central = createCentral([cell]);
  for (let from = 0; from < cell.texts.length; from += 200) {
    await central.ingest.hear("cell-1", await cell.message(from, Math.min(cell.texts.length, from + 200)));
  }
  return (await officeOf(central, [cell], now, demonstration).look()).items;
}

/** Entries of the whole route of a guide, as the cell's core decides them. */
function guide(): EntryDraft[] {
  let boot = 0;
  return released().events.map((event) => {
    if (event.type === "CellBooted") boot += 1;
    const { type, ...body } = event;
    return { ...draft(type, body as unknown as JsonObject, jobOf(event), boot), actorId: null, at: 50_000 };
  });
}

describe("[F70] a released unit", () => {
  test("with a complete record from a registered demonstration brings nothing", async () => {
    expect((await itemsFor(guide(), true)).filter(({ risk }) => risk === 1)).toEqual([]);
  });

  test("that is simulated, of a cell that is not registered as a demonstration, is an alarm with a proposed hold", async () => {
    const items = await itemsFor(guide());
    expect(items.filter(({ risk }) => risk === 1)).toMatchObject([
      { id: expect.stringContaining("simulated/"), proposal: { action: "hold", target: { kind: "job", id: "J1" } } },
    ]);
  });

  const telling = [
    "IdentityConfirmed",
    "PresenceProven",
    "AttemptBegan",
    "LayerDone",
    "LayerCaptured",
    "LayerInspected",
    "LayerDecided",
    "FinishReported",
    "ResultsJudged",
    "AttemptEnded",
    "OperationCompleted",
    "PartTagged",
    "PartConfirmed",
    "LabelPrinted",
    "LabelVerified",
    "HandedOver",
  ];
  test.each(telling)("is found incomplete by central itself where %s is missing", async (type) => {
    const drafts = guide();
    const at = drafts.findIndex((each) => each.type === type);
    expect(at).toBeGreaterThanOrEqual(0);
    const items = await itemsFor(
      drafts.filter((_, index) => index !== at),
      true,
    );
    const [found] = items.filter(({ id }) => id.startsWith("incomplete/"));
    expect(found?.details.length).toBeGreaterThan(0);
    expect(found?.proposal).toMatchObject({ action: "hold", target: { kind: "job", id: "J1" } });
  });

  test("that was released while central's hold was in the cell's record is an alarm", async () => {
    const hold = { id: "D-1", action: "hold", target: { kind: "job", id: "J1" } };
    const unit = draft("UnitReleased", { job: "J1", unit: 1, approval: { person: "p" } }, "J1");
    const held = (await itemsFor([draft("CentralDecided", { decision: hold }), unit])).map(({ id }) => id);
    expect(held).toContain("held/cell-1/J1/1");
    const lift = { id: "D-2", action: "lift", target: { kind: "job", id: "J1" } };
    const lifted = [draft("CentralDecided", { decision: hold }), draft("CentralDecided", { decision: lift }), unit];
    expect((await itemsFor(lifted)).map(({ id }) => id)).not.toContain("held/cell-1/J1/1");
  });

  test("whose entries are of a form that central does not know is no proof of anything", async () => {
    const items = await itemsFor([
      draft("JobOrderAccepted", { job: "J1", order: 7 }, "J1"),
      draft("UnitReleased", { unit: 1 }, "J1"),
    ]);
    expect(items.find(({ id }) => id.startsWith("incomplete/"))?.details[0]).toContain("cannot read the record");
  });
});

describe("[F56][F70] layers that a recipe tolerated", () => {
  const decided = (layer: number, reaction: string, found: JsonObject[]) =>
    draft("LayerDecided", { job: "J1", attempt: "J1-A1", layer, verdict: "tolerated", reaction, found }, "J1");
  const thin = { class: "thin", measured: 25.5, unit: "mm2", reaction: "warn", inRow: 1, linked: 1, sizeLinked: 25.5 };
  const told = async (drafts: EntryDraft[]) => (await itemsFor(drafts)).filter(({ id }) => id.startsWith("tolerated/"));

  test("are one thing to look at for each job, with what was found, and a new one when there are more", async () => {
    const [one] = await told([decided(4, "warn", [thin])]);
    expect(one).toMatchObject({
      ...{ id: "tolerated/cell-1/J1/1/0", risk: 3, job: "J1", details: ["Attempt J1-A1, layer 4: thin 25.5 mm2."] },
      what: expect.stringContaining("let one layer go on in which something was found: 0 logged, 1 warned of."),
    });
    const many = Array.from({ length: 30 }, (_, n) => decided(n + 1, n % 2 === 0 ? "log" : "warn", [thin]));
    const [item] = await told(many);
    expect(item).toMatchObject({
      id: "tolerated/cell-1/J1/30/0",
      what: expect.stringContaining("15 logged, 15 warned"),
    });
    expect([item?.details.length, item?.details.at(-1)]).toEqual([20, "Attempt J1-A1, layer 30: thin 25.5 mm2."]);
  });

  test("are told whatever their form; what passed or failed is not", async () => {
    const passed = draft("LayerDecided", { job: "J1", attempt: "J1-A1", layer: 1, verdict: "pass" }, "J1");
    expect(await told([passed])).toEqual([]);
    const odd = draft("LayerDecided", { job: "J1", verdict: "tolerated", found: 7 }, "J1");
    expect((await told([odd]))[0]?.details).toEqual(["Attempt ?, layer ?: not told."]);
  });
});

describe("[L7] a record made to keep central busy", () => {
  /** Entries of one job as a cell links them, one after the other. */
  const entriesOf = () => {
    let jobPrev: KeptEntry["digest"] | null = null;
    return (seq: number, type: string, body: JsonObject): KeptEntry => {
      const job = "J1" as JobId;
      const bytes = canonicalBytes(body);
      const links = { bodyDigest: digestOf(bytes), jobPrev, prev: digestOf(bytes) };
      const time = { at: 1, mono: 1, clockState: "synchronised", boot: 0 };
      const entry = utf8(entryText({ v: 1, seq, job, actorId: null, type, ...time, ...links }));
      jobPrev = digestOf(entry);
      return { seq, at: 1, type, body: bytes, digest: jobPrev, leaf: bytes, entry, job, receivedAt: 1 };
    };
  };
  test("of very many presence proofs is judged like any other", () => {
    const [judge, kept] = [createRecordJudge(), entriesOf()];
    for (let n = 0; n < 50_000; n++) {
      judge.take(kept(n, "PresenceProven", { device: "d", job: "J1", mono: 1, proof: `p${n}` }));
    }
    expect(judge.missing(1)[0]).toContain("does not hold the order");
  });

  test("of more entries than a job can have is not judged, and central says so", () => {
    const [judge, kept] = [createRecordJudge(), entriesOf()];
    for (let n = 0; n < mostEntriesJudged; n++) judge.take(kept(n, "Noted", {}));
    expect(judge.missing(1)[0]).toContain("does not hold the order");
    judge.take(kept(mostEntriesJudged, "Noted", {}));
    expect(judge.missing(1)).toEqual([expect.stringContaining("cannot judge this record")]);
  });

  test("of findings without end is not judged, and central says so", () => {
    const [judge, kept] = [createRecordJudge(), entriesOf()];
    for (let n = 0; n < 3_000; n++) {
      judge.take(kept(n, "NonconformityRaised", { nonconformity: `NC${n}`, unit: 1, attempt: null, cause: "machine" }));
    }
    expect(judge.missing(1)).toEqual([expect.stringContaining("cannot judge this record")]);
  });

  test("of more releases than any job should have is an alarm of its own", async () => {
    const drafts = Array.from({ length: 1_001 }, () => draft("UnitReleased", { unit: 1 }, "J1"));
    const items = await itemsFor(drafts);
    expect(items.find(({ id }) => id.startsWith("overfull/"))).toMatchObject({ risk: 1, job: "J1" });
  });
});

describe("a cell", () => {
  test("[F75] whose clock runs ahead is told once each time that it begins", async () => {
    const ahead = (at: number) => ({ ...draft("Noted"), at });
    const items = await itemsFor([ahead(now + 400_000), ahead(now + 500_000), ahead(now), ahead(now + 600_000)]);
    expect(items.filter(({ id }) => id.startsWith("clock/"))).toHaveLength(2);
  });

  test("[F52] in which a model was approved and then retired tells both, and why; a reason that is none is no name of this program", async () => {
    const model = "9".repeat(64);
    const items = await itemsFor([
      draft("ModelApproved", { model }),
      draft("ModelRetired", { model, reason: "missed-defect" }),
      draft("ModelRetired", { model, reason: "constructor" }),
    ]);
    expect(items.filter(({ id }) => id.startsWith("model/")).map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        `Two people of the cell let the inspection model ${model.slice(0, 12)} judge layers there.`,
        `The cell's QA retired the inspection model ${model.slice(0, 12)}. It missed a defect.`,
        expect.stringMatching(/none that this software knows/),
      ]),
    );
  });

  test("[F53] in which limits were made tighter and then given up tells both: which, of what recipe, and why", async () => {
    const [set, recipe] = ["5".repeat(64), "7".repeat(64)];
    const tightened = [{ limit: "missing_mm2", from: 1, to: 0.4 }, { limit: "shift_mm", from: 0.5, to: 0.3 }, "junk"];
    const items = await itemsFor([
      draft("LimitSetApproved", { set, recipe, tightened }),
      draft("LimitSetWithdrawn", { set, reason: "false-alarms" }),
      draft("LimitSetWithdrawn", { set, reason: "toString" }),
    ]);
    expect(items.filter(({ id }) => id.startsWith("limits/")).map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        `Two people of the cell approved the limit set ${set.slice(0, 12)}: layers of recipe ${recipe.slice(0, 12)} are judged more strictly (missing_mm2, shift_mm).`,
        `The cell's QA withdrew the limit set ${set.slice(0, 12)}: the recipe's own limits count again. It holds too many whole layers.`,
        expect.stringMatching(/none that this software knows/),
      ]),
    );
  });

  test("[F63] whose inspection missed its challenge is told, and one that passed is not", async () => {
    const judged = (passed: boolean) => draft("ChallengeJudged", { challenge: "c1", passed, what: "x", tests: [] });
    const items = await itemsFor([judged(true), judged(false)]);
    expect(items.filter(({ id }) => id.startsWith("model/")).map(({ what }) => what)).toEqual([
      "The cell's inspection did not pass its challenge: nothing is built there until it has passed one.",
    ]);
  });

  test("[F88] one that falls silent becomes unknown, and is known again when it speaks", async () => {
    const cell = createCell();
    const central = createCentral([cell]);
    await central.ingest.hear("cell-1", await cell.message(0));
    const silentAt = async (at: number) => (await officeOf(central, [cell], at).look()).cells[0]?.silent;
    expect(await silentAt(now + 60_000)).toBe(false);
    expect(await silentAt(now + 60_001)).toBe(true);
  });

  test("[F88] of which only unsigned hellos come is not known to be there, and is shown apart", async () => {
    const cell = createCell();
    const central = createCentral([cell]);
    await central.ingest.hear("cell-1", await cell.message(0));
    const before = await central.store.lastHeard();
    const late = createIngest({ ...central.ports, now: () => now + 90_000 });
    const hello = messageBytes({ kind: "hello", origin, size: 1, id: "q1" });
    expect(await late.hear("cell-1", hello)).toMatchObject({ outcome: "hello" });
    expect(await late.hear("cell-1", await cell.message(0))).toMatchObject({ outcome: "known" });
    expect(await central.store.lastHeard()).toEqual(before);
    const office = officeOf(central, [cell], now + 90_000);
    office.heardHead("cell-1", 1);
    const { cells, items } = await office.look();
    expect(cells[0]).toMatchObject({ silent: true, saysItIsThere: true });
    expect(items).toMatchObject([{ id: expect.stringContaining("unproven/"), risk: 3, proposal: null }]);
  });

  test("[L7] of which an unsigned word says that it has fewer entries is not denounced by it, and people are told", async () => {
    const cell = createCell();
    cell.append(...story(5));
    const central = createCentral([cell]);
    await central.ingest.hear("cell-1", await cell.message(0));
    const office = officeOf(central, [cell]);
    office.heardHead("cell-1", 4);
    const [item] = (await office.look()).items;
    expect(item).toMatchObject({ id: expect.stringContaining("behind/"), risk: 2, proposal: null });
    office.heardEntries("cell-1");
    expect((await office.look()).items).toEqual([]);
  });

  test("[F85] one that never recorded a decision before it expired is told, with the decision proposed again", async () => {
    const cell = createCell();
    const central = createCentral([cell]);
    await central.ingest.hear("cell-1", await cell.message(0));
    const target = { kind: "lot", id: "L-7" } as const;
    const asked = { origin, action: "hold", target, reason: "material-recall", person: "P-1" as PersonId } as const;
    let count = 0;
    const name = (prefix: string) => `${prefix}${++count}`;
    await central.store.keepDecision(await signDecision(asked, freshSigner("qa/decisions"), now, name));
    const itemsAt = async (at: number) => (await officeOf(central, [cell], at).look()).items.map(({ id }) => id);
    expect(await itemsAt(now)).toEqual([]);
    expect(await itemsAt(now + 181 * 24 * 3_600_000)).toContain("decision/D-1");
  });

  test("[F88] two hundred cells are seen at once, and the silent ones are unknown", async () => {
    const cells = Array.from({ length: 200 }, (_, n) => createCell(`cell-${n}`, `hospital.example/cell-${n}`));
    const central = createCentral(cells);
    for (const [n, cell] of cells.entries()) {
      if (n % 4 !== 0) await central.ingest.hear(cell.registered.id, await cell.message(0));
    }
    const { cells: seen, items } = await officeOf(central, cells).look();
    expect(seen.filter(({ silent }) => silent)).toHaveLength(50);
    expect(seen.filter(({ log }) => log.receipt?.size === 1)).toHaveLength(150);
    expect(items).toHaveLength(50);
  });
});

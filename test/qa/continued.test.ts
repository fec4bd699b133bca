/** A cell whose log was continued under another name: central still finds, shows and judges what it did before. */
import { expect, test } from "vitest";
import { openQaStore, readQaConfig } from "../../src/commands/io/qa-set-up.ts";
import { jobOf } from "../../src/jobs/event.ts";
import type { EntryDraft, JsonObject } from "../../src/ledger/entry.ts";
import { signDecision } from "../../src/qa/decide.ts";
import type { RegisteredCell } from "../../src/qa/judge.ts";
import { createOffice } from "../../src/qa/office.ts";
import { madeWith, planHold, recall, thingAsked } from "../../src/qa/recall.ts";
import type { QaStore } from "../../src/qa/store.ts";
import { released } from "../jobs/route-story.ts";
import { draft, origin } from "../ledger/plain-drafts.ts";
import { type CellLog, createCell, freshSigner } from "./cell.ts";
import { type Central, createCentral } from "./central.ts";
import { install, startQaHere } from "./installation.ts";
import { look, signIn } from "./scenario.ts";
import { tracedStory } from "./store-more-conformance.ts";

const living = "hospital.example/cell-1b";

/** Central with both logs of one cell: devices of J1 are of the first, the device of J2 is of the one that it keeps now. */
async function continued(
  drafts = tracedStory().slice(1),
  store?: QaStore,
): Promise<{ central: Central; cell: RegisteredCell; now: CellLog }> {
  const [old, now] = [createCell(), createCell("cell-1", living)];
  old.append(...drafts);
  now.append(
    draft("AttemptStarted", { unit: 1, attempt: "A1", materials: [{ lot: "L6" }], equipment: "printer-1" }, "J2"),
  );
  const central = createCentral([old], store);
  for (let from = 0; from < old.texts.length; from += 200) {
    await central.ingest.hear("cell-1", await old.message(from, Math.min(from + 200, old.texts.length)));
  }
  await createCentral([now], central.store).ingest.hear("cell-1", await now.message(0));
  const ancestors = [{ origin, keys: old.registered.keys }];
  const cell = { ...now.registered, ancestors };
  return { central, cell, now: { ...now, registered: cell } };
}

test("[F45] what a cell alone names leads to the devices of every log that it had, page by page", async () => {
  const { central, cell } = await continued();
  const asked = async (kind: string, name: string) => {
    const thing = thingAsked(kind, name, cell);
    if (typeof thing === "string") throw new Error(thing);
    return { thing, found: await recall(central.store, [cell], thing, { limit: 10 }) };
  };
  const { thing, found } = await asked("equipment", "printer-1");
  expect(found.devices.map(({ cell: id, origin: log, job }) => `${id} ${log} ${job}`)).toEqual([
    `cell-1 ${origin} J1`,
    `cell-1 ${origin} J1`,
    `cell-1 ${living} J2`,
  ]);
  expect(found.total).toBe(3);
  const paged: string[] = [];
  for (let after: string | null = null; ; ) {
    const page = await recall(central.store, [cell], thing, { after, limit: 1 });
    expect(page.total).toBe(3);
    paged.push(...page.devices.map(({ key }) => key));
    after = page.next;
    if (after === null) break;
  }
  expect(paged).toEqual(found.devices.map(({ key }) => key));
  expect((await asked("operator", "P-1")).found.total).toBe(2);
  expect((await asked("job", "J1")).found.total).toBe(2);
  expect(await madeWith(central.store, [cell], (await asked("unit", "J1/1")).thing, 100)).toContain("machine - SN-7");
});

test("[F45][F85] a hold on what an earlier log's devices were made with goes to the log that the cell keeps now", async () => {
  const { central, cell } = await continued();
  for (const [kind, name, targets] of [
    ["lot", "L0", ["job J1"]],
    ["equipment", "printer-1", ["machine printer-1", "job J1", "job J2"]],
  ] as const) {
    const thing = thingAsked(kind, name, cell);
    if (typeof thing === "string") throw new Error(thing);
    const { devices } = await recall(central.store, [cell], thing, { limit: 10 });
    expect(devices.map(({ cell: id }) => id)).toEqual(devices.map(() => "cell-1"));
    const plan = planHold(thing, devices, [], [cell]);
    if (typeof plan === "string") throw new Error(plan);
    expect(plan.holds.map(({ target }) => `${target.kind} ${target.id}`)).toEqual(targets);
    expect(new Set(plan.holds.map((hold) => hold.origin))).toEqual(new Set([living]));
    expect(plan.unreached).toBe(0);
  }
});

/** Entries of a whole route with a release, as the cell's core decides them. */
function guide(): EntryDraft[] {
  let boot = 0;
  return released().events.map((event) => {
    if (event.type === "CellBooted") boot += 1;
    const { type, ...body } = event;
    return { ...draft(type, body as unknown as JsonObject, jobOf(event), boot), actorId: null, at: 50_000 };
  });
}

const officeOf = (central: Central, cell: RegisteredCell) =>
  createOffice({ store: central.store, cells: [cell], now: () => 1_700_000_000_000, breathe: async () => undefined });

test("[F70] jobs and releases of the log before are judged as ever, and what was said of them stays said", async () => {
  const { central, cell } = await continued(guide());
  const before = await officeOf(central, { ...cell, origin, ancestors: [] }).look();
  const after = await officeOf(central, cell).look();
  const [standing] = after.cells;
  expect([...(standing?.view.jobs.keys() ?? [])]).toEqual(["J2"]);
  expect(standing?.past.map(({ view, releases }) => [[...view.jobs.keys()], releases.length])).toEqual([
    [["J0", "J1"], 1],
  ]);
  const risky = ({ items }: typeof before) => items.filter(({ risk }) => risk === 1).map(({ id }) => id);
  expect(risky(before)).toEqual(["simulated/cell-1/J1/1"]);
  expect(risky(after)).toEqual(risky(before));
  expect(standing?.known.has("job J1") && standing.known.has("job J2")).toBe(true);
});

test("[F70] a unit of the new log is another one than the unit of the same name before: a review of one is none of both", async () => {
  const { central, cell, now } = await continued(guide());
  const from = now.texts.length;
  const made = { unit: 1, attempt: "A1", simulated: true };
  now.append(draft("AttemptStarted", made, "J1"), draft("UnitReleased", { unit: 1 }, "J1"));
  await createCentral([now], central.store).ingest.hear("cell-1", await now.message(from));
  const ids = (await officeOf(central, cell).look()).items.map(({ id }) => id);
  expect(ids.filter((id) => id.startsWith("simulated/"))).toEqual([
    "simulated/cell-1/J1/1",
    `simulated/cell-1/${living}/J1/1`,
  ]);
});

test("[F85] a hold that the log before held goes on: a unit that is released under it is an alarm, until it is lifted", async () => {
  const { central, cell, now } = await continued();
  const from = now.texts.length;
  const target = { kind: "cell", id: living };
  now.append(
    draft("AncestorHolds", { holds: [{ id: "d-1", target, reason: "audit" }] }, null),
    draft("UnitReleased", { unit: 1 }, "J2"),
    draft("CentralDecided", { decision: { id: "d-2", action: "lift", target } }, null),
    draft("UnitReleased", { unit: 2 }, "J2"),
  );
  await createCentral([now], central.store).ingest.hear("cell-1", await now.message(from));
  const ids = (await officeOf(central, cell).look()).items.map(({ id }) => id);
  expect(ids.filter((id) => id.startsWith("held/"))).toEqual([`held/cell-1/${living}/J2/1`]);
});

test("[F85] a decision that the log before never recorded is sent no more, and says so until somebody decides again", async () => {
  const { central, cell } = await continued();
  const target = { kind: "lot", id: "L0" } as const;
  const asked = { origin, action: "hold", target, reason: "material-recall", person: null } as const;
  await central.store.keepDecision(await signDecision(asked, freshSigner(origin), 1_699_999_999_000, () => "d-1"));
  const { items } = await officeOf(central, cell).look();
  expect(items.filter(({ id }) => id.startsWith("decision/"))).toMatchObject([
    { cell: "cell-1", what: expect.stringContaining("never recorded"), proposal: { action: "hold", target } },
  ]);
});

test("[F70][F71] the page lists the log before with its jobs, and shows their record verified", async () => {
  const known = await continued();
  const installation = await install([known.now], "mqtts://localhost:1");
  const read = await readQaConfig(installation.config);
  const store = read.ok ? await openQaStore(read.value.config, installation.data) : read;
  if (!read.ok || !store.ok) throw new Error("no store");
  const again = await continued(undefined, store.value);
  await store.value.close();
  const central = await startQaHere(installation);
  const scene = { installation, central, cells: [again.now] };
  const cookie = await signIn(scene, "Quasi Continued", ["qa"]);
  const cell = (await look(central.page.url, "/cells/cell-1", cookie)).text;
  expect(cell).toContain(`Log before, which is over: <code>${origin}</code>`);
  expect(cell).toContain('href="/cells/cell-1/jobs/J1"');
  const record = await look(central.page.url, "/cells/cell-1/jobs/J1", cookie);
  expect([record.status, record.text]).toEqual([200, expect.stringContaining("Verified")]);
  const file = await look(central.page.url, "/cells/cell-1/jobs/J1/entries.json", cookie);
  expect(JSON.parse(file.text)).toMatchObject({ origin, job: "J1" });
});

/** A cell whose log was continued under another name: central still finds, shows and judges what it did before. */
import { expect, test } from "vitest";
import type { RegisteredCell } from "../../src/qa/judge.ts";
import { madeWith, planHold, recall, thingAsked } from "../../src/qa/recall.ts";
import { draft, origin } from "../ledger/plain-drafts.ts";
import { createCell } from "./cell.ts";
import { type Central, createCentral } from "./central.ts";
import { tracedStory } from "./store-more-conformance.ts";

const living = "hospital.example/cell-1b";

/** Central with both logs of one cell: devices of J1 are of the first, the device of J2 is of the one that it keeps now. */
async function continued(drafts = tracedStory().slice(1)): Promise<{ central: Central; cell: RegisteredCell }> {
  const [old, now] = [createCell(), createCell("cell-1", living)];
  old.append(...drafts);
  now.append(
    draft("AttemptStarted", { unit: 1, attempt: "A1", materials: [{ lot: "L6" }], equipment: "printer-1" }, "J2"),
  );
  const central = createCentral([old]);
  for (let from = 0; from < old.texts.length; from += 200) {
    await central.ingest.hear("cell-1", await old.message(from, Math.min(from + 200, old.texts.length)));
  }
  await createCentral([now], central.store).ingest.hear("cell-1", await now.message(0));
  const ancestors = [{ origin, keys: old.registered.keys }];
  return { central, cell: { ...now.registered, ancestors } };
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

/** Recall and where-used: from a lot to its devices and back, at central's page and console, and at a cell by itself. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { verifyQa } from "../../src/commands/io/qa.ts";
import { copyLog } from "../../src/commands/io/qa-copy.ts";
import { recallAtQa, reindex } from "../../src/commands/io/qa-recall.ts";
import { openQaStore, readQaConfig } from "../../src/commands/io/qa-set-up.ts";
import type { Terminal } from "../../src/commands/io/terminal.ts";
import { whereUsed } from "../../src/commands/io/where-used.ts";
import { unitKey } from "../../src/jobs/trace.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { contentOf } from "../../src/qa/decide.ts";
import { createIngest } from "../../src/qa/ingest.ts";
import { type FoundDevice, planHold } from "../../src/qa/recall.ts";
import { mustOpen, newFolders } from "../ledger/drafts.ts";
import { draft, origin } from "../ledger/plain-drafts.ts";
import { createCell, freshSigner } from "./cell.ts";
import type { Later } from "./central.ts";
import { type Installation, install, ran, startQaHere } from "./installation.ts";
import { look, password, post, type Scene, signIn, tokenIn } from "./scenario.ts";
import { tracedStory } from "./store-more-conformance.ts";

const cleanups: (() => void | Promise<void>)[] = [];
const later: Later = (act) => void cleanups.unshift(act);
let scene: Scene;
let installation: Installation;

beforeAll(async () => {
  const cells = [createCell(), createCell("cell-2", "clinic.example/cell-2")];
  cells[0]?.append(...tracedStory().slice(1));
  cells[1]?.append(
    draft("AttemptStarted", { unit: 1, attempt: "A1", materials: [{ lot: "L6" }], equipment: "p" }, "K1"),
    draft("NonconformityRaised", { unit: 1, nonconformity: "NC-1" }, "K1"),
    draft("DispositionSigned", { nonconformity: "NC-1", disposition: "scrap" }, "K1"),
    draft("LotReceived", { lot: "unused" }, null),
  );
  installation = await install(cells, "mqtts://localhost:1", later);
  const store = await opened();
  const ingest = createIngest({
    store,
    cells: new Map(cells.map(({ registered }) => [registered.id, registered])),
    witness: freshSigner("qa.example/witness", 4),
    check: checkSignature,
    now: () => Date.now(),
  });
  for (const cell of cells) await ingest.hear(cell.registered.id, await cell.message(0));
  await store.close();
  const central = await startQaHere(installation, later);
  scene = { installation, central, cells };
});
afterAll(async () => {
  for (const act of cleanups) await act();
});

async function opened() {
  const read = await readQaConfig(installation.config);
  if (!read.ok) throw new Error(read.error.what);
  const store = await openQaStore(read.value.config, installation.data);
  if (!store.ok) throw new Error(store.error.what);
  return store.value;
}

const recalled = (asked: Record<string, unknown>) =>
  ran((terminal) => recallAtQa(terminal, { ...installation.options, ...asked }));

describe("[F45] on central's console", () => {
  test("a lot leads to the devices of all cells, and a device to everything that it was made with", async () => {
    const { code, value } = await recalled({ lot: "L6" });
    expect(code).toBe(0);
    expect(value).toMatchObject({ ok: true, total: 2 });
    expect(value["devices"]).toEqual([
      expect.objectContaining({ cell: "cell-2", job: "K1", unit: 1, outcomes: ["scrapped"] }),
      expect.objectContaining({ cell: "cell-1", job: "J1", unit: 1, outcomes: ["released"] }),
    ]);
    const parts = (await recalled({ device: "J1/1", cell: "cell-1" })).value["parts"];
    expect(parts).toEqual(expect.arrayContaining(["lot - L6", "machine - SN-7", `operator ${origin} P-1`]));
  });

  test("what is named by its cell alone needs the cell, and every wrong question is answered in words", async () => {
    for (const [asked, words] of [
      [{ operator: "P-1" }, "Say at which cell"],
      [{}, "Name one thing"],
      [{ lot: "L", model: "M" }, "Name one thing"],
      [{ lot: "L6", cell: "cell-9" }, "No cell cell-9"],
      [{ device: "J1", cell: "cell-1" }, "a slash and the number"],
    ] as const) {
      const { code, value } = await recalled(asked);
      expect(code, words).toBe(2);
      expect(String(value["what"])).toContain(words);
    }
    expect((await recalled({ operator: "P-1", cell: "cell-1" })).value).toMatchObject({ total: 2 });
  });

  test("what no record names is no list of nothing: its own exit code; capitals alone make no other lot", async () => {
    expect(await recalled({ lot: "L66" })).toMatchObject({ code: 5, value: { code: "never-named" } });
    expect(await recalled({ device: "J9/1", cell: "cell-1" })).toMatchObject({ code: 5 });
    expect(await recalled({ lot: " " })).toMatchObject({ code: 2 });
    expect(await recalled({ lot: "l6" })).toMatchObject({ code: 0, value: { total: 2, thing: { name: "L6" } } });
    expect(await recalled({ lot: "UNUSED" })).toMatchObject({
      code: 0,
      value: { total: 0, thing: { name: "unused" } },
    });
  });

  test("a folder without a store is refused in words, and nothing is made in it", async () => {
    const elsewhere = { ...installation.options, data: join(installation.root, "dta") };
    const out = join(installation.root, "copy");
    const commands: readonly ((terminal: Terminal) => Promise<number>)[] = [
      (terminal) => recallAtQa(terminal, { ...elsewhere, lot: "L6" }),
      (terminal) => reindex(terminal, elsewhere),
      (terminal) => verifyQa(terminal, elsewhere),
      (terminal) => copyLog(terminal, { ...elsewhere, cell: "cell-1", out }),
    ];
    for (const command of commands) {
      const { code, value } = await ran(command);
      expect([code, value["code"]]).toEqual([3, "store-absent"]);
      expect(value["what"]).toContain(elsewhere.data);
    }
    expect(existsSync(elsewhere.data)).toBe(false);
  });

  test("the index is made again by command and answers as before", async () => {
    const before = (await recalled({ firmware: "5.1.2" })).value;
    const store = await opened();
    await store.forgetIndex(origin);
    await store.close();
    const made = await ran((terminal) => reindex(terminal, installation.options));
    expect(made).toMatchObject({ code: 0, value: { ok: true, logs: 2, entries: 5 + tracedStory().length } });
    expect((await recalled({ firmware: "5.1.2" })).value).toEqual(before);
  });
});

describe("[F45][F85] on central's page", () => {
  const url = () => scene.central.page.url;

  test("what is found leads to each record, and to a hold on all of it that is shown whole before it is signed", async () => {
    const cookie = await signIn(scene, "Quinn Recall", ["qa"]);
    const found = await look(url(), "/recall?kind=lot&name=L6&cell=", cookie);
    expect(found.text).toContain("2 devices were made with lot L6");
    expect(found.text).toContain('href="/cells/cell-1/jobs/J1"');
    const parts = await look(url(), "/recall?kind=unit&name=J1%2F1&cell=cell-1", cookie);
    expect(parts.text).toContain("SN-7");
    const asked = { kind: "lot", name: "L6", cell: "" };
    const { text } = await look(url(), `/recall/hold?${new URLSearchParams(asked)}`, cookie);
    expect(text).toContain("You are about to sign 2 decisions");
    expect(text).toContain("hold job K1 at clinic.example/cell-2");
    const digest = /name="digest" value="([0-9a-f]{64})"/.exec(text)?.[1] ?? "";
    const say = (fields: Record<string, string>) =>
      post(
        url(),
        "/recall/hold",
        { token: tokenIn(text), ...asked, digest, reason: "material-recall", password, ...fields },
        cookie,
      );
    expect((await say({ password: "not that one 1" })).status).toBe(401);
    expect((await say({ digest: "0".repeat(64) })).status).toBe(409);
    expect((await say({ reason: "cleared" })).status).toBe(400);
    expect((await say({ name: "L-none" })).status).toBe(400);
    const store = await opened();
    onTestFinished(() => store.close());
    expect(await store.decisions()).toEqual([]);
    expect((await say({})).status).toBe(303);
    const kept = await store.decisions();
    expect(
      kept.map((each) => `${contentOf(each)?.target.kind} ${contentOf(each)?.target.id} ${each.origin}`).sort(),
    ).toEqual([`job J1 ${origin}`, "job K1 clinic.example/cell-2"]);
  });

  test("[L8] a wrong question is answered in words, and nothing that is typed becomes HTML", async () => {
    const cookie = await signIn(scene, "Eva Recall", ["engineer"]);
    const wrong = await look(url(), "/recall?kind=operator&name=%3Cb%3EP-1&cell=", cookie);
    expect(wrong.status).toBe(400);
    expect(wrong.text).toContain("Say at which cell");
    expect(wrong.text).not.toContain("<b>P-1");
    expect((await look(url(), "/recall?kind=toString&name=x", cookie)).status).toBe(400);
    const misspelt = await look(url(), "/recall?kind=lot&name=none", cookie);
    expect([misspelt.status, misspelt.text]).toEqual([400, expect.stringContaining("No record names the lot none")]);
    expect((await look(url(), "/recall?kind=lot&name=l6", cookie)).text).toContain("2 devices were made with lot L6");
    expect((await look(url(), "/recall/hold?kind=lot&name=L6", cookie)).status).toBe(403);
  });
});

test("[F45][F82] a cell answers the same from its own ledger, without any network", async () => {
  const folders = await newFolders();
  const { ledger } = await mustOpen(folders);
  await ledger.append(tracedStory());
  await ledger.close();
  const data = folders.dataDir;
  const asked = (what: Record<string, unknown>) => ran((terminal) => whereUsed(terminal, { data, ...what }));
  expect((await asked({ lot: "L6" })).value).toMatchObject({
    total: 1,
    devices: [{ name: "J1/1", outcomes: ["released"] }],
  });
  expect((await asked({ model: "a".repeat(64) })).value).toMatchObject({ total: 2 });
  expect((await asked({ device: "J1/2" })).value["parts"]).toEqual(expect.arrayContaining(["gauge - G-4", "lot - Z9"]));
  expect((await asked({ device: "J1" })).code).toBe(2);
  expect((await ran((terminal) => whereUsed(terminal, { data: folders.keysDir, lot: "L" }))).code).not.toBe(0);
});

test("[F85] a plan holds the thing itself where a cell can, each job once, and never more than one step may sign", () => {
  const { registered } = createCell();
  const other = { ...registered, id: "cell-2", origin: "clinic.example/cell-2", title: "Clinic" };
  const device = (at: string, job: string, unit: number): FoundDevice =>
    ({
      key: unitKey(at, job, unit),
      origin: at,
      cell: null,
      job,
      unit,
      outcomes: [],
      labels: [],
    }) as unknown as FoundDevice;
  const lot = { kind: "lot", origin: null, name: "04012345000016.L-77" } as const;
  const devices = [device(origin, "J1", 1), device(origin, "J1", 2), device("gone.example/x", "J9", 1)];
  const plan = planHold(lot, devices, [other], [registered, other]);
  if (typeof plan === "string") throw new Error(plan);
  expect(plan.holds.map(({ origin: at, target }) => `${target.kind} ${at}`)).toEqual([
    `lot ${other.origin}`,
    `lot ${origin}`,
    `job ${origin}`,
  ]);
  expect(plan).toMatchObject({ jobs: 1, unreached: 1 });
  const many = Array.from({ length: 501 }, (_, n) => device(origin, `J${n}`, 1));
  expect(planHold(lot, many, [], [registered])).toContain("at most 500");
  expect(planHold({ kind: "gauge", origin: null, name: "G" }, [], [], [registered])).toContain("Nothing was found");
});

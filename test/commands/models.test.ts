/** The register of models read from a real ledger, with nobody running: list, show, and what the doctor says of it. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { createCell } from "../../src/cell.ts";
import type { Check } from "../../src/commands/io/check.ts";
import { doctor } from "../../src/commands/io/doctor.ts";
import { keepModel, readFacts } from "../../src/commands/io/model-files.ts";
import { approveModel, listModels, showModel } from "../../src/commands/io/models.ts";
import { systemClock, systemIds } from "../../src/commands/io/system.ts";
import type { Terminal } from "../../src/commands/io/terminal.ts";
import { checkModel, readManifest } from "../../src/inspection/model.ts";
import { shownForModel, shownForRetirement } from "../../src/jobs/decide/models.ts";
import type { Message } from "../../src/jobs/message.ts";
import type { Effectivity, ModelFacts } from "../../src/jobs/model-event.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { PersonId } from "../../src/kernel/names.ts";
import { openArtifacts } from "../../src/ledger/io/artifacts.ts";
import { modelFacts, testVersions } from "../jobs/models.ts";
import { mustOpen, newFolders } from "../ledger/drafts.ts";
import { setup } from "../simulation/orders.ts";

const project = new URL("../../", import.meta.url).pathname;
const manifest = join(project, "models/manifest.json");
const day = 86_400_000;
const [qa, engineer] = ["P-qa", "P-engineer"] as [PersonId, PersonId];
let facts: ModelFacts;

beforeAll(async () => {
  const read = await readFacts(manifest);
  if (!read.ok) throw new Error(read.error.what);
  facts = read.value;
});

interface Desk {
  approve(wanted?: Partial<Effectivity>, of?: ModelFacts): Promise<void>;
  retire(): Promise<void>;
}

/** A ledger of a cell at which this was signed, and its configuration. */
async function record(demonstration: boolean, sign: (desk: Desk) => Promise<void>) {
  const folders = await newFolders();
  const opened = await mustOpen({ ...folders, program: "test" });
  const artifacts = openArtifacts(folders.dataDir, opened.keys.dataKey);
  await keepModel(manifest, artifacts);
  const cell = await createCell({
    ...{ ledger: opened.ledger, from: null, clock: systemClock, ids: systemIds, clockState: () => "unknown" as const },
    perform: () => Promise.reject(new Error("nothing is owed here")),
    onFatal: (problem) => expect.fail(String(problem)),
  });
  const say = async (message: Message) => expect(await cell.submit(message)).toMatchObject({ kind: "accepted" });
  const none = digestOfValue("none");
  const digests = { softwareDigest: none, configDigest: none, cameraDigest: null, ...testVersions };
  const versions = { software: "test", runtime: "test", ...digests };
  await say({ kind: "boot", boot: "b1", versions, setup: { ...setup, demonstration }, shippedModel: facts });
  await say({ kind: "enrol", person: qa, roles: ["qa"] });
  await say({ kind: "enrol", person: engineer, roles: ["engineer"] });
  const signed = (person: PersonId, shown: { readonly meaning: string }) =>
    ({ person, name: "sealed", at: Date.now(), meaning: shown.meaning, shown: digestOfValue(shown) }) as const;
  await sign({
    async approve(change = {}, of = facts) {
      const wanted = { from: null, until: null, recipes: null, ...change };
      const shown = shownForModel(cell.state(), of, wanted);
      await say({
        kind: "approve-model",
        facts: of,
        wanted,
        approval: signed(qa, shown),
        second: signed(engineer, shown),
      });
    },
    async retire() {
      const shown = shownForRetirement(cell.state(), facts.model, "missed-defect");
      await say({ kind: "retire-model", model: facts.model, reason: "missed-defect", approval: signed(qa, shown) });
    },
  });
  cell.stop();
  await opened.ledger.close();
  const example = await readFile(join(project, "config/simulated-cell.toml"), "utf8");
  const config = join(folders.dataDir, "../cell.toml");
  const own = example
    .replace("../models", join(project, "models"))
    .replace('"recipes"', JSON.stringify(join(project, "config/recipes")));
  await writeFile(config, own.replace("demonstration = true", `demonstration = ${demonstration}`));
  return { config, data: folders.dataDir, keys: folders.keysDir, artifacts };
}

/** What a command printed, as JSON and as text, and how it ended. */
async function told(command: (terminal: Terminal) => Promise<number>) {
  const said = {
    json: {} as {
      readonly checks?: readonly Check[];
      readonly history?: readonly { readonly event: { readonly type: string } }[];
    },
    text: "",
  };
  const code = await command({
    result: (value, text) => void Object.assign(said, { json: value, text }),
    progress: () => undefined,
    trouble: (trouble, exit) => {
      Object.assign(said, { json: { ok: false, ...trouble } });
      return exit;
    },
  });
  return { code, ...said };
}

const cases: readonly (readonly [string, boolean, (desk: Desk) => Promise<void>, Check["state"], RegExp])[] = [
  ["that nobody signed for", false, async () => undefined, "bad", /Nobody has signed/],
  ["of a demonstration", true, async () => undefined, "good", /taken for this demonstration: nobody has signed/],
  ["that is approved", false, ({ approve }) => approve(), "good", /is approved until it is retired/],
  [
    "that ends in a week",
    false,
    ({ approve }) => approve({ until: Date.now() + 7 * day }),
    "warning",
    /is approved until 2/,
  ],
  [
    "with another manifest",
    false,
    ({ approve }) => approve({}, modelFacts(facts.model)),
    "bad",
    /manifest of .* is not the one/,
  ],
  ["that is not yet in force", false, ({ approve }) => approve({ from: Date.now() + day }), "bad", /not yet/],
  [
    "that is retired",
    false,
    async ({ approve, retire }) => [await approve(), await retire()].pop(),
    "bad",
    /was retired/,
  ],
];

describe("[F52][L8] the register of a record, with nobody running", () => {
  it.each(cases)("a model %s: the list says so", async (_, demonstration, sign, state, what) => {
    const places = await record(demonstration, sign);
    const list = await told((terminal) => listModels(terminal, places));
    expect(list.text).toMatch(what);
    expect(list.code).toBe(state === "bad" ? 3 : 0);
    expect(list.json).toMatchObject({ ok: state !== "bad", configured: { state } });
  });

  it.each(cases.filter(([name]) => /a week|retired/.test(name)))(
    "a model %s: the doctor says so",
    async (_, demonstration, sign, state, what) => {
      const places = await record(demonstration, sign);
      const { checks } = (await told((terminal) => doctor(terminal, places))).json;
      expect(checks?.find(({ check }) => check === "model")).toMatchObject({
        state,
        what: expect.stringMatching(what),
      });
      expect(checks?.find(({ check }) => check === "ledger")).toMatchObject({ state: "good" });
    },
  );

  it("the record keeps the very network, manifest and card that were signed for", async () => {
    const { artifacts } = await record(false, ({ approve }) => approve());
    const card = await artifacts.get(facts.card);
    expect(card.ok && Buffer.from(card.value).toString()).toBe(await readFile(join(project, "models/CARD.md"), "utf8"));
    const kept = await artifacts.get(facts.manifest);
    const read = readManifest(JSON.parse(kept.ok ? Buffer.from(kept.value).toString() : "null"));
    expect(read.ok && read.value.facts).toEqual(facts);
    const network = await artifacts.get(facts.model);
    expect(network.ok && read.ok && checkModel(network.value, read.value).ok).toBe(true);
  });

  it("a demonstration that has not started yet: its next start takes the model", async () => {
    const { config, data } = await record(false, async () => undefined);
    await writeFile(config, (await readFile(config, "utf8")).replace("demonstration = false", "demonstration = true"));
    const list = await told((terminal) => listModels(terminal, { config, data }));
    expect(list).toMatchObject({ code: 0, text: expect.stringMatching(/at its next start/) });
  });

  it("what is mistyped is refused before anybody is asked to sign", async () => {
    const { config } = await record(false, async () => undefined);
    const day = await told((terminal) => approveModel(terminal, { config, until: "someday" }));
    expect(day).toMatchObject({ code: 2, json: { code: "usage", remedy: expect.stringMatching(/2026-12-31/) } });
    const recipe = await told((terminal) => approveModel(terminal, { config, recipe: ["drill-guide"] }));
    expect(recipe).toMatchObject({
      code: 2,
      json: { code: "unknown-recipe", remedy: expect.stringMatching(/drill-guide-pla/) },
    });
  });

  it("show tells what was signed, by whom and when, in order; an unknown one is told apart", async () => {
    const { data } = await record(false, async ({ approve, retire }) => {
      await approve({ until: Date.now() + 7 * day });
      await retire();
      await approve();
    });
    const shown = await told((terminal) => showModel(terminal, facts.model.slice(0, 12), { data }));
    expect(shown.code).toBe(0);
    const history = shown.json.history?.map(({ event }) => event.type);
    expect(history).toEqual(["ModelApproved", "ModelRetired", "ModelApproved"]);
    for (const part of [
      facts.model,
      facts.card,
      facts.trainingData,
      "approved by P-qa and P-engineer",
      "retired by P-qa",
    ])
      expect(shown.text).toContain(part);
    expect(await told((terminal) => showModel(terminal, "0000000000", { data }))).toMatchObject({ code: 5 });
  });
});

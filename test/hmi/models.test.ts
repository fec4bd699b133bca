/** Inspection models at the desk and at the console: two people sign for what the cell itself has read, QA retires, doctor and list tell (feature 52). */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobView } from "../../src/hmi/api.ts";
import type { ShownView } from "../../src/hmi/api-route.ts";
import { err, ok } from "../../src/kernel/result.ts";
import { testModel } from "../jobs/models.ts";
import { type Client, type HmiBench, password, startHmi } from "./bench.ts";
import { job, printer } from "./fake-cell.ts";

const project = new URL("../../", import.meta.url).pathname;
const day = 86_400_000;
const qa = { name: "Ben Okoro", password: password.ben };
const engineer = { name: "Eva Novak", password: "an engineer, twice asked" };
const technician = { name: "Ana Lima", password: password.ana };

let folder: string;
let bench: HmiBench;
let ben: Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellward-models-"));
  await writeFile(join(folder, "index.html"), "<!doctype html><title>panel</title>");
  bench = await startHmi(folder);
  await bench.invite(["technician"], technician.name, technician.password);
  await bench.invite(["qa"], qa.name, qa.password);
  await bench.invite(["engineer"], engineer.name, engineer.password);
  await bench.cell.prepare();
  const identity = { vendor: "v", model: "m", serial: "SIM-1", firmware: "f", simulated: false };
  await bench.cell.say({ kind: "observed", equipment: printer, observation: { kind: "online", identity } });
  ben = bench.client();
  await ben.post("/api/sign-in", qa);
  const example = join(project, "config/simulated-cell.toml");
  const { port } = new URL(bench.server.url);
  const own = (await readFile(example, "utf8")).replace("port = 8440", `port = ${port}`);
  await writeFile(join(folder, "cell.toml"), own.replace('"recipes"', JSON.stringify(join(project, "config/recipes"))));
});
afterAll(async () => {
  await bench.close();
  await rm(folder, { recursive: true });
});

const gate = async () =>
  ((await ben.get(`/api/jobs/${job}`)).json as unknown as JobView).gates.find((each) => each.gate === "model");
const models = async () =>
  (await ben.get("/api/models")).json as { readonly models: readonly { readonly status: string }[] };

async function approve(wanted: Record<string, string>, change: object = {}) {
  const shown = (await ben.get(`/api/models/approval?${new URLSearchParams(wanted)}`)).json as unknown as ShownView;
  return ben.post("/api/models/approval", { wanted, shown: shown.digest, first: qa, second: engineer, ...change });
}

/** The program itself, with what is typed into it. */
async function cellward(args: readonly string[], typed: readonly string[] = []) {
  const child = spawn(process.execPath, [join(project, "src/main.ts"), "--json", ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(`${typed.join("\n")}\n`);
  const said = await text(child.stdout);
  const code =
    child.exitCode ?? (await new Promise<number>((resolve) => child.once("exit", (value) => resolve(value ?? -1))));
  return { code, json: JSON.parse(said) as Record<string, unknown> };
}

describe("[F52][F16] the register of models at the desk", () => {
  it("a model that a demonstration took does not open a real machine; the page says who can", async () => {
    expect(await gate()).toMatchObject({
      state: "shut",
      owner: "qa",
      what: expect.stringMatching(/this machine is real/),
    });
  });

  it.each([
    ["a technician for QA", { first: technician }, 403, "wrong-role"],
    ["a technician for the engineer", { second: technician }, 403, "wrong-role"],
    ["a wrong password of the second", { second: { ...engineer, password: "wrong" } }, 403, "sign-in-refused"],
    ["something else than was shown", { shown: "0".repeat(64) }, 409, "not-what-was-shown"],
    ["a time that is no day", { wanted: { until: "soon" } }, 400, "malformed"],
  ] as const)("%s is refused, and nothing is approved", async (_, change, status, code) => {
    expect(await approve({}, change)).toMatchObject({ status, json: { code } });
    expect((await models()).models).toMatchObject([{ status: "demonstration" }]);
  });

  it("a file that is not the released one cannot be signed for, in the words of the inspection", async () => {
    const fault = {
      code: "model-swapped",
      what: "The inspection model is refused: its file differs.",
      remedy: "Install it.",
    };
    bench.configuredModel = err(fault);
    expect(await ben.get("/api/models/approval")).toMatchObject({ status: 409, json: fault });
    bench.configuredModel = ok(testModel);
  });

  it("approved until a day, it opens, an alarm tells the end a month before, and then it is shut", async () => {
    const until = new Date(Date.now() + 40 * day).toISOString().slice(0, 10);
    expect(await approve({ until })).toMatchObject({ status: 200 });
    expect(await gate()).toMatchObject({ state: "open" });
    const alarm = async () =>
      ((await ben.get("/api/cell")).json as { alarms: { key: string; what: string }[] }).alarms.find(
        ({ key }) => key === "model",
      );
    expect(await alarm()).toBeUndefined();
    bench.skip(15 * day);
    await ben.post("/api/sign-in", qa);
    expect(await alarm()).toMatchObject({ what: expect.stringMatching(/is approved until/) });
    bench.skip(30 * day);
    await ben.post("/api/sign-in", qa);
    expect(await alarm()).toMatchObject({ what: expect.stringMatching(/The approval of .* ended at/) });
    expect(await gate()).toMatchObject({ state: "shut", what: expect.stringMatching(/ended at/) });
  });
});

describe("[F52][L8] the register of models at the console", () => {
  const config = () => join(folder, "cell.toml");
  const typed = ({ name, password: secret }: { readonly name: string; readonly password: string }) => [name, secret];

  it("approve: QA and an engineer sign over what the cell has read, for the recipe that is named", async () => {
    const args = ["model", "approve", "--config", config(), "--recipe", "drill-guide-pla"];
    const signed = await cellward(args, [...typed(qa), ...typed(engineer)]);
    expect(signed).toMatchObject({ code: 0, json: { ok: true, signed: { model: testModel.model, from: "at once" } } });
    // The order in hand is of another recipe.
    expect(await gate()).toMatchObject({ state: "shut", what: expect.stringMatching(/not approved for the recipe/) });
  });

  it("retire: by the beginning of its digest, for a reason of the list; a refusal keeps its code", async () => {
    const args = ["model", "retire", testModel.model.slice(0, 8), "--reason", "drift", "--config", config()];
    const done = await cellward(args, typed(qa));
    expect(done).toMatchObject({ code: 0, json: { ok: true, signed: { model: testModel.model } } });
    expect(await gate()).toMatchObject({
      state: "shut",
      what: expect.stringMatching(/was retired\. What the camera shows/),
    });
    expect(await cellward(args, typed(qa))).toMatchObject({ code: 7, json: { ok: false, code: "already-decided" } });
  });
});

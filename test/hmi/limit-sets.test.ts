/** Limit sets at the desk and at the console: two people sign for what the cell itself has read, QA withdraws. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LimitSetFacts } from "../../src/jobs/limit-event.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import { err, ok } from "../../src/kernel/result.ts";
import { type Client, type HmiBench, password, startHmi } from "./bench.ts";

const project = new URL("../../", import.meta.url).pathname;
const qa = { name: "Ben Okoro", password: password.ben };
const engineer = { name: "Eva Novak", password: "an engineer, twice asked" };
const technician = { name: "Ana Lima", password: password.ana };
const of = (text: string) => digestOfValue(text);
const facts: LimitSetFacts = {
  ...{ set: of("set"), recipe: of("recipe"), setup: of("setup"), model: of("model"), limits: of("l"), base: of("b") },
  tightened: [{ limit: "extra_mm", from: 1.5, to: 1.1 }],
  budget: { share: 1e-4, confidence: 0.95 },
  ...{ layers: 1_200, builds: 20, upTo: 9_000 },
};
const set = { format: "cellward-limit-set-1" };

let folder: string;
let bench: HmiBench;
let ben: Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellward-limits-"));
  await writeFile(join(folder, "index.html"), "<!doctype html><title>panel</title>");
  bench = await startHmi(folder);
  await bench.invite(["technician"], technician.name, technician.password);
  await bench.invite(["qa"], qa.name, qa.password);
  await bench.invite(["engineer"], engineer.name, engineer.password);
  await bench.cell.prepare();
  bench.limitSet = ok(facts);
  ben = bench.client();
  await ben.post("/api/sign-in", qa);
  const { port } = new URL(bench.server.url);
  const example = await readFile(join(project, "config/simulated-cell.toml"), "utf8");
  await writeFile(join(folder, "cell.toml"), example.replace("port = 8440", `port = ${port}`));
  await writeFile(join(folder, "set.json"), JSON.stringify(set));
  await writeFile(join(folder, "list.json"), "[]");
});
afterAll(async () => {
  await bench.close();
  await rm(folder, { recursive: true });
});

const inForce = async () => ((await ben.get("/api/limits")).json as { readonly sets: readonly LimitSetFacts[] }).sets;

async function approve(change: object = {}) {
  const shown = (await ben.post("/api/limits/proposal", { set })).json as { readonly digest: string };
  return ben.post("/api/limits/approval", { set, shown: shown.digest, first: qa, second: engineer, ...change });
}

/** The program itself, with what is typed into it. */
async function cellward(args: readonly string[], typed: readonly { name: string; password: string }[] = []) {
  const child = spawn(process.execPath, [join(project, "src/main.ts"), "--json", ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(typed.map((each) => `${each.name}\n${each.password}\n`).join(""));
  const ended = new Promise<number>((resolve) => child.once("exit", (value) => resolve(value ?? -1)));
  return { json: JSON.parse(await text(child.stdout)) as Record<string, unknown>, code: await ended };
}

describe("[F53][F16] limit sets at the desk", () => {
  it.each([
    ["a technician for QA", { first: technician }, 403, "wrong-role"],
    ["a technician for the engineer", { second: technician }, 403, "wrong-role"],
    ["a wrong password of the second", { second: { ...engineer, password: "wrong" } }, 403, "sign-in-refused"],
    ["something else than was shown", { shown: "0".repeat(64) }, 409, "not-what-was-shown"],
    ["no set at all", { set: "all of them" }, 400, "malformed"],
  ] as const)("%s is refused, and nothing becomes tighter", async (_, change, status, code) => {
    expect(await approve(change)).toMatchObject({ status, json: { code } });
    expect(await inForce()).toEqual([]);
  });

  it("one that the cell cannot read, or that fits none of its recipes, is refused in those words", async () => {
    const fault = { code: "limit-set-unfit", what: "This limit set is for another recipe.", remedy: "Make it anew." };
    bench.limitSet = err(fault);
    expect(await ben.post("/api/limits/proposal", { set })).toMatchObject({ status: 409, json: fault });
    bench.limitSet = ok(facts);
  });

  it("nobody reads or signs without having signed in", async () => {
    const stranger = bench.client();
    expect(await stranger.get("/api/limits")).toMatchObject({ status: 401 });
    expect(await stranger.post("/api/limits/proposal", { set })).toMatchObject({ status: 401 });
  });
});

describe("[F53][L8] limit sets at the console", () => {
  const at = (file: string) => join(folder, file);

  it("approve: QA and an engineer see each limit beside the recipe's, and sign", async () => {
    const args = ["limits", "approve", at("set.json"), "--config", at("cell.toml")];
    const signed = await cellward(args, [qa, engineer]);
    expect(signed).toMatchObject({
      code: 0,
      json: { ok: true, signed: { set: facts.set, tightened: ["extra_mm: 1.1 instead of 1.5"] } },
    });
    expect(await inForce()).toMatchObject([{ set: facts.set }]);
    expect(await cellward(args, [qa, engineer])).toMatchObject({ code: 7, json: { code: "already-decided" } });
  });

  it.each(["list.json", "nothing.json", "index.html"])(
    "approve: %s is no limit set, and nobody is asked",
    async (file) => {
      const args = ["limits", "approve", at(file), "--config", at("cell.toml")];
      expect(await cellward(args)).toMatchObject({ code: 2, json: { code: "limit-set-invalid" } });
    },
  );

  it("withdraw: by the beginning of its digest, once; one that is not in force is told apart", async () => {
    const args = (name: string) => ["limits", "withdraw", name, "--reason", "changed", "--config", at("cell.toml")];
    expect(await cellward(args("00000000"), [qa])).toMatchObject({ code: 5, json: { code: "unknown-limits" } });
    const done = await cellward(args(facts.set.slice(0, 8)), [qa]);
    expect(done).toMatchObject({ code: 0, json: { ok: true, signed: { set: facts.set } } });
    expect(await inForce()).toEqual([]);
    expect(await cellward(args(facts.set), [qa])).toMatchObject({ code: 5 });
  });
});

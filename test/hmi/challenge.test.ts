/** The challenge of the inspection over HTTP: signed over what was shown; a miss is an alarm, and shuts the gate until it is made good. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CellView, JobView } from "../../src/hmi/api.ts";
import { type Client, type HmiBench, password, startHmi } from "./bench.ts";
import { job } from "./fake-cell.ts";

let bench: HmiBench;
let ana: Client;

beforeAll(async () => {
  bench = await startHmi(import.meta.dirname);
  await bench.invite(["technician"], "Ana Lima", password.ana);
  await bench.invite(["qa"], "Ben Okoro", password.ben);
  await bench.cell.prepare();
  ana = bench.client();
  await ana.post("/api/sign-in", { name: "Ana Lima", password: password.ana });
});
afterAll(() => bench?.close());

const view = async () => (await ana.get("/api/cell")).json as unknown as CellView;
const gate = async () =>
  ((await ana.get(`/api/jobs/${job}`)).json as unknown as JobView).gates.find((each) => each.gate === "challenge");

async function sign(change: object = {}) {
  const shown = (await ana.get("/api/challenge")).json;
  return ana.post("/api/challenge", { shown: shown["digest"], name: "Ana Lima", password: password.ana, ...change });
}

it("[F63][F68][F69] is signed by a technician, and tells how it came out", async () => {
  expect((await view()).challenge).toEqual({ isOpen: false, last: null, suspended: null });
  expect((await sign({ password: "wrong" })).json.code).toBe("sign-in-refused");
  expect((await sign({ shown: "0".repeat(64) })).json.code).toBe("not-what-was-shown");
  expect((await sign({ name: "Ben Okoro", password: password.ben })).json.code).toBe("wrong-role");
  expect((await sign()).status).toBe(200);
  expect((await view()).challenge).toMatchObject({ last: { passed: true }, suspended: null });
});

it("[F63][F93][L3][L8] that was missed is an alarm, says why nothing is built, and ends with one that is passed", async () => {
  bench.cell.misses = true;
  await sign();
  const missed = await view();
  expect(missed.challenge.suspended).toContain("A painted defect was not found (thin).");
  expect(missed.alarms).toContainEqual(expect.objectContaining({ key: "challenge", priority: 1, owner: "engineer" }));
  expect(await gate()).toMatchObject({ state: "shut", remedy: expect.stringContaining("challenge the inspection") });
  bench.cell.misses = false;
  await sign();
  expect((await view()).alarms.find(({ key }) => key === "challenge")).toBeUndefined();
  expect(await gate()).toMatchObject({ state: "open" });
});

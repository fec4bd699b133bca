/** The record itself at the desk, by the page's interface and by the console: holds, erasure, drops, the clock (features 72, 75, 76). */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect, type DeskConsole } from "../../src/commands/io/desk.ts";
import type { KeepingView, RecordsView, ShownView } from "../../src/hmi/api-route.ts";
import { type Client, type HmiBench, password, startHmi } from "./bench.ts";
import { job } from "./fake-cell.ts";

let folder: string;
let bench: HmiBench;
let ben: Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellward-web-"));
  await writeFile(join(folder, "index.html"), "<!doctype html><title>panel</title>");
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  bench = await startHmi(folder);
  await bench.invite(["technician"], "Ana Lima", password.ana);
  await bench.invite(["qa"], "Ben Okoro", password.ben);
  await bench.cell.prepare();
  const ana = bench.client();
  await ana.post("/api/sign-in", { name: "Ana Lima", password: password.ana });
  await ana.post(`/api/jobs/${job}/cancel`, { why: "not-needed" });
  ben = bench.client();
  await signIn();
});
afterEach(() => bench.close());

const signer = { name: "Ben Okoro", password: password.ben };
const signIn = () => ben.post("/api/sign-in", signer);

async function deed(what: Record<string, string>, change: object = {}) {
  const shown = (await ben.get(`/api/keeping?${new URLSearchParams(what)}`)).json as unknown as ShownView;
  return ben.post("/api/keeping", { what, shown: shown.digest, ...signer, ...change });
}

const view = async () => (await ben.get(`/api/keeping/${job}`)).json as unknown as KeepingView;
const line = async () => ((await ben.get("/api/records")).json as unknown as RecordsView).lines[0]?.keeping;
const years = (count: number) => bench.skip(count * 365.25 * 86_400_000);

describe("[F76] how long it is kept", () => {
  it("[F72] stands on the page; a hold and its lifting are signed; erasure waits for both, and then names are gone", async () => {
    const about = { about: "job", id: job };
    expect(await view()).toMatchObject({ hold: null, erased: null, dropped: 0, until: expect.any(Number) });
    expect(await line()).toMatch(/^kept until \d{4}-\d\d-\d\d$/);
    expect((await deed({ deed: "erase", ...about })).json).toMatchObject({ code: "retention-runs" });
    expect((await deed({ deed: "hold", reason: "complaint", ...about })).status).toBe(200);
    expect(await line()).toContain("LEGAL HOLD");
    years(11);
    await signIn();
    expect((await deed({ deed: "erase", ...about })).json).toMatchObject({ code: "legal-hold" });
    expect((await deed({ deed: "lift", reason: "closed", ...about })).status).toBe(200);
    expect((await deed({ deed: "erase", ...about }, { password: "wrong" })).status).toBe(403);
    expect((await deed({ deed: "erase", ...about })).status).toBe(200);
    expect(await view()).toMatchObject({ erased: { by: "Ben Okoro", destroyed: true } });
    expect(await line()).toMatch(/names erased on \d{4}-\d\d-\d\d by Ben Okoro/);
    const told = (await ben.get(`/api/jobs/${job}`)).json as { readonly ended?: { readonly who: string } };
    expect(told.ended?.who).toMatch(/^P-[0-9a-f]+ \(name erased on /);
  });

  it("what cannot be asked is refused by its form", async () => {
    for (const what of [
      { deed: "hold", reason: "complaint", about: "lot", id: "09506000134352.B-1" },
      { deed: "erase", about: "cell" },
      { deed: "drop-everything", about: "cell" },
      { deed: "hold", reason: "because", about: "cell" },
      { deed: "burn", about: "cell" },
    ]) {
      expect([what, (await deed(what as never)).status]).toEqual([what, 400]);
    }
    expect((await ben.get("/api/keeping/J-9")).status).toBe(404);
    expect((await deed({ deed: "drop-everything", about: "job", id: job })).json).toMatchObject({
      code: "retention-runs",
    });
  });
});

describe("[F75] the clock", () => {
  let desk: DeskConsole;
  beforeEach(async () => {
    const opened = await connect(bench.server.url, signer);
    if (!opened.ok) throw new Error(opened.error.what);
    desk = opened.value;
  });
  const second = { name: "Ana Lima", password: password.ana };

  it("the console shows what was written ahead, and two people take it out", async () => {
    const now = Date.now();
    await bench.cell.say({ kind: "clock-stepped", expected: now, said: now });
    years(40);
    await bench.cell.say({ kind: "clock-stepped", expected: now, said: now });
    years(-40);
    await bench.cell.say({ kind: "clock-stepped", expected: now, said: now });
    const shown = await desk.get<{ ahead: readonly { from: number; to: number }[] }>("/api/clock");
    if (!shown.ok) throw new Error(shown.error.what);
    const [{ from, to }] = shown.value.ahead as [{ from: number; to: number }];
    const asked = await desk.get<ShownView>(`/api/clock/correction?from=${from}&to=${to}`);
    if (!asked.ok) throw new Error(asked.error.what);
    const body = { from, to, shown: asked.value.digest, first: signer };
    expect(await desk.post("/api/clock/correction", { ...body, second: signer })).toMatchObject({
      ok: false,
      error: { code: "own-work" },
    });
    expect(await desk.post("/api/clock/correction", { ...body, second })).toMatchObject({ ok: true });
    expect(await desk.get("/api/clock")).toMatchObject({ ok: true, value: { ahead: [], corrected: [{ from, to }] } });
    await desk.leave();
    expect(await desk.get("/api/clock")).toMatchObject({ ok: false, error: { code: "not-signed-in" } });
  });

  it("a wrong password, and a cell that is not there, are said in words", async () => {
    const refused = await connect(bench.server.url, { ...signer, password: "wrong" });
    expect(refused).toMatchObject({ ok: false, error: { code: "sign-in-refused" } });
    const nobody = await connect("http://127.0.0.1:9", signer);
    expect(nobody).toMatchObject({ ok: false, error: { code: "no-cell", remedy: /cellward run/ } });
  });
});

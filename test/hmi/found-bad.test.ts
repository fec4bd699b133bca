/** A passed layer that somebody finds bad, over HTTP: signed over exactly what was shown, by a reason of the catalogue. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { digestOf } from "../../src/kernel/hash.ts";
import { type HmiBench, password, startHmi } from "./bench.ts";
import { attempt } from "./fake-cell.ts";
import { personWith, startPrint } from "./walk.ts";

let bench: HmiBench;
const picture = new Uint8Array([0xff, 0xd8, 1]);

beforeAll(async () => {
  bench = await startHmi(import.meta.dirname);
  await bench.invite(["technician"], "Ana Lima", password.ana);
  await bench.invite(["qa"], "Ben Okoro", password.ben);
  await bench.cell.prepare();
  await startPrint(bench.cell, personWith(bench.cell, "technician"));
  await bench.cell.layer("pass", picture);
});
afterAll(() => bench?.close());

it("[F57][F68][F69] a layer that had passed is found bad with its picture, once, and its verdict stays in every view", async () => {
  const ana = bench.client();
  await ana.post("/api/sign-in", { name: "Ana Lima", password: password.ana });
  const url = `/api/attempts/${attempt}/layers/1/found-bad`;
  const asked = { finding: "missing", reason: "seen-on-part" };
  const shown = (await ana.get(`${url}?${new URLSearchParams(asked)}`)).json;
  expect(shown["facts"]).toMatchObject({ layer: 1, verdict: "pass", evidence: { frame: digestOf(picture) } });
  const sign = (change: object) =>
    ana.post(url, { ...asked, shown: shown["digest"], name: "Ben Okoro", password: password.ben, ...change });
  expect((await sign({ reason: "it looks like Mr Smith" })).status).toBe(400);
  expect((await sign({ finding: "thin" })).json.code).toBe("not-what-was-shown");
  expect((await sign({ password: "wrong" })).json.code).toBe("sign-in-refused");
  expect((await sign({})).status).toBe(200);
  expect((await sign({})).json.code).toBe("already-decided");
  const nothing = `/api/attempts/${attempt}/layers/2/found-bad?${new URLSearchParams(asked)}`;
  expect((await ana.get(nothing)).json.code).toBe("no-report");
  const view = (await ana.get(`/api/attempts/${attempt}/layers`)).json;
  expect(view["marks"]).toBe("p");
  expect(view["deeds"]).toContainEqual(
    expect.objectContaining({ layer: 1, who: "Ben Okoro", what: "Found layer 1 bad, which had passed." }),
  );
});

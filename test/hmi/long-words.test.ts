/** The overview, the live layer and the hold with the longest words that come: nothing is cut off at 1280 x 800. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ensureWebBuilt } from "../../scripts/build-web.ts";
import { frame, type HmiBench, password, startHmi, warm } from "./bench.ts";
import { button, inspectScreen, openPanel, signIn, startBrowser } from "./browser.ts";
import { attempt, job, printer, station } from "./fake-cell.ts";

/** A reason of 140 characters, as the inspection words them. */
const words =
  "the outer wall is missing 1.94 mm over 6.0 by 4.0 mm at 80 / 70 mm, and the infill beside it lies 0.62 mm lower than the layer below it did.";

/** As long a name as is common, in wide letters. */
const ana = "Anna-Wilhelmina Grossmann-Wollheim";

let bench: HmiBench;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  bench = await startHmi(await ensureWebBuilt());
  bench.telemetry = warm(Date.now());
  await bench.invite(["technician"], ana, password.ana);
  await bench.cell.prepare();
  const panel = bench.client();
  await panel.post("/api/sign-in", { name: ana, password: password.ana });
  await panel.post(`/api/jobs/${job}/identity`, { identifiers: ["H-778120", "1961-04-09"], side: "left" });
  await panel.post(`/api/machines/${printer}/plate-clear`);
  await bench.cell.say({ kind: "prove-presence", job, device: "bench", proof: "p1" });
  expect((await panel.post(`/api/jobs/${job}/start`, { operation: "print" })).status).toBe(200);
  for (let layer = 1; layer <= 31; layer += 1) await bench.cell.layer("pass", await frame(layer, false));
  browser = await startBrowser();
  ({ page } = await openPanel(browser, bench.server.url));
  await signIn(page, ana, password.ana);
  await button(page, "Live layer").click();
});
afterAll(async () => {
  await browser?.close();
  await bench?.close();
});

it("[F57][F60] a hold with a reason of 140 characters leaves the live layer and the hold whole", async () => {
  expect(words).toHaveLength(140);
  await bench.cell.layer("fail", await frame(32, true), words);
  expect(bench.cell.state().jobs[job]?.attempts[0]?.hold?.what).toContain(words);
  await page.locator(".panel .abnormal").getByText(words).waitFor();
  await page.getByRole("img", { name: /^Layer 32 of 60/ }).waitFor();
  await inspectScreen(page, "30-live-held-long");
  for (const each of await page.locator(".lives .live, .panel .quiet, .panel .abnormal").all()) {
    const [inner, outer] = [await each.boundingBox(), await page.locator(".live-layer > .panel").boundingBox()];
    expect(inner!.y + inner!.height).toBeLessThanOrEqual(outer!.y + outer!.height);
    expect(await each.evaluate((seen) => seen.scrollHeight - seen.clientHeight)).toBeLessThanOrEqual(2);
  }
  await button(page, "Look at the hold").click();
  await page.getByText("3 more in the record.").waitFor();
  await inspectScreen(page, "31-hold-long");
  expect(bench.cell.state().jobs[job]?.attempts[0]?.id).toBe(attempt);
});

it("[F23][F92] the overview stays whole with a job on hold and a station that does not answer", async () => {
  const what = `Nothing answers at opc.tcp://finishing-station.cell-2.hospital.example:4840 (The connection cannot be
    established with the server: the certificate of the endpoint is not the one that the cell's configuration names.)`;
  const fault = { code: "no-answer", what: what.replace(/\s+/g, " "), remedy: "Look whether it is switched on." };
  const at = Date.now() - 3_600_000;
  const readings = [
    { name: "press-force", value: 0, unit: "N", at },
    { name: "dryer-temperature", value: 21, unit: "C", at },
  ];
  bench.telemetry = { equipment: station, at: Date.now(), hotend: null, bed: null, readings };
  await button(page, "Cell").click();
  await page.getByText("Look at the hold").waitFor();
  await page.getByText("Dryer temperature").waitFor();
  await inspectScreen(page, "32-cell-held");
  await bench.cell.say({ kind: "observed", equipment: station, observation: { kind: "offline", fault } });
  const dark = `The camera's picture cannot be used: ${"one part of the picture is dark; ".repeat(6)}`;
  await bench.cell.say({ kind: "inspection-status", ready: false, what: dark });
  await page.locator(".stack .abnormal").getByText("Nothing answers at").waitFor();
  await page.locator(".stack .abnormal").getByText("one part of the picture").waitFor();
  await inspectScreen(page, "33-cell-held-offline");
});

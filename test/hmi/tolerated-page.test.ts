/** Layers that a recipe tolerates, and parts with verdicts of their own, on the page in a real Chromium. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ensureWebBuilt } from "../../scripts/build-web.ts";
import type { JobOrder } from "../../src/jobs/order.ts";
import type { ReactionRules } from "../../src/jobs/reaction.ts";
import type { Finding, LayerReport, PartVerdict } from "../../src/jobs/report.ts";
import { frame, type HmiBench, hmac, password, startHmi } from "./bench.ts";
import { button, inspectScreen, openPanel, signIn, startBrowser } from "./browser.ts";
import { job, orderWith } from "./fake-cell.ts";
import { personWith, startPrint } from "./walk.ts";

const reactions: ReactionRules = {
  ...{ within_mm: 1, gap: 1 },
  rules: [
    {
      ...{ class: "thin", unit: "mm2" },
      levels: [
        { from: 0, reaction: "log" },
        { from: 20, reaction: "warn" },
        { from: 40, reaction: "abort" },
      ],
      tolerated: { inRow: 5, linked: 3, sizeLinked: 90 },
    },
  ],
};

let bench: HmiBench;
let browser: Browser;
let page: Page;
let errors: string[];

beforeAll(async () => {
  bench = await startHmi(await ensureWebBuilt());
  await bench.invite(["technician"], "Ana Lima", password.ana);
  await bench.invite(["qa"], "Ben Okoro", password.ben);
  const { cell } = bench;
  const [build] = orderWith(hmac, 0).route;
  await cell.prepare({ route: [{ ...build!, reactions }] as JobOrder["route"] });
  await startPrint(cell, personWith(cell, "technician"));
  browser = await startBrowser();
  ({ page, errors } = await openPanel(browser, bench.server.url));
  await signIn(page, "Ana Lima", password.ana);
});
afterAll(async () => {
  await browser?.close();
  await bench?.close();
});

const press = (name: string | RegExp) => button(page, name).click();
const shows = (text: string | RegExp) => page.getByText(text).first().waitFor();

function seen(measured: number, ...verdicts: PartVerdict["verdict"][]): Partial<LayerReport> {
  const box = { x_mm: 80, y_mm: 70, w_mm: 6, h_mm: 4 };
  const parts = verdicts.map((verdict, at) => ({ part: at + 1, verdict }));
  const failed = parts.flatMap(({ part, verdict }) => (verdict === "fail" ? [part] : []));
  const finding: Finding = { class: "thin", box, measured, limit: 5, unit: "mm2", score: 0.9, parts: failed };
  return { findings: [finding], parts };
}

it("[F56][F54] a tolerated layer is told as such, with an alarm and its part, and the job goes on", async () => {
  const { cell } = bench;
  await cell.layer("pass", await frame(1, false));
  await cell.layer("fail", await frame(2, true), undefined, seen(25, "pass", "fail", "not-made"));
  await shows("Something was found in one layer, last in layer 2; the recipe lets it go on.");
  await press("Live layer");
  await page.getByRole("img", { name: "Layers: 1 passed, 1 tolerated" }).waitFor();
  await page.getByText("tolerated", { exact: true }).waitFor();
  await inspectScreen(page, "90-live-tolerated");
  await press("All layers");
  await page.getByRole("img", { name: /^All layers: 1 passed · 1 tolerated/ }).waitFor();
  await page.getByRole("cell", { name: "Thin, part 2" }).waitFor();
  await shows(/Parts: 2 failed; 1 passed; 3 not in this layer\./);
  await inspectScreen(page, "91-layers-tolerated");
  await press("It is bad…");
  await shows(/layer 2 was tolerated. What is wrong with it\?/);
  await press("Back");
});

it("[F56] one that is to be aborted says so until the machine is safe, and waits for QA then", async () => {
  await bench.cell.layer("fail", await frame(3, true), undefined, seen(50, "fail", "pass", "pass"));
  const { attempts, nonconformities } = bench.cell.state().jobs[job]!;
  expect(attempts[0]).toMatchObject({ outcome: "Aborted", verdicts: "ptf" });
  expect(nonconformities).toMatchObject([{ cause: "layer-failed", layer: 3, parts: [1] }]);
  await press("Back");
  await shows(/Layer 3 failed at part 1 of 3/);
  await inspectScreen(page, "92-aborted");
  expect(errors).toEqual([]);
});

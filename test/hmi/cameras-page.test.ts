/** The pictures of several cameras on the page, in a real Chromium: a key for each, and the one that found something first. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ensureWebBuilt } from "../../scripts/build-web.ts";
import type { ViewReport } from "../../src/jobs/report.ts";
import { digestOf, digestOfValue } from "../../src/kernel/hash.ts";
import { testModel } from "../jobs/models.ts";
import { frame, type HmiBench, password, startHmi } from "./bench.ts";
import { button, inspectScreen, openPanel, signIn, startBrowser } from "./browser.ts";
import { printer } from "./fake-cell.ts";
import { personWith, startPrint } from "./walk.ts";

let bench: HmiBench;
let browser: Browser;
let page: Page;
let errors: string[];

/** A layer that the first camera passes, and of which the other one says `verdict`. */
async function layer(number: number, verdict: "pass" | "fail"): Promise<void> {
  const { cell } = bench;
  const [front, right] = [await frame(number, false), await frame(number + 50, verdict === "fail")];
  const digests = { expected: digestOfValue("x"), limits: digestOfValue("l") };
  const box = { x_mm: 60, y_mm: 70, w_mm: 4, h_mm: 3 };
  const finding = { class: "missing", box, measured: 1.9, limit: 1, unit: "mm2", score: 0.9 };
  const own = (camera: string, bytes: Uint8Array, said: "pass" | "fail"): ViewReport => ({
    ...{ camera, grade: "good", verdict: said, evidence: digestOfValue("r") },
    reasons: [said === "pass" ? "Seen, fresh and within every limit of the recipe." : "Material is missing."],
    findings: said === "pass" ? [] : [finding],
    digests: { ...digests, setup: digestOfValue(camera), frame: digestOf(bytes), model: testModel.model },
  });
  cell.keep(right);
  const views = [own("camera-1", front, "pass"), own("right", right, verdict)];
  await cell.layer("pass", front, undefined, { views });
}

beforeAll(async () => {
  bench = await startHmi(await ensureWebBuilt());
  await bench.invite(["technician"], "Ana Lima", password.ana);
  const { cell } = bench;
  const { setup, versions } = cell.state();
  const cameras = [
    { id: "camera-1", machine: null },
    { id: "right", machine: printer },
  ];
  const boot = { boot: "b2", versions: versions!, setup: { ...setup!, cameras }, shippedModel: testModel };
  await cell.say({ kind: "boot", ...boot });
  await cell.prepare();
  await startPrint(cell, personWith(cell, "technician"));
  await layer(1, "pass");
  await layer(2, "fail");
  browser = await startBrowser();
  ({ page, errors } = await openPanel(browser, bench.server.url));
  await signIn(page, "Ana Lima", password.ana);
});
afterAll(async () => {
  await browser?.close();
  await bench?.close();
});

const press = (name: string | RegExp) => button(page, name).click();
const picture = (number: number, camera: string) =>
  page.getByRole("img", { name: new RegExp(`^Layer ${number} of 60 · camera ${camera} `) }).waitFor();

it("[F51][F58][F60] a layer that two cameras saw has a key for each, and shows first the one that found something", async () => {
  await press("Look at the hold");
  await picture(2, "right");
  await page.getByText("Camera right: Material is missing.").first().waitFor();
  await press("camera-1");
  await picture(2, "camera-1");
  await press("⚠ right");
  await picture(2, "right");
  await inspectScreen(page, "41-two-cameras");
  expect(errors).toEqual([]);
});

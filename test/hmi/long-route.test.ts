/** The screens of the route with the longest words and the longest lists that come: nothing is cut off at 1280 x 800. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ensureWebBuilt } from "../../scripts/build-web.ts";
import type { Operation } from "../../src/jobs/order.ts";
import { type HmiBench, password, startHmi } from "./bench.ts";
import { button, inspectScreen, openPanel, signIn, startBrowser } from "./browser.ts";
import { job, materials, station } from "./fake-cell.ts";
import { good, labelCode, packageCode, personWith, startTask, walkTo, wholeRoute } from "./walk.ts";

const [pla] = materials;
let bench: HmiBench;
let browser: Browser;
let page: Page;
let scans = 0;

const long: readonly Operation[] = wholeRoute.map((step) =>
  step.kind === "task"
    ? { ...step, title: `${step.title}, with the long fixture of the second size and its own lid` }
    : step,
);

beforeAll(async () => {
  bench = await startHmi(await ensureWebBuilt());
  await bench.invite(["technician"], "Anna-Wilhelmina Grossmann-Wollheim", password.ana);
  await bench.invite(["qa"], "Ben Okoro", password.ben);
  const title = "Surgical drill guide for the lower jaw, with two sleeves and the long support on the left side";
  await bench.cell.prepare({ route: long, title });
  browser = await startBrowser();
  ({ page } = await openPanel(browser, bench.server.url));
  await signIn(page, "Anna-Wilhelmina Grossmann-Wollheim", password.ana);
});
afterAll(async () => {
  await browser?.close();
  await bench?.close();
});

const shows = (text: string | RegExp) => page.getByText(text).first().waitFor();
const press = (name: string | RegExp) => button(page, name).click();

async function scan(code: string): Promise<void> {
  await page
    .locator(".scan")
    .getByText(/Waiting for the scanner|✓|✕/)
    .first()
    .waitFor();
  scans += 1;
  bench.presence = { ...bench.presence, read: { code, number: scans } };
}

it("[F39][F92] many lots and a refusal of many words leave the screens of material whole", async () => {
  const person = personWith(bench.cell, "technician");
  for (let n = 1; n <= 7; n += 1) {
    const facts = { gtin: pla.gtin, batch: `LOT-OF-TWENTY-SIGN${n}`, certificate: `COC-${n}`, quantity: 12_345.678 };
    await bench.cell.say({ kind: "receive-lot", ...facts, expires: 4e12, person });
  }
  await press("Materials");
  await shows("1 of 3");
  await inspectScreen(page, "90-materials-many");
  await press("Receive a delivery");
  await scan(`01${"09506000134352"}10${"X".repeat(20)}`);
  await shows("Not this one");
  await inspectScreen(page, "91-receive-foreign");
});

it("[F11][F48] long titles stand in the strip, at the part's scan and at the machine", async () => {
  await walkTo(bench.cell, "clean");
  await press("Jobs");
  await inspectScreen(page, "92-jobs-long");
  await press("Look at it");
  await page.locator('[data-step="clean"].next').waitFor();
  await inspectScreen(page, "93-job-long");
  await press("To the machine");
  await scan(packageCode(pla, "LOT-OF-TWENTY-SIGN1"));
  await shows("Not this one");
  await inspectScreen(page, "94-part-long");
  await startTask(bench.cell, personWith(bench.cell, "technician"), "clean");
  for (let n = 0; n < 9; n += 1) {
    const what = `Condition ${n} of the dryer: its temperature is above the limit that the program names for the long fixture.`;
    const alarm = { id: `a${n}`, active: true, severity: 100 * n, what, at: Date.now() };
    await bench.cell.say({ kind: "observed", equipment: station, observation: { kind: "alarm", alarm } });
  }
  await shows(/5 more alarms of it|4 more alarms of it/);
  await inspectScreen(page, "95-task-alarms");
  await press("Alarms 6");
  await inspectScreen(page, "96-alarms-many");
  await press("Alarms ▶");
  await press("Alarms ▶");
  await shows("4 more alarms of the machine.");
  await inspectScreen(page, "97-alarms-second-page");
});

it("[F64] every result missing is told in one sentence that stays on the screen, beside the table", async () => {
  await bench.cell.finish([]);
  await press("Cell");
  await inspectScreen(page, "98-cell-undecided");
  await press("Something waits for a decision");
  await shows(/no result for/);
  await inspectScreen(page, "99-hold-missing");
});

it("[F47][F73] a wrong label and a printer without paper are told where the label is", async () => {
  const fresh = await startHmi(bench.webRoot);
  await fresh.invite(["technician"], "Ana Lima", password.ana);
  await fresh.invite(["qa"], "Ben Okoro", password.ben);
  await fresh.cell.prepare({ route: wholeRoute });
  await walkTo(fresh.cell, "label");
  expect(good["measure"]).toHaveLength(4);
  fresh.cell.labels = false;
  const { page: other } = await openPanel(browser, fresh.server.url);
  await signIn(other, "Ana Lima", password.ana);
  await button(other, "Go on: Mark and label").click();
  await button(other, "Print the label").click();
  await other.getByText("✕ The printer confirmed no label.").waitFor();
  await other.getByText("The label printer has no paper.").waitFor();
  await inspectScreen(other, "100-label-not-printed");
  const person = personWith(fresh.cell, "technician");
  fresh.cell.labels = true;
  await fresh.cell.say({ kind: "void-label", job, why: "not-printed", person });
  await fresh.cell.say({ kind: "request-label", job, person });
  await other.getByText("Waiting for the scanner").waitFor();
  fresh.presence = { ...fresh.presence, read: { code: labelCode(fresh.cell).replace(/1$/, "2"), number: 1 } };
  await other
    .getByText(/The label on the device is not its own/)
    .first()
    .waitFor();
  await inspectScreen(other, "101-label-of-another");
  await button(other, "Back").click();
  await button(other, "Something waits for a decision").click();
  await other.getByText("Label mismatch").waitFor();
  await inspectScreen(other, "102-hold-label");
  await button(other, "Decide, with signature").click();
  await button(other, "Do the step again").click();
  await button(other, "A new label takes the place of the wrong one.").waitFor();
  await inspectScreen(other, "103-decide-label");
  await fresh.close();
});

/** The whole way through the page in a real Chromium: enrol, start, hold, disposition by a second person, resume, end. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ensureWebBuilt } from "../../scripts/build-web.ts";
import { openPresenceDevice, type PresenceDevice } from "../../src/drivers/presence/io/device.ts";
import { type PresenceBench, realClock, startPresenceBench } from "../drivers/presence/bench.ts";
import { frame, type HmiBench, password, startHmi, warm } from "./bench.ts";
import { button, holdDown, inspectScreen, openPanel, signIn, startBrowser } from "./browser.ts";
import { attempt, job } from "./fake-cell.ts";
import { packages } from "./walk.ts";

let bench: HmiBench;
let wire: PresenceBench;
let device: PresenceDevice;
let browser: Browser;
let page: Page;
let errors: string[];
let beating: ReturnType<typeof setInterval>;
let hot = true;

beforeAll(async () => {
  const webRoot = await ensureWebBuilt();
  bench = await startHmi(webRoot);
  wire = await startPresenceBench();
  device = openPresenceDevice({
    path: wire.tty,
    clock: realClock,
    onProof: (proof) => void bench.cell.submit(proof),
    onChange: () => {
      bench.presence = device.status();
    },
  });
  beating = setInterval(() => {
    if (hot) bench.telemetry = warm(Date.now());
    bench.presence = device.status();
  }, 200);
  browser = await startBrowser();
  ({ page, errors } = await openPanel(browser, bench.server.url));
});
afterAll(async () => {
  clearInterval(beating);
  await browser?.close();
  await device?.close();
  await wire?.close();
  await bench?.close();
});

const shows = (text: string | RegExp) => page.getByText(text).first().waitFor();
const press = (name: string | RegExp) => button(page, name).click();

async function enrol(role: "technician" | "qa", name: string, secret: string) {
  const { code } = await bench.people.invite([role]);
  await press("I have a one-time code");
  for (const [label, text] of [
    ["One-time code", code],
    ["Your full name", name],
    ["New password or PIN", secret],
    ["The same again", secret],
  ] as const) {
    await page.getByLabel(label).fill(text);
  }
  if (role === "technician") await inspectScreen(page, "02-enrol");
  await press("Enrol");
  await shows(`Welcome, ${name}.`);
}

async function scanAndPress() {
  await wire.post("/scan", { code: `JOB:${job}` });
  await shows("Now press the enable button");
  await wire.post("/press");
  await shows("✓ Presence proven");
}

it("[F91][F92] two people take their places with one-time codes and the technician signs in on the panel's own keys", async () => {
  await inspectScreen(page, "01-sign-in");
  await enrol("technician", "Ana Lima", password.ana);
  await enrol("qa", "Ben Okoro", password.ben);
  await page.getByLabel("Name").click();
  for (const key of "ana lima")
    await button(page, key === " " ? "Space" : key)
      .first()
      .click();
  await press("Next field");
  for (const key of password.ana) await button(page, key).click();
  await press("Sign in");
  await shows("No order has come");
  await inspectScreen(page, "03-cell-empty");
});

it("[F39][F92] what the wired scanner reads, separators and all, comes to the screen that waits for it", async () => {
  await press("Materials");
  await press("Receive a delivery");
  await shows("Waiting for the scanner");
  await wire.post("/scan", { code: packages.pla });
  await shows(/^PLA filament 1.75 mm, lot PLA-77, until/);
  expect(await button(page, "Go on: certificate and quantity").isEnabled()).toBe(true);
  await press("Cell");
});

it("[F93] the overview says why the job cannot start, each reason with remedy and owner, and that all is simulated", async () => {
  await bench.cell.prepare();
  await shows("It cannot start: 3 things are missing.");
  await shows("Technician: Enter both identifiers and the side from the request form.");
  await shows("SIMULATED, not for human use");
  await inspectScreen(page, "04-cell-waiting");
  await press("Jobs");
  await inspectScreen(page, "05-jobs");
});

it("[F63][F92] the inspection is challenged by whoever stands at the empty plate and signs", async () => {
  await press("Cell");
  await press("Challenge…");
  await shows("Never challenged in this cell");
  expect(await button(page, "Sign: the plate is empty").isDisabled()).toBe(true);
  while (await button(page, "Facts ▶").isEnabled()) await press("Facts ▶");
  await inspectScreen(page, "05-challenge");
  await press("Sign: the plate is empty");
  await page.getByLabel("Name of the second person, or yours").fill("Ana Lima");
  await page.getByLabel("Password or PIN").fill(password.ana);
  await button(page, /^Sign$/).click();
  await shows(/^Passed, /);
  await press("Jobs");
});

it("[F4] a wrong side fills the screen; the right one leads on, and no side is chosen beforehand", async () => {
  await press("Start it");
  expect(await page.locator('.sides [aria-pressed="true"]').count()).toBe(0);
  await page.getByLabel("First identifier").fill("H-778120");
  await page.getByLabel("Second identifier").fill("1961-04-09");
  expect(await button(page, "Compare with the order").isDisabled()).toBe(true);
  await press("Right");
  await inspectScreen(page, "06-identity");
  await press("Compare with the order");
  await shows("This is not the patient of the order.");
  await inspectScreen(page, "07-mismatch");
  await press("Back: type again");
  await press("Left");
  await press("Compare with the order");
  await shows("ready to start?");
});

it("[F29][L5] it starts by press and hold with plate and presence proven, never by Enter or space or a short press", async () => {
  await inspectScreen(page, "08-ready-shut");
  await press("The plate is clear");
  await shows("The plate is empty.");
  expect(await button(page, /Start printing/).isDisabled()).toBe(true);
  await scanAndPress();
  await inspectScreen(page, "09-ready-open");
  await button(page, /Start printing/).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.down("Space");
  await page.waitForTimeout(1_700);
  await page.keyboard.up("Space");
  await holdDown(page, /Start printing/, 700);
  expect(bench.cell.state().jobs[job]?.attempts).toHaveLength(0);
  await holdDown(page, /Start printing/, 1_650);
  await shows("No layer made yet");
  expect(bench.cell.state().jobs[job]?.attempts).toHaveLength(1);
});

it("[F60][F51] the live layer shows the frame with its outline, layer and time, the strip and temperatures with their age", async () => {
  for (let layer = 1; layer <= 4; layer += 1) await bench.cell.layer("pass", await frame(layer, false));
  await page.getByRole("img", { name: /^Layer 4 of 60 .* SIMULATED/ }).waitFor();
  await shows("4 passed · 60 planned");
  await shows("204.8 °C of 205");
  await inspectScreen(page, "10-live");
  await press("Cell");
  await shows("4 of 60");
  await inspectScreen(page, "11-cell-printing");
});

it("[F23] a value that stops coming is hatched and says since when", async () => {
  hot = false;
  await page.locator('[data-live="Nozzle"].stale').waitFor();
  await shows(/no data since/);
  await inspectScreen(page, "12-cell-stale");
  hot = true;
  await page.locator('[data-live="Nozzle"]:not(.stale)').waitFor();
});

it("[F56] a blind layer holds with its own reason, and is looked at again", async () => {
  await bench.cell.layer("blind", await frame(5, false));
  await press("Look at the hold");
  await shows("The layer could not be seen");
  await inspectScreen(page, "13-hold-blind");
  await press("Look again");
  await shows("The camera looks again.");
  expect(bench.cell.state().jobs[job]?.attempts[0]?.looks[0]?.step).toBe("capture");
});

it("[F57][F68][F69] a failed layer is shown with measure and limit, decided and signed by a second person over what is shown", async () => {
  await bench.cell.see("fail", await frame(5, true));
  await page.getByRole("cell", { name: "1.9 mm" }).waitFor();
  await page.getByRole("cell", { name: "0.5 mm" }).waitFor();
  await inspectScreen(page, "14-hold-failed");
  await press("Layer 4, the one before");
  await page.getByRole("img", { name: /^Layer 4 of 60/ }).waitFor();
  await press("Decide, with signature");
  await press("Accept it as it is");
  await press("The picture misleads: the layer is whole.");
  await shows(/SHA-256 [0-9a-f]{64}$/);
  expect(await button(page, "Sign: second person").isDisabled()).toBe(true);
  while (await button(page, "Facts ▶").isEnabled()) await press("Facts ▶");
  await inspectScreen(page, "15-decide");
  await press("Sign: second person");
  await sign("Ana Lima", password.ana);
  await shows("Only QA may decide on a nonconformity.");
  await sign("Ben Okoro", password.ben);
  await shows("Signed by Ben Okoro: accept it as it is.");
  await shows("Ana Lima · Technician");
});

async function sign(name: string, secret: string) {
  await page.getByLabel("Name of the second person").fill(name);
  await page.getByLabel("Password or PIN").fill(secret);
  if (name === "Ben Okoro") await inspectScreen(page, "16-sign");
  await button(page, /^Sign$/).click();
}

it("[F29][L5] it goes on only with a new presence proof and a press and hold", async () => {
  await press("Go on…");
  await shows("It cannot go on yet.");
  await inspectScreen(page, "17-resume");
  await scanAndPress();
  await holdDown(page, /Go on printing/, 1_650);
  await page.getByRole("img", { name: /^Layers: 4 passed, 1 conceded/ }).waitFor();
  expect(bench.cell.state().jobs[job]?.attempts[0]?.hold).toBeNull();
});

it("[F92] one press holds; the other screens stand, empty ones too", async () => {
  await press("Hold after this layer");
  await shows("Held at the panel.");
  await press("Alarms 1");
  await inspectScreen(page, "18-alarms");
  for (const name of ["Materials", "Records", "Help"]) {
    await press(name);
    await inspectScreen(page, `19-${name.toLowerCase()}`);
  }
  await press("Records");
  await shows("No job has ended in this cell yet.");
  await press("Materials");
  await shows("No material was received in this cell yet.");
});

it("[F92] the cleaning mode ends by a press of three seconds", async () => {
  await press("Cell");
  await inspectScreen(page, "19-cell-held");
  await press("Clean screen");
  await inspectScreen(page, "20-cleaning");
  await holdDown(page, /End cleaning/, 3_200);
  await page.locator(".cleaning").waitFor({ state: "detached" });
});

it("[F33] stop is a press and hold apart from the rest; the end says who did what and what is left to do", async () => {
  await press("Look at the hold");
  await holdDown(page, /Stop this print/, 1_650);
  await shows("It was stopped.");
  await press("Log ▶");
  await shows(/^.* Ben Okoro Signed the concession/);
  await shows("Print.");
  await inspectScreen(page, "21-ended");
  expect(bench.cell.state().jobs[job]?.attempts[0]).toMatchObject({ id: attempt, outcome: "Aborted" });
});

it("[F92] the first touch on a dimmed screen only wakes it", async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const other = await context.newPage();
  await other.clock.install();
  await other.goto(bench.server.url);
  const code = button(other, "I have a one-time code");
  const box = await code.boundingBox();
  await other.clock.runFor(190_000);
  await other.locator(".dimmed").waitFor();
  const [x, y] = [box!.x + box!.width / 2, box!.y + box!.height / 2];
  await other.mouse.click(x, y);
  await other.locator(".dimmed").waitFor({ state: "detached" });
  expect(await other.getByLabel("One-time code").count()).toBe(0);
  await other.mouse.click(x, y);
  await other.getByLabel("One-time code").waitFor();
  await context.close();
});

it("[F90] locking hides everything and stops nothing", async () => {
  const before = bench.cell.recorded.length;
  await press("Lock");
  await button(page, "Sign in").waitFor();
  expect(await page.content()).not.toContain(job);
  await signIn(page, "Ana Lima", password.ana);
  const written = bench.cell.recorded.slice(before).map(({ event }) => event.type);
  expect(written).toEqual(["SignInRecorded"]);
  expect(errors).toEqual([]);
});

it("[F23][F92] a lost link is said at once and disables every deed, hold and stop included", async () => {
  const second = await startHmi(bench.webRoot);
  await second.invite(["technician"], "Ana Lima", password.ana);
  await second.cell.prepare();
  await startByApi(second);
  for (let layer = 1; layer <= 31; layer += 1) await second.cell.layer("pass", await frame(layer, false));
  const { page: panel } = await openPanel(browser, second.server.url);
  await signIn(panel, "Ana Lima", password.ana);
  await button(panel, "Live layer").click();
  await panel.getByRole("img", { name: /^Layer 31 of 60/ }).waitFor();
  await inspectScreen(panel, "22-live-31");
  expect(await button(panel, "Hold after this layer").isEnabled()).toBe(true);
  await second.close();
  await panel.getByText(/LINK LOST since/).waitFor();
  await panel.getByText("Alarms unknown").waitFor();
  for (const deed of ["Hold after this layer", /Stop this print/])
    expect(await button(panel, deed).isDisabled()).toBe(true);
  await panel.locator('[data-live="Nozzle"].stale').waitFor();
  await inspectScreen(panel, "23-link-lost");
  await panel.context().close();
});

async function startByApi({ client, cell }: HmiBench) {
  const ana = client();
  await ana.post("/api/sign-in", { name: "Ana Lima", password: password.ana });
  await ana.post(`/api/jobs/${job}/identity`, { identifiers: ["H-778120", "1961-04-09"], side: "left" });
  await ana.post("/api/machines/printer-a/plate-clear");
  await cell.say({ kind: "prove-presence", job, device: "bench", proof: "p1" });
  expect((await ana.post(`/api/jobs/${job}/start`, { operation: "print" })).status).toBe(200);
}

/** The whole route through the page in a real Chromium: material, parts, machine steps, label, hand-over, release, records. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ensureWebBuilt } from "../../scripts/build-web.ts";
import type { OperationId } from "../../src/kernel/names.ts";
import { type HmiBench, password, startHmi } from "./bench.ts";
import { button, holdDown, inspectScreen, openPanel, signIn, startBrowser } from "./browser.ts";
import { job, materials, printer, station } from "./fake-cell.ts";
import {
  container,
  good,
  labelCode,
  markDemonstration,
  measured,
  packageCode,
  packages,
  personWith,
  provePresence,
  tag,
  walkTo,
  wholeRoute,
} from "./walk.ts";

let bench: HmiBench;
let browser: Browser;
let page: Page;
let errors: string[];
let beating: ReturnType<typeof setInterval>;
let scans = 0;

const [pla] = materials;

beforeAll(async () => {
  bench = await startHmi(await ensureWebBuilt());
  await bench.invite(["technician"], "Ana Lima", password.ana);
  await bench.invite(["qa"], "Ben Okoro", password.ben);
  await bench.cell.prepare({ route: wholeRoute });
  beating = setInterval(() => {
    const readings = [
      { name: "state", value: "Execute", unit: "" },
      { name: "press-force", value: 431.52, unit: "N" },
      { name: "dryer", value: 45.2, unit: "C" },
      { name: "door-closed", value: true, unit: "" },
    ].map((each) => ({ ...each, at: Date.now() }));
    bench.telemetry = { equipment: station, at: Date.now(), hotend: null, bed: null, readings };
  }, 200);
  browser = await startBrowser();
  ({ page, errors } = await openPanel(browser, bench.server.url));
  await signIn(page, "Ana Lima", password.ana);
});
afterAll(async () => {
  clearInterval(beating);
  await browser?.close();
  await bench?.close();
});

const shows = (text: string | RegExp) => page.getByText(text).first().waitFor();
const press = (name: string | RegExp) => button(page, name).click();

/** The wired scanner reads a code, on a screen that waits for one or has just said what came of the last. */
async function scan(code: string): Promise<void> {
  await page
    .locator(".scan")
    .getByText(/Waiting for the scanner|✓|✕/)
    .first()
    .waitFor();
  scans += 1;
  bench.presence = { ...bench.presence, read: { code, number: scans } };
}

async function sign(name: string, secret: string, picture?: string) {
  await page.getByLabel("Name of the second person").fill(name);
  await page.getByLabel("Password or PIN").fill(secret);
  if (picture) await inspectScreen(page, picture);
  await button(page, /^Sign$/).click();
}

async function readAll() {
  while ((await button(page, "Facts ▶").count()) > 0 && (await button(page, "Facts ▶").isEnabled())) {
    await press("Facts ▶");
  }
}

it("[F39][F92] a delivery is scanned in, a wrong code named in large words, and waits for QA", async () => {
  await press("Materials");
  await shows("No material was received in this cell yet.");
  await inspectScreen(page, "40-materials-empty");
  await press("Receive a delivery");
  await inspectScreen(page, "41-receive-waiting");
  await scan(`JOB:${job}`);
  await shows("Not this one");
  await shows(`This is the code of the job sheet ${job}.`);
  await inspectScreen(page, "42-receive-wrong");
  await scan(packages.pla);
  await shows(/PLA filament 1.75 mm, lot PLA-77, until 31 Dec/);
  await inspectScreen(page, "43-receive-good");
  await press("Go on: certificate and quantity");
  await shows("Still missing: the number of the certificate.");
  await page.getByLabel("Number of the certificate").fill("COC 4411");
  await shows(/may hold letters, digits, dots/);
  await page.getByLabel("Number of the certificate").fill("COC-4411");
  await shows("Still missing: the quantity in g.");
  await page.getByLabel("Quantity in g").fill("1000 g");
  await shows(/no unit behind it/);
  expect(await button(page, "Receive into quarantine").isEnabled()).toBe(false);
  await page.getByLabel("Quantity in g").fill("1000");
  await inspectScreen(page, "44-receive-paper");
  await press("Receive into quarantine");
  await shows("Lot PLA-77 is in quarantine.");
  await inspectScreen(page, "45-materials-quarantine");
});

it("[F39][F69] QA releases the lot over what is shown; the technician stays signed in", async () => {
  await press("QA decides");
  await shows("In quarantine");
  await press("Release the lot");
  await shows(/SHA-256 [0-9a-f]{64}$/);
  await readAll();
  await inspectScreen(page, "46-lot");
  await press("Sign: QA");
  await sign("Ana Lima", password.ana);
  await shows("Only QA may decide on a lot.");
  await sign("Ben Okoro", password.ben, "47-lot-sign");
  await shows("Signed by Ben Okoro: lot PLA-77 is released.");
  await shows("✓ Released");
  await shows("Ana Lima · Technician");
});

it("[F40] it is loaded by a scan at its machine; another lot is refused", async () => {
  await page.locator(`[data-machine="${printer}"]`).getByRole("button", { name: "Load" }).click();
  await scan(packageCode(pla, "OTHER"));
  await shows(/was never received here/);
  await inspectScreen(page, "48-load-wrong");
  await scan(packages.pla);
  await shows("It is released, in date and the right material. It counts as loaded now.");
  await inspectScreen(page, "49-load-good");
  await press("Back");
  await shows("PLA filament 1.75 mm: lot PLA-77");
});

it("[F11][F48] the job shows its route; the printed part is tagged, the tag typed where there is no scanner, and shown as typed", async () => {
  await walkTo(bench.cell, "tag");
  await press("Jobs");
  await inspectScreen(page, "50-jobs-route");
  await press("Look at it");
  await page.locator('[data-step="clean"].next').waitFor();
  await inspectScreen(page, "51-job-after-print");
  await press("To the machine");
  await shows("Put a new tag on the part, then scan the tag.");
  await inspectScreen(page, "52-tag");
  await press("Type the code");
  await page.getByLabel("Code").fill(tag);
  await inspectScreen(page, "53-type-code");
  await press("Take this code");
  await shows("TYPED, not scanned:");
  await inspectScreen(page, "54-tagged-typed");
  expect(bench.cell.state().jobs[job]?.units[0]?.tag).toBe(tag);
});

it("[F48][F92] the part is scanned at the machine before anything else; a wrong one fills the screen", async () => {
  await press("To the machine");
  await shows("Put the part into Station A, then scan its tag TAG-0007.");
  await inspectScreen(page, "55-part-first");
  await scan("TAG-0008");
  await shows(/Wrong part: scanned was/);
  await inspectScreen(page, "56-part-wrong");
  await scan(tag);
  await shows("✓ Part TAG-0007");
  await inspectScreen(page, "57-station-shut");
  expect(await button(page, /Start: Clean and dry/).isDisabled()).toBe(true);
  await provePresence(bench.cell);
  await inspectScreen(page, "58-station-open");
  await button(page, /Start: Clean and dry/).focus();
  await page.keyboard.press("Enter");
  await holdDown(page, /Start: Clean and dry/, 1_650);
  await page.locator('[data-live="press-force"]').waitFor();
  expect(bench.cell.state().jobs[job]?.attempts.at(-1)).toMatchObject({ operation: "clean", part: tag });
});

it("[F23][F36] a machine at work shows its state, live values with their age and its own alarms", async () => {
  await shows("431.5 N");
  const alarm = { id: "door", active: true, severity: 500, what: "The door is open.", at: Date.now() };
  await bench.cell.say({ kind: "observed", equipment: station, observation: { kind: "alarm", alarm } });
  await shows("The machine says: The door is open.");
  await inspectScreen(page, "59-task-running");
  await press("Cell");
  await shows("Look at the machine");
  await inspectScreen(page, "60-cell-task");
  await press("Alarms 1");
  await inspectScreen(page, "61-alarms-machine");
  const gone = { ...alarm, active: false };
  await bench.cell.say({ kind: "observed", equipment: station, observation: { kind: "alarm", alarm: gone } });
  await press("Cell");
  await press("Look at the machine");
  await press("Hold");
  await shows("The machine is told to wait.");
  await inspectScreen(page, "62-task-held");
  await press("Look at the hold");
  await inspectScreen(page, "63-hold-task");
  await press("Go on…");
  await shows("Go on with the step");
  await provePresence(bench.cell);
  await holdDown(page, /Go on with the step/, 1_650);
  await button(page, "Hold").waitFor();
  await bench.cell.finish(good["clean"]);
  await shows("✓ within");
  await inspectScreen(page, "64-task-done");
  await press("Go on with the job");
});

it("[F64][F73] a value outside its limits is shown beside them, and QA has the step done again", async () => {
  await walkPress();
  await startAtStation("measure");
  await bench.cell.finish([...(good["measure"] ?? []).slice(0, 3), measured("guide-height", 11.9, "mm")]);
  await press("Cell");
  await shows("Waits for a decision");
  await press("Something waits for a decision");
  await shows(/Height of the guide is 11.9 mm/);
  await page.getByRole("cell", { name: "✕ outside" }).waitFor();
  await inspectScreen(page, "65-hold-results");
  await press("Decide, with signature");
  await press("Do the step again");
  await press("The measurement itself is in doubt.");
  await shows(/SHA-256 [0-9a-f]{64}$/);
  await readAll();
  await inspectScreen(page, "66-decide-rework");
  await press("Sign: second person");
  await sign("Ben Okoro", password.ben);
  await shows("Signed by Ben Okoro: do the step again.");
  await startAtStation("measure");
  await bench.cell.finish(good["measure"]);
  await page.locator('[data-step="label"].next').waitFor();
  await inspectScreen(page, "67-job-before-label");
  await press("Results");
  await shows("12.41 mm");
  await inspectScreen(page, "68-results");
  await press("Press sleeves");
  await shows("Peak force of sleeve 1");
  await press("Back");
});

/** The sleeves are pressed, by what people and machine say. */
async function walkPress() {
  const person = personWith(bench.cell, "technician");
  await startAtStation("press", person);
  await bench.cell.finish(good["press"], ["sleeve-1-curve"]);
}

async function startAtStation(operation: string, person = personWith(bench.cell, "technician")) {
  await bench.cell.say({ kind: "confirm-part", job, equipment: station, tag, person });
  await provePresence(bench.cell);
  const reply = await bench.cell.say({ kind: "start", job, operation: operation as OperationId, person });
  expect(reply.kind).toBe("accepted");
}

it("[F46][F47] the label is printed, voided where it is spoilt, printed again, and scanned back where it sticks", async () => {
  await press("Print the label");
  await inspectScreen(page, "69-label-none");
  await press("Print the label");
  await shows(/\(01\)09506000134352/);
  await inspectScreen(page, "70-label-printed");
  const link = page.getByRole("link", { name: "Open the label as PDF" });
  expect(await link.getAttribute("href")).toBe(`/api/jobs/${job}/units/1/labels/1/pdf`);
  await holdDown(page, /Void: spoilt or lost/, 1_650);
  await shows("Voided. Destroy what is left of it.");
  await press("Print the label");
  await shows("Label 2");
  await scan(packages.pla);
  await shows(/This is a package of PLA filament/);
  await inspectScreen(page, "71-label-wrong");
  await scan(labelCode(bench.cell));
  await shows("The label on the device is its own.");
  await inspectScreen(page, "72-label-applied");
  await press("Go on with the job");
});

it("the device is handed over in a container; the tag of a part is none", async () => {
  await press("Hand it over");
  await inspectScreen(page, "73-handover");
  await scan(tag);
  await shows(`This is the tag of copy 1 of order ${job}.`);
  await scan(container);
  await shows(`Handed over in ${container}.`);
  await inspectScreen(page, "74-handed-over");
  await press("Go on with the job");
});

it("[F70] a release that lacks something shows each thing with remedy and owner, and cannot be signed", async () => {
  await press("To the release");
  await shows("It cannot be released. One thing is missing.");
  await shows(/^QA: Central QA marks the cell, or the device is scrapped.$/);
  expect(await button(page, "Sign: QA").isDisabled()).toBe(true);
  await inspectScreen(page, "75-release-missing");
});

it("[F68][F69][F70] a complete record is signed by QA only after every page of it was on the screen", async () => {
  await markDemonstration(bench.cell);
  await shows(/SHA-256 [0-9a-f]{64}$/);
  expect(await button(page, "Sign: QA").isDisabled()).toBe(true);
  await shows(/p[-0-9a-z]+ \(Ana Lima\)|CASE-000042/);
  await inspectScreen(page, "76-release-first-page");
  await press("Facts ▶");
  await inspectScreen(page, "77-release-page");
  expect(await button(page, "Sign: QA").isDisabled()).toBe(true);
  await readAll();
  await inspectScreen(page, "78-release-last-page");
  await press("Sign: QA");
  await sign("Ana Lima", password.ana);
  await shows(/Only QA may release a device/);
  await sign("Ben Okoro", password.ben, "79-release-sign");
  await shows("Signed by Ben Okoro: copy 1 is released.");
  await shows("1 of 1 made.");
  await inspectScreen(page, "80-job-released");
  await press("Who did what");
  await shows(/^Nothing: the route is gone to its end/);
  const steps = new Set<string>();
  for (;;) {
    for (const line of await page.locator(".log li").allInnerTexts()) {
      steps.add(/^[0-9:]+ (.*?) · /.exec(line)?.[1] ?? line);
    }
    await inspectScreen(page, `80-who-did-what`);
    if (!(await button(page, "Log ▶").isEnabled())) break;
    await press("Log ▶");
  }
  expect([...steps]).toEqual(["Print", "Clean and dry", "Press sleeves", "Measure"]);
  expect(await button(page, "Go on with the job").count()).toBe(0);
  await press("Cell");
  expect(await button(page, "No job waits: the design authority sends orders").isDisabled()).toBe(true);
});

it("[F81] the records say with QA only when a countersignature covers the last entry", async () => {
  const last = bench.cell.recorded.findLast(({ event }) => "job" in event && event.job === job)?.seq ?? 0;
  bench.sync = { ...bench.sync, state: "syncing", withQa: last, oldestUnsyncedAt: Date.now(), what: "On its way." };
  await press("Records");
  await shows(/Not yet with QA: 1 entry waits since/);
  await inspectScreen(page, "81-records-waiting");
  bench.sync = { ...bench.sync, withQa: last + 1, oldestUnsyncedAt: null };
  await shows("With QA: central QA has countersigned it.");
  await inspectScreen(page, "82-records-with-qa");
  await press("Look at it");
  await shows("With QA: central QA has countersigned it.");
  expect(errors).toEqual([]);
});

it("[F92] a second page takes the scanner, and the first says so", async () => {
  await press("Materials");
  await press("Receive a delivery");
  await shows("Waiting for the scanner");
  const { page: other } = await openPanel(browser, bench.server.url);
  await signIn(other, "Ana Lima", password.ana);
  await button(other, "Materials").click();
  await button(other, "Receive a delivery").click();
  await shows("The scanner serves another page");
  await inspectScreen(page, "82-scanner-elsewhere");
  await other.getByText("Waiting for the scanner").waitFor();
  scans += 1;
  bench.presence = { ...bench.presence, read: { code: packages.sleeve, number: scans } };
  await other.getByText(/It is here already/).waitFor();
  expect(await page.getByText(/Drill sleeve/).count()).toBe(0);
  await other.context().close();
  await press("Use the scanner here");
  await shows("Waiting for the scanner");
  await press("Cell");
});

it("[F81][F85] frozen sync is an alarm of the first priority on every screen", async () => {
  await bench.cell.say({ kind: "central-link", frozen: true, what: "Two records claim the name of this cell." });
  await shows("Two records claim the name of this cell.");
  await press("Alarms 1");
  await inspectScreen(page, "83-alarm-frozen");
});

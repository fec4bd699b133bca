/** `npm run pictures`: photographs the pages during real demo runs, for the documentation: in print, on hold, before the release. */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { control } from "../demo/control.ts";
import { createDisplay } from "../demo/display.ts";
import { deliverShortOrder } from "../demo/packages.ts";
import { cellward, root } from "../demo/programs.ts";
import { finishStep, labelAndHandOver, printGuide, releaseDevice, toTheStation, withCentral } from "../demo/route.ts";
import { type Running, type SetupOptions, setUp, tearDown } from "../demo/setup.ts";
import { type Story, startJob, untilLayer, watch } from "../demo/story.ts";
import { ensureWebBuilt } from "./build-web.ts";

const folder = join(root, "docs/pictures");
const failsAtLayer = 24;
mkdirSync(folder, { recursive: true });
await ensureWebBuilt();
const display = createDisplay();
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
  ],
});
const options = { dir: join(root, "var/pictures"), speed: 30, seed: 1, port: 0, edits: [] };
try {
  await during({ ...options, whole: false }, ofThePrint);
  await during({ ...options, whole: true, deliver: deliverShortOrder }, ofTheRoute);
} finally {
  await browser.close();
}

/** One demo, its panel open in a browser, a technician signed in. */
async function during(set: SetupOptions, take: (story: Story, page: Page) => Promise<void>): Promise<void> {
  const running: Running = {};
  try {
    const story = await setUp(set, display, running);
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(story.url);
    await page.evaluate(signIn, story.technician);
    await page.reload();
    await take(story, page);
  } finally {
    await tearDown(running, running.cell);
  }
}

async function ofThePrint(story: Story, page: Page): Promise<void> {
  const place = { atLayerZ: failsAtLayer * 0.2, x: 66, y: 78, r: 4, h: 3 };
  await control(story.bench.places.world, "/fault", { name: "foreign-object", ...place });
  await startJob(story);
  await untilLayer(story, 12);
  await press(page, "Live layer");
  await page.getByRole("img", { name: /^Layer [0-9]+ of / }).waitFor();
  await photograph(page, "live.png");
  await watch(story);
  await page
    .getByText(/On hold/)
    .first()
    .waitFor();
  await photograph(page, "hold.png");
  await press(page, "All layers");
  await page.getByRole("img", { name: new RegExp(`^Layer ${failsAtLayer} of `) }).waitFor();
  await photograph(page, "layers.png");
  await press(page, "Map");
  await photograph(page, "map.png");
}

async function ofTheRoute(story: Story, page: Page): Promise<void> {
  await printGuide(story);
  await toTheStation(story);
  for (const step of ["clean-dry", "press-sleeves", "measure"]) await finishStep(story, step);
  await page.reload();
  await press(page, "Jobs");
  await press(page, "Look at it");
  await press(page, "Results");
  await photograph(page, "results.png");
  await labelAndHandOver(story);
  await page.reload();
  await press(page, "Jobs");
  await press(page, "Look at it");
  await photograph(page, "route.png");
  await press(page, "To the release");
  await photograph(page, "release.png");
  await releaseDevice(story);
  await withCentral(story);
  await atCentral(story, page);
}

/** Central QA's own page, entered with a one-time code: the inbox after a good device, and its record. */
async function atCentral({ central }: Story, page: Page): Promise<void> {
  if (!central) throw new Error("This demo has no central QA.");
  const invited = await cellward(["qa", "people", "invite", "--keys", central.places.keys, "--role", "qa"]);
  const { code } = invited.value as { code: string };
  await page.goto(central.url);
  await page.locator("#code").fill(code);
  await page.locator("#new-name").fill("Quentin Moreau");
  const password = randomBytes(9).toString("base64url");
  await page.locator("#new-password").fill(password);
  await page.locator('form[action="/enrol"] button').click();
  await page.locator("#name").fill("Quentin Moreau");
  await page.locator("#password").fill(password);
  await page.locator('form[action="/sign-in"] button').click();
  await photograph(page, "central-inbox.png");
  await page.getByRole("link", { name: "Cells" }).first().click();
  await photograph(page, "central-cells.png");
}

/** Runs in the page: the same request that its sign-in screen sends. */
async function signIn(person: { name: string; password: string }): Promise<void> {
  const headers = { "content-type": "application/json", "x-cellward": "1" };
  await fetch("/api/sign-in", { method: "POST", headers, body: JSON.stringify(person) });
}

async function press(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name, exact: true }).click();
}

async function photograph(page: Page, name: string): Promise<void> {
  await page.waitForFunction("[...document.images].every((image) => image.complete)");
  await page.screenshot({ path: join(folder, name) });
  display.say(`  ${join("docs/pictures", name)}`);
}

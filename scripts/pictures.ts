/** `npm run pictures`: photographs the page during a real demo run, in print and in hold, for the documentation. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { control } from "../demo/control.ts";
import { createDisplay } from "../demo/display.ts";
import { root } from "../demo/programs.ts";
import { type Running, setUp, tearDown } from "../demo/setup.ts";
import { startJob, untilLayer, watch } from "../demo/story.ts";
import { ensureWebBuilt } from "./build-web.ts";

const folder = join(root, "docs/pictures");
const failsAtLayer = 24;
mkdirSync(folder, { recursive: true });
await ensureWebBuilt();
const display = createDisplay();
const running: Running = {};
const options = { dir: join(root, "var/pictures"), speed: 30, seed: 1, port: 0, edits: [], whole: false };
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
try {
  const story = await setUp(options, display, running);
  const { technician, bench, url } = story;
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(url);
  await page.evaluate(signIn, technician);
  await page.reload();
  await control(bench.places.world, "/fault", {
    name: "foreign-object",
    atLayerZ: failsAtLayer * 0.2,
    x: 66,
    y: 78,
    r: 4,
    h: 3,
  });
  await startJob(story);
  await untilLayer(story, 12);
  await press(page, "Live layer");
  await photograph(page, "live.png");
  await watch(story);
  await page
    .getByText(/On hold/)
    .first()
    .waitFor();
  await photograph(page, "hold.png");
  await photograph(page, "hold.png");
} finally {
  await browser.close();
  await tearDown(running, running.cell);
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

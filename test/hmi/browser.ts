/** A real Chromium on the panel's page: presses like a glove, and walks that check every screen the same way. */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** Runs in the page: what breaks R1, in words. */
const targets = `${readFileSync(new URL("./targets.js", import.meta.url), "utf8")}; measureTargets()`;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Where the pictures of the screens go; outside the repository. */
export const pictures = join(tmpdir(), "cellward-screens");

/** Starts Debian's Chromium; throws where it is missing. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: "/usr/bin/chromium", headless: true, args: flags });
}

/** A panel of 1280 x 800 that fails the test on any error of the page or breach of its policy. */
export async function openPanel(browser: Browser, url: string): Promise<{ page: Page; errors: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, hasTouch: true });
  const page = await context.newPage();
  page.setDefaultTimeout(6_000);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (said) => {
    // A refused request (401, 404, 409) is the server's answer, not a fault of the page.
    if (said.type() === "error" && !said.text().includes("Failed to load resource")) errors.push(said.text());
  });
  await page.goto(url);
  return { page, errors };
}

export const button = (page: Page, name: string | RegExp) =>
  page.getByRole("button", { name, exact: typeof name === "string" });

/** Presses and holds a button for so long. */
export async function holdDown(page: Page, name: RegExp, ms: number): Promise<void> {
  const found = button(page, name);
  await expect.poll(() => found.isEnabled()).toBe(true);
  const box = await found.boundingBox();
  if (!box) throw new Error(`no button ${name}`);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.waitForTimeout(ms);
  await page.mouse.up();
}

/** Signs in by the fields. */
export async function signIn(page: Page, name: string, secret: string): Promise<void> {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password or PIN").fill(secret);
  await button(page, "Sign in").click();
  await button(page, "Lock").waitFor();
}

/** Everything that must hold on every screen: sizes and gaps for gloves, nothing cut off, Back bottom left, WCAG 2.2 AA. */
export async function inspectScreen(page: Page, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
  expect.soft(await page.evaluate(targets), `${name}: touch targets`).toEqual([]);
  await page.evaluate(axe);
  const found = (await page.evaluate(
    `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })
      .then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html + " " + n.failureSummary).join(" | ")))`,
  )) as string[];
  expect.soft(found, `${name}: axe-core`).toEqual([]);
}

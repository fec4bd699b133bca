/** Central QA's page in a real Chromium: accessible, without scripts, and whole on a desk and on a phone. */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pictures, startBrowser } from "../hmi/browser.ts";
import { look, password, type Scene, setScene, signIn } from "./scenario.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const sizes = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
] as const;

let browser: Browser;
let scene: Scene;
let cookie: string;
const cleanups: (() => void | Promise<void>)[] = [];
beforeAll(async () => {
  scene = await setScene((act) => void cleanups.unshift(act));
  cookie = await signIn(scene, "Quinn Abara", ["qa"]);
  mkdirSync(pictures, { recursive: true });
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
  for (const act of cleanups) await act();
});

/** What axe-core finds against WCAG 2.2 AA. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return (await page.evaluate(
    `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })
      .then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html + " " + n.failureSummary).join(" | ")))`,
  )) as string[];
}

test("[F92] every page passes axe-core, and none is wider than its screen", async () => {
  const { url } = scene.central.page;
  expect((await look(url, "/", cookie)).status).toBe(200);
  const [name = "", value = ""] = cookie.split("=");
  const record = "/cells/cell-1/jobs/J-2026-000042";
  const recall = "/recall?kind=operator&name=P-1&cell=cell-1";
  for (const viewport of sizes) {
    const context = await browser.newContext({ viewport });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on("console", (said) => {
      if (said.type() === "error" && !said.text().includes("Failed to load resource")) errors.push(said.text());
    });
    await page.goto(url);
    expect.soft(await violations(page), `sign-in at ${viewport.width}`).toEqual([]);
    await context.addCookies([{ name, value, url }]);
    for (const path of ["/", "/cells", "/cells/cell-1", record, recall, "/decisions", "/alarms", "/nowhere"]) {
      await page.goto(url + path);
      // The same page at another width breaks other things at most where much stands beside each other.
      if (viewport.width > 1_000 || path === "/" || path === "/alarms") {
        expect.soft(await violations(page), `${path} at ${viewport.width}`).toEqual([]);
      }
      await page.screenshot({
        path: join(pictures, `qa-${path.replaceAll(/[^a-z0-9-]/gi, "-")}-${viewport.width}.png`),
      });
      const tooWide = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
      expect.soft(tooWide, `${path} at ${viewport.width} is too wide`).toBeLessThanOrEqual(0);
    }
    expect(errors).toEqual([]);
    await context.close();
  }
});

test("[F85] a hold is proposed, signed and listed with nothing but forms and links", async () => {
  const { url } = scene.central.page;
  const context = await browser.newContext({ viewport: sizes[0], javaScriptEnabled: false });
  const page = await context.newPage();
  page.setDefaultTimeout(8_000);
  await page.goto(url);
  await page.getByLabel("Name", { exact: true }).fill("Quinn Abara");
  await page.getByLabel("Password or PIN").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "Decide: hold job J-2026-000042" }).first().click();
  await page.getByLabel("Your password again", { exact: false }).fill(password);
  await page.getByRole("button", { name: "Sign and send" }).click();
  await page.getByText("hold job J-2026-000042").waitFor();
  await page.getByText("on its way").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await context.close();
});

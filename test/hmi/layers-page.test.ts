/** Looking through the layers of a build in a real Chromium, with gloves, with keys, and on a larger panel. */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ensureWebBuilt } from "../../scripts/build-web.ts";
import { frame, type HmiBench, password, startHmi } from "./bench.ts";
import { button, inspectScreen, openPanel, pictures, signIn, startBrowser } from "./browser.ts";
import { attempt, job } from "./fake-cell.ts";
import { concede, lookAgain, personWith, scrap, startPrint } from "./walk.ts";

let bench: HmiBench;
let browser: Browser;
let page: Page;
let errors: string[];

beforeAll(async () => {
  bench = await startHmi(await ensureWebBuilt());
  await bench.invite(["technician"], "Ana Lima", password.ana);
  await bench.invite(["qa"], "Ben Okoro", password.ben);
  const { cell } = bench;
  await cell.prepare();
  await startPrint(cell, personWith(cell, "technician"));
  for (let layer = 1; layer <= 12; layer += 1) {
    const good = await frame(layer, false);
    if (layer === 5) await cell.layer("fail", await frame(layer, true)).then(() => concede(cell));
    else if (layer === 9) await cell.layer("blind", good).then(() => lookAgain(cell, good));
    else await cell.layer("pass", good);
  }
  browser = await startBrowser();
  ({ page, errors } = await openPanel(browser, bench.server.url));
  await signIn(page, "Ana Lima", password.ana);
});
afterAll(async () => {
  await browser?.close();
  await bench?.close();
});

/** As long as the inspection words it; where it is given, the report names five findings. */
const long = "Material lies beside or above its place at x 66 mm, y 79 mm: 9.8 mm2 in one piece (limit 0.6 mm2).";
const press = (name: string | RegExp) => button(page, name).click();
const picture = (layer: number) => page.getByRole("img", { name: new RegExp(`^Layer ${layer} of 60 `) }).waitFor();
const slider = () => page.getByRole("slider", { name: "Layer" });

it("[F58][F59][F60][F92] a running build is gone through by keys, by the slider, and from finding to finding", async () => {
  await press("Live layer");
  await press("All layers");
  await picture(12);
  await page
    .getByRole("img", { name: "All layers: 11 passed · 1 conceded · findings in 1 layer · 60 planned" })
    .waitFor();
  await press("◀ Finding");
  await picture(5);
  await page.getByRole("cell", { name: "1.9 mm" }).waitFor();
  await page.getByText("places ± 0.08 mm").waitFor();
  await page.getByText(/Ben Okoro Signed the concession/).waitFor();
  await inspectScreen(page, "30-layers");
  expect(await button(page, "◀ Finding").isDisabled()).toBe(true);
  await press("Values");
  await page.getByRole("cell", { name: "205.0", exact: true }).first().waitFor();
  await page.getByRole("row", { name: /^Climate\/oxygen, % .* ⚠ 90 times, not for 42 s$/ }).waitFor();
  await inspectScreen(page, "36-layer-values");
  await press("Over the build");
  await page.getByRole("img", { name: "From 196.4 to 205.9 °C, heard throughout" }).waitFor();
  await page.getByText("205.0 °C, from 204.1 to 205.9, set to 205.0").waitFor();
  for (const next of [6, 7, 8]) await press("Layer ▶").then(() => page.getByText(`Layer ${next}`).waitFor());
  await page.getByText("205.0 °C, from 196.4 to 205.9, set to 205.0").waitFor();
  await inspectScreen(page, "37-values-over-the-build");
  await press("◀ Value");
  await page.getByRole("img", { name: "From 0.38 to 0.47 %, not heard for a while in 8 places" }).waitFor();
  await inspectScreen(page, "38-a-value-with-gaps");
  await press("Back");
  await page.getByText(`${job}, layer 8 of 60: values`).waitFor();
  for (const _ of [7, 6, 5]) await press("◀ Layer");
  await page.getByText(`${job}, layer 5 of 60: values`).waitFor();
  await press("Back");
  await picture(5);
  await press("Layer ▶");
  await picture(6);
  await slider().focus();
  await page.keyboard.press("ArrowRight");
  await picture(7);
  await page.keyboard.press("Home");
  await picture(1);
  expect(await slider().getAttribute("aria-valuetext")).toBe("Layer 1 of 60, passed");
  const box = (await slider().boundingBox())!;
  await page.mouse.click(box.x + 36 + ((box.width - 72) * 8) / 59, box.y + box.height / 2);
  await picture(9);
  await page.getByText(/^[0-9:]+ Ana Lima Resumed|Ana Lima Ordered a new look at layer 9/).waitFor();
  await inspectScreen(page, "35-layers-looked-again");
  await page.keyboard.press("End");
  await page.getByText("Layer 60 was not made").waitFor();
  await page.getByText("not made", { exact: true }).waitFor();
});

it("[F60] a layer that is made while somebody looks comes by itself, and the way back leads where one came from", async () => {
  await bench.cell.layer("fail", await frame(13, true), long);
  await page.getByRole("img", { name: /^All layers: 11 passed · 1 conceded · 1 failed/ }).waitFor();
  await press("◀ Finding");
  await picture(13);
  await inspectScreen(page, "31-layers-failed");
  await press("Back");
  await button(page, "Look at the hold").waitFor();
});

it("[F57][F68][F69] a layer that had passed is found bad by somebody who signs, and is one thing more for QA to decide", async () => {
  await press("All layers");
  await slider().focus();
  await page.keyboard.press("Home");
  await picture(1);
  await press("It passed, and is bad…");
  await press("Too thin");
  await press("Seen or measured on the part.");
  await page.getByText(/SHA-256 [0-9a-f]{64}$/).waitFor();
  while (await button(page, "Facts ▶").isEnabled()) await press("Facts ▶");
  await inspectScreen(page, "33-found-bad");
  await press("Sign that it is bad");
  await page.getByLabel("Name of the second person, or yours").fill("Ana Lima");
  await page.getByLabel("Password or PIN").fill(password.ana);
  await button(page, /^Sign$/).click();
  await page.getByText("Signed by Ana Lima: layer 1 is bad. QA decides on it.").waitFor();
  const { nonconformities, attempts } = bench.cell.state().jobs[job]!;
  expect(nonconformities.at(-1)).toMatchObject({ cause: "layer-found-bad", layer: 1, disposition: null });
  expect(attempts[0]!.verdicts.slice(0, 1)).toBe("p");
});

it("[F60][F92] a larger panel has room for a larger picture, and nothing is cut off", async () => {
  await page.setViewportSize({ width: 1920, height: 1080 });
  await press("All layers");
  await picture(13);
  const { width } = (await page.locator("svg.picture").boundingBox())!;
  expect(width).toBeGreaterThan(900);
  await page.screenshot({ path: join(pictures, "32-layers-large.png") });
  await page.setViewportSize({ width: 1280, height: 800 });
});

it("[F60][F92] the map shows where findings lie, turns by keys and slider, and opens the layer of the one that is chosen", async () => {
  await press("Map");
  const map = page.getByRole("img", { name: /^Map: 6 findings in 2 of 60 layers/ });
  await page.getByText("Finding 1 of 6").waitFor();
  await inspectScreen(page, "33-map");
  const before = await map.locator(".floor").getAttribute("d");
  await press("Turn ▶");
  await expect.poll(() => map.locator(".floor").getAttribute("d")).not.toBe(before);
  await page.getByRole("slider", { name: "Turn" }).focus();
  await page.keyboard.press("Home");
  const other = (await map.locator(".placed.f .over").first().boundingBox())!;
  await page.touchscreen.tap(other.x + other.width / 2 + 10, other.y + other.height / 2 + 10);
  await page.getByText(/^Finding [2-6] of 6$/).waitFor();
  await press("Open layer 13");
  await picture(13);
  await press("Map");
  await button(page, "Choose by touch").focus();
  await page.keyboard.press("Enter");
  await picture(5);
});

it("[F60] another build of the same program stands beside it, layer by layer, with the findings of both", async () => {
  const { cell } = bench;
  await press("Compare");
  await page.getByText(/^No other build of this program/).waitFor();
  await press("Back");
  await cell.say({ kind: "stop", attempt, person: personWith(cell, "technician"), why: "Stopped." });
  await scrap(cell);
  await startPrint(cell, personWith(cell, "technician"));
  for (let layer = 1; layer <= 6; layer += 1) await cell.layer("pass", await frame(layer, false));
  await press("Build 1 of 2");
  await picture(6);
  await press("Compare");
  await page.getByRole("img", { name: /^All layers of this one: 6 passed · no findings/ }).waitFor();
  await page.getByRole("img", { name: /^All layers of the other: 11 passed · 1 conceded · 1 failed/ }).waitFor();
  await press("◀ Finding");
  await page.getByText("Layer 5: conceded, 1 finding").waitFor();
  await page.getByText("Layer 5: passed, 0 findings").waitFor();
  await expect.poll(() => page.getByRole("img", { name: /^Layer 5 of 60 / }).count()).toBe(2);
  await inspectScreen(page, "34-compare");
  expect(errors).toEqual([]);
});

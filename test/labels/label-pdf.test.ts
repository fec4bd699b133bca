/** Labels on paper: the same content gives the same bytes, all of it can be read, in any script that the font has. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/kernel/hash.ts";
import { labelPdf } from "../../src/labels/io/label-pdf.ts";
import type { LabelFacts } from "../../src/labels/label.ts";
import { usualSize } from "../../src/labels/layout.ts";
import { pdfPages, pdfStreams } from "../paper.ts";
import { contentOf } from "./facts.ts";

async function print(changes: Partial<LabelFacts> = {}): Promise<Uint8Array> {
  const made = await labelPdf(contentOf(changes));
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

const squeezed = (text: string): string => text.replaceAll(/\s/g, "");

describe("[F47] a printed label", () => {
  test("is one page with every word of its content, and no other", async () => {
    const content = contentOf({ simulated: true });
    const pages = await pdfPages(await print({ simulated: true }));
    expect(pages.map(squeezed)).toEqual([
      squeezed([...content.warnings, content.title, ...content.lines, content.bracketed].join("")),
    ]);
  });

  test("has the same bytes for the same content, and others for another", async () => {
    const [first, again, other] = [await print(), await print(), await print({ serial: "J-2026-0042-2" })];
    expect(digestOf(again)).toBe(digestOf(first));
    expect(digestOf(other)).not.toBe(digestOf(first));
  });

  test("carries its font whole, as the file of the package", async () => {
    const font = await readFile(fileURLToPath(import.meta.resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf")));
    const streams = pdfStreams(await print());
    expect(streams.some((stream) => stream.equals(font))).toBe(true);
  });

  test.each([
    ["Polish, Vietnamese", "Żółć Łódź, Nguyễn Việt"],
    ["Greek, Cyrillic", "Ελληνικά, Кириллица"],
    ["Georgian, Armenian", "ქართული, Հայերեն"],
    ["signs put together", "e\u0301le\u0300ve"],
  ])("can say its words in %s", async (_what, title) => {
    const [page] = await pdfPages(await print({ title }));
    expect(squeezed(page ?? "").normalize("NFC")).toContain(squeezed(title).normalize("NFC"));
  });

  test.each([
    ["Arabic", "محمد أحمد"],
    ["Hebrew", "שלום עולם"],
  ])("can say its words in %s, joined and from right to left", async (_what, title) => {
    const [page] = await pdfPages(await print({ title }));
    // The reader gives a line of such words in the order in which they are spoken.
    expect(page).toContain(title);
  });

  test("is refused in words where a sign is missing, a text is too long, or a module too small", async () => {
    expect(await labelPdf(contentOf({ title: "手术导板" }))).toEqual({
      ok: false,
      error: "The label's font has no sign 手 (U+624B): write the text in other letters.",
    });
    const long = contentOf({ title: "guide ".repeat(33).trim(), cellTitle: "a very long street ".repeat(6).trim() });
    expect(await labelPdf(long)).toMatchObject({ ok: false });
    expect(await labelPdf(contentOf(), { ...usualSize, module_mm: 0.2 })).toEqual({
      ok: false,
      error: "A module of 0.2 mm is outside 0.254 to 0.99 mm.",
    });
  });
});

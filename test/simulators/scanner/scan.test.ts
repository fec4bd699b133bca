/** Printed labels scanned back as a scanner would: what is read is the element string, or nothing. */
import { describe, expect, test } from "vitest";
import { labelPdf } from "../../../src/labels/io/label-pdf.ts";
import type { LabelFacts } from "../../../src/labels/label.ts";
import { usualSize } from "../../../src/labels/layout.ts";
import { wordings } from "../../../src/labels/wording.ts";
import { labelAgrees } from "../../../src/materials/label-agreement.ts";
import { drawPages, readCodes, scanPdf } from "../../../src/simulators/scanner/io/scan-pdf.ts";
import { type Picture, turned } from "../../../src/simulators/scanner/scan.ts";
import { contentOf } from "../../labels/facts.ts";

async function print(changes: Partial<LabelFacts> = {}): Promise<{ pdf: Uint8Array; sent: string; element: string }> {
  const content = contentOf(changes);
  const made = await labelPdf(content);
  if (!made.ok) throw new Error(made.error);
  return { pdf: made.value, sent: `]d2${content.element}`, element: content.element };
}

/** Mulberry32: the same noise in every run. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Every grey value shifted by up to 60, and two pixels of a hundred black or white. */
function noisy(picture: Picture, seed: number): Picture {
  const random = noise(seed);
  const grey = picture.grey.map((value) => {
    if (random() < 0.02) return random() < 0.5 ? 0 : 255;
    return Math.max(0, Math.min(255, value + (random() - 0.5) * 120));
  });
  return { ...picture, grey };
}

const awkward = "(10)\"!%&'()*+,-./:;<";
const labels: [string, Partial<LabelFacts>][] = [
  ["usual", {}],
  ["simulated", { simulated: true }],
  ["without use-by date", { useBy: null }],
  ["with the longest lot and serial number", { lot: "ABCDEFGHIJKLMNOPQRST", serial: "abcdefghijklmnopqrst" }],
  ["of digits only", { lot: "12345678901234567890", serial: "00000000000000000001" }],
  ["with every kind of sign", { lot: awkward, serial: "=>?_AZaz09;:" }],
  ["with the shortest", { lot: "1", serial: "2", useBy: null }],
  ...Object.keys(wordings).map((pathway): [string, Partial<LabelFacts>] => [
    `by pathway ${pathway}`,
    { pathway: pathway as keyof typeof wordings },
  ]),
];

describe("[F46] a label scanned back", () => {
  test.each(labels)(
    "%s: is its element string, also turned, noisy and at half the resolution",
    async (_what, changes) => {
      const { pdf, sent, element } = await print(changes);
      expect(await scanPdf(pdf)).toEqual([sent]);
      expect(await scanPdf(pdf, 150)).toEqual([sent]);
      const [page] = await drawPages(pdf, 300);
      for (const picture of [turned(page!), noisy(page!, 1), noisy(turned(page!), 2)]) {
        expect(await readCodes(picture)).toEqual([sent]);
      }
      expect(labelAgrees(element, sent).ok).toBe(true);
    },
  );

  test("[F47] another copy's label says what differs", async () => {
    const [own, other] = [await print(), await print({ serial: "J-2026-0042-2" })];
    const [scanned] = await scanPdf(other.pdf);
    expect(labelAgrees(own.element, scanned ?? "")).toEqual({
      ok: false,
      error: 'This is another label: the serial number (21) is "J-2026-0042-2", printed was "J-2026-0042-1".',
    });
  });

  test("a page without a code sends nothing", async () => {
    expect(await readCodes({ width: 200, height: 100, grey: new Uint8Array(20_000).fill(255) })).toEqual([]);
  });
});

describe("[F47] a damaged label", () => {
  /** Pixels of a module at 300 dpi, and where the code begins: two modules of quiet zone inside the margin. */
  const module = 5;
  const margin = Math.round((2 * 300) / 25.4);
  const modules = 24;

  /** The code alone with its quiet zone, so that reading it is quick. */
  async function codeOf(): Promise<{ code: Picture; sent: string }> {
    const { pdf, sent } = await print();
    const [page] = await drawPages(pdf, 300);
    const edge = (modules + 6) * module;
    const grey = new Uint8Array(edge * edge);
    for (let y = 0; y < edge; y++) {
      const from = (margin - module + y) * page!.width + margin - module;
      grey.set(page!.grey.subarray(from, from + edge), y * edge);
    }
    return { code: { width: edge, height: edge, grey }, sent };
  }

  /** The code with some modules turned from dark to light or from light to dark. */
  function damaged(code: Picture, places: readonly number[]): Picture {
    const grey = code.grey.slice();
    for (const place of places) {
      const [row, column] = [Math.floor(place / modules), place % modules];
      for (let y = 0; y < module; y++) {
        const from = ((row + 3) * module + y) * code.width + (column + 3) * module;
        for (let x = from; x < from + module; x++) grey[x] = 255 - grey[x]!;
      }
    }
    return { ...code, grey };
  }

  test("by one module, whichever it is, still reads, or is unreadable, and never says something else", async () => {
    const { code, sent } = await codeOf();
    expect(await readCodes(code)).toEqual([sent]);
    let read = 0;
    for (let place = 0; place < modules * modules; place += 1) {
      const texts = await readCodes(damaged(code, [place]));
      expect([[sent], []]).toContainEqual(texts);
      read += texts.length;
    }
    expect(read).toBeGreaterThan(modules * modules * 0.95);
  });

  test("by ever more modules becomes unreadable, and never says something else", async () => {
    const { code, sent } = await codeOf();
    const random = noise(7);
    const counts: number[] = [];
    for (const many of [5, 20, 40, 80, 160, 300]) {
      let read = 0;
      for (let turn = 0; turn < 10; turn++) {
        const places = new Set(Array.from({ length: many }, () => Math.floor(random() * modules * modules)));
        const texts = await readCodes(damaged(code, [...places]));
        expect([[sent], []]).toContainEqual(texts);
        read += texts.length;
      }
      counts.push(read);
    }
    expect(counts[0]).toBe(10);
    expect(counts.at(-1)).toBe(0);
  });

  test("the module is the stated size", () => {
    expect((usualSize.module_mm * 300) / 25.4).toBeCloseTo(module);
  });
});

/** Scans paper that was never printed: a PDF's pages drawn as pixels, and every DataMatrix on them read. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { PDFiumLibrary } from "@hyzyla/pdfium";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import { colours, type Picture, sentText } from "../scan.ts";

/** Pages beyond this are refused: a label has one. */
const maxPages = 20;

/** What a scanner sends for each DataMatrix of a PDF, in the order of the pages, drawn at `dpi` dots an inch. */
export async function scanPdf(bytes: Uint8Array, dpi = 300): Promise<string[]> {
  const texts: string[] = [];
  for (const picture of await drawPages(bytes, dpi)) texts.push(...(await readCodes(picture)));
  return texts;
}

/** The pages of a PDF as grey pictures of `dpi` dots an inch. */
export async function drawPages(bytes: Uint8Array, dpi: number): Promise<Picture[]> {
  const library = await PDFiumLibrary.init({ wasmBinary: await wasm("@hyzyla/pdfium/pdfium.wasm") });
  try {
    const document = await library.loadDocument(bytes);
    try {
      if (document.getPageCount() > maxPages) throw new Error(`more than ${maxPages} pages to scan`);
      const pictures: Picture[] = [];
      for (const page of document.pages()) {
        const { width, height, data } = await page.render({ scale: dpi / 72, colorSpace: "Gray" });
        pictures.push({ width, height, grey: new Uint8Array(data) });
      }
      return pictures;
    } finally {
      document.destroy();
    }
  } finally {
    library.destroy();
  }
}

/** What a scanner sends for each DataMatrix in a picture; nothing for a symbol that it cannot read. */
export async function readCodes(picture: Picture): Promise<string[]> {
  ready ??= prepareReader();
  await ready;
  const image = { width: picture.width, height: picture.height, data: colours(picture), colorSpace: "srgb" } as const;
  const found = await readBarcodes(image as unknown as Parameters<typeof readBarcodes>[0], {
    formats: ["DataMatrix"],
    textMode: "Plain",
    returnErrors: false,
  });
  return found.filter(({ isValid }) => isValid).map((each) => sentText(each.symbologyIdentifier, each.text));
}

let ready: Promise<void> | undefined;

/** Hands the decoder over, because the package would otherwise fetch it from the network. */
async function prepareReader(): Promise<void> {
  prepareZXingModule({ overrides: { wasmBinary: await wasm("zxing-wasm/reader/zxing_reader.wasm") } });
}

async function wasm(specifier: string): Promise<ArrayBuffer> {
  const file = await readFile(fileURLToPath(import.meta.resolve(specifier)));
  return new Uint8Array(file).buffer;
}

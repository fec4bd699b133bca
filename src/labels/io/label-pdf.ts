/** A label as a PDF of one page: one whole font, and a GS1 DataMatrix of a stated module size; the same content, the same bytes. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import bwipjs from "bwip-js/node";
import PDFDocument from "pdfkit";
import { assert } from "../../kernel/assert.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { bytesOf, embedWhole, type OpenedFont, runsOf } from "../../ledger/paper.ts";
import { separator } from "../../materials/gs1.ts";
import type { LabelContent } from "../label.ts";
import { type LabelSize, layoutLabel, moduleRange_mm, type PlacedText, usualSize } from "../layout.ts";

/** DejaVu Sans: Latin, Greek, Cyrillic, Arabic, Hebrew, Armenian, Georgian and more; no Chinese, Indian or Thai script. */
const fontPath = fileURLToPath(import.meta.resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf"));
const pointsOfMm = 72 / 25.4;
/** Bold letters are drawn with an outline of this part of their size, so that one font is enough. */
const boldOutline = 0.03;

/** Prints a label. Error: a sentence that says what does not fit or cannot be shown. */
export async function labelPdf(
  content: LabelContent,
  size: LabelSize = usualSize,
): Promise<Result<Uint8Array, string>> {
  if (size.module_mm < moduleRange_mm.least || size.module_mm > moduleRange_mm.most) {
    return err(`A module of ${size.module_mm} mm is outside ${moduleRange_mm.least} to ${moduleRange_mm.most} mm.`);
  }
  const font = await readFile(fontPath);
  const doc = new PDFDocument({
    size: [size.width_mm * pointsOfMm, size.height_mm * pointsOfMm],
    margin: 0,
    pdfVersion: "1.7",
    font: fontPath,
    lang: "en",
    info: { Title: content.bracketed, Producer: "Cellward", Creator: "Cellward", CreationDate: dateOf(content.madeOn) },
  });
  const bytes = bytesOf(doc);
  const opened = (doc as unknown as { readonly _font: OpenedFont })._font;
  embedWhole(opened, font);
  const matrix = matrixOf(content.element);
  const layout = layoutLabel(content, size, matrix.edge, {
    has: (code) => opened.font.hasGlyphForCodePoint(code),
    width_mm: (text, size_pt, bold) => widthOf(doc, text, size_pt) / pointsOfMm + (bold ? outline_mm(size_pt) : 0),
  });
  if (layout.ok) {
    for (const text of layout.value.texts) draw(doc, text);
    drawMatrix(doc, matrix, layout.value.code, size.module_mm);
  }
  doc.end();
  const made = await bytes;
  return layout.ok ? ok(made) : layout;
}

/** A square code: `dark[row * edge + column]`. */
interface Matrix {
  readonly edge: number;
  readonly dark: readonly boolean[];
}

/** GS1 DataMatrix: the first codeword is FNC1, and FNC1 stands for each separator. */
function matrixOf(element: string): Matrix {
  const text = `^FNC1${element.replaceAll(separator, "^FNC1")}`;
  const [symbol] = bwipjs.raw("datamatrix", text, { parsefnc: true });
  assert(symbol !== undefined && "pixs" in symbol && symbol.pixx === symbol.pixy, "a square code is drawn");
  return { edge: symbol.pixx, dark: symbol.pixs.map((each) => each === 1) };
}

/** Dark modules as runs along a row, all in one path, so that no hairline shows between them. */
function drawMatrix(
  doc: PDFKit.PDFDocument,
  { edge, dark }: Matrix,
  { x_mm, y_mm }: { readonly x_mm: number; readonly y_mm: number },
  module_mm: number,
): void {
  const step = module_mm * pointsOfMm;
  for (let row = 0; row < edge; row++) {
    for (let column = 0; column < edge; column++) {
      const from = column;
      while (column < edge && dark[row * edge + column]) column++;
      if (column === from) continue;
      doc.rect(x_mm * pointsOfMm + from * step, y_mm * pointsOfMm + row * step, (column - from) * step, step);
    }
  }
  doc.fill("black");
}

function draw(doc: PDFKit.PDFDocument, { text, x_mm, y_mm, size_pt, bold }: PlacedText): void {
  let x = x_mm * pointsOfMm + (bold ? (outline_mm(size_pt) / 2) * pointsOfMm : 0);
  doc.fontSize(size_pt).lineWidth(size_pt * boldOutline);
  for (const run of runsOf(text)) {
    doc.fillColor("black").strokeColor("black");
    doc.text(run.text, x, y_mm * pointsOfMm, { lineBreak: false, fill: true, stroke: bold, features: [] });
    x += doc.widthOfString(run.text, { features: [] });
  }
}

function widthOf(doc: PDFKit.PDFDocument, text: string, size_pt: number): number {
  doc.fontSize(size_pt);
  return runsOf(text).reduce((sum, run) => sum + doc.widthOfString(run.text, { features: [] }), 0);
}

function outline_mm(size_pt: number): number {
  return (size_pt * boldOutline) / pointsOfMm;
}

/** The file's date is the device's, so that its digest depends on the content alone. */
function dateOf(madeOn: string): Date {
  return new Date(`${madeOn}T00:00:00Z`);
}

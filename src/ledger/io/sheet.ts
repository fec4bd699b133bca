/** A4 paper filled from the top: lines of text in one whole font, page after page; pdfkit's own tables are too slow. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import PDFDocument from "pdfkit";
import { bytesOf, embedWhole, type OpenedFont, runsOf, shownText, wrapAnywhere } from "../paper.ts";

/** DejaVu Sans: Latin, Greek, Cyrillic, Arabic, Hebrew, Armenian, Georgian and more; no Chinese, Indian or Thai script. */
const fontPath = fileURLToPath(import.meta.resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf"));

/** Everything on paper is in points (1/72 inch); A4 with margins of 15 mm. */
export const a4 = { width: 595.28, height: 841.89, margin: 42.5 } as const;
const lineHeight = 1.2;
/** Bold letters are drawn with an outline of this part of their size, so that one font is enough. */
const boldOutline = 0.03;

/** How a text is drawn. */
export interface Style {
  readonly size: number;
  readonly bold?: boolean;
  readonly colour?: string;
}

/** A picture that pdfkit has opened. */
export interface OpenedPicture {
  readonly width: number;
  readonly height: number;
}

/** What is used of pdfkit's document beyond its public types. */
interface Doc extends PDFKit.PDFDocument {
  readonly _font: OpenedFont;
  openImage(bytes: Buffer): OpenedPicture;
}

/** An open document, and how far down its present page is filled. */
export interface Sheet {
  readonly doc: Doc;
  /** What stands at the top of every page; called for each new one. */
  readonly top: (sheet: Sheet) => void;
  /** Whether a sign was shown as its Unicode number. */
  lacking: boolean;
  y: number;
  readonly bytes: Promise<Uint8Array>;
}

/** Opens a document as PDF/A-3b; its dates are `written`, so that the same content gives the same bytes. */
export async function openSheet(title: string, written: Date, top: (sheet: Sheet) => void): Promise<Sheet> {
  const font = await readFile(fontPath);
  const doc = new PDFDocument({
    size: [a4.width, a4.height],
    margin: 0,
    pdfVersion: "1.7",
    subset: "PDF/A-3b",
    font: fontPath,
    lang: "en",
    displayTitle: true,
    bufferPages: true,
    info: { Title: title, Producer: "Cellward", Creator: "Cellward", CreationDate: written },
  }) as Doc;
  embedWhole(doc._font, font);
  const sheet = { doc, top, lacking: false, y: a4.margin, bytes: bytesOf(doc) };
  top(sheet);
  return sheet;
}

/** Begins a new page if less than `height` is left on this one. */
export function needRoom(sheet: Sheet, height: number): void {
  if (sheet.y + height <= a4.height - a4.margin) return;
  sheet.doc.addPage();
  sheet.y = a4.margin;
  sheet.top(sheet);
}

/** A paragraph at the cursor, broken into lines of `width` and over pages. */
export function write(sheet: Sheet, x: number, text: string, style: Style, width: number): void {
  for (const line of linesOf(sheet, text, style, width)) {
    needRoom(sheet, heightOf(style));
    writeLine(sheet, x, line, style);
  }
}

/** The lines in which a text is shown. */
export function linesOf(sheet: Sheet, text: string, { size }: Style, width: number): string[] {
  const shown = shownText(text, (code) => sheet.doc._font.font.hasGlyphForCodePoint(code));
  if (shown.lacking.length > 0) sheet.lacking = true;
  return wrapAnywhere(shown.text, width, (part) => widthOf(sheet.doc, part, size));
}

/** One line at the cursor, wherever that is. */
export function writeLine(sheet: Sheet, x: number, line: string, style: Style): void {
  const { doc } = sheet;
  const { size, bold = false, colour = "#111111" } = style;
  let at = x;
  doc.fontSize(size).lineWidth(size * boldOutline);
  for (const run of runsOf(line)) {
    doc.fillColor(colour).strokeColor(colour);
    doc.text(run.text, at, sheet.y, { lineBreak: false, fill: true, stroke: bold, ...shaping(run.rightToLeft) });
    at += doc.widthOfString(run.text, shaping(run.rightToLeft));
  }
  sheet.y += heightOf(style);
}

export function heightOf({ size }: Style): number {
  return size * lineHeight;
}

function widthOf(doc: PDFKit.PDFDocument, text: string, size: number): number {
  doc.fontSize(size);
  return runsOf(text).reduce((sum, run) => sum + doc.widthOfString(run.text, shaping(run.rightToLeft)), 0);
}

/** Without features pdfkit lays out word by word and remembers each; words from right to left need one piece. */
function shaping(rightToLeft: boolean): PDFKit.Mixins.TextOptions {
  return rightToLeft ? { features: [] } : {};
}

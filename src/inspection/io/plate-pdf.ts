/** The calibration plate on paper, to be printed at its own size; the same sheet gives the same bytes. */
import { fileURLToPath } from "node:url";
import PDFDocument from "pdfkit";
import { bytesOf } from "../../ledger/paper.ts";
import type { PlateLayout } from "../calibration/plate.ts";
import { codeCells, type TagCode, tagCells } from "../calibration/tags.ts";

const fontPath = fileURLToPath(import.meta.resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf"));
const pointsOfMm = 72 / 25.4;
const words_pt = 8;
const barEnd_mm = 2;

/** Draws the sheet. */
export function platePdf(layout: PlateLayout, codes: readonly TagCode[]): Promise<Uint8Array> {
  const { width_mm, height_mm } = layout;
  const doc = new PDFDocument({
    size: [width_mm * pointsOfMm, height_mm * pointsOfMm],
    ...{ margin: 0, pdfVersion: "1.7", font: fontPath, lang: "en" },
    info: { Title: titleOf(layout), Producer: "Cellward", Creator: "Cellward", CreationDate: new Date(0) },
  });
  const bytes = bytesOf(doc);
  const at = (x: number, y: number) => [(width_mm / 2 + x) * pointsOfMm, (height_mm / 2 - y) * pointsOfMm] as const;
  const cell = (layout.tag_mm / tagCells) * pointsOfMm;
  for (const [id, tag] of layout.tags.entries()) {
    const [left, top] = at(tag.x, tag.y);
    for (const { row, from, to } of runsOf(codes[id]!)) {
      doc.rect(left + from * cell, top + row * cell, (to - from) * cell, cell);
    }
  }
  // All cells are one path, so that no hairline shows between them.
  doc.fill("black");
  for (const { from, to } of layout.bars) drawBar(doc, at, from, to);
  const [x, y] = at(layout.tags[0]!.x, -height_mm / 2 + 20);
  doc
    .fontSize(words_pt)
    .fillColor("black")
    .text(wordsOf(layout), x, y, { width: (width_mm - 40) * pointsOfMm });
  doc.end();
  return bytes;
}

type Place = (x: number, y: number) => readonly [number, number];

/** A line whose ends stand across it: callipers are laid to their outer edges, which are as far apart as the layout says. */
function drawBar(
  doc: PDFKit.PDFDocument,
  at: Place,
  from: { readonly x: number; readonly y: number },
  to: { readonly x: number; readonly y: number },
): void {
  const [[x1, y1], [x2, y2]] = [at(from.x, from.y), at(to.x, to.y)];
  const [end, thin] = [barEnd_mm * pointsOfMm, 0.3 * pointsOfMm];
  if (y1 === y2) {
    doc.rect(x1, y1 - thin / 2, x2 - x1, thin);
    doc.rect(x1, y1 - end / 2, thin, end).rect(x2 - thin, y1 - end / 2, thin, end);
  } else {
    doc.rect(x1 - thin / 2, y1, thin, y2 - y1);
    doc.rect(x1 - end / 2, y1, end, thin).rect(x1 - end / 2, y2 - thin, end, thin);
  }
  doc.fill("black");
}

/** Black cells of a tag as runs along its rows, border included. */
function runsOf(code: TagCode): { readonly row: number; readonly from: number; readonly to: number }[] {
  const isBlack = (row: number, column: number): boolean => {
    const [r, c] = [row - 1, column - 1];
    return r < 0 || c < 0 || r >= codeCells || c >= codeCells || code[r * codeCells + c] === 0;
  };
  const runs = [];
  for (let row = 0; row < tagCells; row++) {
    for (let column = 0; column < tagCells; column++) {
      const from = column;
      while (column < tagCells && isBlack(row, column)) column++;
      if (column > from) runs.push({ row, from, to: column });
    }
  }
  return runs;
}

function titleOf({ width_mm, height_mm, tag_mm, tags }: PlateLayout): string {
  return `Cellward calibration plate ${width_mm} x ${height_mm} mm: ${tags.length} tags of ${tag_mm} mm`;
}

function wordsOf(layout: PlateLayout): string {
  const [across, down] = layout.bars.map(({ length_mm }) => length_mm);
  return (
    `${titleOf(layout)}. Print at 100 % and glue it flat on glass or metal. The bars have to be ${across} mm and ${down} mm ` +
    "long over their ends: measure both. Take ten pictures that fill the frame, tilted to every side by 20 to 40 degrees."
  );
}

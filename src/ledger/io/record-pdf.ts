/** The readable page on paper: A4 as PDF, with the record file attached; laid out as PDF/A-3b, by no validator confirmed. */
import type { Page, PageEntry, PagePicture } from "../page.ts";
import { simulatedWords } from "../simulated.ts";
import {
  a4,
  heightOf,
  linesOf,
  needRoom,
  type OpenedPicture,
  openSheet,
  type Sheet,
  type Style,
  write,
  writeLine,
} from "./sheet.ts";

/** A larger record stands beside the paper only. */
export const maxAttachedBytes = 128 * 1024 * 1024;
/** The last second of the year 9999: a clock can be wrong, and a PDF's date has four digits of year. */
const latestDate = 253_402_300_799_000;
const columns = { seq: a4.margin, when: 80, who: 178, what: 256 } as const;
const whole = a4.width - 2 * a4.margin;
const whatWidth = a4.width - a4.margin - columns.what;
const maxPictureHeight = 170;
const warning: Style = { size: 14, bold: true, colour: "#a80016" };
const heading: Style = { size: 11, bold: true };
const plain: Style = { size: 9 };
const small: Style = { size: 8 };
const smallBold: Style = { size: 8, bold: true };

/** The record file as it is attached. */
export interface AttachedRecord {
  /** Name of the file beside the paper. */
  readonly name: string;
  /** Null where it is too large to be attached. */
  readonly bytes: Uint8Array | null;
}

/** The page on paper. The same page and record give the same bytes. */
export async function recordPdf(page: Page, record: AttachedRecord): Promise<Uint8Array> {
  const written = new Date(Math.min(page.until, latestDate));
  let inTable = false;
  const sheet = await openSheet(page.title, written, (each) => {
    if (page.simulated) {
      writeLine(each, a4.margin, simulatedWords, warning);
      each.y += 6;
    }
    if (inTable) writeColumnNames(each);
  });
  writeHeading(sheet, page, attach(sheet, record, written) ? record.name : null);
  writeColumnNames(sheet);
  inTable = true;
  for (const entry of page.entries) writeRow(sheet, entry);
  inTable = false;
  if (sheet.lacking) {
    sheet.y += 6;
    write(sheet, a4.margin, lackingNote, plain, whole);
  }
  writeFooters(sheet, page);
  sheet.doc.end();
  return sheet.bytes;
}

const lackingNote =
  "Signs that this paper's font does not have stand in brackets by their Unicode number, such as [U+738B]; the record " +
  "file has them as they were written.";

/** Attaches the record as the data that the paper shows (AFRelationship Data); false where it is too large. */
function attach(sheet: Sheet, { name, bytes }: AttachedRecord, written: Date): boolean {
  if (bytes === null || bytes.length > maxAttachedBytes) return false;
  const options = {
    name,
    type: "application/json",
    description: "The record that can be verified",
    relationship: "Data",
    creationDate: written,
    modifiedDate: written,
  };
  sheet.doc.file(Buffer.from(bytes), options);
  return true;
}

function writeHeading(sheet: Sheet, page: Page, attachment: string | null): void {
  write(sheet, a4.margin, page.title, { size: 15, bold: true }, whole);
  sheet.y += 6;
  for (const [name, value] of page.facts) {
    const from = sheet.y;
    writeLine(sheet, a4.margin, name, smallBold);
    sheet.y = from;
    write(sheet, a4.margin + 150, value, small, whole - 150);
  }
  sheet.y += 6;
  const where =
    attachment === null ? "beside it (too large to be attached)" : `beside it, and attached as ${attachment}`;
  const notice =
    `This paper is for reading. What can be verified is the record file ${where}: cellward verify says whether it is ` +
    "genuine, with the cell's public key from a source that you trust.";
  write(sheet, a4.margin, notice, plain, whole);
  sheet.y += 8;
  if (page.summary.length > 0) {
    write(sheet, a4.margin, "Summary", heading, whole);
    for (const sentence of page.summary) write(sheet, a4.margin, `- ${sentence}`, plain, whole);
    sheet.y += 8;
  }
  write(sheet, a4.margin, "Entries", heading, whole);
}

function writeColumnNames(sheet: Sheet): void {
  const from = sheet.y + 4;
  const names = { seq: "No.", when: "When (UTC)", who: "Who", what: "What" } as const;
  for (const column of ["seq", "when", "who", "what"] as const) {
    sheet.y = from;
    writeLine(sheet, columns[column], names[column], smallBold);
  }
  sheet.y += 5;
}

/** One entry; what does not fit on the page goes on on the next, line by line. */
function writeRow(sheet: Sheet, { seq, when, clock, who, title, lines, pictures }: PageEntry): void {
  const cells = [
    { x: columns.seq, to: columns.when, text: String(seq) },
    { x: columns.when, to: columns.who, text: clock === null ? when : `${when} (clock ${clock})` },
    { x: columns.who, to: columns.what, text: who },
  ].map(({ x, to, text }) => ({ x, lines: linesOf(sheet, text, small, to - x - 4) }));
  const height = Math.max(...cells.map((cell) => cell.lines.length)) * heightOf(small);
  needRoom(sheet, height);
  sheet.doc.moveTo(a4.margin, sheet.y - 2).lineTo(a4.width - a4.margin, sheet.y - 2);
  sheet.doc.lineWidth(0.4).stroke("#777777");
  const from = sheet.y;
  for (const cell of cells) {
    sheet.y = from;
    for (const line of cell.lines) writeLine(sheet, cell.x, line, small);
  }
  sheet.y = from;
  const begun = sheet.doc.bufferedPageRange().count;
  write(sheet, columns.what, title, smallBold, whatWidth);
  for (const line of lines) write(sheet, columns.what, line, small, whatWidth);
  for (const picture of pictures) writePicture(sheet, picture);
  if (sheet.doc.bufferedPageRange().count === begun) sheet.y = Math.max(sheet.y, from + height);
  sheet.y += 4;
}

function writePicture(sheet: Sheet, { digest, type, bytes }: PagePicture): void {
  const picture = type === "image/jpeg" ? openJpeg(sheet, bytes) : null;
  if (picture === null) {
    const where = `Picture ${digest.slice(0, 12)} is in the record file and on its page; it is not drawn here.`;
    write(sheet, columns.what, where, small, whatWidth);
    return;
  }
  const scale = Math.min(whatWidth / picture.width, maxPictureHeight / picture.height, 1);
  needRoom(sheet, picture.height * scale + 6);
  sheet.doc.image(picture as unknown as Buffer, columns.what, sheet.y + 3, { scale });
  sheet.y += picture.height * scale + 6;
}

/** A JPEG ready to be drawn; null where its bytes are none (pdfkit throws texts). */
function openJpeg(sheet: Sheet, bytes: Uint8Array): OpenedPicture | null {
  try {
    const picture = sheet.doc.openImage(Buffer.from(bytes));
    return picture.width > 0 && picture.height > 0 ? picture : null;
  } catch {
    return null;
  }
}

function writeFooters(sheet: Sheet, { title, digest }: Page): void {
  const { count } = sheet.doc.bufferedPageRange();
  for (let index = 0; index < count; index++) {
    sheet.doc.switchToPage(index);
    sheet.y = a4.height - a4.margin + 4;
    writeLine(sheet, a4.margin, `${title}, page ${index + 1} of ${count}`, { size: 7 });
    writeLine(sheet, a4.margin, `SHA-256 of the record file: ${digest}`, { size: 7 });
  }
}

/** The cell's label printer: makes the label, stores it, and lays it into the folder that the printer's queue watches. */
import { mkdir, open, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Fault } from "../../equipment/machine.ts";
import type { LabelContent as RecordedLabel } from "../../jobs/route-event.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import { labelContent } from "../label.ts";
import { labelPdf } from "./label-pdf.ts";

export interface LabelPrinterOptions {
  readonly artifacts: Pick<Artifacts, "put">;
  /** Watched by the printer's queue, which removes what it has printed. */
  readonly folder: string;
  /** The cell and its institution, as they stand on the label. */
  readonly cellTitle: string;
}

/** A printer; repeating a label writes the same bytes into the same file again. */
export function createLabelPrinter(options: LabelPrinterOptions) {
  return { print: (label: RecordedLabel) => print(label, options).catch(() => err(notWritten)) };
}

async function print(label: RecordedLabel, options: LabelPrinterOptions): Promise<Result<Digest, Fault>> {
  const { title, gtin, lot, serial, madeAt, pseudonym, side, pathway, simulated } = label;
  const { cellTitle, artifacts, folder } = options;
  const madeOn = new Date(madeAt).toISOString().slice(0, 10);
  const facts = { title, gtin, lot, serial, madeOn, useBy: null, pseudonym, side, cellTitle, pathway, simulated };
  const content = labelContent(facts);
  if (!content.ok) return err(notMade(content.error));
  if (content.value.element !== label.code) return err(notMade("its code is not the one on record."));
  const pdf = await labelPdf(content.value);
  if (!pdf.ok) return err(notMade(pdf.error));
  const digest = await artifacts.put(pdf.value);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeWhole(folder, `${lot}-${serial}.pdf`, pdf.value);
  return ok(digest);
}

/** The queue never sees half a file. */
async function writeWhole(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const draft = join(folder, `.${name}.part`);
  const file = await open(draft, "w", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, join(folder, name));
}

function notMade(why: string): Fault {
  return {
    code: "label-not-made",
    what: `The label could not be made: ${why}`,
    remedy: "Ask for a corrected order; the label says what the order says.",
  };
}

const notWritten: Fault = {
  code: "label-not-printed",
  what: "The label could not be stored or given to the label printer.",
  remedy: "Check the label printer and its folder, void the label and print it again.",
};

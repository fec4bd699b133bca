/** The label printer at its edges: what lies in the queue's folder is what the record names, and scans as it says. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { LabelContent } from "../../src/jobs/route-event.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import { createLabelPrinter } from "../../src/labels/io/label-printer.ts";
import { createMemoryArtifacts } from "../../src/ledger/memory-artifacts.ts";
import { gs1Text, makeGs1 } from "../../src/materials/gs1.ts";
import { scanPdf } from "../../src/simulators/scanner/io/scan-pdf.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellward-labels-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const code = makeGs1({ gtin: "09506000134352", madeOn: "261125", lot: "J-1", serial: "1" });
const label: LabelContent = {
  gtin: "09506000134352",
  lot: "J-1",
  serial: "1",
  madeAt: Date.UTC(2026, 10, 25, 9),
  pseudonym: "CASE-1",
  side: "left",
  title: "Surgical drill guide",
  pathway: "demonstration",
  simulated: true,
  code: code.ok ? gs1Text(code.value) : "",
};

it("[F46] [F47] prints what scans back as the record says, and stores the same bytes", async () => {
  const artifacts = createMemoryArtifacts();
  const printed = await createLabelPrinter({ artifacts, folder, cellTitle: "Cell 1" }).print(label);
  if (!printed.ok) throw new Error(printed.error.what);
  expect(await readdir(folder)).toEqual(["J-1-1.pdf"]);
  const pdf = new Uint8Array(await readFile(join(folder, "J-1-1.pdf")));
  expect(digestOf(pdf)).toBe(printed.value);
  const stored = await artifacts.get(printed.value);
  expect(stored.ok && digestOf(stored.value)).toBe(printed.value);
  expect(await scanPdf(pdf)).toEqual([`]d2${label.code}`]);
});

it("[F47] a label whose code is not the recorded one is never printed", async () => {
  const artifacts = createMemoryArtifacts();
  const other = { ...label, code: label.code.replace("J-1", "J-2") };
  const printed = await createLabelPrinter({ artifacts, folder, cellTitle: "Cell 1" }).print(other);
  expect(!printed.ok && printed.error.code).toBe("label-not-made");
  expect(await readdir(folder)).toEqual([]);
});

it("[L8] a folder that cannot be written is said in words", async () => {
  const file = join(folder, "file");
  await writeFile(file, "");
  const printer = createLabelPrinter({ artifacts: createMemoryArtifacts(), folder: file, cellTitle: "Cell 1" });
  const printed = await printer.print(label);
  expect(!printed.ok && printed.error.code).toBe("label-not-printed");
});

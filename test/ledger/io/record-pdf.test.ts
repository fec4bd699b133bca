/** The record on paper: what the page says, the record itself attached, its digest and its number of pages on every sheet. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../../src/kernel/hash.ts";
import { openArtifacts } from "../../../src/ledger/io/artifacts.ts";
import { verifyPath, type WrittenExport, writeExport } from "../../../src/ledger/io/export-files.ts";
import { recordPdf } from "../../../src/ledger/io/record-pdf.ts";
import type { Page, PageEntry } from "../../../src/ledger/page.ts";
import { pageHtml } from "../../../src/ledger/page-html.ts";
import { pdfPages, pdfStreams } from "../../paper.ts";
import { mustOpen, newFolders } from "../drafts.ts";
import { draft, started } from "../plain-drafts.ts";
import { job } from "./record.ts";

/** Text without spaces, and without hyphens, which readers drop at the ends of lines. */
const squeezed = (text: string): string => text.replaceAll(/[\s\u00ad\u0002\ufffe-]/g, "");

/** The readable texts of an HTML page, tag by tag. */
function textsOf(html: string): string[] {
  const named: Record<string, string> = { lt: "<", gt: ">", quot: '"', amp: "&", "#39": "'" };
  const body = html.slice(html.indexOf("<body>")).replaceAll(/<[^>]*>/g, "\n");
  return body
    .split("\n")
    .map((text) => squeezed(text.replaceAll(/&(lt|gt|quot|amp|#39);/g, (_, name: string) => named[name] ?? "")))
    .filter((text) => text !== "");
}

/** The pages' texts in one, without what stands on every page. */
function flowing(pages: readonly string[], page: Page): string {
  return pages
    .map((text, index) =>
      squeezed(text)
        .replace(squeezed(`${page.title}, page ${index + 1} of ${pages.length}`), "")
        .replace(squeezed(`SHA-256 of the record file: ${page.digest}`), "")
        .replace(squeezed("SIMULATED, not for human use"), "")
        .replace(squeezed("No.When (UTC)WhoWhat"), ""),
    )
    .join("");
}

const record = { name: "J1.json", bytes: Buffer.from('{"a record":"of J1"}') };

function entry(seq: number, more: Partial<PageEntry> = {}): PageEntry {
  return {
    seq,
    when: "2026-11-25 13:05:09",
    clock: null,
    who: "the cell",
    title: `Layer ${seq} accepted`,
    lines: [],
    pictures: [],
    ...more,
  };
}

function pageWith(entries: readonly PageEntry[], more: Partial<Page> = {}): Page {
  const digest = digestOf(record.bytes);
  return {
    title: "Record of job J1",
    simulated: false,
    facts: [
      ["Cell", "hospital.example/cell-1"],
      ["Verdict when this was written", "GENUINE AND COMPLETE"],
      ["SHA-256 of the record file", digest],
    ],
    summary: ["Layers made 2."],
    entries,
    digest,
    until: Date.UTC(2026, 10, 25),
    ...more,
  };
}

describe("[F71] the record on paper", () => {
  test("of 390 entries with pictures says what the page says, and carries the record that proves itself", async () => {
    const { written, html } = await exportedRecord(390);
    const bytes = readFileSync(written.paperPath);
    const pages = await pdfPages(bytes);
    expect(pages.length).toBeGreaterThan(10);
    for (const [index, text] of pages.entries()) {
      expect(text).toContain(`page ${index + 1} of ${pages.length}`);
      expect(text).toContain(written.report.digest);
      expect(text).toContain("SIMULATED, not for human use");
    }
    const paper = flowing(pages, pageWith([], { digest: written.report.digest }));
    // What stands on every page was taken out of the paper above, and the notice speaks of a page there, of a paper here.
    const elsewhere =
      /Thispageisforreading|sayswhetheritisgenuine|^cellwardverify$|SIMULATED|SHA256oftherecordfile|^(No\.|When\(UTC\)|Who|What)$/;
    const missing = textsOf(html).filter((text) => !elsewhere.test(text) && !paper.includes(text));
    expect(missing).toEqual([]);
    const attached = pdfStreams(bytes).filter((stream) => digestOf(stream) === written.report.digest);
    expect(attached).toHaveLength(1);
    expect(attached[0]?.equals(readFileSync(written.recordPath))).toBe(true);
    expect(bytes.toString("latin1")).toMatch(/\/AFRelationship \/Data/);
    // The paper is no record: whoever verifies it is told so.
    expect(await verifyPath(written.paperPath, { trusted: [] })).toMatchObject({ ok: false });
  });

  test("has the same bytes for the same page and record", async () => {
    const page = pageWith([entry(1), entry(2)]);
    expect(digestOf(await recordPdf(page, record))).toBe(digestOf(await recordPdf(page, record)));
  });

  test("is made whatever the cell's clock said", async () => {
    const [text] = await pdfPages(await recordPdf(pageWith([entry(1)], { until: Number.MAX_SAFE_INTEGER }), record));
    expect(text).toContain("Layer 1 accepted");
  });

  test("says SIMULATED only where it is", async () => {
    const [real] = await pdfPages(await recordPdf(pageWith([entry(1)]), record));
    expect(real).not.toContain("SIMULATED");
    expect(real).toContain("GENUINE AND COMPLETE");
  });

  test("shows names in the scripts of its font, and numbers for other signs with a note", async () => {
    const names = ["Żółć Nguyễn", "Ελληνικά", "Кириллица", "محمد أحمد", "שלום עולם"];
    const lines = names.map((name) => `signed by ${name} (P-1), meaning: released`);
    const known = await pdfPages(await recordPdf(pageWith([entry(1, { lines })]), record));
    // Each word; the order of words from right to left is what this reader guesses, so it is tested in paper.test.ts.
    for (const word of names.join(" ").split(" ")) expect(known[0]).toContain(word);
    expect(known.join("")).not.toContain("U+");

    const other = pageWith([entry(1, { lines: ["signed by 王小明\u202e (P-1)"] })]);
    const [text] = await pdfPages(await recordPdf(other, record));
    expect(squeezed(text ?? "")).toContain("signedby[U+738B][U+5C0F][U+660E][U+202E](P1)");
    expect(squeezed(text ?? "")).toContain("theirUnicodenumber");
  });

  test("cuts nothing: long words, long texts and many lines go on on the next page", async () => {
    const word = Array.from({ length: 3_000 }, (_, index) => `${index}`).join("");
    const lines = [word, ...Array.from({ length: 200 }, (_, index) => `line ${index} of the entry`)];
    const summary = Array.from({ length: 90 }, (_, index) => `sentence ${index} of the summary`);
    const page = pageWith([entry(1, { lines, who: "a".repeat(64), clock: "unsynchronised" }), entry(2)], { summary });
    const pages = await pdfPages(await recordPdf(page, record));
    const paper = flowing(pages, page);
    for (const text of [...lines, ...summary, "a".repeat(64)]) expect(paper).toContain(squeezed(text));
    expect(paper).toContain("(clockunsynchronised)");
    expect(pages.at(-1)).toContain("Layer 2 accepted");
  });

  test("a picture that is none says where it is", async () => {
    const png = await sharp({ create: { width: 4, height: 4, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const broken = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4]);
    const pictures = [
      { digest: digestOf(png), type: "image/png", bytes: png },
      { digest: digestOf(broken), type: "image/jpeg", bytes: broken },
    ] as const;
    const [text] = await pdfPages(await recordPdf(pageWith([entry(1, { pictures })]), record));
    for (const { digest } of pictures) expect(text).toContain(`Picture ${digest.slice(0, 12)} is in the record file`);
  });

  test("the page on screen and the paper are made from the same content", () => {
    const html = pageHtml(pageWith([entry(1)]));
    expect(textsOf(html)).toContain(squeezed("GENUINE AND COMPLETE"));
  });
});

/** A job of `count` entries in a real ledger, every fifth with a picture, exported to files. */
async function exportedRecord(count: number): Promise<{ written: WrittenExport; html: string }> {
  const folders = await newFolders();
  const { ledger, keys } = await mustOpen(folders);
  const store = openArtifacts(folders.dataDir, keys.dataKey);
  const drafts = [started()];
  for (let layer = 1; layer < count; layer++) {
    const frame = layer % 5 === 0 ? { frame: await store.put(await photograph(layer)) } : {};
    drafts.push(
      draft("LayerJudged", { layer, simulated: true, note: `<b>Layer ${layer}</b> & "so on"`, ...frame }, "J1"),
    );
  }
  await ledger.append([...drafts, draft("JobEnded", { what: "made" }, "J1")]);
  await ledger.checkpoint();
  const written = await writeExport(folders.dataDir, job, join(dirname(folders.dataDir), "J1"), {
    signer: keys.signer,
    keys: keys.trusted,
    artifacts: store,
  });
  if (!written.ok) throw new Error(written.error.what);
  return { written: written.value, html: readFileSync(written.value.pagePath, "utf8") };
}

function photograph(layer: number): Promise<Buffer> {
  const colour = { r: (layer * 7) % 256, g: (layer * 13) % 256, b: 80 };
  return sharp({ create: { width: 640, height: 480, channels: 3, background: colour } })
    .jpeg()
    .toBuffer();
}

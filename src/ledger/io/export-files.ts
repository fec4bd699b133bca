/** An export as files: the record, its readable page and paper beside it, and the verification of whatever is pointed at. */
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Digest, JobId } from "../../kernel/names.ts";
import { errorCode } from "../../kernel/problem.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { scanExport } from "../export-scan.ts";
import { type Finding, finding } from "../finding.ts";
import { exportVerdict, folderVerdict, type Verdict } from "../headline.ts";
import { type Pictures, pageOf, type Telling } from "../page.ts";
import { pageHtml } from "../page-html.ts";
import type { VerifyingKey } from "../signer.ts";
import { type ExportReport, maxExportBytes, type VerifiedExport, verifyScanned } from "../verify-export.ts";
import { checkSignature } from "./crypto.ts";
import { type ExportOptions, exportJob } from "./export.ts";
import type { ExportFault } from "./export-rows.ts";
import { writeDurably, writePieces } from "./files.ts";
import { maxAttachedBytes, recordPdf } from "./record-pdf.ts";
import { type FolderReport, type FolderTrust, verifyFolder } from "./verify.ts";

export interface WrittenExport {
  readonly recordPath: string;
  readonly pagePath: string;
  readonly paperPath: string;
  readonly report: ExportReport;
}

/** What is written; the file is verified with `keys` and `witnesses` before it has its name. */
export interface WriteOptions extends ExportOptions, Telling {
  /** A sentence that page and paper say beside the verdict. */
  readonly caution?: string;
}

/** Exports a job to `base`.json, `base`.html and `base`.pdf, which are written only if the record verifies. */
export async function writeExport(
  dataDir: string,
  job: JobId,
  base: string,
  options: WriteOptions,
): Promise<Result<WrittenExport, ExportFault>> {
  const recordPath = `${base}.json`;
  const made = await writePieces(
    recordPath,
    0o600,
    (write) => exportJob(dataDir, job, options, write),
    async (aside, { artifacts }) => {
      const { report, content } = await readExportFile(aside, options.keys, options.witnesses);
      const [first] = report.findings;
      if (content !== null && first === undefined) return ok({ report, content, artifacts });
      const what = first?.what ?? "The export does not verify.";
      return err<ExportFault>({ code: "ledger-broken", what, remedy: first?.remedy ?? "" });
    },
  );
  if (!made.ok) return made;
  const { report, content, artifacts } = made.value;
  const written = { recordPath, pagePath: `${base}.html`, paperPath: `${base}.pdf`, report };
  const pictures = await picturesFor(artifacts, options);
  const { headline } = exportVerdict(report);
  const verdict = options.caution === undefined ? headline : `${headline}. FROM AN OLDER IMAGE: ${options.caution}`;
  const page = pageOf(content, report.digest, verdict, options, pictures);
  await writeDurably(written.pagePath, Buffer.from(pageHtml(page)), 0o600);
  // Last, so that nothing that can go wrong with fonts and pictures keeps the record from its owner.
  const attachable = (await stat(recordPath)).size <= maxAttachedBytes;
  const bytes = attachable ? await readFile(recordPath) : null;
  await writeDurably(written.paperPath, await recordPdf(page, { name: basename(recordPath), bytes }), 0o600);
  return ok(written);
}

/** Most bytes of evidence that a page carries: more, and neither a browser nor a printer could do anything with it. */
const maxPictureBytes = 48 << 20;

/** As many pictures as a page can carry, in the order of the entries that name them. */
async function picturesFor(artifacts: readonly Digest[], { artifacts: store }: ExportOptions): Promise<Pictures> {
  const pictures = new Map<Digest, Uint8Array>();
  let left = maxPictureBytes;
  for (const digest of artifacts) {
    if (left <= 0) break;
    const bytes = await store?.get(digest);
    if (!bytes?.ok || bytes.value.length > left) continue;
    pictures.set(digest, bytes.value);
    left -= bytes.value.length;
  }
  return pictures;
}

/** Verifies a file piece by piece: its artifacts are never in memory together. */
async function readExportFile(
  path: string,
  trusted: readonly VerifyingKey[],
  witnesses: readonly VerifyingKey[] = [],
): Promise<VerifiedExport> {
  const scan = scanExport();
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) scan.feed(piece as Uint8Array);
  return verifyScanned(scan, trusted, checkSignature, witnesses);
}

export type AnyReport =
  | ({ readonly kind: "folder" } & Verdict & FolderReport)
  | ({ readonly kind: "export" } & Verdict & ExportReport)
  /** Too large to be either. */
  | ({ readonly kind: "nothing"; readonly ok: false; readonly findings: readonly Finding[] } & Verdict)
  /** There is nothing at the path, or it may not be read. */
  | { readonly kind: "absent"; readonly ok: false; readonly what: string; readonly findings: readonly Finding[] };

/** Verifies what stands at `path`: a data folder or backup, or an export file. */
export async function verifyPath(path: string, trust: FolderTrust): Promise<AnyReport> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) {
      const report = await verifyFolder(path, trust);
      return { kind: "folder", ...folderVerdict(report, trust.floor !== undefined), ...report };
    }
    if (found.size > maxExportBytes) return nothing(`${path} is too large to be an export.`);
    const { report } = await readExportFile(path, trust.trusted, trust.witnesses);
    return { kind: "export", ...exportVerdict(report), ...report };
  } catch (problem) {
    const code = errorCode(problem);
    if (!code.startsWith("E") || code.startsWith("ERR_")) throw problem;
    const what = code === "ENOENT" ? `There is nothing at ${path}.` : `${path} cannot be read (${code}).`;
    return { kind: "absent", ok: false, what, findings: [] };
  }
}

function nothing(what: string): AnyReport {
  const findings = [finding("export-format", null, what)];
  return { kind: "nothing", ok: false, headline: "NOT VERIFIED", complete: false, findings };
}

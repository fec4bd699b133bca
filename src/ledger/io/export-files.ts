/** An export as files: the record, its readable page and paper beside it, and the verification of whatever is pointed at. */
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { JobId } from "../../kernel/names.ts";
import { errorCode } from "../../kernel/problem.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { type Finding, finding } from "../finding.ts";
import { exportVerdict, folderVerdict, type Verdict } from "../headline.ts";
import { pageOf, type Telling } from "../page.ts";
import { pageHtml } from "../page-html.ts";
import type { VerifyingKey } from "../signer.ts";
import { type ExportReport, maxExportBytes, verifyExport } from "../verify-export.ts";
import { checkSignature } from "./crypto.ts";
import { type ExportFault, type ExportOptions, exportJob } from "./export.ts";
import { writeDurably } from "./files.ts";
import { recordPdf } from "./record-pdf.ts";
import { type FolderReport, type FolderTrust, verifyFolder } from "./verify.ts";

export interface WrittenExport {
  readonly recordPath: string;
  readonly pagePath: string;
  readonly paperPath: string;
  readonly report: ExportReport;
}

export interface WriteOptions extends ExportOptions, Telling {
  /** The cell's public keys: the file is verified with them before it is written. */
  readonly keys: readonly VerifyingKey[];
}

/** Exports a job to `base`.json, `base`.html and `base`.pdf, which are written only if the record verifies. */
export async function writeExport(
  dataDir: string,
  job: JobId,
  base: string,
  options: WriteOptions,
): Promise<Result<WrittenExport, ExportFault>> {
  const made = await exportJob(dataDir, job, options);
  if (!made.ok) return made;
  const { report, content } = verifyExport(made.value.bytes, options.keys, checkSignature);
  const [first] = report.findings;
  if (content === null || first !== undefined) {
    return err({
      code: "ledger-broken",
      what: first?.what ?? "The export does not verify.",
      remedy: first?.remedy ?? "",
    });
  }
  const written = { recordPath: `${base}.json`, pagePath: `${base}.html`, paperPath: `${base}.pdf`, report };
  const page = pageOf(content, report.digest, exportVerdict(report).headline, options);
  await writeDurably(written.recordPath, made.value.bytes, 0o600);
  await writeDurably(written.pagePath, Buffer.from(pageHtml(page)), 0o600);
  // Last, so that nothing that can go wrong with fonts and pictures keeps the record from its owner.
  const paper = await recordPdf(page, { name: basename(written.recordPath), bytes: made.value.bytes });
  await writeDurably(written.paperPath, paper, 0o600);
  return ok(written);
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
    const { report } = verifyExport(await readFile(path), trust.trusted, checkSignature, trust.witnesses);
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

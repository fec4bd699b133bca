/** Commands on records: set up, verify, export, backup, restore. */
import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { digestOf } from "../../kernel/hash.ts";
import type { JobId } from "../../kernel/names.ts";
import { openArtifacts } from "../../ledger/io/artifacts.ts";
import { backupFolder, restoreFolder } from "../../ledger/io/backup.ts";
import { checkSignature } from "../../ledger/io/crypto.ts";
import { exportJob } from "../../ledger/io/export.ts";
import { writeDurably } from "../../ledger/io/files.ts";
import { readFloor } from "../../ledger/io/floor.ts";
import { openKeys, publicKeyFile } from "../../ledger/io/keys.ts";
import { createLedger } from "../../ledger/io/ledger.ts";
import { verifyFolder } from "../../ledger/io/verify.ts";
import { formatKey, parseKey } from "../../ledger/note.ts";
import { exportPage } from "../../ledger/page.ts";
import type { VerifyingKey } from "../../ledger/signer.ts";
import { maxExportBytes, verifyExport } from "../../ledger/verify-export.ts";
import { describeEvent } from "../describe.ts";
import { exitCode } from "../exit-code.ts";
import type { Terminal } from "./terminal.ts";

/** `cellward init`: fresh keys and an empty ledger. */
export async function init(terminal: Terminal, data: string, keys: string, origin: string): Promise<number> {
  const made = await createLedger({ dataDir: data, keysDir: keys }, origin);
  if (!made.ok) return terminal.trouble(made.error, exitCode.refused);
  const key = formatKey(made.value.signer.key);
  terminal.result(
    { ok: true, origin, key },
    `A new ledger stands in ${data}, its keys in ${keys}.\nGive this public key to whoever is to verify records:\n  ${key}`,
  );
  return exitCode.ok;
}

/** `cellward verify PATH`: a data folder, a backup or an exported record, against keys from elsewhere. */
export async function verify(terminal: Terminal, path: string, trust: TrustOptions): Promise<number> {
  const trusted = await trustedKeys(trust);
  if (typeof trusted === "string") return terminal.trouble(noKey(trusted), exitCode.usage);
  const found = await stat(path).catch(() => null);
  if (!found) return terminal.trouble(noPath(path), exitCode.usage);
  return found.isDirectory()
    ? verifyData(terminal, path, trusted, trust)
    : verifyRecord(terminal, path, found.size, trusted);
}

export interface TrustOptions {
  /** A key line, or a file that holds key lines. */
  readonly key?: string | undefined;
  /** The cell's own key folder: its public key is trusted and its data key opens the artifacts. */
  readonly keys?: string | undefined;
}

async function verifyData(terminal: Terminal, path: string, trusted: readonly VerifyingKey[], trust: TrustOptions) {
  const opened = trust.keys ? await openKeys(trust.keys, path) : null;
  if (opened && !opened.ok) return terminal.trouble(opened.error, exitCode.refused);
  const own = opened?.ok ? opened.value : null;
  const floor = trust.keys && own ? await readFloor(trust.keys, own.signer.key.name) : null;
  const report = await verifyFolder(path, { trusted, dataKey: own?.dataKey, floor: floor ?? undefined });
  const said = [
    report.ok ? "GENUINE AND COMPLETE" : "NOT VERIFIED",
    `${report.entries} entries of ${report.jobs} jobs in ${report.origin}, ` +
      `signed up to entry ${report.lastCheckpoint?.size ?? 0}, ${report.artifacts} pictures and programs ` +
      (report.artifactsOpened ? "opened and checked" : "present (not opened: no data key was given)"),
    ...report.findings.map((each) => findingText(each)),
  ];
  terminal.result(report, said.join("\n"));
  return report.ok ? exitCode.ok : exitCode.verificationFailed;
}

async function verifyRecord(terminal: Terminal, path: string, size: number, trusted: readonly VerifyingKey[]) {
  if (size > maxExportBytes) return terminal.trouble(tooLarge(path), exitCode.usage);
  const { report } = verifyExport(new Uint8Array(await readFile(path)), trusted, checkSignature);
  const said = [
    report.ok ? "GENUINE AND COMPLETE" : "NOT VERIFIED",
    `Record of job ${report.job ?? "?"} from ${report.origin ?? "?"}: ${report.entries} entries, ` +
      `${report.artifacts.embedded} of ${report.artifacts.named} pictures and programs inside the file`,
    `SHA-256 of the file: ${report.digest}`,
    ...report.findings.map((each) => findingText(each)),
  ];
  terminal.result(report, said.join("\n"));
  return report.ok ? exitCode.ok : exitCode.verificationFailed;
}

function findingText(found: { seq: number | null; rule: string; what: string; remedy: string }): string {
  const where = found.seq === null ? "" : `entry ${found.seq}: `;
  return `- ${where}${found.what} [${found.rule}]\n  ${found.remedy}`;
}

/** Keys come from the caller alone, never from the thing under verification. */
async function trustedKeys(trust: TrustOptions): Promise<readonly VerifyingKey[] | string> {
  const lines: string[] = [];
  if (trust.keys) lines.push(await readFile(join(trust.keys, publicKeyFile), "utf8").catch(() => ""));
  if (trust.key) lines.push(await readFile(trust.key, "utf8").catch(() => trust.key ?? ""));
  const keys: VerifyingKey[] = [];
  for (const line of lines.join("\n").split("\n")) {
    if (line.trim() === "") continue;
    const key = parseKey(line.trim());
    if (!key.ok) return key.error;
    keys.push(key.value);
  }
  return keys.length > 0 ? keys : "no key was given";
}

/** `cellward export JOB`: one file that proves itself, and a readable page of the same content beside it. */
export async function exportRecord(
  terminal: Terminal,
  job: string,
  options: { data: string; keys: string; out: string; pictures: boolean },
): Promise<number> {
  const opened = await openKeys(options.keys, options.data);
  if (!opened.ok) return terminal.trouble(opened.error, exitCode.refused);
  const { dataKey, trusted } = opened.value;
  const artifacts = options.pictures ? { artifacts: openArtifacts(options.data, dataKey) } : {};
  const made = await exportJob(options.data, job as JobId, { keys: trusted, ...artifacts });
  if (!made.ok) return terminal.trouble(made.error, exitCode.notReady);
  const { bytes, digest } = made.value;
  const { report, content } = verifyExport(bytes, trusted, checkSignature);
  if (!report.ok || !content) {
    const first = report.findings[0];
    const what = `What was exported does not verify: ${first?.what ?? "unreadable"}`;
    return terminal.trouble({ code: "export-broken", what, remedy: first?.remedy ?? "" }, exitCode.verificationFailed);
  }
  const page = exportPage(content, digest, describeEvent);
  const pagePath = `${options.out.replace(/\.json$/, "")}.html`;
  await writeDurably(options.out, bytes, 0o600);
  await writeDurably(pagePath, new TextEncoder().encode(page), 0o600);
  terminal.result(
    { ok: true, record: options.out, page: pagePath, digest, entries: report.entries },
    `Record of ${job}: ${options.out} (${report.entries} entries, ${Math.ceil(bytes.length / 1024)} kB)\n` +
      `Readable page: ${pagePath}\nSHA-256 ${digest}`,
  );
  return exitCode.ok;
}

/** `cellward backup TO`: a verified copy, made while the cell runs or not. Keys are not in it. */
export async function backup(terminal: Terminal, data: string, keys: string, to: string): Promise<number> {
  return copy(
    terminal,
    keys,
    data,
    (trusted) => backupFolder(data, to, trusted),
    `The backup ${basename(to)} is verified.`,
  );
}

/** `cellward restore FROM`: into an empty folder; the next start says that it is a restored image and only shows it. */
export async function restore(terminal: Terminal, from: string, keys: string, data: string): Promise<number> {
  const said = "Restored and verified. The next start is view-only until the restore procedure is followed.";
  return copy(terminal, keys, data, (trusted) => restoreFolder(from, data, trusted), said);
}

async function copy(
  terminal: Terminal,
  keys: string,
  data: string,
  act: (trusted: readonly VerifyingKey[]) => ReturnType<typeof backupFolder>,
  said: string,
): Promise<number> {
  const opened = await openKeys(keys, data);
  if (!opened.ok) return terminal.trouble(opened.error, exitCode.refused);
  const done = await act(opened.value.trusted);
  if (!done.ok) return terminal.trouble(done.error, exitCode.refused);
  const { entries, jobs, artifacts } = done.value;
  terminal.result(done.value, `${said} ${entries} entries, ${jobs} jobs, ${artifacts} pictures and programs.`);
  return exitCode.ok;
}

/** SHA-256 of a file, for the record of what was used. */
export async function fileDigest(path: string): Promise<string> {
  return digestOf(new Uint8Array(await readFile(path)));
}

const noKey = (why: string) => ({
  code: "no-key",
  what: `There is nothing to verify against: ${why}.`,
  remedy: "Name the cell's public key with --key (a line or a file), or its key folder with --keys.",
});
const noPath = (path: string) => ({
  code: "no-such-path",
  what: `${path} does not exist.`,
  remedy: "Name a data folder, a backup or an exported record.",
});
const tooLarge = (path: string) => ({
  code: "too-large",
  what: `${path} is larger than any export.`,
  remedy: "Name an exported record.",
});

/** Commands on records: set up, verify, export, backup, restore. */
import { basename } from "node:path";
import type { JobId } from "../../kernel/names.ts";
import { ok } from "../../kernel/result.ts";
import { isArchive } from "../../ledger/io/archive-file.ts";
import { openArtifacts } from "../../ledger/io/artifacts.ts";
import { backupFolder, restoreFolder } from "../../ledger/io/backup.ts";
import { type Behind, behindFloor } from "../../ledger/io/behind.ts";
import { openCaches, provenCache } from "../../ledger/io/cache.ts";
import { type AnyReport, verifyPath, writeExport } from "../../ledger/io/export-files.ts";
import { readFloor } from "../../ledger/io/floor.ts";
import { openKeys } from "../../ledger/io/keys.ts";
import { createLedger } from "../../ledger/io/ledger.ts";
import type { FolderReport } from "../../ledger/io/verify.ts";
import { formatKey } from "../../ledger/note.ts";
import { readPrefix } from "../../ledger/prefix.ts";
import type { VerifyingKey } from "../../ledger/signer.ts";
import { simulatedWords } from "../../ledger/simulated.ts";
import { createSealing } from "../../people/io/sealing.ts";
import { summarise, tellWith } from "../describe.ts";
import { exitCode } from "../exit-code.ts";
import { verify as verifyArchived } from "./archive.ts";
import { noKey, readWitnesses, type TrustOptions, trustedKeys } from "./given-keys.ts";
import { addIdentity } from "./identity.ts";
import { wouldOverwrite } from "./new-file.ts";
import type { Terminal } from "./terminal.ts";
import { softwareDigest } from "./versions.ts";

/** `cellward init`: fresh keys, an empty ledger, and the identity that packages are sealed for. */
export async function init(
  terminal: Terminal,
  data: string,
  keys: string,
  origin: string,
  hybrid: boolean,
): Promise<number> {
  const made = await createLedger({ dataDir: data, keysDir: keys }, origin);
  if (!made.ok) return terminal.trouble(made.error, exitCode.refused);
  const key = formatKey(made.value.signer.key);
  const recipient = await addIdentity(keys, hybrid ? "hybrid" : "x25519");
  terminal.result(
    { ok: true, origin, key, recipient },
    `A new ledger stands in ${data}, its keys in ${keys}.\nGive this public key to whoever is to verify records:\n  ${key}\n` +
      `Give this recipient to the design authority, who seals packages for this cell:\n  ${recipient}`,
  );
  return exitCode.ok;
}

/** `cellward verify PATH`: a data folder, a backup, an exported record or an archive, against keys from elsewhere. */
export async function verify(terminal: Terminal, path: string, trust: TrustOptions): Promise<number> {
  if (await isArchive(path)) return verifyArchived(terminal, path, trust);
  const trusted = await trustedKeys(trust);
  if (typeof trusted === "string") return terminal.trouble(noKey(trusted), exitCode.usage);
  const given = trust.witness === undefined ? ok([]) : await readWitnesses(trust.witness);
  if (!given.ok) return terminal.trouble(given.error, exitCode.usage);
  const witnesses = given.value;
  const opened = trust.keys ? await openKeys(trust.keys, path) : null;
  if (opened && !opened.ok) return terminal.trouble(opened.error, exitCode.refused);
  const own = opened?.ok ? opened.value : null;
  const floor = trust.keys && own ? await readFloor(trust.keys, own.signer.key.name) : null;
  const report = await verifyPath(path, { trusted, witnesses, dataKey: own?.dataKey, floor: floor ?? undefined });
  if (report.kind === "absent") {
    const remedy = "Name a data folder, a backup or an exported record.";
    return terminal.trouble({ code: "nothing-there", what: report.what, remedy }, exitCode.usage);
  }
  const findings = report.findings.map(
    ({ seq, what, rule, remedy }) => `- ${seq === null ? "" : `entry ${seq}: `}${what} [${rule}]\n  ${remedy}`,
  );
  terminal.result(report, [report.headline, ...summary(report), ...findings].join("\n"));
  return report.ok ? exitCode.ok : exitCode.verificationFailed;
}

function summary(report: AnyReport): string[] {
  if (report.kind === "nothing" || report.kind === "absent") return [];
  if (report.kind === "folder") {
    const opened = report.artifactsOpened ? "opened and checked" : "present (not opened: no data key was given)";
    return [
      `${report.entries} entries of ${report.jobs} jobs in ${report.origin}, ${report.lastCheckpoint?.size ?? 0} of them signed`,
      `${report.artifacts} pictures and programs ${opened}`,
      ...(report.dropped > 0 ? [`${report.dropped} were dropped by policy, as signed entries say`] : []),
      ...countersigned(report.cosigned),
    ];
  }
  return [
    `Record of job ${report.job ?? "?"} from ${report.origin ?? "?"}: ${report.entries} entries, ` +
      `${report.artifacts.embedded} of ${report.artifacts.named} pictures and programs inside the file` +
      (report.artifacts.dropped > 0 ? `, ${report.artifacts.dropped} dropped by policy, as signed entries say` : ""),
    `SHA-256 of the file: ${report.digest}`,
    ...(report.simulated ? [`${simulatedWords}: the record says so itself`] : []),
  ];
}

function countersigned(head: FolderReport["cosigned"]): string[] {
  if (head === null) return ["Central QA has countersigned nothing of it"];
  const upTo = `up to entry ${head.size - 1}`;
  if (head.by.length > 0) return [`Countersigned by ${head.by.join(" and ")} ${upTo}`];
  return [`The record holds a countersignature ${upTo}; no key given here with --witness bears it out`];
}

export interface ExportCommand {
  readonly data: string;
  readonly keys: string;
  readonly out: string;
  readonly pictures: boolean;
  readonly witness?: string;
  /** Exports also from a folder that is known to hold less than the cell has signed. */
  readonly fromOlderImage?: boolean;
}

/** What an older image lacks, in words. */
function olderImage({ entries, signed }: Behind): string {
  return `The cell has signed ${signed} entries, this folder holds ${entries}: what was recorded later is missing here.`;
}

/** `cellward export JOB`: one file that proves itself, and beside it the same content as a page and on paper. */
export async function exportRecord(terminal: Terminal, job: string, options: ExportCommand): Promise<number> {
  const base = options.out.replace(/\.(json|html|pdf)$/, "");
  const taken = await wouldOverwrite(`${base}.json`, `${base}.html`, `${base}.pdf`);
  if (taken !== null) return terminal.trouble(taken, exitCode.refused);
  const opened = await openKeys(options.keys, options.data);
  if (!opened.ok) return terminal.trouble(opened.error, exitCode.refused);
  const { dataKey, trusted, signer } = opened.value;
  const behind = await behindFloor(options.data, options.keys, signer.key.name);
  if (behind !== null && !options.fromOlderImage) {
    const remedy =
      "Export from the cell's own folder, or repair this one (docs/restore.md). --from-older-image exports what is here, and says so.";
    return terminal.trouble({ code: "older-image", what: olderImage(behind), remedy }, exitCode.refused);
  }
  const artifacts = options.pictures ? { artifacts: openArtifacts(options.data, dataKey) } : {};
  const given = options.witness === undefined ? ok([]) : await readWitnesses(options.witness);
  if (!given.ok) return terminal.trouble(given.error, exitCode.usage);
  const caches = openCaches(options.data, dataKey, softwareDigest());
  const made = await writeExport(options.data, job as JobId, base, {
    signer,
    keys: trusted,
    witnesses: given.value,
    prefix: readPrefix(await caches.read(provenCache)),
    describe: tellWith(createSealing(options.keys).open),
    summarise,
    ...(behind && { caution: olderImage(behind) }),
    ...artifacts,
  });
  if (!made.ok) return terminal.trouble(made.error, exitCode.notReady);
  const { recordPath, pagePath, paperPath, report } = made.value;
  terminal.result(
    {
      ...{ ok: true, record: recordPath, page: pagePath, paper: paperPath },
      ...{ digest: report.digest, entries: report.entries, olderImage: behind },
    },
    `${behind === null ? "" : `FROM AN OLDER IMAGE. ${olderImage(behind)}\n`}Record of ${job}: ${recordPath} (${report.entries} entries)\nReadable page: ${pagePath}\nPaper: ${paperPath}\nSHA-256 ${report.digest}`,
  );
  return exitCode.ok;
}

/** `cellward backup`: a verified copy, made while the cell runs or not. Keys are not in it. */
export async function backup(terminal: Terminal, data: string, keys: string, to: string): Promise<number> {
  const said = `The backup ${basename(to)} is verified.`;
  return copy(terminal, keys, data, (trusted) => backupFolder(data, to, trusted), said);
}

/** `cellward restore`: into an empty folder, to be verified and exported; a cell does not start on it by itself. */
export async function restore(terminal: Terminal, from: string, keys: string, data: string): Promise<number> {
  const said =
    "Restored and verified. It can be verified, and exported as an older image; the cell does not start on it before it is repaired from central QA's copy or continued by two people (docs/restore.md).";
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

/** `cellward archive`: a closed year as a folder that proves itself, its verification, and its restore for reading. */
import { ok, type Result } from "../../kernel/result.ts";
import { type ArchiveFault, makeArchive } from "../../ledger/io/archive-make.ts";
import { restoreArchives } from "../../ledger/io/archive-restore.ts";
import { type ArchiveReport, type ArchiveTrust, verifyArchive } from "../../ledger/io/archive-verify.ts";
import { behindFloor } from "../../ledger/io/behind.ts";
import { openKeys } from "../../ledger/io/keys.ts";
import { exitCode } from "../exit-code.ts";
import { noKey, readWitnesses, type TrustOptions, trustedKeys } from "./given-keys.ts";
import { systemClock } from "./system.ts";
import type { Terminal, Trouble } from "./terminal.ts";

export interface MakeOptions {
  readonly data: string;
  readonly keys: string;
  readonly year: string;
  readonly out: string;
  readonly witness?: string | undefined;
  readonly uncosigned: boolean;
  readonly open: boolean;
}

/** `cellward archive make`: says done once the archive was read again and verifies. */
export async function make(terminal: Terminal, options: MakeOptions): Promise<number> {
  const { data, keys, out } = options;
  const year = /^(19[789]\d|[2-9]\d{3})$/.test(options.year) ? Number(options.year) : null;
  if (year === null) {
    const what = `${options.year} is not a year.`;
    return terminal.trouble({ code: "usage", what, remedy: "Write it like 2025." }, exitCode.usage);
  }
  if ((options.witness === undefined) !== options.uncosigned) {
    const what = "Central QA's key says that the year was countersigned; without it nobody can.";
    const remedy = "Give either --witness, or --uncosigned for an archive that only the cell's key proves.";
    return terminal.trouble({ code: "usage", what, remedy }, exitCode.usage);
  }
  const witnesses = await witnessesOf(options.witness);
  if (!witnesses.ok) return terminal.trouble(witnesses.error, exitCode.usage);
  const opened = await openKeys(keys, data);
  if (!opened.ok) return terminal.trouble(opened.error, exitCode.refused);
  const behind = await behindFloor(data, keys, opened.value.signer.key.name);
  if (behind !== null) {
    const what = `The cell has signed ${behind.signed} entries, this folder holds ${behind.entries}: it is an older image, and no year in it is whole.`;
    const remedy = "Archive from the cell's own folder, or repair this one first (docs/restore.md).";
    return terminal.trouble({ code: "older-image", what, remedy }, exitCode.refused);
  }
  const made = await makeArchive({
    ...{ dataDir: data, keys: opened.value, year, out, witnesses: witnesses.value, plain: options.open },
    now: systemClock.now(),
    onProgress: terminal.progress,
  });
  if (!made.ok)
    return terminal.trouble(made.error, notReady.has(made.error.code) ? exitCode.notReady : exitCode.refused);
  const warning = options.open ? ["Its pictures and programs are PLAIN: they are patients' designs."] : [];
  const said = [`The archive of ${year} in ${out} is verified. Nothing was removed from the ledger.`, ...warning];
  terminal.result({ ...made.value, archive: out }, [...said, ...summary(made.value)].join("\n"));
  return exitCode.ok;
}

/** What time, central QA or the cell has still to do. */
const notReady: ReadonlySet<ArchiveFault["code"]> = new Set([
  ...(["year-open", "year-empty", "job-open", "not-countersigned", "not-signed-yet"] as const),
]);

/** `cellward archive verify`. */
export async function verify(terminal: Terminal, folder: string, options: TrustOptions): Promise<number> {
  const trust = await trustOf(options, folder);
  if (!trust.ok)
    return terminal.trouble(trust.error, trust.error.code === "no-key" ? exitCode.usage : exitCode.refused);
  const progress = (entries: number): void => terminal.progress(`${entries} entries`);
  const { report } = await verifyArchive(folder, trust.value, progress);
  const findings = report.findings.map(
    ({ seq, what, rule, remedy }) => `- ${seq === null ? "" : `entry ${seq}: `}${what} [${rule}]\n  ${remedy}`,
  );
  const said = report.ok ? [`GENUINE AND COMPLETE: ${report.year}`, ...summary(report)] : ["NOT VERIFIED"];
  terminal.result(report, [...said, ...findings].join("\n"));
  return report.ok ? exitCode.ok : exitCode.verificationFailed;
}

/** `cellward archive restore`: the years of one log from its first on, into a new folder. */
export async function restore(
  terminal: Terminal,
  archives: readonly string[],
  options: TrustOptions & { readonly out: string },
): Promise<number> {
  const trust = await trustOf(options, options.out);
  if (!trust.ok)
    return terminal.trouble(trust.error, trust.error.code === "no-key" ? exitCode.usage : exitCode.refused);
  const onProgress = terminal.progress;
  const done = await restoreArchives({ ...trust.value, archives, dataDir: options.out, onProgress });
  if (!done.ok) {
    const code = done.error.code === "archive-refused" ? exitCode.verificationFailed : exitCode.refused;
    return terminal.trouble(done.error, code);
  }
  const { report, years, dropped } = done.value;
  terminal.result(
    { ok: true, data: options.out, origin: report.origin, years, entries: report.entries, dropped },
    `Restored and verified: ${report.entries} entries of ${report.origin}, ${years.join(", ")}. It is for reading: no cell starts on it.` +
      (dropped === 0
        ? ""
        : `\n${dropped} pictures and programs were dropped by policy before the years were archived.`),
  );
  return exitCode.ok;
}

function summary({ origin, from, to, size, jobs, artifacts, dropped, ...report }: ArchiveReport): string[] {
  const tail = size - to;
  const opened = report.artifactsOpened
    ? "opened and checked"
    : "sealed as the cell stores them, unchanged (not opened)";
  return [
    `Entries ${from} to ${to - 1} of ${origin}, ${jobs} jobs` +
      (tail > 0 ? `; ${tail} more up to the checkpoint over them` : ""),
    `${artifacts} pictures and programs ${opened}${dropped > 0 ? `, ${dropped} dropped by policy` : ""}`,
    countersigned(report.cosigned),
  ];
}

function countersigned(head: ArchiveReport["cosigned"]): string {
  if (head === null) return "NOT COUNTERSIGNED: the cell's key alone proves it";
  if (head.by.length > 0) return `Countersigned by ${head.by.join(" and ")}`;
  return "It holds a countersignature; no key given here with --witness bears it out";
}

async function witnessesOf(given: string | undefined): ReturnType<typeof readWitnesses> {
  return given === undefined ? ok([]) : readWitnesses(given);
}

async function trustOf(options: TrustOptions, folder: string): Promise<Result<ArchiveTrust, Trouble>> {
  const trusted = await trustedKeys(options);
  if (typeof trusted === "string") return { ok: false, error: noKey(trusted) };
  const witnesses = await witnessesOf(options.witness);
  if (!witnesses.ok) return witnesses;
  const opened = options.keys === undefined ? null : await openKeys(options.keys, folder);
  if (opened !== null && !opened.ok) return opened;
  return ok({ trusted, witnesses: witnesses.value, dataKey: opened?.value.dataKey });
}

/** A job's export in memory, for tests that change its bytes. */
import type { JobId } from "../../../src/kernel/names.ts";
import { ok, type Result } from "../../../src/kernel/result.ts";
import { type ExportOptions, exportJob } from "../../../src/ledger/io/export.ts";
import type { ExportFault } from "../../../src/ledger/io/export-rows.ts";

/** The whole file's bytes, or why there is none. */
export async function exportedBytes(
  dataDir: string,
  job: JobId,
  options: Omit<ExportOptions, "keys"> & Partial<ExportOptions>,
): Promise<Result<Uint8Array, ExportFault>> {
  const pieces: Uint8Array[] = [];
  const made = await exportJob(
    dataDir,
    job,
    { keys: [options.signer.key], ...options },
    async (piece) => void pieces.push(piece),
  );
  return made.ok ? ok(new Uint8Array(Buffer.concat(pieces))) : made;
}

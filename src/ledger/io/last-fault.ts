/** Why the ledger failed, kept beside the keys until the next start has recorded it: the failed ledger could not take it. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { canonicalBytes, parseCanonical } from "../../kernel/json.ts";
import { errorCode } from "../../kernel/problem.ts";
import type { EpochMs } from "../../kernel/units.ts";
import type { LedgerFault } from "../ledger.ts";
import { flushFolder, writeDurably } from "./files.ts";

const file = "last-fault.json";
const longest = 400;

/** A run that ended because its ledger could not be kept. */
export interface LastFault {
  readonly code: string;
  readonly what: string;
  readonly at: EpochMs;
}

/** Keeps the fault of a run that ends; what an earlier one has left unrecorded is written over. */
export async function keepLastFault(keysDir: string, { code, what }: LedgerFault, at: EpochMs): Promise<void> {
  await writeDurably(join(keysDir, file), canonicalBytes({ at, code, what: what.slice(0, longest) }), 0o600);
}

/** What the run before this one has left, or null; a file that is not one says at least that. */
export async function readLastFault(keysDir: string): Promise<LastFault | null> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(join(keysDir, file));
  } catch (problem) {
    if (errorCode(problem) === "ENOENT") return null;
    throw problem;
  }
  const parsed = parseCanonical(bytes);
  const value = parsed.ok && parsed.value !== null && typeof parsed.value === "object" ? parsed.value : {};
  const { code, what, at } = value as { code?: unknown; what?: unknown; at?: unknown };
  if (typeof code === "string" && typeof what === "string" && Number.isSafeInteger(at)) {
    return { code: code.slice(0, 64), what: what.slice(0, longest), at: Number(at) };
  }
  return { code: "unknown", what: "The run before left a note of its fault that cannot be read.", at: 0 };
}

/** Forgets it: it is recorded. */
export async function forgetLastFault(keysDir: string): Promise<void> {
  await rm(join(keysDir, file), { force: true });
  await flushFolder(keysDir);
}

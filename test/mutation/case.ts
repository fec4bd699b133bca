/** One question to a verifier, what each of the two answers, and the form in which answers are compared. */
import type { Row } from "../../src/ledger/chain-check.ts";
import type { VerifyingKey } from "../../src/ledger/signer.ts";
import type { CheckpointRow } from "../../src/ledger/verify.ts";

interface Keys {
  readonly keys: readonly VerifyingKey[];
  readonly witnesses: readonly VerifyingKey[];
}

export type ExportCase = Keys & { readonly kind: "export"; readonly data: Uint8Array };

export type LogCase = Keys & {
  readonly kind: "log";
  readonly origin: string;
  readonly rows: readonly Row[];
  readonly checkpoints: readonly CheckpointRow[];
  readonly cosignatures: readonly CheckpointRow[];
};

export type CheckpointCase = Keys & { readonly kind: "checkpoint"; readonly origin: string; readonly note: string };

export interface DecisionCase {
  readonly kind: "decision";
  readonly text: string;
  readonly keys: readonly VerifyingKey[];
  readonly origin: string;
  /** UTC, as a decision writes it. */
  readonly now: string;
  readonly used: readonly string[];
}

export interface PackageCase {
  readonly kind: "package";
  readonly data: Uint8Array;
  /** Of the design authority, and of the clinical release. */
  readonly keys: readonly VerifyingKey[];
  readonly release: readonly VerifyingKey[];
}

/** A data folder by its path, with the key of its artifacts in hex. */
export type FolderCase = Keys & { readonly kind: "folder"; readonly path: string; readonly dataKey: string };

/** The archive of a year by its path; where the artifacts' key is given (in hex) they are opened. */
export type ArchiveCase = Keys & { readonly kind: "archive"; readonly path: string; readonly dataKey?: string };

export type Case = ExportCase | LogCase | CheckpointCase | DecisionCase | PackageCase | FolderCase | ArchiveCase;

/** An answer: taken or not, and all that is said of it, as one text to compare. */
export interface Answer {
  readonly ok: boolean;
  readonly said: string;
}

/** Members of an answer in the order in which they are compared; what is not a list of them is left out. */
export interface Told {
  readonly ok: boolean;
  readonly code?: string | null;
  readonly findings?: readonly { readonly rule: string; readonly seq: number | null }[];
  readonly complete?: boolean;
  readonly entries?: number;
  readonly jobs?: number;
  readonly lastEntry?: number | null;
  readonly lastCheckpoint?: number | null;
  readonly uncovered?: number;
  readonly cosigned?: { readonly size: number; readonly by: readonly string[] } | null;
  readonly countersignedBy?: readonly string[] | null;
  readonly size?: number;
  readonly by?: readonly string[];
}

/** The one text of what was told; of a refused export only why, of everything else all. */
export function answerOf(kind: Case["kind"], told: Told): Answer {
  const { ok, code } = told;
  const findings = told.findings?.map(({ rule, seq }) => ({ rule, seq })) ?? [];
  const brief =
    (kind === "export" && !ok) || kind === "decision" || kind === "package" || (kind === "checkpoint" && !ok);
  return { ok, said: JSON.stringify(brief ? { ok, code, findings } : sorted({ ...told, findings })) };
}

const compared = new Set<keyof Told>([
  ...(["ok", "code", "findings", "complete", "entries", "jobs", "lastEntry", "lastCheckpoint", "uncovered"] as const),
  ...(["cosigned", "countersignedBy", "size", "by"] as const),
]);

function sorted(told: Told): object {
  const members = Object.entries(told).filter(
    ([name, value]) => compared.has(name as keyof Told) && value !== undefined,
  );
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}

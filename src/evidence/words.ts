/** The words of the evidence courier: how much waits and why, and what a person can do about it. */
import type { EvidenceAlarm, EvidenceStatus } from "../jobs/evidence-status.ts";
import type { Trouble } from "./ports.ts";

/** The status in one sentence. */
export function sentence({ state, waiting }: Omit<EvidenceStatus, "what">): string {
  const pieces = `${waiting} ${waiting === 1 ? "piece of evidence waits" : "pieces of evidence wait"}`;
  if (waiting === 0) return "Central QA has all evidence that was asked for.";
  if (state === "behind-records") return `${pieces} behind the records.`;
  if (state === "away") return `Central QA takes no evidence now; ${pieces}.`;
  return `${pieces}; the oldest is on its way.`;
}

const remedies: Readonly<Record<string, string>> = {
  "quota-reached": "Central QA makes room in its evidence folder, or raises the cell's quota.",
  "storage-full": "Central QA makes room on its disk; the cell tries again by itself.",
  "spool-full": "The engineer makes room on this computer's disk; the cell tries again by itself.",
  "artifact-missing": "QA runs `cellward verify` on the data folder, and restores the picture from a backup.",
  "artifact-altered": "QA runs `cellward verify` on the data folder, and restores the picture from a backup.",
  "receipt-refused": "The engineer checks that [qa] decisions names central QA's key; then QA looks at central.",
  "cell-unknown": "Central QA registers this cell; the engineer checks the certificate under [qa].",
  "other-cell": "The engineer puts this cell's own certificate under [qa].",
  untrusted: "The engineer checks [evidence] url and the authority under [qa].",
  unreadable: "The engineer checks the certificate files under [qa].",
};

/** The alarm of a trouble; null for what passes by itself. */
export function alarmOf(trouble: Trouble): EvidenceAlarm | null {
  const { code } = trouble;
  const remedy = remedies[code];
  if (trouble.kind === "away") {
    if (remedy === undefined) return null;
    const what =
      code === "untrusted"
        ? "Central QA's evidence endpoint is not the one that this cell trusts."
        : "This cell's certificate for central QA cannot be read.";
    return { code, what, remedy };
  }
  if (code === "record-first" || code === "too-many") return null;
  return { code, what: trouble.what, remedy: remedy ?? "Ask central QA; the cell tries again by itself." };
}

/** What `cellward doctor` says of the evidence for central QA: its recipient, the endpoint asked once, and what waits. */
import { join } from "node:path";
import type { CellConfig } from "../../config/schema.ts";
import { createEvidenceClient } from "../../evidence/io/client.ts";
import { countOwed } from "../../evidence/io/index.ts";
import type { Digest } from "../../kernel/names.ts";
import type { Check } from "./check.ts";
import { readRecipient } from "./evidence.ts";
import { evidenceIndexFile } from "./evidence-files.ts";

const patienceMs = 5_000;
/** Nothing has this digest: the endpoint says so to a cell that it knows. */
const nobody = "0".repeat(64) as Digest;

/** One line about `[evidence]`. */
export async function evidenceCheck({ qa, evidence, cell }: CellConfig, data: string): Promise<Check> {
  if (evidence === undefined)
    return say("good", "No evidence is sent to central QA: [evidence] is not configured.", "");
  if (qa === undefined) return say("bad", "[evidence] needs [qa].", "Configure [qa], or take [evidence] out.");
  try {
    await readRecipient(evidence.recipientFile);
  } catch (problem) {
    const what = problem instanceof Error ? problem.message : String(problem);
    return say("bad", what, "Put the file evidence.recipient of `cellward qa enrol` in its place.");
  }
  const { caFile, certFile, keyFile } = qa;
  const client = createEvidenceClient({ url: evidence.url, cell: cell.id, caFile, certFile, keyFile, patienceMs });
  const asked = await client.look(nobody);
  client.close();
  const waits = waiting(data);
  if (asked.ok) return say("good", `Central QA takes evidence at ${evidence.url}. ${waits}`, "");
  const { error } = asked;
  if (error.kind === "away" && error.code !== "untrusted" && error.code !== "unreadable") {
    const what = `Central QA's evidence endpoint ${evidence.url} is not reached (${error.code}). ${waits}`;
    return say("warning", what, "Check the line and the address; the cell works without it.");
  }
  const what =
    error.kind === "refused" ? error.what : `The certificates for ${evidence.url} do not fit (${error.code}).`;
  return say(
    "bad",
    `${what} ${waits}`,
    "Put the files of `cellward qa enrol` in their place; correct [evidence] and [qa].",
  );
}

function waiting(data: string): string {
  const counts = countOwed(join(data, ...evidenceIndexFile));
  if (counts === null) return "What waits is not known before the cell has run.";
  if (counts.waiting === 0 || counts.oldestAt === null) return "Nothing waits.";
  const pieces = counts.waiting === 1 ? "1 piece waits" : `${counts.waiting} pieces wait`;
  return `${pieces}, the oldest of ${new Date(counts.oldestAt).toISOString().slice(0, 16)}Z.`;
}

function say(state: Check["state"], what: string, remedy: string): Check {
  return { check: "evidence", state, what, remedy };
}

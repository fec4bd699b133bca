/** Drafts for the ledger's tests and their child processes. */
import type { JobId } from "../../src/kernel/names.ts";
import type { EntryDraft, JsonObject } from "../../src/ledger/entry.ts";

export const origin = "hospital.example/cell-1";

/** A draft of job `job` (null: the cell's own) in start `boot`. */
export function draft(type: string, body: JsonObject = {}, job: string | null = null, boot = 0): EntryDraft {
  return {
    job: job as JobId | null,
    actorId: null,
    type,
    body,
    at: 1_700_000_000_000,
    mono: 5,
    clockState: "synchronised",
    boot,
  };
}

/** The first entry of a start. */
export function started(boot = 0): EntryDraft {
  return draft("CellStarted", { software: "0.1.0" }, null, boot);
}

/** The two ways of a cell to central QA: the record over MQTT, and behind it evidence over HTTPS. */
import type { EvidenceStatus } from "../../jobs/evidence-status.ts";
import type { SyncStatus } from "../../jobs/sync-status.ts";
import { type EvidenceOptions, openEvidence } from "./evidence.ts";
import { openSync, type SyncOptions } from "./sync.ts";

export interface CentralWays {
  sync(): SyncStatus;
  evidence(): EvidenceStatus;
  close(): Promise<void>;
}

/** Opens both. Rejects, in words, where a file that the configuration names cannot be read. */
export async function openCentral(options: SyncOptions & Omit<EvidenceOptions, "sync">): Promise<CentralWays> {
  const sync = await openSync(options);
  const evidence = await openEvidence({ ...options, sync });
  return {
    sync: sync.status,
    evidence: evidence.status,
    async close() {
      await evidence.close();
      await sync.close();
    },
  };
}

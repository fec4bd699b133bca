/** The evidence desk of a running central QA: the endpoint where cells bring pieces, and the folder as pages read it. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { flushFolder, writeDurably } from "../../ledger/io/files.ts";
import type { EvidenceShelf } from "../../qa/evidence.ts";
import { openShelf } from "../../qa/io/evidence-folder.ts";
import { startEvidenceServer } from "../../qa/io/evidence-server.ts";
import type { QaStore } from "../../qa/store.ts";
import { evidenceFiles } from "./evidence-keys.ts";
import { type QaKeys, qaFiles } from "./qa-keys.ts";
import type { QaSetUp } from "./qa-set-up.ts";
import { systemClock } from "./system.ts";

export interface EvidenceDesk {
  /** Null where no evidence is taken. */
  readonly url: string | null;
  readonly shelf: EvidenceShelf | null;
  close(): Promise<void>;
}

export interface DeskParts {
  readonly setUp: QaSetUp;
  readonly keys: Pick<QaKeys, "decision">;
  readonly keysDir: string;
  readonly store: QaStore;
  readonly log: (message: string, facts: Record<string, unknown>) => void;
  readonly onProblem: (problem: unknown) => void;
}

/** Requests of one cell in a minute: a fast line with small pictures stays below it. */
const requestsPerMinute = 6_000;

/** Opens the desk where [evidence] is configured. Rejects where its port is taken or a file cannot be read. */
export async function openEvidenceDesk({
  setUp,
  keys,
  keysDir,
  store,
  log,
  onProblem,
}: DeskParts): Promise<EvidenceDesk> {
  const { evidence, broker } = setUp.config;
  if (evidence === undefined) return { url: null, shelf: null, close: async () => undefined };
  const read = (path: string | undefined, file: string) => readFile(path ?? join(keysDir, file), "utf8");
  await mkdir(evidence.folder, { recursive: true, mode: 0o700 });
  const server = await startEvidenceServer({
    host: evidence.host,
    port: evidence.port,
    folder: evidence.folder,
    files: { writeDurably, flushFolder },
    authority: await read(broker.authority, qaFiles.authority),
    certificate: await read(evidence.certificate, evidenceFiles.certificate),
    key: await read(evidence.key, evidenceFiles.key),
    cells: new Map(setUp.cells.map((cell) => [cell.id, cell])),
    store,
    signer: keys.decision,
    quotaBytes: evidence.quotaMiB * 2 ** 20,
    keepFreeBytes: evidence.keepFreeMiB * 2 ** 20,
    requestsPerMinute,
    now: systemClock.now,
    log,
    onProblem,
  });
  return { url: server.url, shelf: openShelf(evidence.folder), close: server.close };
}

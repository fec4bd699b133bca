/** Central QA in a test: a store in a temporary file, a witness, and the cells that it knows. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import type { Signer } from "../../src/ledger/signer.ts";
import { createIngest, type Ingest, type IngestPorts } from "../../src/qa/ingest.ts";
import { openSqliteStore, storeFile } from "../../src/qa/io/sqlite.ts";
import type { QaStore } from "../../src/qa/store.ts";
import { type CellLog, freshSigner } from "./cell.ts";

/** Takes what is to be done when the test, or the file, is over. */
export type Later = (act: () => void | Promise<void>) => void;

/** An empty folder, gone after the test. */
export function freshFolder(later: Later = onTestFinished): string {
  const root = mkdtempSync(join(tmpdir(), "cellward-qa-"));
  later(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

/** A store in a fresh file, closed after the test. */
export function freshStore(): QaStore {
  const store = openSqliteStore(join(freshFolder(), storeFile));
  onTestFinished(() => store.close());
  return store;
}

export interface Central {
  readonly ports: IngestPorts;
  readonly store: QaStore;
  readonly witness: Signer;
  readonly ingest: Ingest;
}

/** Central QA that knows these cells. */
export function createCentral(cells: readonly CellLog[], store = freshStore()): Central {
  const witness = freshSigner("qa.example/witness", 4);
  const ports: IngestPorts = {
    store,
    cells: new Map(cells.map(({ registered }) => [registered.id, registered])),
    witness,
    check: checkSignature,
    now: () => 1_700_000_000_000,
  };
  return { ports, store, witness, ingest: createIngest(ports) };
}

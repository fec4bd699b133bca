/** One instance of central QA for the ingest measurement, in a thread of its own: it takes the messages that it is given. */
import { parentPort, workerData } from "node:worker_threads";
import { checkSignature } from "../src/ledger/io/crypto.ts";
import { createIngest } from "../src/qa/ingest.ts";
import { openPostgresStore } from "../src/qa/io/postgres.ts";
import type { RegisteredCell } from "../src/qa/judge.ts";
import { freshSigner } from "../test/qa/cell.ts";

/** What an instance takes: the batches of these cells, each cell's in order. */
export interface InstanceWork {
  readonly url: string;
  readonly cells: readonly { readonly registered: RegisteredCell; readonly messages: readonly Uint8Array[] }[];
}

const { url, cells } = workerData as InstanceWork;
const store = await openPostgresStore(url);
const ingest = createIngest({
  store,
  cells: new Map(cells.map(({ registered }) => [registered.id, registered])),
  witness: freshSigner("qa.example/witness", 4),
  check: checkSignature,
  now: () => Date.now(),
});
parentPort?.once("message", () => {
  // One cell after another would leave the database idle while an instance verifies: they go beside each other.
  const work = cells.map(async ({ registered, messages }) => {
    for (const bytes of messages) {
      const { outcome } = await ingest.hear(registered.id, bytes);
      if (outcome !== "taken") throw new Error(`a batch was ${outcome}`);
    }
  });
  void Promise.all(work).then(async () => {
    parentPort?.postMessage("done");
    await store.close();
  });
});
parentPort?.postMessage("ready");

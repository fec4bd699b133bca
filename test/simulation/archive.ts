/** Central QA's store in virtual time: one log in memory that survives central's crashes, and fails now and then. */
import type { JobId } from "../../src/kernel/names.ts";
import { toHex } from "../../src/ledger/bytes.ts";
import { emptyChain } from "../../src/ledger/chain.ts";
import { emptyFrontier, type Frontier, grow, rootOf } from "../../src/ledger/tree.ts";
import {
  type AcceptedHead,
  type Held,
  type IngestStore,
  type NewEntry,
  type Reach,
  type Receipt,
  StoreFailed,
  type Writing,
} from "../../src/qa/store.ts";

/** What ingest asks of a store, over one log. */
export interface Archive extends IngestStore {
  readonly held: readonly NewEntry[];
  /** Two histories were seen, or so central believes. */
  isFrozen(): boolean;
}

/** An empty archive; `fails` says of each write whether the database is away. */
export function createArchive(origin: string, fails: () => boolean): Archive {
  const held: NewEntry[] = [];
  const frontiers: Frontier[] = [emptyFrontier];
  const jobHeads = new Map<JobId, NewEntry["digest"]>();
  let chain = emptyChain(origin);
  let newest: AcceptedHead | null = null;
  let receipt: Receipt | null = null;
  let frozen = false;

  function reached({ from, to, jobs }: Reach): Held {
    const heads = jobs.flatMap((job) => {
      const digest = jobHeads.get(job);
      return digest === undefined ? [] : [[job, digest] as const];
    });
    return {
      chain,
      base: frontiers[from] ?? null,
      leaves: held.slice(from, to).map(({ leaf }) => leaf),
      jobHeads: new Map(heads),
      unread: new Set(),
      vouched: null,
      checkpoint: newest?.checkpoint ?? null,
      frozen,
    };
  }

  function write(writing: Writing): void {
    if (writing.kind === "fork") frozen = true;
    if (writing.kind !== "entries") return;
    for (const entry of writing.entries) {
      held.push(entry);
      frontiers.push(grow(frontiers.at(-1)!, entry.leaf));
      if (entry.job !== null) jobHeads.set(entry.job, entry.digest);
    }
    chain = writing.chain;
    newest = { size: held.length, checkpoint: writing.checkpoint, cosigned: null };
  }

  return {
    held,
    isFrozen: () => frozen,
    async settle(_, reach, judge) {
      if (fails()) throw new StoreFailed("away");
      const { writing, value } = judge(reached(reach));
      write(writing);
      // Written, and the connection is gone before anyone was told.
      if (fails()) throw new StoreFailed("gone");
      return value;
    },
    async log() {
      const root = toHex(rootOf(frontiers.at(-1)!)) as NewEntry["digest"];
      return { origin, size: held.length, root, newest, receipt, vouched: null, frozen };
    },
    async keepCosigned(_, size, note) {
      if (fails()) throw new StoreFailed("away");
      if (receipt === null || size > receipt.size) receipt = { size, note };
      return receipt;
    },
    heard: async () => undefined,
    raise: async () => undefined,
    settleStatus: async (_, judge) => judge(null, { size: held.length, boot: chain.boot }).value,
    missing: async () => [],
    treeFrom: async () => null,
    putBack: async () => 0,
    vouch: async () => undefined,
    countDropped: async () => undefined,
  };
}

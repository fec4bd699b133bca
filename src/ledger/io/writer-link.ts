/** The main thread's side of the writer: requests with numbers, answers to their promises, one failure for all. */
import { Worker } from "node:worker_threads";
import { assert } from "../../kernel/assert.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { TextDraft } from "../chain.ts";
import type { Entry } from "../entry.ts";
import { type Head, LedgerFailed, type LedgerFault } from "../ledger.ts";
import type { Frontier } from "../tree.ts";
import type { AppendRequest, AppendResult, FromWriter, StoredText, ToWriter, WriterData } from "./protocol.ts";

export type Opened = Extract<FromWriter, { kind: "opened" }>;

/** A running writer. */
export interface WriterLink {
  readonly opened: Opened;
  head(): Head;
  failed(): LedgerFault | null;
  append(drafts: readonly TextDraft[]): Promise<readonly Entry[]>;
  page(from: number, to: number): Promise<readonly StoredText[]>;
  frontier(size: number): Promise<Frontier>;
  /** Leaf hashes of the entries `from` to, not including, `to`. */
  leaves(from: number, to: number): Promise<readonly Uint8Array[]>;
  /** The stored checkpoint over exactly so many entries. */
  note(size: number): Promise<string | null>;
  /** The stored cosigned checkpoint over `size` entries. */
  receipt(size: number): Promise<string | null>;
  putNote(kind: "checkpoint" | "cosignature", size: number, note: string): Promise<void>;
  /** Lets go of the files. Rejects with LedgerFailed where that is what failed. */
  close(): Promise<void>;
}

/** Who hears of troubles that are no answer to a call. */
export interface Hearer {
  /** Something that a person should see to; the ledger goes on. */
  readonly onTrouble?: (fault: LedgerFault) => void;
  /** The ledger fails (told once or twice): hold the machines now; what was asked of it is refused in a moment. */
  readonly onFailing?: (fault: LedgerFault) => void;
}

interface Pending {
  readonly settle: (message: FromWriter, entries: readonly Entry[]) => void;
  readonly reject: (problem: Error) => void;
}

const ended: LedgerFault = {
  code: "ledger-closed",
  what: "The ledger's writer has ended.",
  remedy: "Start the cell again: it verifies the record before it goes on.",
};

/** Starts the writer on a folder; resolves when the ledger is verified and ready, or with the reason it is not. */
export async function startWriter(data: WriterData, hearer: Hearer = {}): Promise<Result<WriterLink, LedgerFault>> {
  const worker = new Worker(new URL("./writer.ts", import.meta.url), { workerData: data });
  const first = await new Promise<FromWriter | Error>((resolve) => {
    worker.once("message", resolve);
    worker.once("error", resolve);
  });
  worker.removeAllListeners("error");
  if (first instanceof Error) throw first;
  if (first.kind === "opened") return ok(link(worker, first, hearer));
  await worker.terminate();
  if (first.kind === "refused") return err(first.fault);
  throw new Error(`the writer began with ${first.kind}`);
}

/** Questions on their way to the writer, by number; one failure fails them all and every later one. */
interface Calls {
  failed(): LedgerFault | null;
  failAll(fault: LedgerFault): void;
  /** Fails one question alone. */
  refuse(id: number, fault: LedgerFault): void;
  settle(id: number, message: FromWriter, entries?: readonly Entry[]): void;
  ask<T>(send: (id: number) => void, take: (message: FromWriter, entries: readonly Entry[]) => T): Promise<T>;
}

function createCalls(): Calls {
  const pending = new Map<number, Pending>();
  let failed: LedgerFault | null = null;
  let nextId = 0;
  return {
    failed: () => failed,
    failAll(fault) {
      failed ??= fault;
      for (const one of pending.values()) one.reject(new LedgerFailed(failed));
      pending.clear();
    },
    refuse(id, fault) {
      pending.get(id)?.reject(new LedgerFailed(fault));
      pending.delete(id);
    },
    settle(id, message, entries = []) {
      pending.get(id)?.settle(message, entries);
      pending.delete(id);
    },
    ask: (send, take) =>
      new Promise((resolve, reject) => {
        if (failed !== null) {
          reject(new LedgerFailed(failed));
          return;
        }
        const id = nextId++;
        pending.set(id, { settle: (message, entries) => resolve(take(message, entries)), reject });
        send(id);
      }),
  };
}

function link(worker: Worker, opened: Opened, { onTrouble, onFailing }: Hearer): WriterLink {
  const calls = createCalls();
  let posts: AppendRequest[] = [];
  let head = opened.head;

  worker.on("message", (message: FromWriter) => {
    if (message.kind === "failing") onFailing?.(message.fault);
    else if (message.kind === "failed") {
      onFailing?.(message.fault);
      calls.failAll(message.fault);
    } else if (message.kind === "trouble") onTrouble?.(message.fault);
    else if (message.kind === "unread") calls.refuse(message.id, message.fault);
    else if (message.kind === "appended") {
      head = message.head;
      for (const [id, entries] of JSON.parse(message.results) as AppendResult[]) calls.settle(id, message, entries);
    } else if ("id" in message) calls.settle(message.id, message);
  });
  worker.on("error", (problem) => {
    const fault = { ...ended, what: `The ledger's writer ended: ${String(problem)}` };
    onFailing?.(fault);
    calls.failAll(fault);
  });
  const over = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      calls.failAll(ended);
      resolve();
    });
  });
  const post = (message: ToWriter): void => worker.postMessage(message);

  /** Appends of one turn of the event loop cross to the thread in one message. */
  function queue(request: AppendRequest): void {
    posts.push(request);
    if (posts.length > 1) return;
    queueMicrotask(() => {
      const requests = posts;
      posts = [];
      post({ kind: "append", requests: JSON.stringify(requests) });
    });
  }

  const entriesOf = (_: FromWriter, entries: readonly Entry[]): readonly Entry[] => entries;
  const rowsOf = (message: FromWriter): readonly StoredText[] => (message.kind === "page" ? message.rows : []);
  const leavesOf = (message: FromWriter): readonly Uint8Array[] => (message.kind === "leaves" ? message.leaves : []);
  const noteOf = (message: FromWriter): string | null => (message.kind === "note" ? message.note : null);
  const receiptOf = (message: FromWriter): string | null => (message.kind === "receipt" ? message.note : null);
  const frontierOf = (message: FromWriter): Frontier => {
    assert(message.kind === "frontier", "the writer answers what it was asked");
    return message.frontier;
  };
  return {
    opened,
    head: () => head,
    failed: calls.failed,
    append: (drafts) => calls.ask((id) => queue({ id, drafts }), entriesOf),
    page: (from, to) => calls.ask((id) => post({ kind: "page", id, from, to }), rowsOf),
    frontier: (size) => calls.ask((id) => post({ kind: "frontier", id, size }), frontierOf),
    leaves: (from, to) => calls.ask((id) => post({ kind: "leaves", id, from, to }), leavesOf),
    note: (size) => calls.ask((id) => post({ kind: "note", id, size }), noteOf),
    receipt: (size) => calls.ask((id) => post({ kind: "receipt", id, size }), receiptOf),
    putNote: (kind, size, note) =>
      calls.ask(
        (id) => post({ kind, id, size, note }),
        () => undefined,
      ),
    async close() {
      const before = calls.failed();
      post({ kind: "close", id: -1 });
      await over;
      const now = calls.failed();
      if (before === null && now !== null && now !== ended) throw new LedgerFailed(now);
    },
  };
}

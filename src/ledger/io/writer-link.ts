/** The main thread's side of the writer: requests with numbers, answers to their promises, one failure for all. */
import { Worker } from "node:worker_threads";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { TextDraft } from "../chain.ts";
import type { Entry } from "../entry.ts";
import { type Head, LedgerFailed, type LedgerFault } from "../ledger.ts";
import type { AppendRequest, FromWriter, StoredText, ToWriter, WriterData } from "./protocol.ts";

export type Opened = Extract<FromWriter, { kind: "opened" }>;

/** A running writer. */
export interface WriterLink {
  readonly opened: Opened;
  head(): Head;
  failed(): LedgerFault | null;
  append(drafts: readonly TextDraft[]): Promise<readonly Entry[]>;
  page(from: number, to: number): Promise<readonly StoredText[]>;
  putCheckpoint(size: number, note: string): Promise<void>;
  close(): Promise<void>;
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
export async function startWriter(data: WriterData): Promise<Result<WriterLink, LedgerFault>> {
  const worker = new Worker(new URL("./writer.ts", import.meta.url), { workerData: data });
  const first = await new Promise<FromWriter | Error>((resolve) => {
    worker.once("message", resolve);
    worker.once("error", resolve);
  });
  worker.removeAllListeners("error");
  if (first instanceof Error) throw first;
  if (first.kind === "opened") return ok(link(worker, first));
  await worker.terminate();
  if (first.kind === "refused") return err(first.fault);
  throw new Error(`the writer began with ${first.kind}`);
}

function link(worker: Worker, opened: Opened): WriterLink {
  const pending = new Map<number, Pending>();
  let posts: AppendRequest[] = [];
  let head = opened.head;
  let failed: LedgerFault | null = null;
  let nextId = 0;

  function failAll(fault: LedgerFault): void {
    failed ??= fault;
    for (const one of pending.values()) one.reject(new LedgerFailed(failed));
    pending.clear();
  }

  function settle(id: number, message: FromWriter, entries: readonly Entry[] = []): void {
    pending.get(id)?.settle(message, entries);
    pending.delete(id);
  }

  worker.on("message", (message: FromWriter) => {
    if (message.kind === "failed") failAll(message.fault);
    else if (message.kind === "appended") {
      head = message.head;
      for (const result of message.results) settle(result.id, message, result.entries);
    } else if (message.kind === "page" || message.kind === "done") settle(message.id, message);
  });
  worker.on("error", (problem) => failAll({ ...ended, what: `The ledger's writer ended: ${String(problem)}` }));
  const over = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      failAll(ended);
      resolve();
    });
  });

  function ask<T>(send: (id: number) => void, take: (message: FromWriter, entries: readonly Entry[]) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (failed !== null) {
        reject(new LedgerFailed(failed));
        return;
      }
      const id = nextId++;
      pending.set(id, { settle: (message, entries) => resolve(take(message, entries)), reject });
      send(id);
    });
  }

  function post(message: ToWriter): void {
    worker.postMessage(message);
  }

  /** Appends of one turn of the event loop cross to the thread in one message. */
  function queue(request: AppendRequest): void {
    posts.push(request);
    if (posts.length > 1) return;
    queueMicrotask(() => {
      const requests = posts;
      posts = [];
      post({ kind: "append", requests });
    });
  }

  return {
    opened,
    head: () => head,
    failed: () => failed,
    append: (drafts) =>
      ask(
        (id) => queue({ id, drafts }),
        (_, entries) => entries,
      ),
    page: (from, to) =>
      ask(
        (id) => post({ kind: "page", id, from, to }),
        (message) => (message.kind === "page" ? message.rows : []),
      ),
    putCheckpoint: (size, note) =>
      ask(
        (id) => post({ kind: "checkpoint", id, size, note }),
        () => undefined,
      ),
    async close() {
      post({ kind: "close", id: nextId++ });
      await over;
    },
  };
}

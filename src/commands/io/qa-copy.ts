/** `cellward qa copy`: what is held of one cell's log in a file, for the cell's repair. */
import { type CopyLine, copyHeader } from "../../ledger/copy.ts";
import { writeCopy } from "../../ledger/io/copy-file.ts";
import { type QaStore, StoreFailed } from "../../qa/store.ts";
import { exitCode } from "../exit-code.ts";
import { wouldOverwrite } from "./new-file.ts";
import { withQa } from "./qa-set-up.ts";
import type { Terminal } from "./terminal.ts";

/** Entries fetched at a time. */
const copyPage = 500;

export interface CopyOptions {
  readonly config: string;
  readonly data: string;
  readonly keys: string;
  readonly cell: string;
  readonly origin?: string | undefined;
  readonly out: string;
}

/** `cellward qa copy`: one log's entries and checkpoints in a file, up to the largest countersigned head. */
export async function copyLog(terminal: Terminal, options: CopyOptions): Promise<number> {
  const taken = await wouldOverwrite(options.out);
  if (taken !== null) return terminal.trouble(taken, exitCode.refused);
  return withQa(terminal, options, async ({ cells }, store) => {
    const cell = cells.find(({ id }) => id === options.cell);
    const logs = cell === undefined ? [] : [...cell.ancestors.map(({ origin }) => origin), cell.origin];
    const origin = options.origin ?? cell?.origin ?? "";
    if (!logs.includes(origin)) {
      const what = cell === undefined ? `No cell ${options.cell} is registered.` : `It keeps no log ${origin}.`;
      const remedy = `Name one of ${(cell === undefined ? cells.map(({ id }) => id) : logs).join(", ")}.`;
      return terminal.trouble({ code: "no-such-cell", what, remedy }, exitCode.usage);
    }
    const size = (await store.log(origin)).receipt?.size ?? 0;
    if (size === 0) {
      const what = `Nothing of ${origin} was countersigned.`;
      return terminal.trouble(
        { code: "nothing-held", what, remedy: "There is nothing to be copied." },
        exitCode.notReady,
      );
    }
    await writeCopy(options.out, copyLines(store, origin, size));
    terminal.result(
      { ok: true, cell: options.cell, origin, entries: size, file: options.out },
      `${size} entries of ${origin}: ${options.out}\nBring it to the cell: \`cellward repair --copy\`.`,
    );
    return exitCode.ok;
  });
}

async function* copyLines(store: QaStore, origin: string, size: number): AsyncIterable<CopyLine> {
  yield copyHeader(origin, size);
  for (const head of await store.heads(origin)) {
    if (head.size <= size) yield { note: head.cosigned ?? head.checkpoint };
  }
  for (let from = 0; from < size; ) {
    const page = await store.entries(origin, from, Math.min(copyPage, size - from));
    for (const { entry, body } of page) {
      yield { body: Buffer.from(body).toString("utf8"), entry: Buffer.from(entry).toString("utf8") };
    }
    if (page.length === 0) throw new StoreFailed("entries-missing");
    from += page.length;
  }
}

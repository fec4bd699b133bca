/** What every command of central QA begins with: its configuration checked, its cells' keys read, its store opened. */
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadToml } from "../../config/io/load.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { VerifyingKey } from "../../ledger/signer.ts";
import { parseTrustedKey } from "../../ledger/trusted-key.ts";
import { type CellEntry, type QaConfig, qaConfig, qaPaths } from "../../qa/config.ts";
import { openPostgresStore } from "../../qa/io/postgres.ts";
import { openSqliteStore, storeFile } from "../../qa/io/sqlite.ts";
import type { PastLog, RegisteredCell } from "../../qa/judge.ts";
import { type QaStore, StoreFailed } from "../../qa/store.ts";
import { exitCode } from "../exit-code.ts";
import { configurationRemedy } from "./remedies.ts";
import type { Terminal, Trouble } from "./terminal.ts";

export interface QaSetUp {
  readonly config: QaConfig;
  readonly cells: readonly RegisteredCell[];
}

/** Reads the configuration and every key in it, or says which line is wrong. */
export async function readQaConfig(file: string): Promise<Result<QaSetUp, Trouble>> {
  const loaded = await loadToml(file, qaConfig, qaPaths);
  const remedy = configurationRemedy(file, "qa");
  if (!loaded.ok) return err({ code: "configuration", what: loaded.error.join("\n"), remedy });
  const cells: RegisteredCell[] = [];
  for (const entry of loaded.value.config.cell) {
    const { id, title, origin, demonstration, silentAfterSeconds } = entry;
    const logs: PastLog[] = [];
    for (const log of [...entry.ancestor, { origin, keys: entry.keys }]) {
      const keys = keysOf(log);
      if (typeof keys === "string")
        return err({ code: "configuration", what: `${file}: cell ${id}: ${keys}.`, remedy });
      logs.push({ origin: log.origin, keys });
    }
    const keys = logs.pop()?.keys ?? [];
    const silentAfterMs = silentAfterSeconds * 1000;
    cells.push({ id, title, origin, keys, ancestors: logs, demonstration, silentAfterMs });
  }
  return ok({ config: loaded.value.config, cells });
}

function keysOf({ keys, origin }: Pick<CellEntry, "keys" | "origin">): readonly VerifyingKey[] | string {
  const read: VerifyingKey[] = [];
  for (const text of keys) {
    const key = parseTrustedKey(text);
    if (!key.ok) return key.error;
    if (key.value.type === 4) return "a cell's key is never a cosigner's";
    if (key.value.name !== origin) return `the key of ${key.value.name} is not one of the log ${origin}`;
    read.push(key.value);
  }
  return read;
}

/**
 * Opens the store: PostgreSQL where the configuration names a file with its address or DATABASE_URL is set, else one
 * SQLite file in the data folder, which only a central that runs makes. The address holds a password, and is never repeated.
 */
export async function openQaStore(
  config: QaConfig,
  data: string,
  made: "made-where-absent" | "there-already" = "made-where-absent",
): Promise<Result<QaStore, Trouble>> {
  try {
    const { databaseUrlFile } = config.store;
    const fromFile = databaseUrlFile === undefined ? "" : (await readFile(databaseUrlFile, "utf8")).trim();
    const url = fromFile || (process.env["DATABASE_URL"] ?? "");
    if (url !== "") return ok(await openPostgresStore(url));
    const file = join(data, storeFile);
    if (made === "there-already" && !existsSync(file)) {
      const what = `There is no store of central QA in ${data}.`;
      return err({ code: "store-absent", what, remedy: "Name the data folder of the central that runs, by --data." });
    }
    await mkdir(data, { recursive: true, mode: 0o700 });
    return ok(openSqliteStore(file));
  } catch (problem) {
    const code = problem instanceof StoreFailed ? problem.code : ((problem as NodeJS.ErrnoException).code ?? "unknown");
    const what = `The store of central QA cannot be opened (${code}).`;
    return err({ code: "store-away", what, remedy: "Check the database and its address, then start again." });
  }
}

/** Configuration and store for a command that ends by itself; the store has to be there, and is closed after `use`. */
export async function withQa(
  terminal: Terminal,
  options: { readonly config: string; readonly data: string },
  use: (setUp: QaSetUp, store: QaStore) => Promise<number>,
): Promise<number> {
  const read = await readQaConfig(options.config);
  if (!read.ok) return terminal.trouble(read.error, exitCode.configuration);
  const opened = await openQaStore(read.value.config, options.data, "there-already");
  if (!opened.ok) return terminal.trouble(opened.error, exitCode.notReady);
  try {
    return await use(read.value, opened.value);
  } catch (problem) {
    if (!(problem instanceof StoreFailed)) throw problem;
    return terminal.trouble(
      { code: "store-away", what: problem.message, remedy: "Check the database." },
      exitCode.notReady,
    );
  } finally {
    await opened.value.close();
  }
}

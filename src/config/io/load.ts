/** Reads a configuration file: TOML in, checked configuration with absolute paths out. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parse, TomlError } from "smol-toml";
import type { z } from "zod";
import { digestOf } from "../../kernel/hash.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { type CellConfig, cellConfig, isKeyLine } from "../schema.ts";

export interface LoadedConfig extends LoadedFile<CellConfig> {}

/** A checked file. */
export interface LoadedFile<T> {
  readonly config: T;
  /** SHA-256 of the file's bytes. */
  readonly digest: Digest;
}

const maxBytes = 1 << 20;

/** The cell's configuration, or sentences that say which key is wrong and why. */
export function loadConfig(file: string): Promise<Result<LoadedConfig, readonly string[]>> {
  return loadToml(file, cellConfig, pathKeys);
}

/** A TOML file checked by a schema, or sentences that say which key is wrong and why; the named keys are paths. */
export async function loadToml<T>(
  file: string,
  schema: z.ZodType<T>,
  paths: ReadonlySet<string>,
): Promise<Result<LoadedFile<T>, readonly string[]>> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await readFile(file));
  } catch (problem) {
    return err([`The configuration ${file} cannot be read: ${(problem as NodeJS.ErrnoException).code ?? problem}.`]);
  }
  if (bytes.length > maxBytes) return err([`The configuration ${file} is larger than 1 MiB.`]);
  let raw: unknown;
  try {
    raw = parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (problem) {
    const where = problem instanceof TomlError ? `line ${problem.line}, column ${problem.column}: ` : "";
    return err([`${file}: ${where}${problem instanceof Error ? problem.message.split("\n")[0] : problem}`]);
  }
  const checked = schema.safeParse(rooted(raw, dirname(resolve(file)), paths));
  if (!checked.success) {
    return err(checked.error.issues.map((issue) => `${file}: ${issue.path.join(".") || "(top)"}: ${issue.message}`));
  }
  return ok({ config: checked.data, digest: digestOf(bytes) });
}

const pathKeys = new Set([
  ...[
    "port",
    "tokenFile",
    "folder",
    "setup",
    "rig",
    "model",
    "recipes",
    "processes",
    "lockFolder",
    "userFile",
    "passwordFile",
  ],
  ...["lens", "caFile", "certFile", "keyFile", "recipientFile"],
]);

/** Lists of keys, each a line or the path of a file. */
const keyLists = new Set(["designAuthority", "clinicalRelease", "cosigner", "decisions"]);

/** Makes every path absolute; numbers (the HTTP port) and addresses are left alone. */
function rooted(value: unknown, base: string, paths: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((each) => rooted(each, base, paths));
  if (value === null || typeof value !== "object" || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      if (keyLists.has(key) && Array.isArray(member)) return [key, member.map((each) => keyOrPath(each, base))];
      const isPath = paths.has(key) && typeof member === "string" && member !== "";
      return [key, isPath ? resolve(base, member) : rooted(member, base, paths)];
    }),
  );
}

function keyOrPath(entry: unknown, base: string): unknown {
  return typeof entry === "string" && entry !== "" && !isKeyLine(entry) ? resolve(base, entry) : entry;
}

/** Reads the trust anchors that a configuration names: key lines as they stand, files line by line. */
import { readFile } from "node:fs/promises";
import { readAnchors, type TrustAnchors } from "../../intake/package/trust.ts";
import { digestOf } from "../../kernel/hash.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { concat, utf8 } from "../../ledger/bytes.ts";
import { type CellConfig, isKeyLine } from "../schema.ts";

export interface LoadedTrust {
  readonly anchors: TrustAnchors;
  /** Of the configuration and every key file that it names: what the boot entry records. */
  readonly digest: Digest;
}

const mostBytes = 64 * 1024;

/** The anchors, or sentences that say which key cannot be trusted and why. */
export async function loadTrust(
  { trust }: CellConfig,
  configDigest: Digest,
): Promise<Result<LoadedTrust, readonly string[]>> {
  const problems: string[] = [];
  const files: string[] = [];
  const read = async (entries: readonly string[]): Promise<string[]> => {
    const lines: string[] = [];
    for (const entry of entries) {
      if (isKeyLine(entry)) lines.push(entry);
      else lines.push(...(await linesOf(entry)));
    }
    return lines;
  };
  const linesOf = async (path: string): Promise<string[]> => {
    const text = await readFile(path, "utf8").catch(() => null);
    if (text === null || text.length > mostBytes) {
      problems.push(`trust: the key file ${path} cannot be read.`);
      return [];
    }
    files.push(text);
    return text.split("\n").filter((line) => line.trim() !== "");
  };
  const [designAuthority, clinicalRelease] = [await read(trust.designAuthority), await read(trust.clinicalRelease)];
  if (problems.length > 0) return err(problems);
  const anchors = readAnchors({ designAuthority, clinicalRelease });
  if (!anchors.ok) return anchors;
  const digest = files.length === 0 ? configDigest : digestOf(concat(utf8(configDigest), ...files.map(utf8)));
  return ok({ anchors: anchors.value, digest });
}

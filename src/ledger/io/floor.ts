/** The boot floor: the largest head this cell has signed, kept beside the keys, so that an older image is noticed. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { digestOf } from "../../kernel/hash.ts";
import { canonicalBytes, parseCanonical } from "../../kernel/json.ts";
import { type Digest, isDigest } from "../../kernel/names.ts";
import { errorCode } from "../../kernel/problem.ts";
import { utf8 } from "../bytes.ts";
import type { Head } from "../ledger.ts";
import { writeDurably } from "./files.ts";

/** The floor; `closed` where the cell has ended since and signed all that it had written. */
export interface Floor extends Head {
  readonly closed: boolean;
}

/** The floor of a log, or null where this key folder knows none; throws where the file is there and is not one. */
export async function readFloor(keysDir: string, origin: string): Promise<Floor | null> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(floorPath(keysDir, origin));
  } catch (problem) {
    if (errorCode(problem) === "ENOENT") return null;
    throw problem;
  }
  const parsed = parseCanonical(bytes);
  const value = parsed.ok && parsed.value !== null && typeof parsed.value === "object" ? parsed.value : {};
  const { origin: owner, size, root, closed } = value as Record<"origin" | "size" | "root" | "closed", unknown>;
  if (owner !== origin || !Number.isSafeInteger(size) || typeof root !== "string" || !isDigest(root)) {
    throw new Error(`${floorPath(keysDir, origin)} is not a floor`);
  }
  return { size: Number(size), root, closed: closed === true };
}

/** Raises the floor, or says that the cell has ended at it; durable when it resolves. */
export async function writeFloor(keysDir: string, origin: string, head: Head, closed = false): Promise<void> {
  const { size, root } = head;
  const facts = { origin, root: root as Digest, size, ...(closed && { closed }) };
  await writeDurably(floorPath(keysDir, origin), canonicalBytes(facts), 0o600);
}

function floorPath(keysDir: string, origin: string): string {
  return join(keysDir, `floor-${digestOf(utf8(origin)).slice(0, 16)}.json`);
}

/** The boot floor: the largest head this cell has signed, kept beside the keys, so that an older image is noticed. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { digestOf } from "../../kernel/hash.ts";
import { canonicalBytes, parseCanonical } from "../../kernel/json.ts";
import { type Digest, isDigest } from "../../kernel/names.ts";
import { errorCode } from "../../kernel/problem.ts";
import { utf8 } from "../bytes.ts";
import type { Head } from "../ledger.ts";
import { identityOf, writeNamingItself } from "./files.ts";

export interface Floor extends Head {
  /** The cell has ended since and signed all that it had written. */
  readonly closed: boolean;
  /** False in a copy, which is as old as the copying; null where the file does not say which file it is. */
  readonly isHome: boolean | null;
}

/** Why nothing goes on by a copied floor. */
export const copiedFloor =
  "The key folder is a copy: nobody can say how many entries the cell has signed since, and which copies it has made.";

/** The floor of a log, or null where this key folder knows none; throws where the file is there and is not one. */
export async function readFloor(keysDir: string, origin: string): Promise<Floor | null> {
  let bytes: Uint8Array;
  let identity: string;
  try {
    const file = await open(floorPath(keysDir, origin), "r");
    try {
      bytes = await file.readFile();
      identity = await identityOf(file);
    } finally {
      await file.close();
    }
  } catch (problem) {
    if (errorCode(problem) === "ENOENT") return null;
    throw problem;
  }
  const parsed = parseCanonical(bytes);
  const value = parsed.ok && parsed.value !== null && typeof parsed.value === "object" ? parsed.value : {};
  const { origin: owner, size, root, closed, place } = value as Record<string, unknown>;
  if (owner !== origin || !Number.isSafeInteger(size) || typeof root !== "string" || !isDigest(root)) {
    throw new Error(`${floorPath(keysDir, origin)} is not a floor`);
  }
  const isHome = place === undefined ? null : place === identity;
  return { size: Number(size), root, closed: closed === true, isHome };
}

/** Raises the floor, or says that the cell has ended at it; durable when it resolves. */
export async function writeFloor(keysDir: string, origin: string, head: Head, closed = false): Promise<void> {
  const { size, root } = head;
  const facts = { origin, root: root as Digest, size, ...(closed && { closed }) };
  const path = floorPath(keysDir, origin);
  await writeNamingItself(path, (place) => canonicalBytes({ ...facts, place }), 0o600);
}

function floorPath(keysDir: string, origin: string): string {
  return join(keysDir, `floor-${digestOf(utf8(origin)).slice(0, 16)}.json`);
}

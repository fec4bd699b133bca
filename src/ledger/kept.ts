/** Kept folds: caches of what was folded from the first entries, believed only where those entries are the log's own. */

import { assert } from "../kernel/assert.ts";
import { canonical } from "../kernel/json.ts";
import { isDigest } from "../kernel/names.ts";
import type { Ledger } from "./ledger.ts";

/** Caches beside the ledger. What they give may be deleted, damaged or swapped at any time: then they give nothing. */
export interface Caches {
  /** What was last written under this name by this program with this key; null for anything else, whatever it is. */
  read(name: string): Promise<unknown>;
  /** Replaces it with a JSON text. Rejects where the disk does; the caller goes on without. */
  write(name: string, json: string): Promise<void>;
}

type Heads = Pick<Ledger, "head" | "headAt">;

/** A fold and how many entries it is over. */
export interface Kept {
  readonly size: number;
  readonly value: unknown;
}

/** The kept fold of this name; null where there is none, or it is over entries that are not this log's. */
export async function readKept(caches: Caches, name: string, ledger: Heads): Promise<Kept | null> {
  const found = await caches.read(name);
  if (found === null || typeof found !== "object") return null;
  const { size, root, value } = found as { readonly [key: string]: unknown };
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0 || size > ledger.head().size) return null;
  if (typeof root !== "string" || !isDigest(root) || (await ledger.headAt(size)).root !== root) return null;
  return { size, value };
}

/** Keeps a fold of the first `size` entries. Rejects where the disk does. */
export async function keepFold(caches: Caches, name: string, ledger: Heads, { size, value }: Kept): Promise<void> {
  assert(size <= ledger.head().size, "only what is durable is kept");
  const { root } = await ledger.headAt(size);
  await caches.write(name, `{"root":${canonical(root)},"size":${size},"value":${JSON.stringify(value)}}`);
}

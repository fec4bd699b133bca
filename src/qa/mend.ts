/** Rows that central has lost, asked for again from the cell and put back only where the signed tree proves them. */
import { digestOf } from "../kernel/hash.ts";
import type { EpochMs } from "../kernel/units.ts";
import { type DownMessage, type Fill, maxBatchEntries } from "../ledger/batch.ts";
import { fromBase64, sameBytes, toHex } from "../ledger/bytes.ts";
import { parseEntry } from "../ledger/entry.ts";
import { extendsTree } from "../ledger/proofs.ts";
import { type Frontier, grow, rootOf } from "../ledger/tree.ts";
import { filed, type RegisteredCell } from "./judge.ts";
import type { IngestStore, NewEntry, Range } from "./store.ts";

export interface MendPorts {
  readonly store: IngestStore;
  readonly now: () => EpochMs;
}

/** The first stretches that are lost below a log's newest head. */
export async function missingOf({ store }: MendPorts, origin: string, limit: number): Promise<readonly Range[]> {
  const { size } = await store.log(origin);
  return store.missing(origin, { from: 0, to: size }, limit);
}

/** So many rows are looked through in one go. */
const stretch = 20_000;

/** Looks through the next stretch of a log; `next` is where to go on, the beginning again after the end. */
export async function lookFrom(
  { store }: MendPorts,
  origin: string,
  from: number,
): Promise<{ readonly wants: readonly DownMessage[]; readonly next: number }> {
  const { size } = await store.log(origin);
  const range = { from: Math.min(from, size), to: Math.min(size, from + stretch) };
  const wants = await wantsOf({ store }, origin, await store.missing(origin, range, 1));
  if (wants.length > 0) return { wants, next: range.from };
  return { wants, next: range.to >= size ? 0 : range.to };
}

/** What to ask the cell for; nothing where central holds no tree by which it would know the rows again. */
export async function wantsOf(
  { store }: Pick<MendPorts, "store">,
  origin: string,
  lost: readonly Range[],
): Promise<DownMessage[]> {
  const [first] = lost;
  if (first === undefined) return [];
  const to = Math.min(first.to, first.from + maxBatchEntries);
  const tree = await store.treeFrom(origin, to);
  if (tree === null) return [];
  return [{ kind: "want", origin, from: first.from, to, size: tree.size, root: toHex(rootOf(tree)) }];
}

/** Puts back what a fill brings, and asks for the next that is lost. A fill that proves nothing changes nothing. */
export async function takeFill(
  ports: MendPorts,
  { origin }: RegisteredCell,
  fill: Fill,
): Promise<{ outcome: "filled" | "refused"; answers: DownMessage[] }> {
  const { store, now } = ports;
  const tree = fill.origin === origin ? await store.treeFrom(origin, fill.size) : null;
  const proved = tree === null ? null : provedBy(tree, fill);
  if (proved === null) return { outcome: "refused", answers: [] };
  await store.putBack(origin, proved, now());
  const { size } = await store.log(origin);
  // No further than a stretch: the walk that goes round finds the rest.
  const from = fill.from + proved.length;
  const rest = { from: Math.min(from, size), to: Math.min(size, from + stretch) };
  return { outcome: "filled", answers: await wantsOf(ports, origin, await store.missing(origin, rest, 1)) };
}

/** The entries of a fill; null unless they stand in this tree, in this place, with the bodies that they name. */
export function provedBy(tree: Frontier, fill: Fill): readonly NewEntry[] | null {
  if (fill.size !== tree.size || fill.from + fill.entries.length > tree.size) return null;
  const nodes = fill.edge.map((text) => fromBase64(text) ?? new Uint8Array());
  if (nodes.length !== ones(fill.from)) return null;
  const entries = fill.entries.map((texts, index) => filed(fill.from + index, texts));
  const edge = entries.reduce<Frontier>((sofar, { leaf }) => grow(sofar, leaf), { size: fill.from, nodes });
  const proof = fill.proof.map((text) => fromBase64(text) ?? new Uint8Array());
  const [own, root] = [rootOf(edge), rootOf(tree)];
  const stands =
    edge.size === tree.size
      ? proof.length === 0 && sameBytes(own, root)
      : extendsTree(edge.size, own, tree.size, root, proof);
  const bodies = fill.entries.every(({ entry }, index) => {
    const read = parseEntry(entry);
    return read === null || digestOf(entries[index]?.body ?? new Uint8Array()) === read.bodyDigest;
  });
  return stands && bodies ? entries : null;
}

/** How many complete subtrees a tree of this size has: the one bits of the number. */
function ones(size: number): number {
  return size.toString(2).replaceAll("0", "").length;
}

/** A proven prefix: what has to be known of a log's older part to go on from its end without reading it, and how it grows. */
import { digestOf } from "../kernel/hash.ts";
import { canonical } from "../kernel/json.ts";
import { type Digest, isDigest, isIdentifier, type JobId } from "../kernel/names.ts";
import { concat, fromBase64, sameBytes, textOf, toBase64, toHex } from "./bytes.ts";
import { type Chain, emptyChain, headOf, type JobHeads } from "./chain.ts";
import { createChainCheck, type Row } from "./chain-check.ts";
import { parseEntry } from "./entry.ts";
import type { Finding } from "./finding.ts";
import { type Marks, markEvery, noMarks } from "./marks.ts";
import { emptyFrontier, type Frontier, grow, leafHash, rootOf } from "./tree.ts";

/** The first `size` entries of a log in short. Its root stands for every one of them. */
export interface Prefix {
  readonly origin: string;
  readonly size: number;
  readonly root: Digest;
  /** The root of every complete block of `markEvery` leaves, one after the other, 32 bytes each. */
  readonly blocks: Uint8Array;
  readonly jobHeads: ReadonlyMap<JobId, Digest>;
}

/** Where a log goes on after a prefix, with the tree's marks below. */
export interface PrefixEnd {
  readonly chain: Chain;
  readonly jobHeads: JobHeads;
  readonly marks: Marks;
}

/** A prefix that grows row by row as a verifier reads. */
export interface Trail {
  /** Takes the next row; null while all is well. After a finding the trail is over. */
  step(row: Row): Finding | null;
  /** What is left to say when there are no more rows. */
  end(): Finding | null;
  size(): number;
  root(): Uint8Array;
  /** The prefix up to here. */
  prefix(): Prefix;
}

/** Number of the first row that `endOf` needs for a prefix of `size` entries (1 or more). */
export function endRowsFrom(size: number): number {
  return size - (size % markEvery || markEvery);
}

/**
 * The end of a prefix, from its last rows (`endRowsFrom(size)` up to `size`); null where they are not those that the
 * prefix was made over. Whoever believes it has compared the root with one that somebody signed.
 */
export function endOf(prefix: Prefix, rows: readonly Row[]): PrefixEnd | null {
  const { origin, size, blocks, jobHeads } = prefix;
  const from = endRowsFrom(size);
  const marks = marksOf(blocks);
  const below = marks[from / markEvery];
  if (below === undefined || rows.length !== size - from || blocks.length !== blockCount(size) * 32) return null;
  if (rows.some((row, index) => row.seq !== from + index)) return null;
  const frontier = rows.reduce((grown, row) => grow(grown, leafHash(row.entry)), below);
  const last = rows.at(-1);
  const entry = last && parseEntry(textOf(last.entry) ?? "");
  if (!last || !entry || toHex(rootOf(frontier)) !== prefix.root) return null;
  const whole = marks[blockCount(size)];
  if (size % markEvery === 0 && (whole === undefined || !sameBytes(rootOf(whole), rootOf(frontier)))) return null;
  const chain = { origin, frontier, prev: digestOf(last.entry), boot: entry.boot };
  return { chain, jobHeads: new Map(jobHeads), marks };
}

/** A trail from the log's beginning, or on from a prefix and its end. */
export function createTrail(origin: string, known?: { readonly prefix: Prefix; readonly end: PrefixEnd }): Trail {
  const check = createChainCheck(
    origin,
    () => false,
    known?.end ?? { chain: emptyChain(origin), jobHeads: new Map<JobId, Digest>() },
  );
  const blocks = known === undefined ? [] : [known.prefix.blocks];
  // A trail that begins inside a block has that block's nodes in its frontier already.
  const within = (known?.prefix.size ?? 0) % markEvery;
  let edge: Frontier = known === undefined ? emptyFrontier : edgeOf(known.end.chain.frontier, within);
  return {
    step(row) {
      const wrong = check.step(row);
      if (wrong !== null) return wrong;
      if (check.chain().frontier.size !== row.seq + 1) return null;
      edge = grow(edge, leafHash(row.entry));
      if (edge.size === markEvery) {
        blocks.push(rootOf(edge));
        edge = emptyFrontier;
      }
      return null;
    },
    end: () => check.end(),
    size: () => check.chain().frontier.size,
    root: () => rootOf(check.chain().frontier),
    prefix: () => ({
      ...headOf(check.chain()),
      origin,
      blocks: concat(...blocks),
      jobHeads: new Map(check.jobHeads),
    }),
  };
}

/** The smaller subtrees of a frontier, those of the block that is not complete. */
function edgeOf(frontier: Frontier, within: number): Frontier {
  const count = within.toString(2).replaceAll("0", "").length;
  return { size: within, nodes: count === 0 ? [] : frontier.nodes.slice(-count) };
}

function blockCount(size: number): number {
  return Math.floor(size / markEvery);
}

/** A complete block is a complete subtree, so the marks are the frontiers over the block roots. */
function marksOf(blocks: Uint8Array): Frontier[] {
  const marks: Frontier[] = [...noMarks];
  let over = emptyFrontier;
  for (let at = 0; at + 32 <= blocks.length; at += 32) {
    over = grow(over, blocks.slice(at, at + 32));
    marks.push({ size: over.size * markEvery, nodes: over.nodes });
  }
  return marks;
}

/** A prefix as a JSON value, for a cache. */
export function printPrefix({ origin, size, root, blocks, jobHeads }: Prefix): string {
  return canonical({ origin, size, root, blocks: toBase64(blocks), jobHeads: [...jobHeads] });
}

/** Reads what `printPrefix` gave; null for anything else. */
export function readPrefix(value: unknown): Prefix | null {
  if (value === null || typeof value !== "object") return null;
  const { origin, size, root, blocks, jobHeads } = value as { readonly [key: string]: unknown };
  const bytes = typeof blocks === "string" ? fromBase64(blocks) : null;
  const heads = readHeads(jobHeads);
  if (typeof origin !== "string" || typeof root !== "string" || !isDigest(root) || bytes === null || heads === null) {
    return null;
  }
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 1) return null;
  return { origin, size, root, blocks: bytes, jobHeads: heads };
}

function readHeads(value: unknown): Map<JobId, Digest> | null {
  if (!Array.isArray(value)) return null;
  const heads = new Map<JobId, Digest>();
  for (const pair of value as readonly unknown[]) {
    const [job, digest] = Array.isArray(pair) ? (pair as readonly unknown[]) : [];
    if (typeof job !== "string" || typeof digest !== "string" || !isIdentifier(job) || !isDigest(digest)) return null;
    heads.set(job as JobId, digest);
  }
  return heads;
}

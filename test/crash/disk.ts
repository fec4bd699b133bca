/** A disk that promises only what was flushed: what it may hold after a power cut, and what after a kill. */
import type { Op } from "./trace.ts";

const sectorBytes = 512;

type Change = { readonly at: number; readonly bytes: Uint8Array } | { readonly size: number };

/** A file's content whatever its name: what is flushed, and what came after. */
interface Content {
  durable: Uint8Array;
  pending: Change[];
  /** Where the next write without a place of its own goes. */
  end: number;
}

type Node = Content | "folder";
/** Names that changed together: a rename is one step. */
type Renaming = readonly (readonly [path: string, node: Node | null])[];

export interface Disk {
  /** Folders that were there before, and stay. */
  readonly roots: ReadonlySet<string>;
  /** What programs see. */
  readonly seen: Map<string, Node>;
  /** Names that are flushed. */
  readonly durable: Map<string, Node>;
  /** Names changed since their folder was flushed, by folder. */
  readonly renamings: Map<string, Renaming[]>;
}

/** Files of a disk after its end, by path. */
export type Image = ReadonlyMap<string, Uint8Array>;

/** A number from 0 to, not including, 1. */
export type Chance = () => number;

/** A disk on which everything that is there was flushed long ago. */
export function settledDisk(roots: readonly string[], files: Image): Disk {
  const folders = new Set(roots);
  for (const path of files.keys()) {
    for (let at = folderOf(path); !folders.has(at); at = folderOf(at)) folders.add(at);
  }
  const nodes = [...folders].map((path): [string, Node] => [path, "folder"]);
  const disk: Disk = { roots: new Set(roots), seen: new Map(nodes), durable: new Map(nodes), renamings: new Map() };
  for (const [path, bytes] of files) {
    const content: Content = { durable: bytes, pending: [], end: bytes.length };
    disk.seen.set(path, content);
    disk.durable.set(path, content);
  }
  return disk;
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));

/** Lets one thing happen. */
export function apply(disk: Disk, op: Op): void {
  switch (op.kind) {
    case "create":
      return create(disk, op.path, op.empty);
    case "write":
      return write(contentOf(disk, op.path), op.at, op.bytes);
    case "truncate":
      contentOf(disk, op.path).pending.push({ size: op.size });
      return;
    case "sync":
      return flush(disk, op.path);
    case "rename":
      return rename(disk, [
        [op.from, null],
        [op.to, disk.seen.get(op.from) ?? null],
      ]);
    case "mkdir":
      return rename(disk, [[op.path, "folder"]]);
    case "unlink":
    case "rmdir":
      return rename(disk, [[op.path, null]]);
    default:
      return;
  }
}

function contentOf(disk: Disk, path: string): Content {
  const node = disk.seen.get(path);
  if (node === undefined || node === "folder") throw new Error(`${path} was written to and never made`);
  return node;
}

function create(disk: Disk, path: string, empty: boolean): void {
  const there = disk.seen.get(path);
  if (there === "folder") return;
  if (there === undefined) rename(disk, [[path, { durable: new Uint8Array(), pending: [], end: 0 }]]);
  else if (empty) there.pending.push({ size: 0 });
  if (there !== undefined) there.end = 0;
}

function write(content: Content, at: number | null, bytes: Uint8Array): void {
  const from = at ?? content.end;
  content.pending.push({ at: from, bytes });
  if (at === null) content.end = from + bytes.length;
}

function rename(disk: Disk, names: Renaming): void {
  for (const [path, node] of names) {
    if (node === null) disk.seen.delete(path);
    else disk.seen.set(path, node);
  }
  // Where names of two folders change together, the step is on the disk once either is flushed.
  const folder = folderOf(names[0]?.[0] ?? "");
  disk.renamings.set(folder, [...(disk.renamings.get(folder) ?? []), names]);
}

function flush(disk: Disk, path: string): void {
  const node = disk.seen.get(path);
  if (node === undefined) return;
  if (node !== "folder") {
    node.durable = after(node, node.pending);
    node.pending = [];
    return;
  }
  for (const names of disk.renamings.get(path) ?? []) take(disk.durable, names);
  disk.renamings.delete(path);
}

function take(names: Map<string, Node>, changes: Renaming): void {
  for (const [path, node] of changes) {
    if (node === null) names.delete(path);
    else names.set(path, node);
  }
}

/** What is there when every program is killed: all that was done, flushed or not. */
export function afterKill(disk: Disk): Image {
  const files = new Map<string, Uint8Array>();
  for (const [path, node] of disk.seen) if (node !== "folder") files.set(path, after(node, node.pending));
  return files;
}

/** How a power cut treats what was not flushed. */
interface Cut {
  /** Part of the changes that reach the disk. */
  readonly kept: number;
  /** Part of the writes that are torn. */
  readonly torn: number;
  /** A lost sector of a torn write holds neither old nor new. */
  readonly noise: boolean;
}

/**
 * What may be there after a power cut: any of the changes since the last flush, whatever their order, writes torn
 * between sectors of 512 bytes, and in what was being written sometimes noise. Bytes beside a write stay as they are.
 */
export function afterPowerCut(disk: Disk, chance: Chance): Image {
  const extreme = chance();
  const cut: Cut = {
    kept: extreme < 0.1 ? 0 : extreme < 0.2 ? 1 : chance(),
    torn: chance() < 0.5 ? 0 : chance(),
    noise: chance() < 0.2,
  };
  const names = new Map(disk.durable);
  for (const renamings of disk.renamings.values()) {
    for (const one of renamings) if (chance() < cut.kept) take(names, one);
  }
  const contents = new Map<Content, Uint8Array>();
  const files = new Map<string, Uint8Array>();
  for (const [path, node] of names) {
    if (node === "folder" || !reachable(disk, names, path)) continue;
    const content = contents.get(node) ?? after(node, survivors(node, cut, chance));
    contents.set(node, content);
    files.set(path, content);
  }
  return files;
}

function reachable({ roots }: Pick<Disk, "roots">, names: ReadonlyMap<string, Node>, path: string): boolean {
  const folder = folderOf(path);
  return roots.has(folder) || (names.get(folder) === "folder" && reachable({ roots }, names, folder));
}

function survivors({ pending }: Content, cut: Cut, chance: Chance): Change[] {
  return pending.flatMap((change): Change[] => {
    const kept = chance() < cut.kept;
    if (!("bytes" in change) || chance() >= cut.torn) return kept ? [change] : [];
    return torn(change, cut, chance);
  });
}

/** Some sectors of a write, each new, old, or noise. */
function torn(change: { readonly at: number; readonly bytes: Uint8Array }, cut: Cut, chance: Chance): Change[] {
  const parts: Change[] = [];
  const end = change.at + change.bytes.length;
  for (let at = change.at; at < end; ) {
    const next = Math.min(end, (Math.floor(at / sectorBytes) + 1) * sectorBytes);
    const bytes = change.bytes.subarray(at - change.at, next - change.at);
    if (chance() < 0.5) parts.push({ at, bytes });
    else if (cut.noise && chance() < 0.3) parts.push({ at, bytes: bytes.map(() => Math.floor(chance() * 256)) });
    at = next;
  }
  return parts;
}

function after({ durable }: Content, changes: readonly Change[]): Uint8Array {
  if (changes.length === 0) return durable;
  let size = durable.length;
  let most = size;
  for (const change of changes) {
    size = "size" in change ? change.size : Math.max(size, change.at + change.bytes.length);
    most = Math.max(most, size);
  }
  const bytes = new Uint8Array(most);
  bytes.set(durable);
  let length = durable.length;
  for (const change of changes) {
    if ("size" in change) {
      // What lies behind a shortened file's end is gone, and reads as zeros if it grows again.
      bytes.fill(0, change.size, Math.max(length, change.size));
      length = change.size;
    } else {
      bytes.set(change.bytes, change.at);
      length = Math.max(length, change.at + change.bytes.length);
    }
  }
  return bytes.subarray(0, length);
}

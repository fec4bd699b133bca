/** Names of files in a set: their natural order, and which belong together. */

/** Name of a file without its ending. */
export function stemOf(name: string): string {
  const base = name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
  const dot = base.lastIndexOf(".");
  return dot > 0 ? base.slice(0, dot) : base;
}

/** Layer 2 before layer 10, whatever the letters around the numbers. */
export function natural(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** The layer that each name tells: its last number, where what stands before that is the same as in the first name; else null. */
export function layersOf(names: readonly string[]): (number | null)[] {
  const told = names.map((name) => /^(.*?)(\d{1,9})\D*$/.exec(stemOf(name)));
  const before = told[0]?.[1]?.toLowerCase();
  return told.map((match) => (match?.[1]?.toLowerCase() === before && match !== null ? Number(match[2]) : null));
}

/** What people put behind or before a frame's name to name its mask or its expected layer. */
const decoration = /[ ._-]*(masks?|labels?|gt|ground[ _-]?truth|seg(mentation)?|expected|slice|part)$/i;

/**
 * For each frame the file that belongs to it, or null: of the same name, else of the same name but for a word like
 * `_mask`. Where not one name agrees and there are as many files as frames, both are taken in natural order.
 */
export function matched(frames: readonly string[], files: readonly string[]): (string | null)[] {
  const exact = new Map(files.map((file) => [stemOf(file).toLowerCase(), file]));
  const plain = new Map(files.map((file) => [bare(file), file]));
  const found = frames.map((frame) => exact.get(stemOf(frame).toLowerCase()) ?? plain.get(bare(frame)) ?? null);
  if (found.some((file) => file !== null) || files.length !== frames.length) return found;
  return [...files].sort(natural);
}

function bare(file: string): string {
  return stemOf(file)
    .toLowerCase()
    .replace(decoration, "")
    .replace(/^(mask|label|gt)[ ._-]+/i, "");
}

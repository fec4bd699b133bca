/** The two containers of a job package, each read in one form only: outside the signed envelope and what is sealed, inside the blobs. */
import { z } from "zod";
import { digestOf } from "../../kernel/hash.ts";
import { canonicalBytes, parseCanonical } from "../../kernel/json.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { concat, sameBytes, utf8 } from "../../ledger/bytes.ts";

/** First bytes of a package: format and version. */
const magic = utf8("cellward-package/1\n");
const lengthBytes = 4;

/** Bounds, in bytes and pieces; what is larger is refused before it is looked at. */
export const bounds = {
  package: 64 << 20,
  envelope: 256 << 10,
  blob: 48 << 20,
  index: 64 << 10,
  blobs: 64,
} as const;

export interface PackageParts {
  /** DSSE envelope, as it stands in the file. */
  readonly envelope: Uint8Array;
  /** age v1 stream, to the end of the file. */
  readonly sealed: Uint8Array;
}

export type ContainerProblem = "oversized" | "not-a-package" | "truncated";

/** Puts a package together. */
export function printPackage({ envelope, sealed }: PackageParts): Uint8Array {
  return concat(magic, uint32(envelope.length), envelope, sealed);
}

/** Takes a package apart; neither part is looked into. */
export function parsePackage(bytes: Uint8Array): Result<PackageParts, ContainerProblem> {
  if (bytes.length > bounds.package) return err("oversized");
  const head = bytes.subarray(0, magic.length);
  if (!sameBytes(head, magic.subarray(0, head.length))) return err("not-a-package");
  const start = magic.length + lengthBytes;
  if (bytes.length < start) return err("truncated");
  const length = readUint32(bytes, magic.length);
  if (length > bounds.envelope) return err("oversized");
  if (bytes.length <= start + length) return err("truncated");
  return ok({ envelope: bytes.subarray(start, start + length), sealed: bytes.subarray(start + length) });
}

/** One file inside a package. */
export interface Blob {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Name of a blob, in index, statement and order. */
export const blobName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);

const blobIndex = z
  .array(
    z.strictObject({
      length: z.number().int().min(1).max(bounds.blob),
      name: blobName,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  )
  .min(1)
  .max(bounds.blobs);

/** Puts blobs together, in the order given: length of the index, index, bytes. */
export function printBlobs(blobs: readonly Blob[]): Uint8Array {
  const index = canonicalBytes(
    blobs.map(({ name, bytes }) => ({ length: bytes.length, name, sha256: digestOf(bytes) })),
  );
  return concat(uint32(index.length), index, ...blobs.map(({ bytes }) => bytes));
}

/** A file with the digest that was worked out from its bytes. */
export type CheckedBlob = Blob & { readonly sha256: Digest };

/** Takes blobs apart and checks each against its digest; the error says what is wrong. Names are unique. */
export function parseBlobs(bytes: Uint8Array): Result<ReadonlyMap<string, CheckedBlob>, string> {
  const index = readIndex(bytes);
  if (!index.ok) return index;
  const blobs = new Map<string, CheckedBlob>();
  let at = index.value.end;
  for (const each of index.value.entries) {
    if (blobs.has(each.name)) return err("two of its files have one name");
    const blob = readBlob(bytes, at, each);
    if (!blob.ok) return blob;
    blobs.set(each.name, blob.value);
    at += each.length;
  }
  return at === bytes.length ? ok(blobs) : err("something stands after its last file");
}

/** So much of the beginning holds any index and a first file of `length` bytes. */
export function enoughForFirst(length: number): number {
  return lengthBytes + bounds.index + length;
}

/** The first file alone, from the beginning of the container. */
export function parseFirstBlob(start: Uint8Array): Result<CheckedBlob, string> {
  const index = readIndex(start);
  return index.ok ? readBlob(start, index.value.end, index.value.entries[0]!) : index;
}

type IndexEntry = z.infer<typeof blobIndex>[number];

function readIndex(
  bytes: Uint8Array,
): Result<{ readonly entries: readonly IndexEntry[]; readonly end: number }, string> {
  if (bytes.length < lengthBytes) return err("it ends before its index");
  const length = readUint32(bytes, 0);
  if (length > bounds.index) return err("its index is too large");
  const end = lengthBytes + length;
  if (bytes.length < end) return err("it ends within its index");
  const value = parseCanonical(bytes.subarray(lengthBytes, end));
  const checked = value.ok ? blobIndex.safeParse(value.value) : null;
  return checked?.success ? ok({ entries: checked.data, end }) : err("its index is not of the form expected here");
}

function readBlob(bytes: Uint8Array, at: number, { name, length, sha256 }: IndexEntry): Result<CheckedBlob, string> {
  const content = bytes.subarray(at, at + length);
  if (content.length !== length) return err("it ends within a file");
  const digest = digestOf(content);
  return digest === sha256
    ? ok({ name, bytes: content, sha256: digest })
    : err("a file in it is not the one that its index names");
}

function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

function readUint32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + at, lengthBytes).getUint32(0);
}

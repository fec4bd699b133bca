/** ECDSA P-256 in one spelling each: keys uncompressed, signatures in DER with the smaller of the two values of s that verify. */
import { concat, fromHex, toHex } from "./bytes.ts";

/** DER SubjectPublicKeyInfo of a P-256 key up to the 64 bytes of its uncompressed point (RFC 5480). */
const spkiPrefix = "3059301306072a8648ce3d020106082a8648ce3d03010703420004";
/** Order of the curve's group (FIPS 186-5, SP 800-186). */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const half = order / 2n;

/** True for the one form in which a P-256 key is handed over. */
export function isP256Spki(key: Uint8Array): boolean {
  return key.length === 91 && toHex(key.subarray(0, 27)) === spkiPrefix;
}

/**
 * The same signature with the smaller s. Whoever sees a signature (r, s) can write (r, n - s), which verifies as well; a
 * token may give either. Null where it is no signature in DER.
 */
export function lowS(signature: Uint8Array): Uint8Array | null {
  const read = readSignature(signature);
  if (read === null) return null;
  return read.s <= half ? signature : printSignature(read.r, order - read.s);
}

/** True for a signature in minimal DER whose s is the smaller one. */
export function isLowS(signature: Uint8Array): boolean {
  const read = readSignature(signature);
  return read !== null && read.s <= half;
}

/** r and s of `SEQUENCE { INTEGER r, INTEGER s }` in minimal DER, both from 1 to the order less 1; null for anything else. */
function readSignature(bytes: Uint8Array): { readonly r: bigint; readonly s: bigint } | null {
  if (bytes.length > 72 || bytes[0] !== 0x30 || bytes[1] !== bytes.length - 2) return null;
  const r = readInteger(bytes, 2);
  const s = r === null ? null : readInteger(bytes, r.end);
  if (r === null || s?.end !== bytes.length) return null;
  return inRange(r.value) && inRange(s.value) ? { r: r.value, s: s.value } : null;
}

function readInteger(bytes: Uint8Array, at: number): { readonly value: bigint; readonly end: number } | null {
  const length = bytes[at + 1] ?? 0;
  const end = at + 2 + length;
  const [first, second] = [bytes[at + 2], bytes[at + 3]];
  if (bytes[at] !== 0x02 || length < 1 || length > 33 || end > bytes.length || first === undefined) return null;
  const padded = first === 0 && length > 1 && ((second ?? 0) & 0x80) === 0;
  if ((first & 0x80) !== 0 || padded) return null;
  return { value: BigInt(`0x${toHex(bytes.subarray(at + 2, end))}`), end };
}

function inRange(value: bigint): boolean {
  return value > 0n && value < order;
}

function printSignature(r: bigint, s: bigint): Uint8Array {
  const content = concat(printInteger(r), printInteger(s));
  return concat(Uint8Array.of(0x30, content.length), content);
}

function printInteger(value: bigint): Uint8Array {
  const digits = value.toString(16);
  const bytes = fromHex(digits.padStart(digits.length + (digits.length % 2), "0")) ?? new Uint8Array();
  const padded = ((bytes[0] ?? 0) & 0x80) === 0 ? bytes : concat(Uint8Array.of(0), bytes);
  return concat(Uint8Array.of(0x02, padded.length), padded);
}

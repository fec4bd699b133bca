/** An export file read piece by piece: its artifacts are hashed as they pass and never held, what follows them is kept. */
import { type Hashing, startHashing } from "../kernel/hash.ts";
import { type Digest, isDigest } from "../kernel/names.ts";
import { concat, fromBase64 } from "./bytes.ts";

/** What stands in a file of the right beginning. */
export interface ScannedExport {
  /** SHA-256 of each artifact's bytes as they are here, by the digest that names it; in ascending order. */
  readonly artifacts: ReadonlyMap<Digest, Digest>;
  /** The canonical text of the file's other members, as an object of its own. */
  readonly rest: Uint8Array;
}

export interface ExportScan {
  /** Takes the next piece of the file. */
  feed(piece: Uint8Array): void;
  /** After the last piece: SHA-256 of all of them, and what they hold; null where they are no export by form. */
  end(): { readonly digest: Digest; readonly scanned: ScannedExport | null };
}

/** Most bytes of the file beside its artifacts: they are read as one text. */
export const maxRestBytes = 256 << 20;

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");
const opening = encoder.encode('{"artifacts":{');
const [quote, comma, closing] = [0x22, 0x2c, 0x7d];
/** Sixty-four hex digits, and what stands between a name and its value. */
const nameBytes = 64 + 3;

/** Where the scan stands: what it waits for. `wrong` stays: the file is none. */
type Place = "opening" | "first" | "name" | "value" | "after" | "rest" | "wrong";

/** Begins the reading of a file. The artifacts stand first in it, because canonical JSON orders members by their names. */
export function scanExport(): ExportScan {
  const whole = startHashing();
  const artifacts = new Map<Digest, Digest>();
  const rest: Uint8Array[] = [];
  let [place, restBytes]: [Place, number] = ["opening", 0];
  /** Bytes of the part that is waited for, until it is whole. */
  let kept: Uint8Array = new Uint8Array();
  let current: { readonly name: Digest; readonly content: Base64 } | null = null;
  let last = "";

  /** So many bytes from `at` on, with what was kept before; null until they are there. */
  function take(
    piece: Uint8Array,
    at: number,
    count: number,
  ): { readonly bytes: Uint8Array; readonly at: number } | null {
    const missing = count - kept.length;
    const bytes = concat(kept, piece.subarray(at, at + missing));
    kept = bytes.length < count ? bytes : new Uint8Array();
    return bytes.length < count ? null : { bytes, at: at + missing };
  }

  function fixed(piece: Uint8Array, at: number, count: number, then: (text: string) => Place): number {
    const taken = take(piece, at, count);
    if (taken === null) return piece.length;
    place = then(decoder.decode(taken.bytes));
    return taken.at;
  }

  function named(text: string): Place {
    const name = text.slice(0, 64);
    if (!isDigest(name) || text.slice(64) !== '":"' || name <= last) return "wrong";
    last = name;
    current = { name, content: startBase64() };
    return "value";
  }

  function value(piece: Uint8Array, at: number): number {
    const end = piece.indexOf(quote, at);
    const part = piece.subarray(at, end < 0 ? piece.length : end);
    if (current === null || !current.content.add(part)) place = "wrong";
    if (end < 0) return piece.length;
    const digest = current?.content.end() ?? null;
    if (current === null || digest === null) place = "wrong";
    else artifacts.set(current.name, digest);
    if (place === "value") place = "after";
    return end + 1;
  }

  function keep(piece: Uint8Array): number {
    restBytes += piece.length;
    if (restBytes > maxRestBytes) place = "wrong";
    else rest.push(piece.slice());
    return Number.POSITIVE_INFINITY;
  }

  function step(piece: Uint8Array, at: number): number {
    switch (place) {
      case "opening":
        return fixed(piece, at, opening.length, (text) => (text === decoder.decode(opening) ? "first" : "wrong"));
      case "first":
        place = piece[at] === quote ? "name" : piece[at] === closing ? "rest" : "wrong";
        return at + 1;
      case "name":
        return fixed(piece, at, nameBytes, named);
      case "value":
        return value(piece, at);
      case "after": {
        if (kept.length === 0 && piece[at] === closing) {
          place = "rest";
          return at + 1;
        }
        return fixed(piece, at, 2, (text) => (text === ',"' ? "name" : "wrong"));
      }
      case "rest":
        return keep(piece.subarray(at));
      case "wrong":
        return Number.POSITIVE_INFINITY;
    }
  }

  return {
    feed(piece) {
      whole.add(piece);
      for (let at = 0; at < piece.length; ) at = step(piece, at);
    },
    end() {
      const digest = whole.digest();
      const text = concat(...rest);
      if (place !== "rest" || text[0] !== comma) return { digest, scanned: null };
      text[0] = 0x7b;
      return { digest, scanned: { artifacts, rest: text } };
    },
  };
}

interface Base64 {
  /** False where it is not canonical base64. */
  add(piece: Uint8Array): boolean;
  /** SHA-256 of what it stood for; null where it ends within a group. */
  end(): Digest | null;
}

function startBase64(): Base64 {
  const hashing: Hashing = startHashing();
  let left = "";
  let padded = false;
  return {
    add(piece) {
      if (piece.length === 0) return true;
      if (padded) return false;
      const text = left + decoder.decode(piece);
      const whole = text.length - (text.length % 4);
      left = text.slice(whole);
      const bytes = fromBase64(text.slice(0, whole));
      padded = text.slice(0, whole).endsWith("=");
      if (bytes === null || (padded && left !== "")) return false;
      hashing.add(bytes);
      return true;
    },
    end: () => (left === "" ? hashing.digest() : null),
  };
}

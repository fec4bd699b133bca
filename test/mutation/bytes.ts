/** Mutations of bytes, whatever they mean: flipped, gone, put in, moved. */
import type { Chance } from "./chance.ts";

/** A changed value, and in words what was done. */
export interface Changed<T> {
  readonly how: string;
  readonly value: T;
}

const telling = ["\n", "\r", "\0", " ", "0", "A", "=", "+", '"', "\\", ",", "\ufeff", "\u00e9", "\u200b"];

/** One change somewhere in bytes that are not none. */
export function mutateBytes(bytes: Uint8Array, chance: Chance): Changed<Uint8Array> {
  const at = chance.int(bytes.length);
  const byte = bytes[at] ?? 0;
  const cut = (from: number, to: number, ...put: Uint8Array[]) =>
    Buffer.concat([bytes.subarray(0, from), ...put, bytes.subarray(to)]);
  switch (chance.int(9)) {
    case 0:
      return { how: `bit flipped in byte ${at}`, value: bytes.with(at, byte ^ (1 << chance.int(8))) };
    case 1:
      return { how: `case of byte ${at} changed`, value: bytes.with(at, byte ^ 0x20) };
    case 2:
      return { how: `byte ${at} set`, value: bytes.with(at, chance.int(256)) };
    case 3:
      return { how: `byte ${at} missing`, value: cut(at, at + 1) };
    case 4:
      return { how: `byte ${at} doubled`, value: cut(at, at, Uint8Array.of(byte)) };
    case 5: {
      const put = chance.of(telling);
      return { how: `${JSON.stringify(put)} put in at ${at}`, value: cut(at, at, Buffer.from(put)) };
    }
    case 6: {
      const length = 1 + chance.int(40);
      return { how: `${length} bytes from ${at} missing`, value: cut(at, at + length) };
    }
    case 7: {
      const [length, to] = [1 + chance.int(40), chance.int(bytes.length)];
      return { how: `bytes from ${at} written over ${to}`, value: cut(to, to + length, bytes.slice(at, at + length)) };
    }
    default:
      return chance.int(2) === 0
        ? { how: `cut off at ${at}`, value: bytes.slice(0, at) }
        : {
            how: `bytes ${at} and after swapped`,
            value: bytes.with(at, bytes[at + 1] ?? 0).with(Math.min(at + 1, bytes.length - 1), byte),
          };
  }
}

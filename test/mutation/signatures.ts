/** Mutations of a signature that leave its meaning alone, or try to: what is malleable, spelled otherwise, or of another kind. */
import { concat, fromHex, toHex } from "../../src/ledger/bytes.ts";
import type { Changed } from "./bytes.ts";
import type { Chance } from "./chance.ts";

const ed25519Order = 2n ** 252n + 27742317777372353535851937790883648493n;
const p256Order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Another spelling of a signature. */
export function mutateSignature(signature: Uint8Array, chance: Chance): Changed<Uint8Array> {
  if (signature[0] === 0x30 && signature.length > 65 && signature.length < 73) return mutateDer(signature, chance);
  const head = signature.subarray(0, signature.length - 32);
  const s = littleEndian(signature.subarray(signature.length - 32));
  switch (chance.int(4)) {
    case 0:
      return { how: "s of Ed25519 with the group's order added", value: concat(head, toLittle(s + ed25519Order)) };
    case 1:
      return { how: "s of Ed25519 negated", value: concat(head, toLittle(ed25519Order - s)) };
    case 2:
      return { how: "the signature all zero", value: new Uint8Array(signature.length) };
    default:
      return { how: "a byte more after the signature", value: concat(signature, Uint8Array.of(0)) };
  }
}

function mutateDer(signature: Uint8Array, chance: Chance): Changed<Uint8Array> {
  const rLength = signature[3] ?? 0;
  const r = signature.slice(4, 4 + rLength);
  const s = signature.slice(6 + rLength);
  const negated = p256Order - BigInt(`0x${toHex(s)}`);
  switch (chance.int(7)) {
    case 0:
      return { how: "ECDSA with n - s", value: der(r, positive(negated)) };
    case 1:
      return { how: "DER with a zero before r", value: der(concat(Uint8Array.of(0), r), s) };
    case 2:
      return { how: "DER with a zero before s", value: der(r, concat(Uint8Array.of(0), s)) };
    case 3:
      return { how: "BER with a long length", value: concat(Uint8Array.of(0x30, 0x81), signature.subarray(1)) };
    case 4:
      return { how: "r and s as 64 bytes", value: concat(fixed(r), fixed(s)) };
    case 5:
      return { how: "something after the DER", value: concat(signature, Uint8Array.of(0)) };
    default:
      return { how: "s with the group's order added", value: der(r, positive(p256Order + BigInt(`0x${toHex(s)}`))) };
  }
}

function der(r: Uint8Array, s: Uint8Array): Uint8Array {
  const integer = (value: Uint8Array) => concat(Uint8Array.of(2, value.length), value);
  const content = concat(integer(r), integer(s));
  return concat(Uint8Array.of(0x30, content.length), content);
}

function positive(value: bigint): Uint8Array {
  const digits = value.toString(16);
  const bytes = fromHex(digits.length % 2 === 0 ? digits : `0${digits}`) ?? new Uint8Array();
  return (bytes[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), bytes) : bytes;
}

function fixed(value: Uint8Array): Uint8Array {
  return concat(new Uint8Array(32), value).slice(-32);
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.toReversed())}`);
}

function toLittle(value: bigint): Uint8Array {
  const hex = (value < 0n ? 0n : value).toString(16).padStart(64, "0").slice(-64);
  return (fromHex(hex) ?? new Uint8Array(32)).toReversed();
}

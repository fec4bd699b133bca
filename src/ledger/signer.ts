/** Ports of the signature: who can sign for the cell, and how a signature is checked against a key one trusts. */

/**
 * Signature types of C2SP signed-note: 1 Ed25519, 2 ECDSA with SHA-256 (P-256 here), 4 Ed25519 cosignatures with a
 * time (cosignature.ts). The type is under the key's id, so a key of one type never passes for one of another.
 */
export type SignatureType = 1 | 2 | 4;

/**
 * From where to where a key counts, as its user wrote it down: numbers of entries for a signing key, POSIX seconds for a
 * cosigner's. What is left out bounds nothing.
 */
export interface Effect {
  /** It signs nothing below. */
  readonly from?: number;
  /** It was replaced then: it signs nothing above. */
  readonly until?: number;
  /** It was revoked then: it signs nothing above, and below only what somebody else bears out (record-format.md). */
  readonly revoked?: number;
}

/** A key that the caller trusts, from wherever it trusts it; never read from the thing under verification. */
export interface VerifyingKey {
  /** Name in signature lines; the cell uses its log's origin. */
  readonly name: string;
  /** Four bytes as eight hex digits: picks the key, proves nothing. */
  readonly id: string;
  readonly type: SignatureType;
  /** Ed25519 (types 1 and 4): the 32 bytes of RFC 8032; ECDSA: DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** Without it the key counts without bounds. */
  readonly effect?: Effect;
}

/** Holds the cell's private key: a key file, or a token behind the same two members. */
export interface Signer {
  readonly key: VerifyingKey;
  /** Signature of the bytes: Ed25519 64 bytes, ECDSA ASN.1 DER. Rejects where the key cannot be reached. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** True where `signature` is `key`'s over `message`; false for anything else, malformed keys included. */
export type SignatureCheck = (key: VerifyingKey, message: Uint8Array, signature: Uint8Array) => boolean;

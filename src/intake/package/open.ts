/** Opens a package from the outside in: form, signatures, address, sealed bytes, files; the first thing wrong ends it. */
import { digestOf } from "../../kernel/hash.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { type Envelope, parseEnvelope } from "../../ledger/dsse.ts";
import type { SignatureCheck } from "../../ledger/signer.ts";
import {
  bounds,
  type ContainerProblem,
  enoughForFirst,
  parseBlobs,
  parseFirstBlob,
  parsePackage,
} from "./container.ts";
import { type PackageRefusal, refusePackage } from "./refusal.ts";
import { identifierKeyBytes, identifierKeyFile, parseStatement, payloadType, type Statement } from "./statement.ts";
import { checkSigners, type Signers, type TrustAnchors } from "./trust.ts";

/** An envelope and what it encloses; nobody's signature has been checked. */
export interface Unchecked {
  readonly envelope: Envelope;
  readonly sealed: Uint8Array;
}

/** A package that both roles have signed, its age stream whole and still closed. */
export interface SignedPackage {
  readonly statement: Statement;
  readonly signers: Signers;
  readonly sealed: Uint8Array;
}

/** Which cell this is, to a package. */
export interface Address {
  /** Name of the ledger. */
  readonly origin: string;
  /** Fingerprints of the recipients that this cell can open. */
  readonly fingerprints: readonly string[];
}

const containerWords: Readonly<Record<ContainerProblem, PackageRefusal>> = {
  oversized: refusePackage("package-oversized", `The package is larger than ${bounds.package >> 20} MiB.`),
  "not-a-package": refusePackage("not-a-package", "The file is not a job package of this version."),
  truncated: refusePackage("package-truncated", "The package ends too early: a part of it is missing."),
};

/** Takes a package apart as far as its envelope, in its one form. */
export function readEnvelope(bytes: Uint8Array): Result<Unchecked, PackageRefusal> {
  const parts = parsePackage(bytes);
  if (!parts.ok) return err(containerWords[parts.error]);
  const envelope = parseEnvelope(parts.value.envelope);
  if (!envelope.ok) {
    // Nobody has signed these bytes: none of them goes into a sentence.
    const what = "The package was changed or is damaged: its envelope is not in the one form that it can have.";
    return err(refusePackage("package-altered", what));
  }
  return ok({ envelope: envelope.value, sealed: parts.value.sealed });
}

/** Checks both signatures before it reads what they cover, then holds the age stream against it. */
export function openSigned(
  bytes: Uint8Array,
  anchors: TrustAnchors,
  check: SignatureCheck,
): Result<SignedPackage, PackageRefusal> {
  const read = readEnvelope(bytes);
  if (!read.ok) return read;
  const { envelope, sealed } = read.value;
  const signers = checkSigners(envelope, anchors, check);
  if (!signers.ok) return signers;
  const statement = statementOf(envelope);
  if (!statement.ok) return statement;
  const wrong = sealedRefusal(statement.value, sealed);
  return wrong ? err(wrong) : ok({ statement: statement.value, signers: signers.value, sealed });
}

/** What an envelope says, whoever signed it. */
export function statementOf({ payloadType: type, payload }: Envelope): Result<Statement, PackageRefusal> {
  if (type !== payloadType) {
    return err(refusePackage("package-malformed", "What is signed is not an in-toto statement."));
  }
  const statement = parseStatement(payload);
  if (statement.ok) return statement;
  const what = `What is signed is not an order that this version understands (${statement.error}).`;
  return err(refusePackage("package-malformed", what));
}

/** What is wrong with the age stream, held against the statement, or null. */
export function sealedRefusal({ order, sealed: digest }: Statement, sealed: Uint8Array): PackageRefusal | null {
  if (sealed.length < order.sealedLength) {
    const what = `The package of order ${order.id} ends too early: ${order.sealedLength - sealed.length} bytes are missing.`;
    return refusePackage("package-truncated", what);
  }
  if (sealed.length > order.sealedLength) {
    return refusePackage("package-trailing", `The package of order ${order.id} goes on after its end.`);
  }
  if (digestOf(sealed) === digest) return null;
  const what = `The sealed files of order ${order.id} were changed on their way: their digest is not the signed one.`;
  return refusePackage("package-altered", what);
}

/** Why the package is not for this cell, or null. */
export function addressRefusal({ statement }: SignedPackage, { origin, fingerprints }: Address): PackageRefusal | null {
  const { order } = statement;
  if (order.cell !== origin) {
    const what = `Order ${order.id} is for the cell ${order.cell}; this is ${origin}.`;
    return refusePackage("other-cell", what);
  }
  if (fingerprints.includes(order.recipient)) return null;
  const what = `The files of order ${order.id} are sealed for another key than this cell's; it cannot open them.`;
  return refusePackage("other-identity", what);
}

/** The files of a package, each checked against its signed digest; `plain` is null where the stream did not open. */
export function openFiles(
  { order, files: signed }: Statement,
  plain: Uint8Array | null,
): Result<ReadonlyMap<string, Uint8Array>, PackageRefusal> {
  if (plain === null) {
    const what = `The files of order ${order.id} cannot be opened with this cell's key.`;
    return err(refusePackage("other-identity", what));
  }
  const wrong = (why: string) =>
    err(refusePackage("package-altered", `The sealed files of order ${order.id} are not what was signed: ${why}.`));
  const blobs = parseBlobs(plain);
  if (!blobs.ok) return wrong(blobs.error);
  if (blobs.value.size !== signed.size) return wrong("there are more or fewer of them");
  if (blobs.value.keys().next().value !== identifierKeyFile) return wrong(`${identifierKeyFile} is not the first`);
  const files = new Map<string, Uint8Array>();
  for (const [name, digest] of signed) {
    const blob = blobs.value.get(name);
    if (blob?.sha256 !== digest) return wrong(`${name} is not the file that is named`);
    files.set(name, blob.bytes);
  }
  return files.get(identifierKeyFile)?.length === identifierKeyBytes ? ok(files) : wrong("the key has another length");
}

/** What is needed of a package that was accepted before and stands under its digest since: who signed was checked then. */
export function openStored(bytes: Uint8Array): Result<Omit<SignedPackage, "signers">, PackageRefusal> {
  const read = readEnvelope(bytes);
  if (!read.ok) return read;
  const statement = statementOf(read.value.envelope);
  return statement.ok ? ok({ statement: statement.value, sealed: read.value.sealed }) : statement;
}

/** Beginning of the plaintext that surely holds the order's key. */
export const startForKey = enoughForFirst(identifierKeyBytes);

/** The order's HMAC key, from the beginning of the plaintext; null where it is not the signed one. */
export function identifierKeyIn({ files }: Statement, start: Uint8Array | null): Uint8Array | null {
  const first = start === null ? null : parseFirstBlob(start);
  if (!first?.ok || first.value.name !== identifierKeyFile) return null;
  return first.value.sha256 === files.get(identifierKeyFile) ? first.value.bytes : null;
}

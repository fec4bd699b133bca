/** Makes packages: seals the files, binds them to the order, signs, and adds the second signature. Judges nothing. */
import { createHmac, randomBytes } from "node:crypto";
import { digestOf } from "../../kernel/hash.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { parseEnvelope, printEnvelope, signPayload } from "../../ledger/dsse.ts";
import type { Signer } from "../../ledger/signer.ts";
import { normaliseIdentifier } from "../identifiers.ts";
import { type Blob, bounds, parsePackage, printBlobs, printPackage } from "../package/container.ts";
import {
  identifierKeyBytes,
  identifierKeyFile,
  type PackageOrder,
  parseStatement,
  payloadType,
  printStatement,
  recipientFingerprint,
} from "../package/statement.ts";
import { sealFor } from "./age.ts";

/** What the design authority decides of an order; the rest is worked out, or fresh for each package. */
export type OrderText = Omit<PackageOrder, "identifierHmacs" | "recipient" | "sealedLength" | "nonce">;

export interface Ingredients {
  readonly order: OrderText;
  /** As on the request form; only their HMACs go into the package. */
  readonly identifiers: readonly [string, string];
  readonly files: readonly Blob[];
  /** The cell's age recipient. */
  readonly recipient: string;
  readonly signer: Signer;
  /** Fresh for each order; named only by tests and the demo, to show that a used one is refused. */
  readonly nonce?: string;
}

/** A package with the design authority's signature; the error says what cannot be packed. */
export async function makePackage(ingredients: Ingredients): Promise<Result<Uint8Array, string>> {
  const { order, identifiers, recipient, signer } = ingredients;
  const key = randomBytes(identifierKeyBytes);
  const hmac = (text: string) => createHmac("sha256", key).update(normaliseIdentifier(text)).digest("hex");
  // The key comes first, so that it can be read without the rest.
  const files = [{ name: identifierKeyFile, bytes: new Uint8Array(key) }, ...ingredients.files];
  const sealed = await sealFor(recipient, printBlobs(files));
  if (!sealed.ok) return sealed;
  const statement = printStatement({
    order: {
      ...order,
      identifierHmacs: [hmac(identifiers[0]), hmac(identifiers[1])],
      recipient: recipientFingerprint(recipient),
      sealedLength: sealed.value.length,
      nonce: ingredients.nonce ?? randomBytes(16).toString("hex"),
    },
    sealed: digestOf(sealed.value),
    files: new Map(files.map(({ name, bytes }) => [name, digestOf(bytes)])),
  });
  const readable = parseStatement(statement);
  if (!readable.ok) return err(`the order cannot be packed: ${readable.error}`);
  const signature = await signPayload(payloadType, statement, signer);
  const envelope = printEnvelope({ payloadType, payload: statement, signatures: [signature] });
  const made = printPackage({ envelope, sealed: sealed.value });
  return made.length > bounds.package ? err(`it would be larger than ${bounds.package} bytes`) : ok(made);
}

/** The same package with one more signature over the same payload; the error says why it cannot be read. */
export async function addSignature(bytes: Uint8Array, signer: Signer): Promise<Result<Uint8Array, string>> {
  const parts = parsePackage(bytes);
  if (!parts.ok) return parts;
  const envelope = parseEnvelope(parts.value.envelope);
  if (!envelope.ok) return envelope;
  const { payload, signatures } = envelope.value;
  const signature = await signPayload(envelope.value.payloadType, payload, signer);
  const more = printEnvelope({ ...envelope.value, signatures: [...signatures, signature] });
  return ok(printPackage({ envelope: more, sealed: parts.value.sealed }));
}

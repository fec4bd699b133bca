/** DSSE v1 envelopes (secure-systems-lab/dsse: protocol.md, envelope.md): the bytes that are signed, the one form read, and who signed. */
import { z } from "zod";
import { canonicalBytes, parseCanonical } from "../kernel/json.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { concat, fromBase64, toBase64, utf8 } from "./bytes.ts";
import { signWith } from "./note.ts";
import type { SignatureCheck, Signer, VerifyingKey } from "./signer.ts";

/** PAE(type, body) = "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body, lengths in bytes as decimal text. */
export function preAuthenticationEncoding(payloadType: string, body: Uint8Array): Uint8Array {
  const type = utf8(payloadType);
  return concat(utf8(`DSSEv1 ${type.length} `), type, utf8(` ${body.length} `), body);
}

/** One signature of an envelope. */
export interface EnvelopeSignature {
  /** `name+id` of the key that signed, as its one-line form begins: a hint for people, never a filter. */
  readonly keyid: string;
  readonly signature: Uint8Array;
}

/** A signed payload, with the signatures on it in the order in which they were made. */
export interface Envelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signatures: readonly EnvelopeSignature[];
}

/** Most signatures that an envelope may carry. */
const maxSignatures = 16;
const keyHint = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}\+[0-9a-f]{8}$/);
const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);
const envelopeForm = z.strictObject({
  payload: base64,
  payloadType: z.string().regex(/^[\x21-\x7e]{1,128}$/),
  signatures: z
    .array(z.strictObject({ keyid: keyHint, sig: base64.min(4).max(8192) }))
    .min(1)
    .max(maxSignatures),
});

/** The hint that names a key: the beginning of its one-line form. */
export function keyHintOf({ name, id }: Pick<VerifyingKey, "name" | "id">): string {
  return `${name}+${id}`;
}

/** The envelope's RFC 8785 bytes. */
export function printEnvelope({ payloadType, payload, signatures }: Envelope): Uint8Array {
  return canonicalBytes({
    payload: toBase64(payload),
    payloadType,
    signatures: signatures.map(({ keyid, signature }) => ({ keyid, sig: toBase64(signature) })),
  });
}

/** Reads an envelope in its one form: canonical JSON, canonical base64, no member more; the error says what is wrong. */
export function parseEnvelope(bytes: Uint8Array): Result<Envelope, string> {
  const value = parseCanonical(bytes);
  if (!value.ok) return value;
  const checked = envelopeForm.safeParse(value.value);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    return err(`the envelope is wrong at ${issue?.path.join(".") || "its top"}: ${issue?.message ?? "unreadable"}`);
  }
  const payload = fromBase64(checked.data.payload);
  if (payload === null) return err("the payload is not canonical base64");
  const signatures: EnvelopeSignature[] = [];
  for (const { keyid, sig } of checked.data.signatures) {
    const signature = fromBase64(sig);
    if (signature === null) return err("a signature is not canonical base64");
    signatures.push({ keyid, signature });
  }
  return ok({ payloadType: checked.data.payloadType, payload, signatures });
}

/** Signs a payload. Rejects where the signer does. */
export async function signPayload(
  payloadType: string,
  payload: Uint8Array,
  signer: Signer,
): Promise<EnvelopeSignature> {
  const signature = await signWith(signer, preAuthenticationEncoding(payloadType, payload));
  return { keyid: keyHintOf(signer.key), signature };
}

/**
 * For each signature the trusted key that made it, or null. Every key is tried on every signature: the hint decides
 * nothing. But it has to be true, because it is the one text that no signature covers.
 */
export function signersOf(
  { payloadType, payload, signatures }: Envelope,
  trusted: readonly VerifyingKey[],
  check: SignatureCheck,
): readonly (VerifyingKey | null)[] {
  const message = preAuthenticationEncoding(payloadType, payload);
  return signatures.map(({ keyid, signature }) => {
    const key = trusted.find((candidate) => check(candidate, message, signature));
    return key !== undefined && keyHintOf(key) === keyid ? key : null;
  });
}

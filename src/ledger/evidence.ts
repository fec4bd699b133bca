/** Evidence on its way to central QA: the words of the wire, and the signed receipt that says that central holds a piece. */
import { z } from "zod";
import { canonicalBytes, parseCanonical } from "../kernel/json.ts";
import { type Digest, isDigest, isIdentifier } from "../kernel/names.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import type { EpochMs } from "../kernel/units.ts";
import { fromBase64, fromHex, textOf, toBase64, toHex, utf8 } from "./bytes.ts";
import { isOrigin } from "./checkpoint.ts";
import { parseEnvelope, printEnvelope, signersOf, signPayload } from "./dsse.ts";
import type { SignatureCheck, Signer, VerifyingKey } from "./signer.ts";

/** Most bytes of one sealed piece: the largest artifact (64 MiB) with what age adds. */
export const mostSealedBytes = (64 << 20) + (1 << 20);
/** Most bytes that one request carries. */
export const mostPieceBytes = 1 << 20;
/** Media type of a request that carries a part, as the IETF draft "Resumable Uploads for HTTP" names it. */
export const partType = "application/partial-upload";
/** The DSSE payload type of a receipt. */
export const receiptPayloadType = "application/vnd.cellward.evidence-receipt+json";

/** Header names, lower case. */
export const evidenceHeaders = {
  offset: "upload-offset",
  length: "upload-length",
  complete: "upload-complete",
  /** SHA-256 of the whole sealed piece (RFC 9530). */
  digest: "repr-digest",
  /** Number of an entry of the cell's log that names the piece. */
  entry: "cellward-entry",
} as const;

/** Where a piece stands at central: its cell, and the digest of its plaintext as the ledger names it. */
export interface EvidencePlace {
  readonly cell: string;
  readonly digest: Digest;
}

/** The path of a piece. */
export function evidencePath({ cell, digest }: EvidencePlace): string {
  return `/evidence/1/${cell}/${digest}`;
}

/** The piece that a path names; null for any other path. */
export function readEvidencePath(path: string): (EvidencePlace & { readonly absent: boolean }) | null {
  const [, , , cell = "", digest = "", more, ...rest] = path.split("/");
  const absent = more === "absent";
  if (rest.length > 0 || (more !== undefined && !absent) || !isIdentifier(cell) || !isDigest(digest)) return null;
  return path === `${evidencePath({ cell, digest })}${absent ? "/absent" : ""}` ? { cell, digest, absent } : null;
}

/** A digest as RFC 9530 prints it: `sha-256=:base64:`. */
export function printReprDigest(digest: Digest): string {
  return `sha-256=:${toBase64(fromHex(digest) ?? new Uint8Array())}:`;
}

/** The SHA-256 of a Repr-Digest; null where the text is anything else. */
export function readReprDigest(text: string): Digest | null {
  const bytes = fromBase64(/^sha-256=:([A-Za-z0-9+/=]{44}):$/.exec(text)?.[1] ?? "");
  return bytes?.length === 32 ? (toHex(bytes) as Digest) : null;
}

/** A whole number of a header; null where it is none. */
export function readCount(text: string | undefined): number | null {
  return text !== undefined && /^(0|[1-9][0-9]{0,14})$/.test(text) ? Number(text) : null;
}

const digestForm = z
  .string()
  .refine(isDigest)
  .transform((text) => text as Digest);

const receiptForm = z.strictObject({
  format: z.literal("cellward-evidence-receipt/1"),
  /** The log whose entries name it. */
  origin: z.string().refine(isOrigin),
  /** SHA-256 of the plaintext: the name under which the ledger has it. */
  digest: digestForm,
  /** SHA-256 and length of what central holds: ciphertext for central's evidence identity. */
  sealed: digestForm,
  bytes: z.number().int().min(1).max(mostSealedBytes),
  /** Central's clock when it had it whole, UTC. */
  at: z.iso.datetime({ precision: 3 }),
});

/** What central says of a piece that it holds whole. */
export type EvidenceReceipt = z.infer<typeof receiptForm>;

/** Signs a receipt; the envelope's text. Rejects where the signer does. */
export async function signReceipt(receipt: EvidenceReceipt, signer: Signer): Promise<string> {
  const payload = canonicalBytes(receipt);
  const signature = await signPayload(receiptPayloadType, payload, signer);
  return textOf(printEnvelope({ payloadType: receiptPayloadType, payload, signatures: [signature] })) ?? "";
}

/** By what a receipt is judged. */
export interface ReceiptTrust {
  /** Keys with which central QA signs, from the judge's own configuration. */
  readonly keys: readonly VerifyingKey[];
  readonly origin: string;
  readonly check: SignatureCheck;
}

/** Opens a receipt: signed by a trusted key, of this log. The error says what is wrong with it. */
export function openReceipt(envelope: string, trust: ReceiptTrust): Result<EvidenceReceipt, string> {
  const parsed = parseEnvelope(utf8(envelope));
  if (!parsed.ok) return parsed;
  if (parsed.value.payloadType !== receiptPayloadType) return err("it is no receipt for evidence");
  if (signersOf(parsed.value, trust.keys, trust.check).every((key) => key === null)) {
    return err("central QA's key has not signed it");
  }
  const content = parseCanonical(parsed.value.payload);
  if (!content.ok) return content;
  const checked = receiptForm.safeParse(content.value);
  if (!checked.success) return err(`it is wrong at ${checked.error.issues[0]?.path.join(".") || "its top"}`);
  return checked.data.origin === trust.origin ? ok(checked.data) : err(`it is of ${checked.data.origin}`);
}

/** What a receipt says, whoever signed it; null where it is none. For whoever wrote it: others open it. */
export function receiptIn(envelope: string): EvidenceReceipt | null {
  const parsed = parseEnvelope(utf8(envelope));
  const content = parsed.ok ? parseCanonical(parsed.value.payload) : parsed;
  return content.ok ? (receiptForm.safeParse(content.value).data ?? null) : null;
}

/** When central had the piece, by central's clock. */
export function receivedAt(receipt: EvidenceReceipt): EpochMs {
  return Date.parse(receipt.at);
}

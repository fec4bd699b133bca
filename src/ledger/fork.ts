/** Central QA's signed word that a log has two histories, or is over: what stops a cell has to be signed like what blocks one. */
import { z } from "zod";
import { canonicalBytes, parseCanonical } from "../kernel/json.ts";
import { textOf, utf8 } from "./bytes.ts";
import { isOrigin } from "./checkpoint.ts";
import { parseEnvelope, printEnvelope, signersOf, signPayload } from "./dsse.ts";
import type { SignatureCheck, Signer, VerifyingKey } from "./signer.ts";

/** The DSSE payload type of such a word. */
export const forkPayloadType = "application/vnd.cellward.fork+json";

const fork = z.strictObject({ format: z.literal("cellward-fork/1"), origin: z.string().refine(isOrigin) });

/** The envelope, as text. It has no time: a log that was frozen never thaws, so the word is as true later. Rejects where the signer does. */
export async function signFork(origin: string, signer: Signer): Promise<string> {
  const payload = canonicalBytes({ format: "cellward-fork/1", origin });
  const signature = await signPayload(forkPayloadType, payload, signer);
  return textOf(printEnvelope({ payloadType: forkPayloadType, payload, signatures: [signature] })) ?? "";
}

/** True where one of the keys (central QA's decision keys) has signed that this log is to stop. */
export function isSignedFork(
  envelope: string | undefined,
  origin: string,
  keys: readonly VerifyingKey[],
  check: SignatureCheck,
): boolean {
  const opened = envelope === undefined ? null : parseEnvelope(utf8(envelope));
  if (opened === null || !opened.ok || opened.value.payloadType !== forkPayloadType) return false;
  const read = parseCanonical(opened.value.payload);
  const content = read.ok ? fork.safeParse(read.value) : null;
  if (content?.data?.origin !== origin) return false;
  return signersOf(opened.value, keys, check).some((key) => key !== null);
}

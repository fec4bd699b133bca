/** Decisions of central QA (hold, lift, demonstration, fetch-evidence): what one says, how it is printed and read, and when a cell takes it. */
import { z } from "zod";
import { type CentralReason, centralReasons } from "../jobs/central.ts";
import { canonicalBytes, parseCanonical } from "../kernel/json.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import type { EpochMs } from "../kernel/units.ts";
import { utf8 } from "./bytes.ts";
import { isOrigin } from "./checkpoint.ts";
import { parseEnvelope, signersOf } from "./dsse.ts";
import type { SignatureCheck, VerifyingKey } from "./signer.ts";

/** The DSSE payload type of a decision. */
export const decisionPayloadType = "application/vnd.cellward.decision+json";

/** Why, by code; the sentence is what people read. The core has the list, since a decision becomes an entry. */
export const decisionReasons: typeof centralReasons = centralReasons;

export type DecisionReason = CentralReason;

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const time = z.iso.datetime({ precision: 3 });

const decision = z.strictObject({
  format: z.literal("cellward-decision/1"),
  id: name,
  /** Used once: a cell that has recorded it takes no second decision with it. */
  nonce: name,
  /** The one log that it is for. */
  origin: z.string().refine(isOrigin),
  /**
   * `hold` and `demonstration` only ever forbid; `lift` ends a hold of the same target; `fetch-evidence` asks for what the
   * record of a job names. Nothing starts anything.
   */
  action: z.enum(["hold", "lift", "demonstration", "fetch-evidence"]),
  target: z.strictObject({
    kind: z.enum(["cell", "machine", "lot", "recipe", "model", "job"]),
    /** A name or a digest; for `cell` its log's origin. */
    id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/),
  }),
  reason: z.enum(Object.keys(decisionReasons) as [DecisionReason, ...DecisionReason[]]),
  /** UTC, `2026-01-31T08:00:00.000Z`. */
  issuedAt: time,
  /** From then on it is not accepted; one that was recorded before stays in force. */
  expires: time,
});

export type Decision = z.infer<typeof decision>;

/** The payload bytes of a decision: RFC 8785. */
export function decisionBytes(content: Decision): Uint8Array {
  return canonicalBytes(content);
}

/** Reads a payload, by form alone. The error says why it is not a decision. */
export function readDecision(payload: Uint8Array): Result<Decision, string> {
  const parsed = parseCanonical(payload);
  if (!parsed.ok) return parsed;
  const checked = decision.safeParse(parsed.value);
  if (checked.success) return ok(checked.data);
  return err(`not a decision of format 1: ${checked.error.issues[0]?.path.join(".") || "(top)"}`);
}

/** By what a cell judges a decision. */
export interface DecisionTrust {
  /** Central QA's decision keys, from the cell's own configuration. */
  readonly keys: readonly VerifyingKey[];
  readonly origin: string;
  /** The highest time that the cell has ever seen: its clock may have gone back. */
  readonly now: EpochMs;
  /** Whether a decision with this nonce is recorded already. */
  readonly used: (nonce: string) => boolean;
}

/** Why a decision is not taken: `repeated` is what a message that comes twice looks like, the others are alarms. */
export interface DecisionRefusal {
  readonly code: "envelope" | "signature" | "content" | "origin" | "expired" | "repeated";
  readonly what: string;
}

/** Opens a decision's envelope: signed by a trusted key (hints decide nothing), for this log, in time, not used before. */
export function openDecision(
  envelope: string,
  trust: DecisionTrust,
  check: SignatureCheck,
): Result<Decision, DecisionRefusal> {
  const refuse = (code: DecisionRefusal["code"], what: string) => err({ code, what });
  const parsed = parseEnvelope(utf8(envelope));
  if (!parsed.ok) return refuse("envelope", `A decision came that is no signed envelope: ${parsed.error}.`);
  // A further signature would change nothing, and so be a second spelling of the decision.
  if (parsed.value.signatures.length !== 1) return refuse("envelope", "A decision came with more than one signature.");
  if (parsed.value.payloadType !== decisionPayloadType) {
    return refuse("envelope", `A signed message came that is no decision but ${parsed.value.payloadType}.`);
  }
  if (signersOf(parsed.value, trust.keys, check).every((key) => key === null)) {
    return refuse("signature", "A decision came that central QA's decision key has not signed.");
  }
  const read = readDecision(parsed.value.payload);
  if (!read.ok) return refuse("content", `A signed decision came that cannot be read: ${read.error}.`);
  const { origin, expires, nonce, id } = read.value;
  if (origin !== trust.origin) return refuse("origin", `Decision ${id} is for ${origin}, not for this cell.`);
  if (trust.used(nonce)) return refuse("repeated", `Decision ${id} is recorded already.`);
  if (trust.now >= Date.parse(expires))
    return refuse("expired", `Decision ${id} came after it had expired (${expires}).`);
  return ok(read.value);
}

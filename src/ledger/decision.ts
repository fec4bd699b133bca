/** Decisions of central QA (hold, lift, demonstration): what one says, and how it is printed and read. */
import { z } from "zod";
import { canonicalBytes, parseCanonical } from "../kernel/json.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { isOrigin } from "./checkpoint.ts";

/** The DSSE payload type of a decision. */
export const decisionPayloadType = "application/vnd.cellward.decision+json";

/** Why, by code; the sentence is what people read. Codes are never reused for something else. */
export const decisionReasons = {
  "record-doubt": "Central QA found something in the record that has to be cleared up first.",
  "record-unverified": "Central QA could not verify the record.",
  "field-report": "A hospital has reported a problem with a device.",
  "material-recall": "The material has been recalled.",
  "calibration-doubt": "A calibration or a measurement is in doubt.",
  "software-fault": "A fault of the software is being looked into.",
  "model-fault": "The inspection model is in doubt.",
  "recipe-fault": "The recipe is in doubt.",
  "security-incident": "A key or a computer may be in the wrong hands.",
  audit: "The cell is being audited.",
  cleared: "Central QA looked into it and found no fault.",
  corrected: "The cause was found and corrected.",
  demonstration: "Central QA marks this configuration as a demonstration: nothing of it is for human use.",
} as const;

export type DecisionReason = keyof typeof decisionReasons;

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const time = z.iso.datetime({ precision: 3 });

const decision = z.strictObject({
  format: z.literal("cellward-decision/1"),
  id: name,
  /** Used once: a cell that has recorded it takes no second decision with it. */
  nonce: name,
  /** The one log that it is for. */
  origin: z.string().refine(isOrigin),
  /** `hold` and `demonstration` only ever forbid; `lift` ends a hold of the same target. Nothing starts anything. */
  action: z.enum(["hold", "lift", "demonstration"]),
  target: z.strictObject({ kind: z.enum(["cell", "machine", "lot", "recipe", "model", "job"]), id: name }),
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

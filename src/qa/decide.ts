/** Decisions of central QA: what may be decided for which reason, the signed envelope, and which are still to be sent. */
import type { PersonId } from "../kernel/names.ts";
import type { EpochMs, Milliseconds } from "../kernel/units.ts";
import { textOf, utf8 } from "../ledger/bytes.ts";
import {
  type Decision,
  type DecisionReason,
  decisionBytes,
  decisionPayloadType,
  readDecision,
} from "../ledger/decision.ts";
import { parseEnvelope, printEnvelope, signPayload } from "../ledger/dsse.ts";
import type { Signer } from "../ledger/signer.ts";
import type { KeptDecision } from "./store.ts";

export type Action = Decision["action"];
export type TargetKind = Decision["target"]["kind"];

export const actions: readonly Action[] = ["hold", "lift", "demonstration", "fetch-evidence"];
export const targetKinds: readonly TargetKind[] = ["cell", "machine", "lot", "recipe", "model", "job"];

/** The reasons that go with an action. */
export const reasonsFor: Readonly<Record<Action, readonly DecisionReason[]>> = {
  hold: [
    "record-doubt",
    "record-unverified",
    "field-report",
    "material-recall",
    "calibration-doubt",
    "software-fault",
    "model-fault",
    "recipe-fault",
    "security-incident",
    "audit",
  ],
  lift: ["cleared", "corrected"],
  demonstration: ["demonstration"],
  "fetch-evidence": [
    "review",
    "record-doubt",
    "record-unverified",
    "field-report",
    "calibration-doubt",
    "model-fault",
    "recipe-fault",
    "audit",
  ],
};

/** What somebody wants decided; `reason` is one of the fixed codes, there is no free text. */
export interface Asked {
  readonly origin: string;
  readonly action: Action;
  readonly target: Decision["target"];
  readonly reason: DecisionReason;
  /** Null where it was decided on the console. */
  readonly person: PersonId | null;
}

/** How long a cell may be away and still take a decision when it comes back. */
export const decisionLifeMs: Milliseconds = 180 * 24 * 60 * 60 * 1000;

const identifier = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const digest = /^[0-9a-f]{64}$/;

/** The form of a target's identifier, as the cell itself names such a thing, and that form in words. */
const targetForms: Readonly<Record<TargetKind, readonly [form: RegExp, words: string]>> = {
  cell: [/^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/, "the cell's id"],
  machine: [identifier, "its id in the cell's configuration"],
  lot: [
    /^[0-9]{14}\.[A-Za-z0-9._-]{1,20}$/,
    "14 digits of the GTIN, a dot and the supplier's lot, like 04012345000016.L-77",
  ],
  recipe: [digest, "64 hexadecimal digits"],
  model: [digest, "64 hexadecimal digits"],
  job: [identifier, "the order's number"],
};

/**
 * Why this can name nothing of its kind, one sentence; null where it can. What is mistyped holds nothing at the cell, and
 * would stand in the list as if it did.
 */
export function wrongTarget(kind: TargetKind, id: string): string | null {
  const [form, words] = targetForms[kind];
  return form.test(id) ? null : `"${id.slice(0, 128)}" can be no ${kind}: a ${kind} is named by ${words}.`;
}

/**
 * The target by its one name, since a lift ends the hold of exactly the same target: a cell as a whole is named by its
 * log's origin, and may be asked for by its id. Null where another cell is named.
 */
export function targetOf(
  kind: TargetKind,
  id: string,
  cell: { readonly id: string; readonly origin: string },
): Decision["target"] | null {
  if (kind !== "cell") return { kind, id };
  return id === cell.id || id === cell.origin ? { kind, id: cell.origin } : null;
}

/** Why a decision cannot be made as it was asked; null where it can. */
export function wrongAsk({ action, reason }: Pick<Asked, "action" | "reason">, kind: TargetKind): string | null {
  if (action === "demonstration" && kind !== "cell") return "Only a cell as a whole is marked as a demonstration.";
  if (action === "fetch-evidence" && kind !== "job") return "Evidence is asked for by job.";
  return reasonsFor[action].includes(reason)
    ? null
    : `The reason ${reason} does not go with ${action}; one of ${reasonsFor[action].join(", ")} does.`;
}

/** Signs a decision. `name` makes identifiers that are used once. Rejects where the signer does. */
export async function signDecision(
  asked: Asked,
  signer: Signer,
  now: EpochMs,
  name: (prefix: string) => string,
): Promise<KeptDecision> {
  const { origin, action, target, reason, person } = asked;
  const id = name("D-");
  const payload = decisionBytes({
    format: "cellward-decision/1",
    id,
    nonce: name("n-"),
    origin,
    action,
    target,
    reason,
    issuedAt: new Date(now).toISOString(),
    expires: new Date(now + decisionLifeMs).toISOString(),
  });
  const signature = await signPayload(decisionPayloadType, payload, signer);
  const envelope = textOf(printEnvelope({ payloadType: decisionPayloadType, payload, signatures: [signature] })) ?? "";
  return { id, origin, envelope, person, at: now };
}

/** What a kept envelope says, by form; null where it is not a decision (nothing here writes such a one). */
export function contentOf(kept: KeptDecision): Decision | null {
  const envelope = parseEnvelope(utf8(kept.envelope));
  const decision = envelope.ok ? readDecision(envelope.value.payload) : envelope;
  return decision.ok ? decision.value : null;
}

/** Where a decision stands: on its way, in the cell's own record, or expired before the cell took it. */
export type DecisionState = "sent" | "recorded" | "expired";

/** The state of a decision, given the ids that the cell's record holds. */
export function stateOfDecision(decision: Decision, recorded: ReadonlySet<string>, now: EpochMs): DecisionState {
  if (recorded.has(decision.id)) return "recorded";
  return Date.parse(decision.expires) <= now ? "expired" : "sent";
}

/** The decisions for one log that the cell's record does not hold yet, oldest first. */
export function stillToSend(
  kept: readonly KeptDecision[],
  origin: string,
  recorded: ReadonlySet<string>,
  now: EpochMs,
): readonly KeptDecision[] {
  return kept.filter((each) => {
    const content = each.origin === origin ? contentOf(each) : null;
    return content !== null && stateOfDecision(content, recorded, now) === "sent";
  });
}

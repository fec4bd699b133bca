/** A log that continues another: what its first entry says, who has signed for it, and when that is not enough. */
import { z } from "zod";
import { digestOf } from "../kernel/hash.ts";
import { canonicalBytes, parseCanonical } from "../kernel/json.ts";
import type { Digest } from "../kernel/names.ts";
import { textOf, toHex } from "./bytes.ts";
import { isOrigin, openCheckpoint } from "./checkpoint.ts";
import { parseEntry } from "./entry.ts";
import { type Finding, finding } from "./finding.ts";
import type { SignatureCheck, VerifyingKey } from "./signer.ts";

/** Type of the first entry of such a log. */
export const continuationType = "LogContinued";

/** Why, by code; there is no free text. */
export const continuationReasons = {
  restored: "The data folder was lost; what a backup held was restored.",
  damaged: "The ledger was damaged, and what the cell had signed could not be brought together again.",
  "key-lost": "The signing key was lost.",
  "key-exposed": "The signing key may be in other hands.",
  forked: "Two histories of the log were seen.",
} as const;
export type ContinuationReason = keyof typeof continuationReasons;

/** Who has to sign, each a person of their own. */
export const continuationRoles = ["qa", "engineer"] as const;

/** What both have confirmed, word for word. */
export const continuationMeaning =
  "I confirm that this log continues the one named, and that orders issued before are void.";

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const head = z.strictObject({ size: z.number().int().min(0), root: digest });
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);

const continuation = z.strictObject({
  ancestor: z.strictObject({
    origin: z.string().refine(isOrigin),
    /** What stands in the ancestor's folder beside the new log. */
    head,
    /** The newest checkpoint of it that central QA has countersigned. */
    cosigned: z.strictObject({ ...head.shape, note: z.string().min(1).max(16_384) }).nullable(),
    /** The largest head that the cell is known to have signed. */
    floor: head.nullable(),
  }),
  reason: z.enum(Object.keys(continuationReasons) as [ContinuationReason, ...ContinuationReason[]]),
  approvals: z
    .array(
      z.strictObject({
        person: name,
        role: z.enum(continuationRoles),
        at: z.number().int().min(0),
        meaning: z.string().min(1).max(200),
        shown: digest,
      }),
    )
    .max(8),
});

export type Continuation = z.infer<typeof continuation>;

/** What both sign: the digest of the new log's name, the ancestor and the reason. */
export function shownDigest(origin: string, { ancestor, reason }: Pick<Continuation, "ancestor" | "reason">): Digest {
  return digestOf(canonicalBytes({ ancestor, origin, reason }));
}

/** Why these signatures do not carry a continuation; null where two different persons, one of each role, have signed exactly it. */
export function wrongApprovals(origin: string, content: Continuation): string | null {
  const { approvals } = content;
  const shown = shownDigest(origin, content);
  for (const { person, shown: seen, meaning } of approvals) {
    if (seen !== shown || meaning !== continuationMeaning) return `${person} has signed something else`;
  }
  if (new Set(approvals.map(({ person }) => person)).size < continuationRoles.length) return "two persons have to sign";
  const missing = continuationRoles.find((role) => !approvals.some((one) => one.role === role));
  return missing === undefined && approvals.length === continuationRoles.length
    ? null
    : `one person of each role (${continuationRoles.join(", ")}) has to sign`;
}

/** The continuation that a stored entry is: null for every other, a finding where it is none by its rules. */
export function readContinuation(
  origin: string,
  seq: number,
  entry: Uint8Array,
  body: Uint8Array,
): Continuation | Finding | null {
  const text = textOf(entry) ?? "";
  if (!text.includes(`"type":"${continuationType}"`) || parseEntry(text)?.type !== continuationType) return null;
  const wrong = (why: string): Finding =>
    finding("continuation", seq, `Entry ${seq} continues another log, but ${why}.`);
  const parsed = parseCanonical(body);
  const read = continuation.safeParse(parsed.ok ? parsed.value : null);
  if (!read.success) return wrong("its body is not of the known form");
  if (seq !== 0) return wrong("it is not the first of its log");
  if (read.data.ancestor.origin === origin) return wrong("it names its own log");
  const unsigned = wrongApprovals(origin, read.data);
  return unsigned === null ? read.data : wrong(unsigned);
}

/** Why the ancestor's countersigned head in a continuation is not one that the ancestor's keys have signed; null where it is, or none is named. */
export function wrongAncestor(
  { ancestor }: Continuation,
  keys: readonly VerifyingKey[],
  check: SignatureCheck,
): string | null {
  if (ancestor.cosigned === null) return null;
  const { size, root, note } = ancestor.cosigned;
  const opened = openCheckpoint(note, ancestor.origin, keys, check);
  if (!opened.ok) return `the head that it names does not hold: ${opened.error}`;
  if (opened.value.size !== size) return `the head that it names is over ${opened.value.size} entries, not ${size}`;
  return toHex(opened.value.root) === root ? null : "the head that it names has another root than its note";
}

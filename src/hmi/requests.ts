/** The shape of everything that may be asked of the server; what does not fit is refused before anybody looks at it. */
import { z } from "zod";
import { type LimitReason, limitReasons } from "../jobs/limit-event.ts";
import { type RetirementReason, retirementReasons } from "../jobs/model-event.ts";
import { type HoldReason, holdReasons, type LiftReason, liftReasons } from "../jobs/retention.ts";
import { foundClasses } from "../jobs/review-event.ts";
import { codesOf, type Occasion, type ReasonCode, wordsOf } from "./reasons.ts";

const identifier = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
/** Text that a person typed: no control characters. */
const typed = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u);

export const nothing = z.strictObject({});
export const signIn = z.strictObject({ name: typed(64), password: typed(128) });
export const enrol = z.strictObject({ code: typed(32), name: typed(64), password: typed(128) });
export const identity = z.strictObject({
  identifiers: z.tuple([typed(64), typed(64)]),
  side: z.enum(["left", "right", "none"]),
});
/** What a scanner read, or was typed in its place: printable signs and the separator of GS1 codes. */
const code = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\x1d\x20-\x7e]+$/);
/** An identifier that goes into the record as it is typed: with a digit in it, which no name has. */
const numbered = identifier.regex(/[0-9]/);
const signer = { shown: digest, name: typed(64), password: typed(128) };
export const signing = z.strictObject(signer);
const lot = z.string().regex(/^[0-9]{14}\.[A-Za-z0-9._-]{1,20}$/);

/** The name that a page gives itself when it is loaded. */
const page = z.string().regex(/^[0-9a-f-]{36}$/);
export const claiming = z.strictObject({ page });
export const liveQuery = z.object({ page: page.optional() });
export const scanning = z.strictObject({ code });
export const receiving = z.strictObject({
  code,
  certificate: numbered,
  quantity: z.number().positive().max(1_000_000),
  /** Names of the lots that it was made from, where the paper names any. */
  parents: z.array(z.string().max(64)).max(16).optional(),
});
export const lotQuery = z.strictObject({ status: z.enum(["released", "rejected"]) });
export const lotDecision = lotQuery.extend(signer);
export const confirmingPart = z.strictObject({ code, equipment: identifier });
export const voiding = z.strictObject({ why: z.enum(["damaged", "not-printed"]) });
export const releasing = z.strictObject({ unit: z.number().int().min(1).max(10_000), ...signer });
export const recordsQuery = z.strictObject({
  page: z
    .string()
    .regex(/^[0-9]{1,6}$/)
    .transform(Number)
    .optional(),
});
export const start = z.strictObject({ operation: identifier });
/** A code of the catalogue in, its words out: nothing that a person typed goes on into the record. */
const phrase = <Of extends Occasion>(occasion: Of) =>
  z.enum(codesOf(occasion)).transform((code) => wordsOf(occasion, code as ReasonCode<Of>));
export const holding = z.strictObject({ why: phrase("hold") });
export const stopping = z.strictObject({ why: phrase("stop") });
export const cancelling = z.strictObject({ why: phrase("cancel") });
const choiceOf = <Of extends "concession" | "scrap" | "rework">(disposition: Of) =>
  z.strictObject({ disposition: z.literal(disposition), reason: phrase(disposition) });
const signature = { nonconformity: identifier, ...signer };
export const dispose = z.discriminatedUnion("disposition", [
  choiceOf("concession").extend(signature),
  choiceOf("scrap").extend(signature),
  choiceOf("rework").extend(signature),
]);
/** A picture may be asked for by its digest too, so that a browser does not take the one before for it. */
export const pictureQuery = z.strictObject({ frame: digest.optional() });
export const shownQuery = z.discriminatedUnion("disposition", [
  choiceOf("concession"),
  choiceOf("scrap"),
  choiceOf("rework"),
]);

export const foundBadQuery = z.strictObject({ finding: z.enum(foundClasses), reason: phrase("found-bad") });
export const findingBad = foundBadQuery.extend(signer);

export const ofJob = z.strictObject({ job: identifier });
export const ofNonconformity = z.strictObject({ job: identifier, nonconformity: identifier });
export const ofLot = z.strictObject({ lot });
const counted = z
  .string()
  .regex(/^[1-9][0-9]{0,5}$/)
  .transform(Number);
export const ofLabel = z.strictObject({ job: identifier, unit: counted, label: counted });
export const ofAttempt = z.strictObject({ attempt: identifier });
export const ofMachine = z.strictObject({ equipment: identifier });
export const ofLayer = z.strictObject({ attempt: identifier, layer: counted });

/** A job, a lot, or everything in the cell; and what is to be done about how long it is kept. */
const keepingOf = z.discriminatedUnion("about", [
  z.strictObject({ about: z.literal("job"), id: identifier }),
  z.strictObject({ about: z.literal("lot"), id: lot }),
  z.strictObject({ about: z.literal("cell") }),
]);
const keepingDeed = z.discriminatedUnion("deed", [
  z.object({ deed: z.literal("hold"), reason: z.enum(Object.keys(holdReasons) as [HoldReason]) }),
  z.object({ deed: z.literal("lift"), reason: z.enum(Object.keys(liftReasons) as [LiftReason]) }),
  z.object({ deed: z.enum(["erase", "drop-pictures", "drop-everything"]) }),
]);
export const keepingQuery = z.looseObject({}).transform((value, context) => {
  const { deed, reason, ...of } = value as Record<string, unknown>;
  const [what, whose] = [keepingDeed.safeParse({ deed, reason }), keepingOf.safeParse(of)];
  if (what.success && whose.success) return { ...what.data, ...whose.data };
  context.addIssue({ code: "custom", message: "not a deed of keeping" });
  return z.NEVER;
});
export const keepingAsked = z.strictObject({ what: z.looseObject({}).pipe(keepingQuery), ...signer });
const seq = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const seqText = z
  .string()
  .regex(/^[0-9]{1,15}$/)
  .transform(Number);
export const clockQuery = z.strictObject({ from: seqText, to: seqText });
export const clockCorrection = z.strictObject({
  from: seq,
  to: seq,
  shown: digest,
  first: z.strictObject({ name: typed(64), password: typed(128) }),
  second: z.strictObject({ name: typed(64), password: typed(128) }),
});

/** A day of UTC, as the milliseconds at which it begins. */
const day = z
  .string()
  .regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/)
  .transform((text) => Date.parse(`${text}T00:00:00Z`))
  .refine(Number.isFinite);
const recipesText = z
  .string()
  .regex(/^[0-9a-f]{64}(,[0-9a-f]{64}){0,31}$/)
  .transform((text) => text.split(","));
/** For what a model is approved: first and last day, and recipes by their digests. */
export const modelQuery = z.strictObject({
  from: day.optional(),
  until: day.optional(),
  recipes: recipesText.optional(),
});
const two = {
  first: z.strictObject({ name: typed(64), password: typed(128) }),
  second: z.strictObject({ name: typed(64), password: typed(128) }),
};
export const modelApproval = z.strictObject({ wanted: modelQuery, shown: digest, ...two });
export const retirementQuery = z.strictObject({
  model: digest,
  reason: z.enum(Object.keys(retirementReasons) as [RetirementReason]),
});
export const modelRetirement = z.strictObject({ what: retirementQuery, ...signer });
/** The set itself is read by whoever knows its form. */
export const limitProposal = z.strictObject({ set: z.record(z.string().max(40), z.json()) });
export const limitApproval = limitProposal.extend({ shown: digest, ...two });
export const withdrawalQuery = z.strictObject({
  set: digest,
  reason: z.enum(Object.keys(limitReasons) as [LimitReason]),
});
export const limitWithdrawal = z.strictObject({ what: withdrawalQuery, ...signer });

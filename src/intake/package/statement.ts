/** What the signatures of a package cover: an in-toto Statement v1 whose predicate is the job order. */
import { z } from "zod";
import { pathways } from "../../jobs/pathway.ts";
import { digestOf } from "../../kernel/hash.ts";
import { canonicalBytes, parseCanonical } from "../../kernel/json.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { utf8 } from "../../ledger/bytes.ts";
import { blobName, bounds } from "./container.ts";

/** DSSE payload type of an in-toto statement. */
export const payloadType = "application/vnd.in-toto+json";
const statementType = "https://in-toto.io/Statement/v1";
export const predicateType = "https://cellward.example/job/1";

/** Subject under which the age stream stands; no file inside can have this name. */
export const sealedSubject = "sealed.age";
/** File that holds the 32 bytes of the order's HMAC key. */
export const identifierKeyFile = "identifiers.key";
export const identifierKeyBytes = 32;

const identifier = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
/** The device's lot on its label, which has 20 signs (GS1 General Specifications, AI 10); names of attempts go on from it. */
const orderId = identifier.max(20, "an order's id has at most 20 signs");
const hex256 = z.string().regex(/^[0-9a-f]{64}$/);
const origin = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,62}\/[a-z0-9][a-z0-9.-]{0,62}$/);
/** Text that is shown and recorded: printable, and never about a patient. */
const text = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u);
const coordinate = z.number().min(-2000).max(2000);
const point = z.tuple([coordinate, coordinate, coordinate]);
const file = blobName.refine((name) => name !== sealedSubject, "this name is taken");
/** UTC to the second, in the one spelling that has no other. */
const time = z
  .string()
  .regex(/^2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/)
  .refine((said) => isTime(said), "no such time");

function isTime(said: string): boolean {
  const at = Date.parse(said);
  return Number.isFinite(at) && new Date(at).toISOString() === said.replace("Z", ".000Z");
}

/** Which scan, which segmentation, which revision of which design, who approved it (a code, never a name), what it replaces. */
const lineage = z.strictObject({
  scan: identifier,
  segmentation: identifier,
  design: identifier,
  revision: z.number().int().min(1).max(100_000),
  approver: identifier,
  predecessor: identifier.nullable(),
});

/** What a prescription says of the device; the pathway decides which of it must be there. */
const prescription = z.strictObject({
  /** Code under which the hospital knows who prescribed it; never a name. */
  prescriber: identifier.nullable(),
  /** Sealed file with the characteristics that were asked for. */
  characteristics: file.nullable(),
  deviceClass: z.enum(["I", "IIa", "IIb", "III", "A", "B", "C", "D"]).nullable(),
  implantable: z.boolean().nullable(),
});

const range = (least: number, most: number) => {
  const end = z.number().min(least).max(most);
  return z.strictObject({ min: end, max: end }).refine(({ min, max }) => min <= max, "min must not be above max");
};

/** The order as it is signed. */
export const packageOrder = z.strictObject({
  id: orderId,
  title: text(120),
  pseudonym: identifier,
  side: z.enum(["left", "right", "none"]),
  /** HMAC-SHA-256 of the two identifiers under the key in `identifiers.key`, in the order in which they are asked for. */
  identifierHmacs: z.tuple([hex256, hex256]),
  /** The cell that may make it, by the name of its ledger. */
  cell: origin,
  /** SHA-256 of the recipient that the files are sealed for. */
  recipient: hex256,
  /** Code of the regulatory pathway, which decides what else an order has to say. */
  pathway: z.enum(pathways),
  prescription,
  lineage,
  /** Bytes of the age stream. */
  sealedLength: z.number().int().min(1).max(bounds.package),
  recipe: z.strictObject({ name: identifier, digest: hex256 }),
  /** File with the toolpath of the recipe's build step; the recipe itself names the programs of its other steps. */
  program: file,
  expect: z.strictObject({
    layers: z.number().int().min(1).max(100_000),
    box_mm: z.strictObject({ min: point, max: point, tolerance: z.number().min(0).max(5) }),
    /** Material laid down in layers: hollow where it should be solid, or the other way round, is another part. */
    material_mm3: range(0, 1e9).optional(),
    /** Motion and dwell at the commanded feeds. */
    motion_s: range(0, 1e7).optional(),
    /** The least time that the machine's accelerations allow; the recipe has to say them. */
    least_s: range(0, 1e7).optional(),
  }),
  copies: z.number().int().min(1).max(100),
  notBefore: time,
  expires: time,
  nonce: z.string().regex(/^[0-9a-f]{32,64}$/),
  /** The order that this one takes the place of, or null. */
  supersedes: identifier.nullable(),
});

export type PackageOrder = z.infer<typeof packageOrder>;

const subject = (name: z.ZodType<string>) => z.strictObject({ digest: z.strictObject({ sha256: hex256 }), name });
const statementForm = z.strictObject({
  _type: z.literal(statementType),
  predicate: packageOrder,
  predicateType: z.literal(predicateType),
  subject: z
    .array(subject(z.union([file, z.literal(sealedSubject)])))
    .min(2)
    .max(bounds.blobs + 1),
});

/** A statement, taken apart. */
export interface Statement {
  readonly order: PackageOrder;
  /** SHA-256 of the age stream. */
  readonly sealed: string;
  /** SHA-256 of each file inside it. */
  readonly files: ReadonlyMap<string, string>;
}

/** The statement's RFC 8785 bytes. */
export function printStatement({ order, sealed, files }: Statement): Uint8Array {
  const subjects = [...files, [sealedSubject, sealed] as const].map(([name, sha256]) => ({ digest: { sha256 }, name }));
  return canonicalBytes({ _type: statementType, predicate: order, predicateType, subject: subjects });
}

/** Members that a refusal may name: those of the form, never what somebody else wrote there. */
const members = new Set(
  [packageOrder, packageOrder.shape.expect, lineage, prescription, packageOrder.shape.recipe]
    .flatMap(({ shape }) => Object.keys(shape))
    .concat("predicate", "subject"),
);

/** Reads a statement in its one form; the error names the first member that is wrong, and repeats nothing of it. */
export function parseStatement(bytes: Uint8Array): Result<Statement, string> {
  const value = parseCanonical(bytes);
  if (!value.ok) return err("its JSON is not in the one form that it can have");
  const checked = statementForm.safeParse(value.value);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const path = issue?.path.filter((part) => members.has(String(part))) ?? [];
    // A limit is said in the form's own words; other sentences could repeat what was read.
    const why = issue?.code === "too_big" ? `: ${issue.message}` : "";
    return err(`look at ${path.join(".") || "its top"}${why}`);
  }
  const { predicate: order, subject: subjects } = checked.data;
  const digests = new Map(subjects.map(({ name, digest }) => [name, digest.sha256]));
  if (digests.size !== subjects.length) return err("two subjects have one name");
  const sealed = digests.get(sealedSubject);
  if (sealed === undefined) return err(`the subject ${sealedSubject} is missing`);
  digests.delete(sealedSubject);
  const { characteristics } = order.prescription;
  const named = [identifierKeyFile, order.program, ...(characteristics === null ? [] : [characteristics])];
  const absent = named.find((name) => !digests.has(name));
  if (absent !== undefined) return err(`the subject ${absent} is missing`);
  return ok({ order, sealed, files: digests });
}

/** How a package names the recipient that it is sealed for: SHA-256 of the recipient's text, lower-case hex. */
export function recipientFingerprint(recipient: string): string {
  return digestOf(utf8(recipient));
}

/** The messages between a cell and central QA (docs/sync-format.md): their types, and the one way to print and read them. */
import { z } from "zod";
import { assert } from "../kernel/assert.ts";
import { canonicalBytes, type Json, parseCanonical } from "../kernel/json.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { fromBase64 } from "./bytes.ts";
import { isOrigin } from "./checkpoint.ts";
import { maxStatusLength } from "./status.ts";

/** Longest message in bytes, either way. */
export const maxMessageBytes = 512 * 1024;
/** Most entries in one batch. */
export const maxBatchEntries = 256;
/** First part of every topic; the number is that of the format. */
const topicRoot = "cellward/1";

/** The topic on which a cell speaks; a cell's certificate may publish on its own alone. */
export function upTopic(cell: string): string {
  return `${topicRoot}/${cell}/up`;
}

/** The topic on which central QA answers a cell; only central's certificate may publish on it. */
export function downTopic(cell: string): string {
  return `${topicRoot}/${cell}/down`;
}

const size = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const origin = z.string().refine(isOrigin);
const note = z.string().min(1).max(16_384);
const what = z.string().min(1).max(500);
const question = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const node = z.string().refine((text) => fromBase64(text)?.length === 32);
/** Any texts: what the cell has signed and nobody can read has to travel as well. */
const entries = z
  .array(z.strictObject({ entry: z.string(), body: z.string() }))
  .min(1)
  .max(maxBatchEntries);

const batch = z.strictObject({
  kind: z.literal("batch"),
  origin,
  /** Number of the first entry. */
  from: size,
  /** The exact texts that are hashed. */
  entries,
  /** The cell's signed checkpoint over `from` + the number of entries. */
  checkpoint: note,
  /** Consistency proof from `from` to that size (RFC 6962 2.1.2), base64; empty where `from` is 0. */
  proof: z.array(node).max(128),
});

const fill = z.strictObject({
  kind: z.literal("fill"),
  origin,
  /** Number of the first entry. */
  from: size,
  entries,
  /** The frontier of the first `from` entries: the roots of its complete subtrees, largest first, base64. */
  edge: z.array(node).max(53),
  /** The size that the `want` named, and the consistency proof from `from` + the number of entries to it, base64. */
  size,
  proof: z.array(node).max(128),
});

const up = z.discriminatedUnion("kind", [
  batch,
  /**
   * Where does central stand? `size` is the cell's own head, `id` comes back with the answer, `receipt` is the largest
   * cosigned checkpoint that the cell holds.
   */
  z.strictObject({ kind: z.literal("hello"), origin, size, id: question, receipt: note.optional() }),
  /** Answer to `want`: entries that central has lost, proved by the tree alone. */
  fill,
  /** What the cell is at, signed (status.ts). Nothing is answered. */
  z.strictObject({ kind: z.literal("status"), origin, note: z.string().min(1).max(maxStatusLength) }),
]);

const down = z.discriminatedUnion("kind", [
  /** Answer to `hello`: what central has stored and cosigned. */
  z.strictObject({ kind: z.literal("at"), origin, size, root: z.string().regex(/^[0-9a-f]{64}$/), id: question }),
  /** The checkpoint over `size` entries with the cell's signature and central's cosignature. */
  z.strictObject({ kind: z.literal("receipt"), origin, size, note }),
  /** Central holds `size` entries; the batch does not begin there. Send from there. */
  z.strictObject({ kind: z.literal("conflict"), origin, size }),
  /** Central has stored `size` entries and does not cosign them yet: it has cosigned more, lost it, and is getting it back. */
  z.strictObject({ kind: z.literal("kept"), origin, size }),
  /** Central has lost entries from `from` up to, not including, `to`; `root` is that of the first `size`, by which it will know them. */
  z.strictObject({
    kind: z.literal("want"),
    origin,
    from: size,
    to: size,
    size,
    root: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  /** Central holds other entries under this origin than those that the cell sends. */
  z.strictObject({
    kind: z.literal("fork"),
    origin,
    size,
    what,
    /** The same, signed by central's decision key (fork.ts). */
    envelope: z.string().min(2).max(16_384).optional(),
  }),
  /** The batch from `from` up to, not including, `to` is one that central can never take. */
  z.strictObject({ kind: z.literal("refused"), origin, from: size, to: size, code: question, what }),
  /** A decision of central QA: a DSSE envelope as JSON text (decision.ts). */
  z.strictObject({ kind: z.literal("decision"), envelope: z.string().min(2).max(16_384) }),
]);

/** What a cell says. */
export type UpMessage = z.infer<typeof up>;
export type Batch = z.infer<typeof batch>;
export type Fill = z.infer<typeof fill>;
/** What central QA says. */
export type DownMessage = z.infer<typeof down>;

/** The bytes of a message: RFC 8785. */
export function messageBytes(message: UpMessage | DownMessage): Uint8Array {
  const bytes = canonicalBytes(message);
  assert(bytes.length <= maxMessageBytes, `a message has at most ${maxMessageBytes} bytes`);
  return bytes;
}

/** Reads what a cell said, by form alone: nothing in it is verified. The error says why it is not a message. */
export function readUp(bytes: Uint8Array): Result<UpMessage, string> {
  return read(bytes, up);
}

/** Reads what central QA said, by form alone. */
export function readDown(bytes: Uint8Array): Result<DownMessage, string> {
  return read(bytes, down);
}

function read<T>(bytes: Uint8Array, schema: z.ZodType<T>): Result<T, string> {
  if (bytes.length > maxMessageBytes) return err(`it is longer than ${maxMessageBytes} bytes`);
  if (nestsDeeper(bytes, mostDeep)) return err(`it is nested deeper than ${mostDeep}`);
  const parsed = parseCanonical(bytes);
  if (!parsed.ok) return parsed;
  // A schema tells everything that is wrong: so it is shown nothing that could be wrong a hundred thousand times.
  if (!isShort(parsed.value)) return err(`it has more than ${maxBatchEntries} members or items in one place`);
  const checked = schema.safeParse(parsed.value);
  if (checked.success) return ok(checked.data);
  const [issue] = checked.error.issues;
  return err(`not a message of this format: ${issue?.path.join(".") || "kind"}`);
}

/** Brackets and braces that a message has open at once, at most; texts inside it are texts. */
const mostDeep = 8;

/** True where JSON text opens more brackets at once than `most`; looked at byte by byte, before anything is parsed. */
function nestsDeeper(bytes: Uint8Array, most: number): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inText) {
      if (byte === 0x5c) at += 1;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      if (depth > most) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
  return false;
}

/** True where no list or object in the value has more than a batch may have entries. */
function isShort(value: Json): boolean {
  if (value === null || typeof value !== "object") return true;
  const items: readonly Json[] = Array.isArray(value) ? value : Object.values(value);
  return items.length <= maxBatchEntries && items.every(isShort);
}

/** Central QA's copy of one log as a file of lines: what is said of it first, then checkpoints, then every entry (docs/restore.md). */
import { z } from "zod";
import { canonical, parseCanonical } from "../kernel/json.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { utf8 } from "./bytes.ts";
import { isOrigin } from "./checkpoint.ts";

const format = "cellward-copy/1";
/** Longest line: an entry with the largest body, every sign of it escaped. */
export const maxLineBytes = 8 << 20;

const line = z.union([
  z.strictObject({ format: z.literal(format), origin: z.string().refine(isOrigin), size: z.number().int().min(1) }),
  /** A checkpoint of the cell that central has accepted, with its cosignature where it has one. */
  z.strictObject({ note: z.string().min(1).max(16_384) }),
  /** The exact texts. */
  z.strictObject({ body: z.string(), entry: z.string().max(1024) }),
]);

/** A line of the file. The first names the log and how many entries follow; notes stand before entries. */
export type CopyLine = z.infer<typeof line>;

/** The first line. */
export function copyHeader(origin: string, size: number): CopyLine {
  return { format, origin, size };
}

/** A line's text, with its end. */
export function printLine(one: CopyLine): string {
  return `${canonical(one)}\n`;
}

/** Reads a line by its form; nothing is verified. */
export function readLine(text: string): Result<CopyLine, string> {
  const parsed = parseCanonical(utf8(text));
  if (!parsed.ok) return parsed;
  const read = line.safeParse(parsed.value);
  return read.success ? ok(read.data) : err("not a line of such a file");
}

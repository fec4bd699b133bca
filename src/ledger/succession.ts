/** A cell's key handed on: the entry that names the old key and the new, and the checkpoint over it that both have signed. */
import { z } from "zod";
import { parseCanonical } from "../kernel/json.ts";
import { textOf, utf8 } from "./bytes.ts";
import { parseEntry } from "./entry.ts";
import { type Finding, finding } from "./finding.ts";
import { formatKey, type SignedNote, splitNote } from "./note.ts";
import type { SignatureCheck, VerifyingKey } from "./signer.ts";

/** Entries that hand the key on: the old one is retired, or it may be in other hands. */
export const successionTypes = ["KeyRotated", "KeyRevoked"] as const;

/** One such entry, by its place. */
export interface Succession {
  readonly seq: number;
  /** The key lines that it names. */
  readonly old: string;
  readonly new: string;
}

const body = z.looseObject({ old: z.string(), new: z.string() });

/** True for an entry whose checkpoint needs both keys; asked of every entry, so by its text alone. */
export function isSuccession(type: string): boolean {
  return (successionTypes as readonly string[]).includes(type);
}

/** The succession that stored bytes are; null for every other entry, a finding where it names no two keys. */
export function readSuccession(seq: number, entry: Uint8Array, bytes: Uint8Array): Succession | Finding | null {
  const text = textOf(entry) ?? "";
  if (!text.includes('"type":"Key') || !isSuccession(parseEntry(text)?.type ?? "")) return null;
  const parsed = parseCanonical(bytes);
  const read = body.safeParse(parsed.ok ? parsed.value : null);
  if (!read.success) return finding("key-succession", seq, `Entry ${seq} hands the key on and names no two keys.`);
  return { seq, old: read.data.old, new: read.data.new };
}

/**
 * Why a note over the `seq` + 1 entries up to a succession does not hand the key on; null where it does: both keys are
 * trusted by whoever verifies, and both have signed it. Whether either is in effect at that size is another question.
 */
export function wrongSuccession(
  { seq, old, new: next }: Succession,
  note: SignedNote | null,
  trusted: readonly VerifyingKey[],
  check: SignatureCheck,
): Finding | null {
  const wrong = (why: string): Finding => finding("key-succession", seq, `Entry ${seq} hands the key on, but ${why}.`);
  if (old === next) return wrong("it names one key twice");
  const split = note === null ? null : splitNote(note);
  if (!split?.ok) return wrong(`there is no checkpoint over exactly ${seq + 1} entries`);
  const { text, lines } = split.value;
  for (const named of [old, next]) {
    const key = trusted.find((one) => formatKey(one) === named);
    if (key === undefined) return wrong(`you do not trust the key ${named.slice(0, 160)} that it names`);
    const line = lines.find(({ name, id }) => name === key.name && id === key.id);
    if (line === undefined || !check(key, utf8(text), line.signature)) {
      return wrong(`the key ${key.name} (${key.id}) has not signed the checkpoint over it`);
    }
  }
  return null;
}

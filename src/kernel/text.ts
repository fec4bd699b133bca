/** Text that somebody else wrote, made fit to be shown and recorded. */

/** The first `most` UTF-16 units of a text, never half a character; what cannot be shown (controls, lone surrogates) is a "?". */
export function clip(text: string, most: number): string {
  // A pair that the cut goes through is left out whole.
  const whole = text.length > most ? text.slice(0, most).replace(/[\ud800-\udbff]$/, "") : text;
  return whole.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "?");
}

/** The value with every text in it well-formed: canonical JSON, and so the record, has no place for a lone surrogate. */
export function wellFormed<T>(value: T): T {
  if (typeof value === "string") return value.toWellFormed() as T;
  if (Array.isArray(value)) return value.map(wellFormed) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, wellFormed(member)])) as T;
}

/** The two identifiers of a patient: how they are brought into one form before anything is made of them (law 6). */

/** Identifiers are compared without regard to case and spacing: a form and a panel write them differently. */
export function normaliseIdentifier(text: string): string {
  return text.normalize("NFKC").toUpperCase().replace(/\s+/g, "");
}

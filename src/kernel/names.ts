/** Branded identifiers, so that an attempt can never be passed where a job is meant. */

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A job order's identity, as the design authority wrote it. */
export type JobId = Branded<"JobId">;
/** One try at one operation of a job; never reused. */
export type AttemptId = Branded<"AttemptId">;
/** An operation of the job's route, unique within the job. */
export type OperationId = Branded<"OperationId">;
/** A machine of this cell, as the configuration names it. */
export type EquipmentId = Branded<"EquipmentId">;
/** A person known to this cell; a pseudonymous account id, never a name. */
export type PersonId = Branded<"PersonId">;
/** A nonconformity of this cell (ISO 13485 8.3). */
export type NonconformityId = Branded<"NonconformityId">;
/** A lot of a material in this cell: GTIN, a dot, the supplier's lot. */
export type LotId = Branded<"LotId">;
/** SHA-256 of bytes, as 64 lower-case hex digits. */
export type Digest = Branded<"Digest">;

const identifier = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** True for the identifiers that the cell accepts: 1 to 64 of letters, digits, dot, underscore, hyphen. */
export function isIdentifier(text: string): boolean {
  return identifier.test(text);
}

/** True for 64 lower-case hex digits. */
export function isDigest(text: string): text is Digest {
  return /^[0-9a-f]{64}$/.test(text);
}

/** A record's own member: a name like `constructor` from outside finds nothing. */
export function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

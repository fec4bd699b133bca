/** Lots of material: received, decided by QA, loaded, used; and why one may not be used (features 39, 40, 44). */
import type { LotId, PersonId } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";

export type LotStatus = "quarantine" | "released" | "rejected";

/** A delivery of one material under the supplier's lot number. */
export interface Lot {
  readonly id: LotId;
  /** Name of the material in the cell's configuration. */
  readonly material: string;
  readonly gtin: string;
  /** The supplier's lot, as its code says. */
  readonly batch: string;
  /** Name of the document that came with it (certificate of conformity). */
  readonly certificate: string;
  /** From this time on it may not be used. */
  readonly expires: EpochMs;
  readonly quantity: number;
  readonly unit: string;
  readonly status: LotStatus;
  /** QA's person who released it, once it is. */
  readonly releasedBy: PersonId | null;
  /** Taken by starts so far. */
  readonly used: number;
  /** Lots that it was blended or divided from, as its paper names them (feature 41); absent where it names none. */
  readonly parents?: readonly LotId[];
}

/** A material as the engineer configured it. */
export interface MaterialSetup {
  readonly id: string;
  readonly title: string;
  /** GTIN-14 on the supplier's packages. */
  readonly gtin: string;
  readonly unit: string;
}

/** What one start takes of one lot: the lot's facts as they were then, so that the record needs no other source. */
export interface IssuedMaterial {
  readonly material: string;
  readonly lot: LotId;
  readonly batch: string;
  readonly gtin: string;
  readonly expires: EpochMs;
  readonly quantity: number;
  readonly unit: string;
  readonly releasedBy: PersonId | null;
}

/** The name of a lot; null where GTIN and lot cannot make one (letters, digits, dot, underscore, hyphen). */
export function lotId(gtin: string, batch: string): LotId | null {
  const id = `${gtin}.${batch}`;
  return /^[0-9]{14}\.[A-Za-z0-9._-]{1,20}$/.test(id) ? (id as LotId) : null;
}

/** Most lots that one is blended from. */
export const mostParents = 16;

/** The name of a lot as its paper gives it, whether the lot was ever here or not; null where it is none. */
export function readLotId(text: string): LotId | null {
  const [, gtin = "", batch = ""] = /^([0-9]{14})\.(.+)$/.exec(text) ?? [];
  return lotId(gtin, batch);
}

/** Why so much of this lot may not be taken at `at`, one sentence; null where it may. `title` names the material. */
export function whyNotUsable(lot: Lot, quantity: number, at: EpochMs, title = lot.material): string | null {
  const name = `Lot ${lot.batch} of ${title}`;
  if (lot.status === "rejected") return `${name} was rejected by QA.`;
  if (lot.status !== "released") return `${name} is in quarantine: QA has not released it.`;
  if (at >= lot.expires) return `${name} expired on ${new Date(lot.expires).toISOString().slice(0, 10)}.`;
  const left = lot.quantity - lot.used;
  return left < quantity ? `${name} has ${left} ${lot.unit} left of the ${quantity} that are needed.` : null;
}

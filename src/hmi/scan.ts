/** What a scanned text is, told from what the cell knows: so that a wrong code says what it is (R10). */

import { findPast, isKnownJob } from "../jobs/past.ts";
import type { State } from "../jobs/state.ts";
import { findJob, findLot, findTag } from "../jobs/state.ts";
import { isIdentifier } from "../kernel/names.ts";
import { type Gs1, parseGs1 } from "../materials/gs1.ts";
import { readGs1Date } from "../materials/gs1-date.ts";
import { type Lot, lotId } from "../materials/lot.ts";
import type { Problem } from "./api.ts";

export type Scanned =
  | { readonly kind: "job"; readonly job: string; readonly known: boolean }
  /** A package of a material that this cell uses; `lot` where it was received here. */
  | {
      readonly kind: "package";
      readonly code: Gs1;
      readonly title: string;
      readonly unit: string;
      readonly lot: Lot | null;
    }
  /** A label of a device that an order of this cell makes. */
  | { readonly kind: "label"; readonly code: Gs1; readonly job: string; readonly unit: string }
  /** A GS1 code of something that this cell neither uses nor makes. */
  | { readonly kind: "foreign"; readonly code: Gs1 }
  | { readonly kind: "tag"; readonly tag: string; readonly job: string; readonly unit: string }
  /** A well-formed code that nothing here bears yet: a new tag, a container. */
  | { readonly kind: "free"; readonly code: string }
  | { readonly kind: "unreadable"; readonly why: string };

/** What a screen waits for. */
export type Wanted = "package" | "tag" | "label" | "container";

/** Symbology identifiers (ISO/IEC 15424) that scanners send before codes other than GS1's too. */
const symbology = /^\][A-Za-z][0-9A-Za-z]/;

/** Resolves what was scanned, or typed in its place. */
export function resolveScan(state: State, text: string): Scanned {
  const read = parseGs1(text);
  if (read.ok) return ofGs1(state, read.value);
  const plain = text.replace(symbology, "");
  const job = /^JOB:([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/.exec(plain)?.[1];
  if (job !== undefined) return { kind: "job", job, known: isKnownJob(state, job) };
  if (!isIdentifier(plain)) return { kind: "unreadable", why: read.error };
  const owner = findTag(state, plain)?.split("/");
  return owner ? { kind: "tag", tag: plain, job: owner[0] ?? "", unit: owner[1] ?? "" } : { kind: "free", code: plain };
}

function ofGs1(state: State, code: Gs1): Scanned {
  const material = state.setup?.materials.find(({ gtin }) => gtin === code.gtin);
  if (material) {
    const id = code.lot === null ? null : lotId(code.gtin, code.lot);
    return {
      kind: "package",
      code,
      title: material.title,
      unit: material.unit,
      lot: (id && findLot(state, id)) ?? null,
    };
  }
  const { lot, serial, gtin } = code;
  const job = lot === null ? undefined : (findJob(state, lot)?.order ?? findPast(state, lot));
  if (job?.gtin !== gtin || serial === null) return { kind: "foreign", code };
  return { kind: "label", code, job: job.id, unit: serial };
}

/** What it is, to stand behind "This is". */
export function nameOfScanned(scanned: Scanned): string {
  switch (scanned.kind) {
    case "job":
      return `the code of the job sheet ${scanned.job}${scanned.known ? "" : ", which is not here"}`;
    case "package":
      return `a package of ${scanned.title}${scanned.code.lot === null ? "" : `, lot ${scanned.code.lot}`}`;
    case "label":
      return `the label of copy ${scanned.unit} of order ${scanned.job}`;
    case "foreign":
      return `a code with the number ${scanned.code.gtin}, which this cell neither uses nor makes`;
    case "tag":
      return `the tag of copy ${scanned.unit} of order ${scanned.job}`;
    case "free":
      return `the code ${scanned.code}, which nothing here bears yet`;
    case "unreadable":
      return "no code that is used here";
  }
}

const fits: Readonly<Record<Wanted, readonly Scanned["kind"][]>> = {
  package: ["package", "foreign"],
  // A tag of another part goes on to the core, which records the mix-up.
  tag: ["tag", "free"],
  // So does a label of another device.
  label: ["label", "foreign"],
  container: ["free"],
};

const asks: Readonly<Record<Wanted, string>> = {
  package: "Scan the code on the package of the material.",
  tag: "Scan the tag that is on the part.",
  label: "Scan the label on the device.",
  container: "Scan the code on the tray or bag.",
};

/** Why this code is none of what is wanted, or null where it may be. */
export function wrongCode(scanned: Scanned, wanted: Wanted): Problem | null {
  if (fits[wanted].includes(scanned.kind)) return null;
  return { code: "wrong-code", what: `This is ${nameOfScanned(scanned)}.`, remedy: asks[wanted] };
}

/** Until when the package may be used: the last millisecond of the day in its code; null where it names none. */
export function expiryOf(code: Gs1, at: number): number | null {
  if (code.useBy === null) return null;
  const date = readGs1Date(code.useBy, new Date(at).getUTCFullYear());
  return date.ok ? Date.parse(`${date.value}T23:59:59.999Z`) : null;
}

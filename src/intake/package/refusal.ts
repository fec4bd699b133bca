/** Why a package is not taken in: a code, and words for whoever brought it and for the record. */

import type { RefusalCode } from "../../jobs/refusal.ts";

/** What the core says of an order that could be read. */
type OrderRefusalCode = Extract<RefusalCode, `order-${string}`>;

export type PackageRefusalCode =
  | OrderRefusalCode
  | "not-a-package"
  | "package-unreadable"
  | "package-oversized"
  | "package-truncated"
  | "package-trailing"
  | "package-altered"
  | "package-malformed"
  | "signature-missing"
  | "signature-unknown"
  | "signature-doubled"
  | "signature-role"
  | "other-cell"
  | "other-identity"
  | "recipe-unknown"
  | "recipe-differs"
  | "recipe-outside"
  | "program-refused"
  | "route-refused"
  | "pathway"
  | "not-judged";

export interface PackageRefusal {
  readonly code: PackageRefusalCode;
  /** What is wrong. Names nothing that stands in the package unless both signatures were good. */
  readonly what: string;
  /** What to do, and who can. */
  readonly remedy: string;
}

const again = "Ask the design authority for the package again.";

const remedies: Readonly<Record<PackageRefusalCode, string>> = {
  "not-a-package": "Bring the file that `cellward release` wrote (NAME.cwp).",
  "package-unreadable": "Copy the package into the intake folder again, as a plain file.",
  "package-oversized": "Ask the design authority for a smaller package; the limit stands in docs/package-format.md.",
  "package-truncated": "Copy it again; if it stays, ask the design authority for the package again.",
  "package-trailing": again,
  "package-altered": `Do not use it. ${again} If it happens twice, tell QA.`,
  "package-malformed": "Tell the design authority: their software makes packages that this cell cannot read.",
  "signature-missing": "Give the package to clinical release, who look at it and sign (`cellward release`).",
  "signature-unknown": `Do not use it. ${again} If a signer has a new key, the engineer adds it to [trust] of the cell.`,
  "signature-doubled": "Two different people with two different keys sign: design authority and clinical release.",
  "signature-role": "Two roles sign: the design authority and clinical release, each with a key of its own.",
  "other-cell": "Bring it to the cell that it names, or ask the design authority for a package for this one.",
  "other-identity": "Give the design authority this cell's recipient again (`cellward recipient`), for a new package.",
  "recipe-unknown": "The engineer installs the recipe, or the design authority makes a package for one that is here.",
  "recipe-differs": "The engineer and the design authority compare their revisions of the recipe.",
  "recipe-outside":
    "The engineer and the design authority bring the recipe within its process pack (`cellward inspect processes`), or install the pack that it names.",
  "program-refused": "Ask the design authority for a package with a program that can be made.",
  "route-refused": "The engineer configures the machine, or the design authority packs what the recipe asks for.",
  pathway: "Ask the design authority to add it and to make a new package.",
  "not-judged": "Bring it in again; if it happens twice, ask the design authority for a smaller one.",
  "order-invalid": "Ask the design authority for a new order.",
  "order-repeated": "It is here already: open it in the list of jobs. If it is not the same, tell QA.",
  "order-replayed": "Do not use it, and tell QA: every order is used once.",
  "order-expired": "Ask the design authority for a new order; the anatomy may have changed.",
  "order-superseded": "Use the order that replaced it.",
};

/** True for a code that the core gives to an order. */
export function isOrderCode(code: RefusalCode): code is OrderRefusalCode {
  return code.startsWith("order-");
}

/** The refusal of an order whose device could be made and never labelled; `why` is a sentence. */
export function unlabelledOrder(id: string, why: string): PackageRefusal {
  return refusePackage("order-invalid", `No label could be made for order ${id}: ${why}`);
}

/** Makes a refusal; `what` is one sentence. */
export function refusePackage(code: PackageRefusalCode, what: string, remedy = remedies[code]): PackageRefusal {
  return { code, what, remedy };
}

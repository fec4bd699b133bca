/** A package told in words: what is ordered, for which cell, until when, and who has signed. */
import type { PackageOrder, Statement } from "../intake/package/statement.ts";

/** What is said of one signature on a package. */
export interface SaidSignature {
  /** The hint on the signature. */
  readonly keyid: string;
  /** Name of a given key that made it, or null where none of the given keys did. */
  readonly by: string | null;
}

/** The order and its files, as whoever releases it reads them. */
export function tellOrder({ order, files }: Statement): string[] {
  const { min, max } = order.expect.box_mm;
  const { lineage, expect } = order;
  const filled =
    expect.material_mm3 === undefined ? "" : `, ${expect.material_mm3.min} to ${expect.material_mm3.max} mm3`;
  const moves = expect.motion_s === undefined ? "" : `, ${expect.motion_s.min} to ${expect.motion_s.max} s of motion`;
  const least = expect.least_s === undefined ? "" : `, at least ${expect.least_s.min} to ${expect.least_s.max} s`;
  const size = [0, 1, 2].map((axis) => (max[axis]! - min[axis]!).toFixed(1)).join(" x ");
  return [
    `Order ${order.id}: ${order.title}`,
    `  for ${order.pseudonym}, side ${order.side}, ${order.copies} to be made`,
    `  by the cell ${order.cell}, not before ${order.notBefore}, expires ${order.expires}`,
    `  recipe ${order.recipe.name}, ${order.recipe.digest}`,
    `  ${order.expect.layers} layers, ${size} mm${filled}${moves}${least}`,
    `  pathway ${order.pathway}, ${told(order.prescription)}`,
    `  scan ${lineage.scan}, segmentation ${lineage.segmentation}, design ${lineage.design} revision ${lineage.revision}, approved by ${lineage.approver}`,
    lineage.predecessor === null
      ? "  It replaces no earlier device."
      : `  It replaces the device ${lineage.predecessor}.`,
    ...[...files].map(([name, sha256]) => `  ${name}${name === order.program ? " (toolpath)" : ""}, SHA-256 ${sha256}`),
    order.supersedes === null
      ? "  It takes the place of no other order."
      : `  It takes the place of order ${order.supersedes}.`,
  ];
}

/** Who signed, as far as the given keys show it. */
export function tellSignatures(signatures: readonly SaidSignature[]): string[] {
  return signatures.map(({ keyid, by }) =>
    by === null
      ? `Says that ${keyid} signed it: NOT CHECKED, none of the keys given here made this signature.`
      : `Signed by ${by}.`,
  );
}

function told({ prescriber, characteristics, deviceClass, implantable }: PackageOrder["prescription"]): string {
  return [
    `prescribed by ${prescriber ?? "nobody named"}`,
    `characteristics ${characteristics ?? "not given"}`,
    `class ${deviceClass ?? "not given"}`,
    implantable === null ? "not said whether it is implanted" : implantable ? "implanted" : "not implanted",
  ].join(", ");
}

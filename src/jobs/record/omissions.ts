/** What a batch record lacks before its device may be released: each thing with a sentence, a remedy and an owner (feature 70). */
import { accountForLabels, type LabelMove } from "../../materials/label-account.ts";
import type { JobOrder } from "../order.ts";
import { isByMachine } from "../order.ts";
import { isPathway } from "../pathway.ts";
import type { Gate, Omission } from "../refusal.ts";
import type { BatchRecord, UnitRecord } from "./batch-record.ts";
import { isSimulated, unitOf } from "./batch-record.ts";
import { stepOmissions } from "./step-omissions.ts";

/** What is asked besides the record. */
export interface ReleaseContext {
  /** The cell is configured as a demonstration. */
  readonly demonstration: boolean;
  /** Central QA has marked the cell as a demonstration. */
  readonly marked: boolean;
  /** Why central QA objects, in sentences. */
  readonly objections: readonly string[];
}

/** Everything that keeps `unit` from being released, in the order of the route; empty for a complete record. */
export function omissions(record: BatchRecord, unit: number, context: ReleaseContext): Omission[] {
  const { order } = record;
  if (order === null) {
    return [missing("order", "The record does not hold the order.", "Fetch the record from central QA.", "engineer")];
  }
  const found = unitOf(record, unit);
  if (!found) {
    return [missing("unit", `Copy ${unit} was never started.`, "Start it, or release another copy.", "technician")];
  }
  return [
    ...orderOmissions(order),
    ...(found.scrapped
      ? [missing("scrapped", `Copy ${unit} was scrapped.`, "A scrapped part is never released.", "qa")]
      : []),
    ...order.route
      .filter(({ kind }) => kind !== "release")
      .flatMap((step) => stepOmissions(record, order, found, step)),
    ...tagOmissions(order, found),
    ...labelAccount(order, record, found),
    ...nonconformityOmissions(record, unit),
    ...simulationOmissions(record, unit, context),
    ...context.objections.map((what) => missing("central-hold", what, "Ask central QA.", "qa")),
  ];
}

/** What is wrong with the release itself, asked afterwards of a record that holds one. */
export function releaseFaults(record: BatchRecord, unit: number): string[] {
  const found = unitOf(record, unit);
  if (!found?.released) return [`Copy ${unit} was not released.`];
  const { approval, simulated } = found.released;
  return [
    ...(found.hands.includes(approval.person) ? ["Whoever released the copy had a hand in making it."] : []),
    ...(simulated !== isSimulated(record, unit) ? ["The release does not say whether the copy was simulated."] : []),
    ...(found.scrapped ? [`Copy ${unit} was scrapped.`] : []),
  ];
}

/** An omission in one line. */
export function missing(code: string, what: string, remedy: string, owner: Gate["owner"]): Omission {
  return { code, what, remedy, owner };
}

const newOrder = "Ask for a new order; an order is never completed here.";

function orderOmissions(order: JobOrder): Omission[] {
  const { lineage, signatures } = order;
  const asked: [boolean, string, string][] = [
    [
      signatures.some(({ role }) => role === "design-authority"),
      "design-signature",
      "The design authority's signature",
    ],
    [signatures.some(({ role }) => role === "clinical-release"), "clinical-signature", "The clinical release"],
    [(order.source as string) !== "", "package", "The digest of the package that it came in"],
    [(order.recipe as string) !== "", "recipe", "The digest of the recipe"],
    [isPathway(order.pathway), "pathway", "The regulatory pathway"],
    [order.gtin !== "", "device-identifier", "The device identifier (UDI-DI)"],
    [order.pseudonym !== "", "pseudonym", "The patient's pseudonym"],
    [lineage.scan !== "", "lineage-scan", "The scan that the design was made from"],
    [lineage.segmentation !== "", "lineage-segmentation", "The segmentation that the design was made from"],
    [lineage.design !== "", "lineage-design", "The design's identifier"],
    [lineage.approver !== "", "lineage-approver", "Who approved the design"],
  ];
  const wrong = asked.flatMap(([there, code, name]) =>
    there ? [] : [missing(code, `${name} is missing in the order.`, newOrder, "design authority")],
  );
  const [design, clinic] = (["design-authority", "clinical-release"] as const).map(
    (role) => signatures.find((each) => each.role === role)?.key,
  );
  if (design === undefined || design !== clinic) return wrong;
  const what = "The order was signed in both roles with the same key.";
  return [...wrong, missing("one-signature", what, newOrder, "design authority")];
}

/** A part that goes to a second step has to be told from others. */
function tagOmissions(order: JobOrder, unit: UnitRecord): Omission[] {
  const travels = order.route.filter(isByMachine).length > 1;
  if (!travels || unit.tag !== null) return [];
  return [missing("tag", `Copy ${unit.number} has no tag.`, "Scan the tag that is on the part.", "technician")];
}

function labelAccount(order: JobOrder, record: BatchRecord, unit: UnitRecord): Omission[] {
  if (!order.route.some(({ kind }) => kind === "label")) return [];
  const moves = record.units.flatMap((each) =>
    each.labels.flatMap((label): LabelMove[] => {
      const of = { label: `${each.number}-${label.number}`, unit: each.number };
      return [
        ...(label.issued ? [{ what: "issued", ...of } as const] : []),
        ...(label.verified ? [{ what: "applied", ...of } as const] : []),
        ...(label.voided && label.issued ? [{ what: "voided", ...of } as const] : []),
      ];
    }),
  );
  const remedy = "Void the labels that are not on the device, and scan the one that is.";
  return accountForLabels(moves, unit.number).problems.map((what) =>
    missing("label-account", what, remedy, "technician"),
  );
}

function nonconformityOmissions(record: BatchRecord, unit: number): Omission[] {
  return record.nonconformities
    .filter((each) => each.unit === unit && each.disposition === null)
    .map(({ id, what }) =>
      missing("nonconformity", `${id} is open: ${what}`, "QA decides on the nonconformity.", "qa"),
    );
}

function simulationOmissions(record: BatchRecord, unit: number, { demonstration, marked }: ReleaseContext): Omission[] {
  if (!isSimulated(record, unit)) return [];
  const made = "It was made by simulated machines";
  return [
    ...(demonstration
      ? []
      : [
          missing(
            "simulated",
            `${made}, and this cell is not a demonstration.`,
            "A simulated device is never released for use; scrap it.",
            "qa",
          ),
        ]),
    ...(marked
      ? []
      : [
          missing(
            "simulated-unmarked",
            `${made}, and central QA has not marked this cell as a demonstration.`,
            "Central QA marks the cell, or the device is scrapped.",
            "qa",
          ),
        ]),
  ];
}

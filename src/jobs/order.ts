/** The job order (ISA-95): what is to be made, for which pseudonym, by which route, until when. */
import type { ParameterWindow } from "../equipment/window.ts";
import type { Digest, EquipmentId, JobId, OperationId } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import type { Pathway } from "./pathway.ts";
import type { ReactionRules } from "./reaction.ts";

/**
 * One step of the route. A `build` is made and inspected layer by layer, a `task` is run by a machine as a whole and
 * judged by its results; `label`, `handover` and `release` are done by people and need no machine.
 */
export type Operation = BuildOperation | TaskOperation | LabelOperation | HandoverOperation | ReleaseOperation;

interface Step {
  readonly id: OperationId;
  readonly title: string;
}

export interface BuildOperation extends Step {
  readonly kind: "build";
  readonly equipment: EquipmentId;
  readonly program: Digest;
  readonly layersPlanned: number;
  /** How many layers the machine may run ahead of the last accepted one; 0 = every layer waits for its verdict. */
  readonly lag: number;
  readonly materials: readonly MaterialNeed[];
  /** What is watched from the end of the first layer to that of the last; absent where nothing is. */
  readonly windows?: readonly ParameterWindow[];
  /** What follows findings of its layers; absent where every one holds. */
  readonly reactions?: ReactionRules;
}

export interface TaskOperation extends Step {
  readonly kind: "task";
  readonly equipment: EquipmentId;
  readonly program: Digest;
  readonly materials: readonly MaterialNeed[];
  /** What the machine has to report, with its limits; a result that is not reported is never a pass. */
  readonly characteristics: readonly Characteristic[];
  /** Names of the curves and logs that the record has to hold. */
  readonly evidence: readonly string[];
  /** How often QA may order the step done again on the same part (feature 20); 0 = never. */
  readonly reworks: number;
  /** What is watched from the begin to the end; absent where nothing is. */
  readonly windows?: readonly ParameterWindow[];
}

/** Print the device's label and scan it back. */
export interface LabelOperation extends Step {
  readonly kind: "label";
}

/** Hand the device over to another department, such as the sterilisation. */
export interface HandoverOperation extends Step {
  readonly kind: "handover";
  readonly to: string;
}

/** A second person reviews the record and signs. */
export interface ReleaseOperation extends Step {
  readonly kind: "release";
}

/** A step that a machine does. */
export type MachineOperation = BuildOperation | TaskOperation;

/** What one unit takes of a material or component (bill of materials, feature 44). */
export interface MaterialNeed {
  /** Name of the material in the cell's configuration. */
  readonly material: string;
  readonly quantity: number;
  readonly unit: string;
}

/** A critical-to-quality characteristic with its limits; a missing limit does not bound. */
export interface Characteristic {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** Which scan, which segmentation, which revision of the design, and who approved it (feature 7). */
export interface Lineage {
  readonly scan: string;
  readonly segmentation: string;
  readonly design: string;
  readonly revision: number;
  readonly approver: string;
  /** The device that this one replaces, or null. */
  readonly predecessor: string | null;
}

export type OrderRole = "design-authority" | "clinical-release";

/** Everything the core needs to know of an order; geometry and toolpaths stay in the artifact store. */
export interface JobOrder {
  readonly id: JobId;
  /** What is made, in a technician's words; never about a patient. */
  readonly title: string;
  /** The pseudonym under which the hospital keeps the patient. */
  readonly pseudonym: string;
  /** Lower-case hex HMAC-SHA-256 of the two identifiers, under the order's own key. */
  readonly identifierHmacs: readonly [string, string];
  readonly side: "left" | "right" | "none";
  /** Digest of the package as it came in; the package itself is an artifact. */
  readonly source: Digest;
  /** Digest of the recipe that the route was made from. */
  readonly recipe: Digest;
  /** The process of the recipe, and the digest of the pack within which it stayed; absent in orders of before there were packs. */
  readonly process?: { readonly name: string; readonly pack: Digest };
  /** What it is made under (feature 6). */
  readonly pathway: Pathway;
  /** Whether it stays in the body; absent or null where the order does not say: it is then kept as if it did. */
  readonly implantable?: boolean | null;
  readonly lineage: Lineage;
  /** Whose signatures the package was accepted with: names of trusted keys, in their roles. */
  readonly signatures: readonly { readonly role: OrderRole; readonly key: string }[];
  /** The order that this one replaces; it can never be started again. */
  readonly supersedes: JobId | null;
  /** The device identifier (UDI-DI as GTIN-14) that its label carries. */
  readonly gtin: string;
  readonly copies: number;
  readonly notBefore: EpochMs;
  readonly expires: EpochMs;
  /** Consumed once: a second order with the same nonce is a replay. */
  readonly nonce: string;
  readonly route: readonly Operation[];
}

/**
 * Why no device could ever go this route, one sentence; null where one can. What follows from it elsewhere: a part is
 * there before it is scanned, labelled or handed over, and a release is the last word.
 */
export function whyRouteCannotBeGone(route: readonly Operation[]): string | null {
  const [first] = route;
  const twice = route.find(({ id }, index) => route.findIndex((each) => each.id === id) !== index);
  const labels = route.filter(({ kind }) => kind === "label");
  const release = route.findIndex(({ kind }) => kind === "release");
  const doubled = route
    .filter(isByMachine)
    .find(({ materials }) => hasTwice(materials.map(({ material }) => material)));
  if (!first) return "It asks for nothing to be made.";
  if (first.kind !== "build") return `It begins with ${first.title}, before anything is made.`;
  if (twice) return `It has two steps called ${twice.id}.`;
  if (labels.length > 1) return "It labels the device twice.";
  if (release >= 0 && release < route.length - 1) return "It goes on after the release.";
  return doubled ? `Its step ${doubled.title} names a material twice.` : null;
}

function hasTwice(names: readonly string[]): boolean {
  return new Set(names).size < names.length;
}

/** True for a step that a machine does. */
export function isByMachine(operation: Operation): operation is MachineOperation {
  return operation.kind === "build" || operation.kind === "task";
}

/** The machine of a step, or null where people do it. */
export function equipmentOf(operation: Operation): EquipmentId | null {
  return isByMachine(operation) ? operation.equipment : null;
}

/** The program of a step, or null where people do it. */
export function programOf(operation: Operation): Digest | null {
  return isByMachine(operation) ? operation.program : null;
}

/** The step of the route with this id, or undefined. */
export function operationById(order: JobOrder, id: string): Operation | undefined {
  return order.route.find((each) => each.id === id);
}

/** What is watched while a step is done. */
export function windowsOf(operation: Operation): readonly ParameterWindow[] {
  return isByMachine(operation) ? (operation.windows ?? []) : [];
}

/** What a step takes of materials. */
export function needsOf(operation: Operation): readonly MaterialNeed[] {
  return isByMachine(operation) ? operation.materials : [];
}

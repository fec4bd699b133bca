/** From a package's order and files to the core's job order: pathway, programs and route judged first. */
import type { JobOrder, Operation } from "../jobs/order.ts";
import { type ProcessPack, packDigest } from "../jobs/process-pack.ts";
import { digestOf } from "../kernel/hash.ts";
import type { Digest, JobId } from "../kernel/names.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { keyHintOf } from "../ledger/dsse.ts";
import { planToolpath } from "../toolpath/plan.ts";
import { packFor } from "./pack-rules.ts";
import { type PackageRefusal, refusePackage } from "./package/refusal.ts";
import type { PackageOrder } from "./package/statement.ts";
import type { Signers } from "./package/trust.ts";
import { pathwayProblem } from "./pathway.ts";
import { type Recipe, recipeDigest } from "./recipe.ts";
import { type ClassMachine, routeOf } from "./route.ts";

/** What intake hands to the core and to the store. */
export interface Admitted {
  readonly order: JobOrder;
  /** The process pack that the order names; to be stored, too. */
  readonly pack: ProcessPack;
  /** To be stored before the order is accepted. */
  readonly programs: readonly Uint8Array[];
}

/** What is known of a package besides its order and files. */
export interface Came {
  /** Digest of the whole package. */
  readonly source: Digest;
  readonly signers: Signers;
}

type Ordered = Pick<PackageOrder, "id" | "program" | "expect" | "pathway" | "prescription">;
type Files = ReadonlyMap<string, Uint8Array>;
type EquipmentOf = (equipmentClass: string) => ClassMachine | null;

/** What can be made of an order here: its route, and the process pack that its recipe stays within. */
export interface Judged {
  readonly route: readonly Operation[];
  readonly pack: ProcessPack;
}

/** The route with its programs judged, or the first reason why it cannot be made. */
export function judgeRoute(
  order: Ordered,
  files: Files,
  recipe: Recipe,
  equipmentOf: EquipmentOf,
  packs: readonly ProcessPack[],
): Result<Judged, PackageRefusal> {
  const lacking = pathwayProblem(order);
  if (lacking !== null) return err(refusePackage("pathway", lacking));
  const pack = packFor(recipe, packs);
  if (!pack.ok) return err(refusePackage("recipe-outside", `Order ${order.id} cannot be made here. ${pack.error}`));
  const program = files.get(order.program);
  if (!program) return err(refusePackage("program-refused", `The program of order ${order.id} did not come with it.`));
  const plan = planToolpath(program, recipe.toolpath, order.expect);
  if (!plan.ok) {
    const first = plan.error[0];
    const more = plan.error.length > 1 ? ` (and ${plan.error.length - 1} more)` : "";
    const what = `The program of order ${order.id} is refused at line ${first?.line}: ${first?.what} ${first?.remedy}${more}`;
    return err(refusePackage("program-refused", what));
  }
  const route = routeOf(recipe, {
    build: { program: digestOf(program), layersPlanned: plan.value.layers.length },
    programs: new Map([...files].map(([name, bytes]) => [name, digestOf(bytes)])),
    equipmentOf,
    pack: pack.value,
  });
  return route.ok
    ? ok({ route: route.value, pack: pack.value })
    : err(refusePackage("route-refused", `Order ${order.id} cannot be made here. ${route.error}`));
}

/** The core's order. `recipe` is the one that the order names by its digest. */
export function admit(
  order: PackageOrder,
  files: Files,
  recipe: Recipe,
  equipmentOf: EquipmentOf,
  packs: readonly ProcessPack[],
  { source, signers }: Came,
): Result<Admitted, PackageRefusal> {
  const judged = judgeRoute(order, files, recipe, equipmentOf, packs);
  if (!judged.ok) return judged;
  const { route, pack } = judged.value;
  const used = new Set(route.flatMap((step) => ("program" in step ? [step.program] : [])));
  return ok({
    order: {
      id: order.id as JobId,
      title: order.title,
      pseudonym: order.pseudonym,
      identifierHmacs: order.identifierHmacs,
      side: order.side,
      source,
      recipe: recipeDigest(recipe),
      process: { name: pack.process, pack: packDigest(pack) },
      pathway: order.pathway,
      implantable: order.prescription.implantable,
      lineage: order.lineage,
      signatures: [
        { role: "design-authority", key: keyHintOf(signers.designAuthority) },
        { role: "clinical-release", key: keyHintOf(signers.clinicalRelease) },
      ],
      supersedes: order.supersedes as JobId | null,
      gtin: recipe.gtin,
      copies: order.copies,
      notBefore: Date.parse(order.notBefore),
      expires: Date.parse(order.expires),
      nonce: order.nonce,
      route,
    },
    pack,
    programs: [...files.values()].filter((bytes) => used.has(digestOf(bytes))).map((bytes) => bytes.slice()),
  });
}

/** Whether the machine holds what a step takes: the right material, from a released lot, in date, enough of it. */
import type { EpochMs } from "../kernel/units.ts";
import { type IssuedMaterial, type Lot, whyNotUsable } from "../materials/lot.ts";
import { gate } from "./gate.ts";
import type { MachineOperation, MaterialNeed } from "./order.ts";
import type { Gate } from "./refusal.ts";
import { findLot, findMachine, type State } from "./state.ts";

/** One gate a material; a step that takes none has one that is open. */
export function materialGates(state: State, operation: MachineOperation, at: EpochMs): Gate[] {
  if (operation.materials.length === 0) {
    return [gate("material", true, "This step takes no material from a lot.", "", "", "technician")];
  }
  return operation.materials.map((need) => {
    const title = titleOf(state, need.material);
    const lot = loadedLot(state, operation, need);
    if (!lot) {
      const shut = `No ${title} is loaded in the machine.`;
      return gate("material", false, "", shut, "Scan the package of the material at the machine.", "technician");
    }
    if (lot.unit !== need.unit) {
      const shut = `Lot ${lot.batch} of ${title} is counted in ${lot.unit}, the order in ${need.unit}.`;
      return gate(
        "material",
        false,
        "",
        shut,
        "Let the engineer compare the configuration with the recipe.",
        "engineer",
      );
    }
    const why = whyNotUsable(lot, need.quantity, at, title);
    const remedy = lot.status === "quarantine" ? "QA decides on the lot." : "Load another lot and scan its package.";
    const owner = lot.status === "quarantine" ? "qa" : "technician";
    return gate(
      "material",
      why === null,
      `${title}: lot ${lot.batch} is released and in date.`,
      why ?? "",
      remedy,
      owner,
    );
  });
}

/** What a start takes, from the lots that open gates have promised. */
export function issuedMaterials(state: State, operation: MachineOperation): IssuedMaterial[] {
  return operation.materials.flatMap((need) => {
    const lot = loadedLot(state, operation, need);
    if (!lot) return [];
    const { id, batch, gtin, expires, releasedBy } = lot;
    const { material, quantity, unit } = need;
    return [{ material, lot: id, batch, gtin, expires, quantity, unit, releasedBy }];
  });
}

function loadedLot(state: State, { equipment }: MachineOperation, need: MaterialNeed): Lot | undefined {
  const load = findMachine(state, equipment)?.loaded.find(({ material }) => material === need.material);
  return load && findLot(state, load.lot);
}

function titleOf(state: State, material: string): string {
  return state.setup?.materials.find(({ id }) => id === material)?.title ?? material;
}

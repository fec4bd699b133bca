/** Material as the screens show it: lots with what keeps them from being used, and what each machine holds and wants. */
import { centralReasons } from "../jobs/central.ts";
import { isByMachine } from "../jobs/order.ts";
import type { EquipmentState, State } from "../jobs/state.ts";
import { findLot, lineOf } from "../jobs/state.ts";
import { type Lot, whyNotUsable } from "../materials/lot.ts";
import type { LoadView, LotView, MaterialsView } from "./api-route.ts";
import { type Looks, named } from "./looks.ts";

/** Lots that are sent at once; older ones are in the ledger. */
const mostLots = 100;

/** Lots, newest first, and the machines that take material. */
export function materialsView(state: State, looks: Looks): MaterialsView {
  const lots = Object.values(state.lots).reverse().slice(0, mostLots);
  const machines = (state.setup?.equipment ?? []).flatMap(({ id, title }) => {
    const machine = state.equipment[id];
    const loads = machine ? loadsOf(state, machine, looks) : [];
    return loads.length > 0 ? [{ id, title, loads }] : [];
  });
  return { lots: lots.map((lot) => lotView(state, lot, looks)), machines };
}

function lotView(state: State, lot: Lot, looks: Looks): LotView {
  const { id, gtin, batch, certificate, expires, quantity, unit, status, releasedBy } = lot;
  return {
    ...{ id, gtin, batch, certificate, expires, quantity, unit, status },
    title: materialTitle(state, lot.material),
    left: quantity - lot.used,
    releasedBy: releasedBy && named(releasedBy, looks),
    held: heldWords(state, lot) !== null,
    whyNot: whyNot(state, lot, looks),
  };
}

/** Central QA's hold, or else what the lot itself says: a hold is the one that a person in the cell cannot see on it. */
function whyNot(state: State, lot: Lot, looks: Looks): string | null {
  return heldWords(state, lot) ?? whyNotUsable(lot, 0, looks.at);
}

/** Why central QA holds this lot, in words; null where it does not. */
function heldWords(state: State, { id, batch }: Lot): string | null {
  const hold = state.central.holds.find(({ target }) => target.kind === "lot" && lineOf(state, id).includes(target.id));
  if (!hold) return null;
  const which = hold.target.id === id ? `lot ${batch}` : `lot ${hold.target.id}, which went into lot ${batch}`;
  return `Central QA holds ${which}: ${centralReasons[hold.reason]} Ask central QA.`;
}

/** What is in the machine, and what open orders want of it. */
export function loadsOf(state: State, machine: EquipmentState, looks: Looks): LoadView[] {
  const wanted = Object.values(state.jobs)
    .filter(({ ended }) => !ended)
    .flatMap(({ order }) => order.route.filter(isByMachine))
    .filter(({ equipment }) => equipment === machine.id)
    .flatMap(({ materials }) => materials.map(({ material }) => material));
  const all = new Set([...machine.loaded.map(({ material }) => material), ...wanted]);
  return [...all].map((material) => {
    const load = machine.loaded.find((each) => each.material === material);
    const lot = load && findLot(state, load.lot);
    return {
      material,
      title: materialTitle(state, material),
      batch: lot?.batch ?? null,
      whyNot: lot ? whyNot(state, lot, looks) : null,
    };
  });
}

/** A material's title in the cell's configuration, or else its name. */
export function materialTitle(state: State, material: string): string {
  return state.setup?.materials.find(({ id }) => id === material)?.title ?? material;
}

/** How one copy changes on its way along the route: tagged, confirmed at a machine, labelled, handed over. */
import { unreachable } from "../kernel/assert.ts";
import type { PersonId } from "../kernel/names.ts";
import type { JobEvent } from "./event.ts";
import type { Label, Unit } from "./state.ts";

export type UnitChange = Extract<
  JobEvent,
  {
    type:
      | "PartTagged"
      | "PartConfirmed"
      | "PartRefused"
      | "LabelRequested"
      | "LabelPrinted"
      | "LabelNotPrinted"
      | "LabelVerified"
      | "LabelVoided"
      | "HandedOver";
  }
>;

/** A copy that nothing was done for yet. */
export function freshUnit(number: number): Unit {
  return { number, completed: 0, scrapped: false, tag: null, confirmed: null, labels: [], hands: [] };
}

/** Applies one event of this unit. */
export function evolveUnit(unit: Unit, event: UnitChange): Unit {
  switch (event.type) {
    case "PartTagged":
      return { ...touched(unit, event.person), tag: event.tag };
    case "PartConfirmed": {
      const { operation, person, mono } = event;
      return { ...touched(unit, person), confirmed: { operation, person, mono } };
    }
    case "PartRefused":
      return { ...unit, confirmed: null };
    case "LabelRequested": {
      const label: Label = { number: event.label, content: event.content, state: "requested", pdf: null };
      return { ...touched(unit, event.person), labels: [...unit.labels, label] };
    }
    case "LabelPrinted":
      return patchLabel(unit, event.label, { state: "printed", pdf: event.pdf });
    case "LabelNotPrinted":
      return patchLabel(unit, event.label, { state: "not-printed" });
    case "LabelVerified":
      return patchLabel(touched(unit, event.person), event.label, { state: "applied" });
    case "LabelVoided":
      return patchLabel(touched(unit, event.person), event.label, { state: "voided" });
    case "HandedOver":
      return touched(unit, event.person);
    default:
      return unreachable(event);
  }
}

function patchLabel(unit: Unit, number: number, patch: Partial<Label>): Unit {
  return { ...unit, labels: unit.labels.map((label) => (label.number === number ? { ...label, ...patch } : label)) };
}

function touched(unit: Unit, person: PersonId): Unit {
  return unit.hands.includes(person) ? unit : { ...unit, hands: [...unit.hands, person] };
}

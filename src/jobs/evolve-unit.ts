/** How one copy changes on its way along the route: tagged, confirmed at a machine, labelled. */
import { unreachable } from "../kernel/assert.ts";
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
      | "LabelVoided";
  }
>;

/** A copy that nothing was done for yet. */
export function freshUnit(number: number): Unit {
  return { number, completed: 0, scrapped: false, tag: null, confirmed: null, labels: [] };
}

/** Applies one event of this unit. */
export function evolveUnit(unit: Unit, event: UnitChange): Unit {
  switch (event.type) {
    case "PartTagged":
      return { ...unit, tag: event.tag };
    case "PartConfirmed": {
      const { operation, equipment, person, mono } = event;
      return { ...unit, confirmed: { operation, equipment, person, mono } };
    }
    case "PartRefused":
      return { ...unit, confirmed: null };
    case "LabelRequested": {
      const label: Label = { number: event.label, content: event.content, state: "requested", pdf: null };
      return { ...unit, labels: [...unit.labels, label] };
    }
    case "LabelPrinted":
      return patchLabel(unit, event.label, { state: "printed", pdf: event.pdf });
    case "LabelNotPrinted":
      return patchLabel(unit, event.label, { state: "not-printed" });
    case "LabelVerified":
      return patchLabel(unit, event.label, { state: "applied" });
    case "LabelVoided":
      return patchLabel(unit, event.label, { state: "voided" });
    default:
      return unreachable(event);
  }
}

function patchLabel(unit: Unit, number: number, patch: Partial<Label>): Unit {
  return { ...unit, labels: unit.labels.map((label) => (label.number === number ? { ...label, ...patch } : label)) };
}

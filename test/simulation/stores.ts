/** Material and labels in virtual time: deliveries good and bad, and a label printer that knows what it printed. */
import { lotMeanings, shownForLot } from "../../src/jobs/decide/lots.ts";
import type { Message } from "../../src/jobs/message.ts";
import type { Obligation } from "../../src/jobs/obligations.ts";
import type { MachineOperation, MaterialNeed } from "../../src/jobs/order.ts";
import type { State } from "../../src/jobs/state.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { PersonId } from "../../src/kernel/names.ts";
import type { Lot } from "../../src/materials/lot.ts";
import { digest, filament, sleeves } from "./orders.ts";
import type { Storm } from "./printer.ts";
import type { Random, VirtualTime } from "./time.ts";

type Say = (message: Message) => void;

export interface Stores {
  /** Sees to it that the machine holds what the step takes; true when the technician believes that it does. */
  supply(state: State, operation: MachineOperation, people: Suppliers, say: Say): boolean;
  /** QA finds that a lot which was used is bad. */
  takeBack(state: State, people: Suppliers, say: Say): void;
  print(duty: Extract<Obligation, { kind: "print-label" }>): Promise<Message>;
  /** The code of every label that was printed, by `job/unit/label`. */
  readonly printed: ReadonlyMap<string, string>;
}

export interface Suppliers {
  readonly technician: PersonId;
  readonly quality: PersonId;
}

/** Puts an empty store and a label printer beside the cell. */
export function createStores(world: { time: VirtualTime; random: Random; storm: Storm }): Stores {
  const { time, random, storm } = world;
  const printed = new Map<string, string>();
  let batches = 0;
  /** The latest day that anybody here has seen: a clock that goes back fools nobody for long. */
  let latest = 0;
  const errs = (p: number) => random() < p * storm.strength;

  /** A delivery turns out to be bad after it was used. */
  function takeBack(state: State, { quality }: Suppliers, say: Say): void {
    const lot = Object.values(state.lots).find((each) => each.status === "released" && each.used > 0);
    if (!lot) return;
    const shown = digestOfValue(shownForLot(lot, "rejected"));
    const approval = { person: quality, name: "sealed", at: 0, meaning: lotMeanings.rejected, shown };
    say({ kind: "decide-lot", lot: lot.id, status: "rejected", approval });
  }

  function supply(state: State, operation: MachineOperation, people: Suppliers, say: Say): boolean {
    latest = Math.max(latest, time.clock.now());
    const wanting = operation.materials.filter((need) => random() < 0.05 || !isLoaded(state, operation, need));
    for (const need of wanting) fetch(state, operation, need, people, say);
    return wanting.length === 0 || errs(0.3);
  }

  function isLoaded(state: State, { equipment }: MachineOperation, need: MaterialNeed): boolean {
    const loaded = state.equipment[equipment]?.loaded.find(({ material }) => material === need.material);
    const lot = loaded && state.lots[loaded.lot];
    return lot !== undefined && isUsable(lot, need);
  }

  function isUsable(lot: Lot, need: MaterialNeed): boolean {
    // In calm nobody takes chances with a day that the cell may have seen before them.
    const margin = storm.strength > 0 ? 0 : 1e9;
    return lot.status === "released" && latest + margin < lot.expires && lot.quantity - lot.used >= need.quantity;
  }

  /** Loads what there is, or has QA decide on it, or orders more; in a storm whatever lies nearest. */
  function fetch(state: State, step: MachineOperation, need: MaterialNeed, people: Suppliers, say: Say): void {
    const lots = Object.values(state.lots).filter(({ material }) => material === need.material);
    const fit = lots.findLast((lot) => isUsable(lot, need));
    const nearest = errs(0.2) ? lots[Math.floor(random() * lots.length)] : fit;
    const { technician: person } = people;
    if (nearest && random() < 0.9) {
      const { gtin, batch } = nearest;
      return say({ kind: "load-material", equipment: step.equipment, gtin, batch, person });
    }
    const waiting = lots.find(({ status }) => status === "quarantine");
    if (waiting) return decide(waiting, people, say);
    const { gtin } = need.material === filament.id ? filament : sleeves;
    const expires = Math.floor(latest + (errs(0.4) ? random() * 900_000 : 1e11));
    const quantity = need.quantity * (0.5 + random() * 3);
    say({ kind: "receive-lot", gtin, batch: `B${batches++}`, certificate: "C-1", expires, quantity, person });
  }

  function decide(lot: Lot, { technician, quality }: Suppliers, say: Say): void {
    const status = errs(0.15) ? "rejected" : "released";
    const shown = digestOfValue(shownForLot(errs(0.1) ? { ...lot, quantity: 1 } : lot, status));
    const person = errs(0.1) ? technician : quality;
    const approval = { person, name: "sealed", at: 0, meaning: lotMeanings[status], shown };
    say({ kind: "decide-lot", lot: lot.id, status, approval });
  }

  return {
    supply,
    takeBack,
    printed,
    print(duty) {
      const { job, unit, label, content } = duty;
      const answer: Message = errs(0.08)
        ? {
            kind: "label-not-printed",
            job,
            unit,
            label,
            fault: { code: "paper", what: "No paper.", remedy: "Refill." },
          }
        : { kind: "label-printed", job, unit, label, pdf: digest("label") };
      if (answer.kind === "label-printed") printed.set(`${job}/${unit}/${label}`, content.code);
      return new Promise((resolve) => void time.after(random() * (errs(0.1) ? 90_000 : 2_000), () => resolve(answer)));
    },
  };
}

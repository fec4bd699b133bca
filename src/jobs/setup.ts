/** The few configured facts that decisions depend on; they enter the ledger with every boot, so that replay needs no file. */
import type { Gauge } from "../equipment/gauge.ts";
import type { EquipmentId } from "../kernel/names.ts";
import type { Milliseconds } from "../kernel/units.ts";
import type { MaterialSetup } from "../materials/lot.ts";
import type { RetentionRule } from "./retention.ts";

export interface Setup {
  readonly cell: string;
  readonly equipment: readonly EquipmentSetup[];
  /** How long a presence proof may be used after the scan and press. */
  readonly presenceValidMs: Milliseconds;
  /** How often a layer is photographed before the cell calls itself blind. */
  readonly takesAllowed: number;
  /** How long a passed challenge of the inspection counts; absent where none is asked for. */
  readonly challengeValidMs?: Milliseconds;
  /** The inspection's cameras in their order; absent where there is one, which sees every machine. */
  readonly cameras?: readonly CellCamera[];
  /** True where simulated machines are allowed to take a patient's order at all. */
  readonly demonstration: boolean;
  /** Materials that may be received here. */
  readonly materials: readonly MaterialSetup[];
  /** Calibrated instruments; absent where the cell keeps no register of them, and readings of all count. */
  readonly gauges?: readonly Gauge[];
  /** How long what is kept, by pathway; absent: the least that the law asks for. */
  readonly retention?: Readonly<Record<string, RetentionRule>>;
}

export interface EquipmentSetup {
  readonly id: EquipmentId;
  readonly title: string;
  /** The serial that the machine itself must report; another machine at the same address is refused. */
  readonly serial: string;
  /** The machine does what on loss of its controller; `none` blocks unattended work (shown at the start). */
  readonly onHostLoss: "none" | "firmware" | "driver" | "relay";
}

/** One of several cameras. */
export interface CellCamera {
  readonly id: string;
  /** The one machine whose work it looks at; null: every machine's. */
  readonly machine: EquipmentId | null;
}

/** What is judged after a run: the disk, and what the world alone knows of it. */
import type { Cell } from "../../src/cell.ts";
import type { MemoryDisk } from "../../src/ledger/memory.ts";
import type { Eye } from "./eye.ts";
import type { Plan } from "./orders.ts";
import type { Printer } from "./printer.ts";
import type { SecondEye } from "./second-eye.ts";
import type { Station } from "./station.ts";
import type { Stores } from "./stores.ts";
import type { Witness } from "./witness.ts";

export interface Case {
  readonly disk: MemoryDisk;
  readonly witness: Witness;
  readonly cell: Cell | null;
  readonly eye: Eye;
  /** Null where the cell has one camera. */
  readonly second: SecondEye | null;
  readonly printer: Printer;
  readonly station: Station;
  readonly stores: Stores;
  readonly plan: Plan;
  /** Every code that was scanned from the label `job/unit/label`. */
  readonly scans: ReadonlyMap<string, ReadonlySet<string>>;
  readonly presenceValidMs: number;
  readonly accuse: (law: string) => void;
}

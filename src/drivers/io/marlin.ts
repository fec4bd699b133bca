/** Makes the machine of a Marlin-family printer: its child process behind the common parent half. */
import { fileURLToPath } from "node:url";
import type { EquipmentId } from "../../kernel/names.ts";
import type { MarlinConfig } from "../marlin/config.ts";
import { defaultTimes } from "../marlin/session.ts";
import { type ChildMachine, createChildMachine, type LoadProgram } from "./child-machine.ts";

export interface MarlinMachineOptions {
  readonly equipment: EquipmentId;
  /** As parsed by `marlinConfig`. */
  readonly config: MarlinConfig;
  /** Gives program bytes and the `ToolpathRecipe` they were validated with. */
  readonly loadProgram: LoadProgram;
  readonly log?: (what: string) => void;
  readonly remark?: (text: string) => void;
}

/** Starts the driver of a Marlin printer. The printer's state comes as observations; nothing is thrown. */
export function createMarlinMachine(options: MarlinMachineOptions): ChildMachine {
  return createChildMachine({
    ...options,
    traits: { recognisesAttempts: false, onHostLoss: options.config.onHostLoss },
    entry: fileURLToPath(new URL("../marlin/io/child.ts", import.meta.url)),
    answerWithin: { begin: 30_000, proceed: 5000, hold: 5000, abort: options.config.safeMs + 5000 },
    closeWithin: defaultTimes.end + 5000,
  });
}
